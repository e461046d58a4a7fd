#include "check.hpp"

#include "complaint.hpp"
#include "report.hpp"
#include "text.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <system_error>
#include <thread>

namespace coach {

namespace fs = std::filesystem;
using Kind = Verdict::Kind;

namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// The last lines that say something, for a build that failed in an unknown way.
std::string last_lines(const std::string& output) {
    std::vector<std::string> lines;
    for (const std::string& line : lines_of(output))
        if (!trimmed(line).empty()) lines.push_back(printable(line));
    const std::size_t shown = std::min<std::size_t>(lines.size(), 12);
    return joined({lines.end() - static_cast<std::ptrdiff_t>(shown), lines.end()});
}

using Variables = std::vector<std::pair<std::string, std::string>>;

// A build tool that we are started by passes its own settings on, which are not meant for ours; and
// the compiler shall speak English, for first_error() to understand.
Variables build_environment() {
    return {{"MAKEFLAGS", ""},      {"MFLAGS", ""},     {"MAKELEVEL", ""},
            {"LC_ALL", "C"},        {"LANGUAGE", ""},   {"VSLANG", "1033"},
            {"CLICOLOR_FORCE", ""}, {"GCC_COLORS", ""}, {"NINJA_STATUS", ""}};
}

std::string cmake() {
    std::error_code ignored;
    return fs::exists(ECHO_CMAKE, ignored) ? ECHO_CMAKE : "cmake";
}

// The folder for temporary files, by its names on all systems.
void add_temporary_folder(const fs::path& folder, Variables& variables) {
    if (folder.empty()) return;
    for (const char* name : {"TMPDIR", "TMP", "TEMP"}) variables.push_back({name, folder.string()});
}

void set(Verdict& verdict, Kind kind, std::string headline, std::string text = {}) {
    verdict.kind = kind;
    verdict.headline = std::move(headline);
    verdict.text = std::move(text);
}

// A build that did not get as far as compiling, or that nobody expected to fail.
void explain_failed_build(const Ran& ran, Verdict& verdict) {
    if (ran.stopped) return set(verdict, Kind::stopped, "stopped");
    if (!ran.no_start.empty())
        return set(verdict, Kind::trouble, "CMake can't be started",
                   ran.no_start +
                       "\nInstall CMake 3.20 or newer (apt install cmake, brew install "
                       "cmake), then run: cmake -B build");
    if (ran.timed_out())
        return set(verdict, Kind::trouble, "the build took too long, and was ended");
    const std::string all = ran.output + ran.errors;
    std::string advice;
    if (contains(all, "not a full path to an existing compiler") || contains(all, "No CMAKE_CXX") ||
        contains(all, ": not found") || contains(all, "CMAKE_CXX_COMPILER"))
        advice =
            "There is no C++ compiler where CMake found one before. Install one (apt install "
            "g++), remove the build folder, then run: cmake -B build\n\n";
    if (contains(all, "ermission denied") || contains(all, "Read-only file system"))
        advice = "Something can't be written: is the folder read-only, or somebody else's?\n\n";
    if (contains(all, "No space left")) advice = "The disk is full.\n\n";
    if (contains(all, "out of memory") || contains(all, "virtual memory exhausted"))
        return set(verdict, Kind::trouble, "the compiler needed too much memory", last_lines(all));
    set(verdict, Kind::trouble, "the build failed", advice + last_lines(all));
}

// What Visual Studio's, make's and ninja's words for "no such target" have in common.
bool says_no_target(const Ran& ran) {
    const std::string all = ran.output + ran.errors;
    return contains(all, "No rule to make target") || contains(all, "unknown target") ||
           contains(all, "MSB1009");
}

void note_encoding(const std::string& source, Verdict& verdict) {
    if (is_utf8(source)) return;
    int line = 1;
    for (const std::string& text : lines_of(source)) {
        if (!is_utf8(text)) break;
        ++line;
    }
    verdict.text += "\nThe file is not UTF-8 text (see line " + std::to_string(line) +
                    "): let your editor save it as UTF-8.";
}

}  // namespace

int patience() {
    const char* value = std::getenv("ECHO_PATIENCE");
    return value ? std::clamp(std::atoi(value), 1, 1000) : 1;
}

std::string command_line(const std::vector<std::string>& arguments) {
    std::string line;
    for (const std::string& argument : arguments) {
        const bool has_double = contains(argument, "\"");
        if (has_double && contains(argument, "'"))
            throw Trouble(
                "a command with both kinds of quotes in one argument can't be passed on: " +
                argument);
        const std::string quote = has_double ? "'" : "\"";
        line += (line.empty() ? "" : " ") + quote + argument + quote;
    }
    return line;
}

Checker Checker::elsewhere(Folders folders, Limits limits) const {
    Checker other(std::move(folders));
    other.limits_ = limits;
    other.tests_are_built_ = tests_are_built_;
    return other;
}

