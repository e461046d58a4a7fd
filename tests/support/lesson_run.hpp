// Runs a lesson's tests on some program, as a student would, and reads the verdict. For the
// course's own tests.
#pragma once

#include "process.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace harness {

class LessonRun {
public:
    // Starts lesson_tests "[NN]" on this program, up to its first failure. A path, or with
    // is_command_line a value for ECHO_PROGRAM; empty: the student's own program. `but` leaves out
    // cases: "~[tag]".
    LessonRun(std::string_view number, const std::string& program, bool is_command_line = false,
              std::string_view but = {});

    // Waits for the verdict. False also when there is none.
    bool passed();
    // The name in "Likely cause (NAME)", or empty.
    std::string cause();
    // The names of the other causes that fit, and of one that has as good a claim.
    std::vector<std::string> also_fits();
    std::string rival();
    // All that the tests printed.
    std::string text();

private:
    std::vector<std::string> lines_after(std::string_view sign);

    Process process_;
    bool ended_ = false;
    bool passed_ = false;
};

}  // namespace harness
