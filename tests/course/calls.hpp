// The calls of a program, once as its diagram draws them and once as its trace tells them, in one
// form, so that they can be compared.
#pragma once

#include "diagram.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace course {

// Where a drawn call stands: in which row of the diagram, and as which of its calls.
struct Place {
    std::size_t row = 0, call = 0;
};

struct ProgramCall {
    DrawnCall call;
    std::vector<Place> places;  // of a drawn one; receives that count as one have several

    // The same call: its name, its outcome and its peer, but perhaps with other bytes.
    bool is_like(const ProgramCall& other) const;
    bool operator==(const ProgramCall& other) const;
};

// Of threads only each one's own calls have an order: those that accept (0), and those of each
// conversation, which are told apart by the order of their accepts. Of other programs all calls are
// one sequence. Where a stream is cut is chance, so receives one after the other count as one.
using Calls = std::map<std::size_t, std::vector<ProgramCall>>;

// "recv 6 bytes", `send "hello\n"`, "recv end of stream (A)": as a row says it. A trace quotes of a
// long send only its begin, so that has only a number.
std::string text_of(const Diagram& diagram, const DrawnCall& call);

Calls drawn_calls(const Diagram& diagram);
Calls traced_calls(const Diagram& diagram, std::string_view trace);

// Some calls are in no trace, or not on this system.
bool can_be_seen(const DrawnCall& call);

// Where the picture and the run part, with the row's file and line. Empty: nowhere.
std::string difference(const Diagram& diagram, std::string_view trace);

}  // namespace course