fs::path Checker::tests_program() const {
    return (folders_.tests.empty() ? folders_.build : folders_.tests) / "lesson_tests";
}

std::string Checker::own_program(const Lesson& lesson) const {
    return (folders_.build / lesson.program()).string();
}

Ran Checker::build(const std::string& target, std::chrono::seconds limit, const Stop& stop) const {
    harness::Process::Options options;
    const unsigned processors = std::max(1u, std::thread::hardware_concurrency());
    options.arguments = {cmake(),    "--build",    folders_.build.string(),    "--target",
                         target,     "--parallel", std::to_string(processors), "--config",
                         ECHO_CONFIG};
    options.environment = build_environment();
    options.reserve_limit = limits_.build_memory;
    add_temporary_folder(folders_.temporary, options.environment);
    return run(options, limit * patience(), stop);
}

bool Checker::configure(const Folders& project, const Stop& stop, Verdict& verdict) const {
    harness::Process::Options options;
    options.arguments = {cmake(),
                         "-S",
                         project.root.string(),
                         "-B",
                         folders_.build.string(),
                         "-C",
                         (project.build / "hand-in.cmake").string(),
                         "-G",
                         ECHO_GENERATOR,
                         "-D",
                         "ECHO_LESSONS=" + (folders_.root / "lessons").generic_string()};
    if (*ECHO_PLATFORM) options.arguments.insert(options.arguments.end(), {"-A", ECHO_PLATFORM});
    if (*ECHO_TOOLSET) options.arguments.insert(options.arguments.end(), {"-T", ECHO_TOOLSET});
    options.environment = build_environment();
    add_temporary_folder(folders_.temporary, options.environment);
    const Ran ran = run(options, limits_.build * patience(), stop);
    if (!ran.succeeded()) explain_failed_build(ran, verdict);
    return ran.succeeded();
}

// The tests don't change while a student works: looking once is enough.
bool Checker::build_tests(const Progress& progress, const Stop& stop, Verdict& verdict) {
    if (tests_are_built_) return true;
    std::error_code ignored;
    const bool there = fs::exists(tests_program(), ignored) ||
                       fs::exists(tests_program().string() + ".exe", ignored);
    if (!there) progress("building the tests, once; this takes half a minute or so");
    const Ran ran = build("lesson_tests", std::chrono::minutes(15), stop);
    tests_are_built_ = ran.succeeded();
    if (ran.succeeded()) return true;
    if (says_no_target(ran))
        set(verdict, Kind::trouble, "there are no tests, because Catch2 was not found",
            "Get it with: apt install catch2 (or brew install catch2, vcpkg install catch2). Then "
            "run: cmake -B build");
    else
        explain_failed_build(ran, verdict);
    return false;
}

bool Checker::build_lesson(const Lesson& lesson, const Stop& stop, Verdict& verdict) const {
    const Ran ran = build("lesson-" + lesson.number, limits_.build, stop);
    const std::string output = ran.errors + '\n' + ran.output;
    if (ran.succeeded()) {
        if (const auto warning = first_warning(output))
            verdict.warning = warning->where() + ": " + warning->message;
        return true;
    }
    const auto error = ran.ending ? first_error(output, lesson.file_name()) : std::nullopt;
    if (!error) {
        explain_failed_build(ran, verdict);
        return false;
    }
    const std::string where = error->where();
    set(verdict, Kind::broken,
        where.empty() ? "it compiles, but does not link" : "it does not compile: " + where,
        error->message + '\n' + joined(error->excerpt));
    return false;
}

namespace {

// The tests were ended, or ended themselves, before they had a result.
void explain_failed_run(const Ran& ran, Verdict& verdict) {
    if (ran.stopped) return set(verdict, Kind::stopped, "stopped");
    if (!ran.no_start.empty())
        return set(verdict, Kind::trouble, "the tests can't be started", ran.no_start);
    if (ran.timed_out())
        return set(verdict, Kind::failed, "the tests took too long, and were ended",
                   "Does the program answer, but very slowly?");
    set(verdict, Kind::trouble, "the tests ended early: " + ran.ending->text(),
        last_lines(ran.output + ran.errors));
}

// Whether the tests that ran have passed; the verdict says how they went.
bool judge(const Ran& ran, const Lesson& tests, Verdict& verdict) {
    const TestReport report = read_report(ran.output);
    verdict.passed = report.passed.size();
    verdict.without_faults = report.without_faults;
    verdict.failed_test = report.failed;
    if (!ran.ending || !report.complete) {
        explain_failed_run(ran, verdict);
        return false;
    }
    if (!report.failed.empty()) {
        set(verdict, Kind::failed, "a test failed: " + report.failed, report.story);
        return false;
    }
    if (report.passed.empty()) {
        set(verdict, Kind::trouble, "there are no tests for lesson " + tests.number);
        return false;
    }
    return ran.succeeded();
}

}  // namespace

