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
        // For a hand-in: where the tests are built, where its programs are started, and where all
        // temporary files go. Empty: in build, where we are, where the system says.
        std::filesystem::path tests{};
        std::filesystem::path work{};
        std::filesystem::path temporary{};
    };
    // What is ended when it takes more.
    struct Limits {
        std::chrono::seconds build{180};  // of one program
        std::chrono::seconds tests{120};  // of one lesson
        std::size_t build_memory = 0;     // of each process of a build, in bytes; 0: any
        std::size_t at_once = 0;          // lessons whose tests run; 0: as many as processors
    };
    // Told what is being done: "building", "running the tests".
    using Progress = std::function<void(const std::string&)>;

    explicit Checker(Folders folders) : folders_(std::move(folders)) {}
    // Checks other programs with the same tests, which need not be built again.
    Checker elsewhere(Folders folders, Limits limits) const;

    // The lesson's own program, or any other: `command` is its command line.
    Verdict check(const Course& course, const Lesson& lesson, const std::string& command,
                  const Progress& progress, const Stop& stop);

    // The two steps before that. False: the verdict says why not.
    bool build_tests(const Progress& progress, const Stop& stop, Verdict& verdict);
    // Makes the build folder, for programs in root/lessons, as CMake has made the project's.
    bool configure(const Folders& project, const Stop& stop, Verdict& verdict) const;

    // The traces of the programs that the lesson's own tests ran: see read_traces().
    std::filesystem::path traces() const { return folders_.build / "learn-traces"; }

private:
    Ran build(const std::string& target, std::chrono::seconds limit, const Stop& stop) const;
    bool build_lesson(const Lesson& lesson, const Stop& stop, Verdict& verdict) const;
    harness::Process::Options tests_of(const Lesson& lesson, const std::string& command,
                                       bool keep_traces) const;
    bool run_tests(const Lesson& lesson, const std::string& command, const Progress& progress,
                   const Stop& stop, Verdict& verdict) const;
    bool check_own(const Lesson& lesson, const Progress& progress, const Stop& stop,
                   Verdict& verdict) const;
    bool run_earlier_tests(const Course& course, const Lesson& lesson, const std::string& command,
                           const Stop& stop, Verdict& verdict) const;
    std::filesystem::path tests_program() const;
    std::string own_program(const Lesson& lesson) const;

    Folders folders_;
    Limits limits_;
    bool tests_are_built_ = false;
};

// How many times slower than usual the machine is, as for the tests: ECHO_PATIENCE.
int patience();

// A command line out of arguments, as ECHO_PROGRAM takes it. Throws Trouble.
std::string command_line(const std::vector<std::string>& arguments);

}  // namespace coach
