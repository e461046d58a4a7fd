// What is shown, as lines with a style, and how it is fitted into a terminal of any size.
#pragma once

#include "terminal.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace coach {

enum class Style { plain, good, bad, strong, faint };

struct Line {
    std::string text;
    Style style = Style::plain;
};

using Page = std::vector<Line>;

// Every line of a text.
Page page_of(const std::string& text, Style style = Style::plain);
// What several words or pairs of words look like in lines: none of them is broken.
Page packed(const std::vector<std::string>& items, std::size_t width, Style style);

// The page for a terminal so wide: long lines broken, pictures of a trace made narrower.
Page fitted(const Page& page, std::size_t width);
std::string coloured(const Line& line, bool colours);

// A whole screen: the head stays, the body can be moved, the foot is at the bottom.
struct Frame {
    Page head;
    Page body;
    Page foot;
    std::size_t top = 0;  // the first line of the body that is shown
};

// The lines of a screen, exactly size.rows of them. Lowers frame.top when it is beyond the end.
Page composed(Frame& frame, Size size);

// Draws frames one over the other; at the end the terminal shows again what it showed before.
class Screen {
public:
    Screen(Terminal& terminal, bool colours);
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    void draw(Frame& frame);

private:
    Terminal& terminal_;
    bool colours_;
};

}  // namespace coach
