// What the lessons' tests say, read from Catch2's XML, which versions 2 and 3 write alike.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coach {

struct TestReport {
    std::vector<std::string> passed;  // the names of the tests that passed
    std::string failed;               // the first that did not; empty: none
    std::string story;                // what it told
    std::size_t without_faults = 0;   // how many of those that passed could not set their faults
    bool complete = false;            // false: the tests were ended in the middle
};

TestReport read_report(std::string_view xml);

// A story with what matters most in front: the likely cause, which it tells last, in one line.
std::string cause_first(const std::string& story);

// Where a story says to read on.
struct Reference {
    std::string lesson;   // its name
    std::string section;  // the title of a section of its text
    std::string row;      // of a table in that section, by its first cell; empty: all of it
};
std::optional<Reference> reference_in(std::string_view story);

}  // namespace coach
