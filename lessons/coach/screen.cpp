#include "screen.hpp"

#include "text.hpp"

#include <algorithm>

namespace coach {

Page page_of(const std::string& text, Style style) {
    Page page;
    for (const std::string& line : lines_of(text)) page.push_back({printable(line), style});
    return page;
}

Page packed(const std::vector<std::string>& items, std::size_t width, Style style) {
    Page page;
    std::string line;
    for (const std::string& item : items) {
        if (!line.empty() && columns(line) + 2 + columns(item) > width) {
            page.push_back({line, style});
            line.clear();
        }
        line += (line.empty() ? "" : "  ") + item;
    }
    if (!line.empty()) page.push_back({line, style});
    return page;
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

Page fitted(const Page& page, std::size_t width) {
    width = std::max<std::size_t>(width, 10);
    Page result;
    for (const Line& line : page) {
        const bool too_wide = columns(line.text) > width;
        const std::string text =
            too_wide && is_picture(line.text) ? narrowed(line.text) : line.text;
        for (const std::string& part : wrap(text, width)) result.push_back({part, line.style});
    }
    return result;
}

std::string coloured(const Line& line, bool colours) {
    if (!colours || line.style == Style::plain) return line.text;
    const char* code = "0";
    if (line.style == Style::good) code = "1;32";
    if (line.style == Style::bad) code = "1;31";
    if (line.style == Style::strong) code = "1";
    if (line.style == Style::faint) code = "2";
    return "\x1b[" + std::string(code) + 'm' + line.text + "\x1b[0m";
}

namespace {

void append(Page& page, const Page& more, std::size_t at_most) {
    const std::size_t count = std::min(more.size(), at_most);
    page.insert(page.end(), more.begin(), more.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

Page composed(Frame& frame, Size size) {
    const Page head = fitted(frame.head, size.columns);
    const Page body = fitted(frame.body, size.columns);
    const Page foot = fitted(frame.foot, size.columns);
    // In a very low terminal the body still gets half of it.
    const std::size_t for_foot = std::min(foot.size(), size.rows / 4 + 1);
    const std::size_t for_head =
        std::min(head.size(), size.rows / 2 - std::min(size.rows / 2, for_foot / 2));
    const std::size_t room = size.rows - std::min(size.rows, for_head + for_foot);
    const std::size_t last_top = body.size() > room && room > 1 ? body.size() - (room - 1) : 0;
    frame.top = std::min(frame.top, last_top);

    Page page;
    append(page, head, for_head);
    const bool moves = body.size() > room && room > 1;
    const std::size_t shown = moves ? room - 1 : room;
    append(page, Page(body.begin() + static_cast<std::ptrdiff_t>(frame.top), body.end()), shown);
    while (page.size() < for_head + shown) page.push_back({"", Style::plain});
    if (moves) {
        const std::size_t below = body.size() - frame.top - shown;
        const std::string more =
            below > 0 ? std::to_string(below) + " more lines: space, arrows" : "the end: arrow up";
        page.push_back({cut("-- " + more + " --", size.columns), Style::faint});
    }
    append(page, foot, for_foot);
    page.resize(std::min(page.size(), size.rows));
    return page;
}

// The other screen of the terminal, and no cursor.
Screen::Screen(Terminal& terminal, bool colours) : terminal_(terminal), colours_(colours) {
    terminal_.write("\x1b[?1049h\x1b[?25l");
}

Screen::~Screen() { terminal_.write("\x1b[?25h\x1b[?1049l"); }

// Each line is drawn over the old one, and then the rest of it is cleared: nothing flickers.
void Screen::draw(Frame& frame) {
    std::string out = "\x1b[H";
    const Page page = composed(frame, terminal_size());
    for (std::size_t i = 0; i < page.size(); ++i) {
        out += (i > 0 ? "\r\n" : "") + coloured(page[i], colours_) + "\x1b[K";
    }
    terminal_.write(out + "\x1b[J");
}

}  // namespace coach
