// The traces that a run of the tests has left, one for each program that they have started.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace coach {

struct Trace {
    std::string test;   // in which the program ran
    std::string calls;  // that it made
};

// In the order in which the programs ended.
std::vector<Trace> read_traces(const std::filesystem::path& folder);

// The one that shows most: with the most kinds of calls, and of those the longest that can be read
// at a glance. None: nullptr.
const Trace* richest(const std::vector<Trace>& traces, bool program_is_client);

// The one that a student is shown: after a pass the richest, otherwise the last. None: nullptr.
const Trace* shown(const std::vector<Trace>& traces, bool passed, bool program_is_client);
// What is said when there is none.
inline constexpr char no_trace[] =
    "There is no trace: nothing was run, or the program is not one of the course's.";

}  // namespace coach
