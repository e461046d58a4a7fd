#include "lines.hpp"

#include "text.hpp"

#include <algorithm>

namespace coach {

Lines lines_in(const std::string& text, Style style) {
    Lines lines;
    for (const std::string& line : lines_of(text)) lines.push_back({printable(line), style});
    return lines;
}

void add(Lines& lines, const Lines& more) { lines.insert(lines.end(), more.begin(), more.end()); }

void add(Lines& lines, std::string text, Style style) { lines.push_back({std::move(text), style}); }

Lines packed(const std::vector<std::string>& items, std::size_t width, Style style) {
    Lines lines;
    std::string line;
    for (const std::string& item : items) {
        if (!line.empty() && columns(line) + 2 + columns(item) > width) {
            lines.push_back({line, style});
            line.clear();
        }
        line += (line.empty() ? "" : "  ") + item;
    }
    if (!line.empty()) lines.push_back({line, style});
    return lines;
}

namespace {

// A row of a trace's picture: "   |-- connects ----------------->|  accept".
bool is_picture(const std::string& line) {
    return starts_with(line, "   |") || starts_with(line, "   :");
}

// The same row with its arrow as short as can be: "|-- connects -->| accept".
std::string narrowed(const std::string& row) {
    std::string result;
    std::size_t same = 0;
    for (const char c : row) {
        same = !result.empty() && result.back() == c ? same + 1 : 0;
        if ((c == '-' && same < 2) || (c == ' ' && same < 1) || (c != '-' && c != ' ')) result += c;
    }
    return trimmed(result);
}

}  // namespace

Lines fitted(const Lines& lines, std::size_t width) {
    width = std::max<std::size_t>(width, 10);
    Lines result;
    for (const Line& line : lines) {
        const bool too_wide = columns(line.text) > width;
        const std::string text =
            too_wide && is_picture(line.text) ? narrowed(line.text) : line.text;
        for (const std::string& part : wrap(text, width)) result.push_back({part, line.style});
    }
    return result;
}

std::string coloured(const Line& line, bool colours) {
    if (line.style == Style::plain || (!colours && line.style != Style::found)) return line.text;
    const char* code = "7";  // black for white is no colour
    if (line.style == Style::good) code = "1;32";
    if (line.style == Style::bad) code = "1;31";
    if (line.style == Style::strong) code = "1";
    if (line.style == Style::faint) code = "2";
    return "\x1b[" + std::string(code) + 'm' + line.text + "\x1b[0m";
}

}  // namespace coach
