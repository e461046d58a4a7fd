// Runs a lesson's tests on some program, as a student would, and reads the verdict. For the
// course's own tests.
#pragma once

#include "process.hpp"

#include <string>
#include <string_view>

namespace harness {

class LessonRun {
public:
    // Starts lesson_tests "[NN]" on this program, up to its first failure. A path, or with
    // is_command_line a value for ECHO_PROGRAM; empty: the student's own program.
    LessonRun(std::string_view number, const std::string& program, bool is_command_line = false);

    // Waits for the verdict. False also when there is none.
    bool passed();
    // The name in "Likely cause (NAME)", or empty.
    std::string cause();
    // All that the tests printed.
    std::string text();

private:
    Process process_;
    bool ended_ = false;
    bool passed_ = false;
};

}  // namespace harness
