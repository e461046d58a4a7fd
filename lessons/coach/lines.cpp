#include "lines.hpp"

#include "picture.hpp"
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

// Where the picture that begins at `at` ends; `at` itself when there is none.
std::size_t end_of_picture(const Lines& lines, std::size_t at) {
    std::size_t end = at;
    if (is_picture_head(lines[at].text)) ++end;
    while (end < lines.size() && is_picture_row(lines[end].text)) ++end;
    return end - at > 1 || is_picture_row(lines[at].text) ? end : at;
}

bool any_too_wide(const Lines& lines, std::size_t begin, std::size_t end, std::size_t width) {
    for (std::size_t at = begin; at < end; ++at)
        if (columns(lines[at].text) > width) return true;
    return false;
}

}  // namespace

Lines fitted(const Lines& lines, std::size_t width) {
    width = std::max<std::size_t>(width, 10);
    Lines result;
    for (std::size_t at = 0; at < lines.size(); ++at) {
        const std::size_t end = end_of_picture(lines, at);
        std::vector<std::string> texts{lines[at].text};
        if (any_too_wide(lines, at, end, width)) {
            for (std::size_t next = at + 1; next < end; ++next) texts.push_back(lines[next].text);
            texts = narrowed(texts, width);
            at = end - 1;
        }
        for (const std::string& text : texts)
            for (const std::string& part : wrap(text, width))
                result.push_back({part, lines[at].style});
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
