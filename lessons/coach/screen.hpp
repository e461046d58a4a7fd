// A whole screen: what is shown, composed for a terminal of any size.
#pragma once

#include "lines.hpp"
#include "terminal.hpp"

#include <cstddef>

namespace coach {

// A whole screen: the head stays, the body can be moved, the foot is at the bottom.
struct Frame {
    Lines head;
    Lines body;
    Lines foot;
    std::size_t top = 0;  // the first line of the body that is shown
};

// The lines of a screen, exactly size.rows of them. Lowers frame.top when it is beyond the end.
Lines composed(Frame& frame, Size size);

// Draws frames one over the other; at the end the terminal shows again what it showed before.
class Screen {
public:
    Screen(Terminal& terminal, bool colours);
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    void draw(Frame& frame);
    // The terminal as it was before, for a while; and back.
    void leave();
    void enter();

private:
    Terminal& terminal_;
    bool colours_;
};

}  // namespace coach
