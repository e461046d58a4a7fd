#include "screen.hpp"

#include "text.hpp"

#include <algorithm>

namespace coach {

namespace {

void append(Lines& lines, const Lines& more, std::size_t at_most) {
    const std::size_t count = std::min(more.size(), at_most);
    lines.insert(lines.end(), more.begin(), more.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

Lines composed(Frame& frame, Size size) {
    const Lines head = fitted(frame.head, size.columns);
    const Lines body = fitted(frame.body, size.columns);
    const Lines foot = fitted(frame.foot, size.columns);
    // In a very low terminal the body still gets half of it.
    const std::size_t for_foot = std::min(foot.size(), size.rows / 4 + 1);
    const std::size_t for_head =
        std::min(head.size(), size.rows / 2 - std::min(size.rows / 2, for_foot / 2));
    const std::size_t room = size.rows - std::min(size.rows, for_head + for_foot);
    const std::size_t last_top = body.size() > room && room > 1 ? body.size() - (room - 1) : 0;
    frame.top = std::min(frame.top, last_top);

    Lines lines;
    append(lines, head, for_head);
    const bool moves = body.size() > room && room > 1;
    const std::size_t shown = moves ? room - 1 : room;
    append(lines, Lines(body.begin() + static_cast<std::ptrdiff_t>(frame.top), body.end()), shown);
    while (lines.size() < for_head + shown) lines.push_back({"", Style::plain});
    if (moves) {
        const std::size_t below = body.size() - frame.top - shown;
        const std::string more =
            below > 0 ? std::to_string(below) + " more lines: space, arrows" : "the end: arrow up";
        lines.push_back({cut("-- " + more + " --", size.columns), Style::faint});
    }
    append(lines, foot, for_foot);
    lines.resize(std::min(lines.size(), size.rows));
    return lines;
}

Screen::Screen(Terminal& terminal, bool colours) : terminal_(terminal), colours_(colours) {
    enter();
}

Screen::~Screen() { leave(); }

// The other screen of the terminal, and no cursor.
void Screen::enter() { terminal_.write("\x1b[?1049h\x1b[?25l"); }

void Screen::leave() { terminal_.write("\x1b[?25h\x1b[?1049l"); }

// All lines are cleared and drawn in one piece: nothing flickers. (Cleared behind its text, a line
// as wide as the terminal would lose its last character on some.)
void Screen::draw(Frame& frame) {
    std::string out = "\x1b[H";
    const Lines lines = composed(frame, terminal_size());
    for (std::size_t i = 0; i < lines.size(); ++i)
        out += (i > 0 ? "\r\n\x1b[K" : "\x1b[K") + coloured(lines[i], colours_);
    terminal_.write(out);
}

}  // namespace coach
