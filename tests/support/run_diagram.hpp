// A program's run as a sequence diagram in mermaid, in the form of the lessons' diagrams: see
// lessons/README.md, "The diagrams". It is drawn while the program runs, in bounded memory.
#pragma once

#include "run_fold.hpp"
#include "run_steps.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

struct RunTitle {
    std::string title;
    bool program_is_client = false;
    // A single client is "client", as in the first lessons, or already "client A".
    bool letters = false;
    // A client has a thread, so only the calls of each have an order.
    bool threads = false;
};

class RunDiagram {
public:
    explicit RunDiagram(RunTitle title);
    RunDiagram(const RunDiagram&) = delete;
    RunDiagram& operator=(const RunDiagram&) = delete;

    // One line of the trace, with or without its end. What is no line of a trace is passed over.
    void add(std::string_view line);
    // As far as it has got.
    std::string mermaid() const;

private:
    std::string description() const;

    RunTitle title_;
    RunFold fold_;
    RunSteps steps_;
    Begun begun_;
};

// The same of a whole trace.
std::string draw_run(std::string_view trace, RunTitle title);

}  // namespace harness
