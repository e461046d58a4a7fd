// From a lesson's file to a verdict: build its program, run its tests, and the tests of the earlier
// lessons too.
#pragma once

#include "course.hpp"
#include "run.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace coach {

struct Verdict {
    enum class Kind {
        passed,
        failed,   // a test failed
        broken,   // it does not compile
        trouble,  // it could not be checked: no file, no compiler, no tests, no time
        stopped,  // somebody ended it, or saved again
    };
    Kind kind = Kind::trouble;
    std::string headline;            // one line: what happened
    std::string text;                // the compiler's error, or the test's story
    std::string warning;             // the compiler's first warning, if any
    std::size_t passed = 0;          // how many tests of the lesson passed
    std::size_t without_faults = 0;  // how many of all tests passed without their faults
    std::string failed_test;
    std::vector<std::string> also;  // the earlier lessons whose tests passed too, by number
    std::string file_seen;          // the fingerprint of the file that was checked
    std::chrono::milliseconds took{0};
};

class Checker {
public:
    struct Folders {
        std::filesystem::path root;   // the project's
        std::filesystem::path build;  // CMake's
    };
    // Told what is being done: "building", "running the tests".
    using Progress = std::function<void(const std::string&)>;

    explicit Checker(Folders folders) : folders_(std::move(folders)) {}

    // The lesson's own program, or any other: `command` is its command line.
    Verdict check(const Course& course, const Lesson& lesson, const std::string& command,
                  const Progress& progress, const Stop& stop);

    // The traces of the programs that the lesson's own tests ran: see read_traces().
    std::filesystem::path traces() const { return folders_.build / "learn-traces"; }

private:
    Ran build(const std::string& target, std::chrono::seconds limit, const Stop& stop) const;
    bool build_tests(const Progress& progress, const Stop& stop, Verdict& verdict);
    bool build_lesson(const Lesson& lesson, const Stop& stop, Verdict& verdict) const;
    bool run_tests(const Lesson& tests, const std::string& command, bool keep_traces,
                   const Stop& stop, Verdict& verdict) const;
    bool run_earlier_tests(const Course& course, const Lesson& lesson, const std::string& command,
                           const Stop& stop, Verdict& verdict) const;
    std::filesystem::path tests_program() const;
    std::string own_program(const Lesson& lesson) const;

    Folders folders_;
    bool tests_are_built_ = false;
};

// A command line out of arguments, as ECHO_PROGRAM takes it. Throws Trouble.
std::string command_line(const std::vector<std::string>& arguments);

}  // namespace coach