harness::Process::Options Checker::tests_of(const Lesson& lesson, const std::string& command,
                                            bool keep_traces) const {
    harness::Process::Options options;
    options.output_limit = std::size_t{16} << 20;
    options.arguments = {tests_program().string(), "[" + lesson.number + "]", "--abort",
                         "--reporter", "xml"};
    options.environment = {{"ECHO_PROGRAM", command},
                           {"ECHO_KEEP_TRACES", keep_traces ? traces().string() : ""}};
    options.folder = folders_.work.string();
    add_temporary_folder(folders_.temporary, options.environment);
    return options;
}

// They mostly wait, so they run side by side. Of several that fail the first one is told of.
bool Checker::run_earlier_tests(const Course& course, const Lesson& lesson,
                                const std::string& command, const Stop& stop,
                                Verdict& verdict) const {
    const std::string program = command.empty() ? command_line({own_program(lesson)}) : command;
    const std::vector<const Lesson*> lessons = course.earlier(lesson);
    std::vector<harness::Process::Options> tests;
    for (const Lesson* earlier : lessons) tests.push_back(tests_of(*earlier, program, false));
    const std::size_t processors = std::max(1u, std::thread::hardware_concurrency());
    const std::size_t at_once = limits_.at_once > 0 ? limits_.at_once : processors;
    const std::vector<Ran> all = run_all(tests, at_once, limits_.tests * patience(), stop);
    for (std::size_t i = 0; i < lessons.size(); ++i) {
        const Lesson* const earlier = lessons[i];
        Verdict theirs;
        if (judge(all[i], *earlier, theirs)) {
            verdict.also.push_back(earlier->number);
            verdict.without_faults += theirs.without_faults;
            continue;
        }
        verdict.failed_test = theirs.failed_test;
        set(verdict, theirs.kind,
            "its own tests pass, but lesson " + earlier->number + "'s no longer do: " +
                (theirs.failed_test.empty() ? theirs.headline : theirs.failed_test),
            theirs.text);
        return false;
    }
    return true;
}

bool Checker::run_tests(const Lesson& lesson, const std::string& command, const Progress& progress,
                        const Stop& stop, Verdict& verdict) const {
    progress("running the tests");
    // The tests know where the programs are in the build folder that they come from.
    const bool at_home = folders_.build == fs::path(ECHO_BUILD_DIR);
    const std::string program =
        command.empty() && !at_home ? command_line({own_program(lesson)}) : command;
    const Ran ran = run(tests_of(lesson, program, true), limits_.tests * patience(), stop);
    return judge(ran, lesson, verdict);
}

// While one coach runs the tests, another one may build the same program: for a moment there is
// none. So where it has changed under the tests, they begin anew, once.
bool Checker::check_own(const Lesson& lesson, const Progress& progress, const Stop& stop,
                        Verdict& verdict) const {
    const auto built = [&] {
        std::error_code ignored;
        return fs::last_write_time(own_program(lesson), ignored);
    };
    for (bool again = true;; again = false) {
        progress("compiling " + lesson.file());
        if (!build_lesson(lesson, stop, verdict)) return false;
        const auto before = built();
        if (run_tests(lesson, {}, progress, stop, verdict)) return true;
        const bool changed = verdict.kind == Kind::failed && built() != before;
        if (!again || !changed || (stop && stop())) return false;
    }
}

Verdict Checker::check(const Course& course, const Lesson& lesson, const std::string& command,
                       const Progress& progress, const Stop& stop) {
    const auto began = harness::Clock::now();
    Verdict verdict;
    const auto finish = [&] {
        verdict.took =
            std::chrono::duration_cast<std::chrono::milliseconds>(harness::Clock::now() - began);
        return verdict;
    };
    std::error_code ignored;
    fs::remove_all(traces(), ignored);
    fs::create_directories(traces(), ignored);
    std::string source;
    if (command.empty()) {
        if (!fs::is_regular_file(folders_.root / lesson.file(), ignored)) {
            set(verdict, Kind::trouble, "there is no " + lesson.file(),
                "It was renamed or deleted. Give it its name back, or get the starter again: press "
                "r, or run: build/learn reset " +
                    lesson.number);
            return finish();
        }
        source = read_file(folders_.root / lesson.file());
        verdict.file_seen = fingerprint(source);
    }
    if (!build_tests(progress, stop, verdict)) return finish();
    const bool own = command.empty();
    const bool passed = own ? check_own(lesson, progress, stop, verdict)
                            : run_tests(lesson, command, progress, stop, verdict);
    if (verdict.kind == Kind::broken) note_encoding(source, verdict);
    if (!passed || !run_earlier_tests(course, lesson, command, stop, verdict)) return finish();
    set(verdict, Kind::passed,
        "lesson " + lesson.number + ": all " + std::to_string(verdict.passed) + " tests pass");
    return finish();
}

}  // namespace coach
