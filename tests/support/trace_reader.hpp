// Reads a program's trace, as echo::trace writes it, and draws it in the shape of the lessons'
// diagrams.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

// One line of a trace: "socket 4: recv at most 4096 bytes -> 6 bytes "hello\n"".
struct TracedCall {
    std::string socket;     // "4"
    std::string name;       // "recv"
    std::string arguments;  // "at most 4096 bytes"
    std::string result;     // "6 bytes "hello\n""

    bool failed() const { return result.rfind("failed", 0) == 0; }
};

// The calls in a trace. A line that is cut off or in no known shape is left out.
std::vector<TracedCall> read_trace(std::string_view trace);

// The trace as a picture, at most 80 columns wide and about 50 lines high: the test on the left,
// the program on the right, its calls beside it, repeats folded. Empty when the trace is empty.
std::string draw_trace(std::string_view trace, bool program_is_client);

// The text with its lines cut at 80 columns, and no more than `most` of them: the middle goes.
std::string clip_lines(std::string_view text, std::size_t most, std::string_view indent);

}  // namespace harness
