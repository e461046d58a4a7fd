// Every program in tests/mistakes fails its lesson's tests, and the message names its mistake.

#include "catch.hpp"
#include "causes.hpp"
#include "lesson_run.hpp"
#include "program.hpp"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#ifdef _WIN32
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#endif

namespace fs = std::filesystem;

namespace {

// The first line of each: "// cause: c-string".
std::string cause_in(const fs::path& source) {
    constexpr std::string_view start = "// cause: ";
    std::ifstream file(source);
    std::string line;
    std::getline(file, line);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.compare(0, start.size(), start) != 0) return {};
    return line.substr(start.size());
}

std::vector<fs::path> mistakes_of(const std::string& number) {
    std::vector<fs::path> sources;
    for (const auto& entry : fs::directory_iterator(fs::path(ECHO_SOURCE_DIR) / "tests/mistakes"))
        if (entry.path().filename().string().compare(0, 3, number + '-') == 0)
            sources.push_back(entry.path());
    std::sort(sources.begin(), sources.end());
    return sources;
}

struct Trial {
    std::string name;
    std::string expected;
    harness::LessonRun run;
};

// Wine ends the stream before it resets a connection, so a client may take a reset for an end.
bool hides_resets() {
#ifdef _WIN32
    return GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version") != nullptr;
#else
    return false;
#endif
}

void check(Trial& trial) {
    INFO("tests/mistakes/" << trial.name << ".cpp");
    INFO(trial.run.text());
    CHECK_FALSE(trial.run.passed());
    if (trial.expected == "reset-on-close" && hides_resets()) {
        std::cout << "note: the cause of " << trial.name
                  << " is not looked at, for Wine hides it\n";
        return;
    }
    CHECK(trial.run.cause() == trial.expected);
}

void check_mistakes_of(const std::string& number) {
    const std::vector<fs::path> sources = mistakes_of(number);
    REQUIRE(sources.size() >= 4);
    // Most of a failing run is waiting, so two go on at a time.
    std::deque<Trial> running;
    for (const fs::path& source : sources) {
        const std::string name = source.stem().string();
        const std::string program = std::string(ECHO_BUILD_DIR) + "/mistakes/" + name;
        running.push_back({name, cause_in(source), harness::LessonRun(number, program)});
        if (running.size() < 2) continue;
        check(running.front());
        running.pop_front();
    }
    for (Trial& trial : running) check(trial);
}

}  // namespace

TEST_CASE("lesson 01: each classic mistake is found and named") { check_mistakes_of("01"); }
TEST_CASE("lesson 02: each classic mistake is found and named") { check_mistakes_of("02"); }
TEST_CASE("lesson 03: each classic mistake is found and named") { check_mistakes_of("03"); }
TEST_CASE("lesson 04: each classic mistake is found and named") { check_mistakes_of("04"); }

TEST_CASE("each cause sends the reader to a section that exists") {
    for (const harness::Cause& cause : harness::every_cause()) {
        const fs::path readme = fs::path(ECHO_SOURCE_DIR) / "lessons" / cause.lesson / "README.md";
        std::ifstream file(readme);
        bool found = false;
        for (std::string line; std::getline(file, line);) {
            if (!line.empty() && line.back() == '\r') line.pop_back();
            found = found || line == "## " + cause.section;
        }
        INFO(cause.name << ": " << readme.string() << ", section " << cause.section);
        CHECK(found);
        // One or two sentences, which a reader takes in at a glance.
        CHECK(cause.text.size() < 300);
    }
}

// Which case fails first depends on what the buffer holds, so each case has to see it.
TEST_CASE("strlen for the number of bytes is found by whichever case fails") {
    harness::Process::Options options;
    options.arguments = {std::string(ECHO_BUILD_DIR) + "/lesson_tests", "[01]"};
    options.environment = {
        {"ECHO_PROGRAM", '"' + std::string(ECHO_BUILD_DIR) + "/mistakes/01-c-string-zeroed\""}};
    harness::Process process(options);
    REQUIRE(process.wait(harness::Clock::now() + harness::patience() * 60));
    const std::string text = process.output();
    INFO(text);
    constexpr std::string_view sign = "Likely cause (";
    std::size_t found = 0;
    for (std::size_t at = text.find(sign); at != text.npos; at = text.find(sign, at + 1)) {
        const std::size_t begin = at + sign.size();
        const std::string cause = text.substr(begin, text.find(')', begin) - begin);
        INFO(cause);
        CHECK((cause == "c-string" || cause == "whole-buffer"));
        ++found;
    }
    CHECK(found >= 4);
}
