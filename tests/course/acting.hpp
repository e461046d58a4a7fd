// Plays a diagram: starts the lesson's program, and everybody else of the diagram does to it what
// their rows say.
#pragma once

#include "diagram.hpp"
#include "program.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace course {

// A call of somebody other than the program that did not come to what is drawn. It came to these.
struct Surprise {
    std::size_t row = 0, call = 0;
    std::vector<DrawnCall> instead;
};

struct Performance {
    std::string trace;  // of the program, when the picture was over
    std::vector<Surprise> surprises;
    std::string stuck;     // where nobody could go on, and why; empty: it went to its end
    bool can_stop = true;  // false: here nobody can ask a program to stop
};

// Is told when a play begins, and the port at which the server listens; and when the picture is over
// and everybody is still there.
struct Audience {
    std::function<void(std::uint16_t port)> begins{};
    std::function<void()> is_over{};
};

// With the program that harness::set_default_program names, or with ECHO_PROGRAM. Throws
// harness::StartFailure.
Performance perform(const Diagram& diagram, const Audience& audience = {});

// The lesson's solution, in the build folder.
std::string solution_of(const Diagram& diagram);

// What went otherwise than it is drawn, a sentence each: a row with its file and line, and what the
// run has there.
std::vector<std::string> differences(const Diagram& diagram, const Performance& performance);

}  // namespace course
