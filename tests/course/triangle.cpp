// The triangle: each server of the course passes the tests of its own lesson and of all lessons
// before it, and fails those of the next. So no lesson is idle, and none undoes another.

#include "catch.hpp"
#include "lesson_run.hpp"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using harness::LessonRun;

namespace {

// "01-one-client" and so on: the folders in solutions/ that hold a server.
std::vector<std::string> servers() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(fs::path(ECHO_SOURCE_DIR) / "solutions"))
        if (fs::exists(entry.path() / "server.cpp"))
            names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

bool has_tests(const std::string& name) {
    return fs::exists(fs::path(ECHO_SOURCE_DIR) / "tests/lessons" / (name + ".cpp"));
}

std::string solution(const std::string& name, const std::string& program) {
    return std::string(ECHO_BUILD_DIR) + "/solutions/" + name + '/' + program;
}

}  // namespace

TEST_CASE("the triangle: each server passes its tests and those before, and fails the next") {
    const std::vector<std::string> names = servers();
    REQUIRE(names.size() >= 3);

    std::cout << "server of lesson   passes the tests of lesson\n                 ";
    for (const std::string& tests : names)
        if (has_tests(tests)) std::cout << "   " << tests.substr(0, 2);
    std::cout << '\n';
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::string row = names[i];
        row.resize(17, ' ');
        for (std::size_t j = 0; j < names.size(); ++j) {
            if (!has_tests(names[j])) continue;
            LessonRun run(names[j].substr(0, 2), solution(names[i], "server"));
            row += run.passed() ? "  yes" : "   no";
            INFO("the solution of " << names[i] << " and the tests of " << names[j]);
            INFO(run.text());
            if (j <= i) CHECK(run.passed());
            if (j == i + 1) {
                CHECK_FALSE(run.passed());
                CHECK_FALSE(run.cause().empty());  // it failed by a test, not by accident
            }
        }
        std::cout << row << '\n';
    }
    std::cout << std::flush;
}

TEST_CASE("lesson 02's solution passes its tests") {
    LessonRun run("02", solution("02-the-client", "client"));
    INFO(run.text());
    CHECK(run.passed());
}

TEST_CASE("the tools echo-server and echo-client pass the lessons' tests") {
    const std::string folder = std::string(ECHO_BUILD_DIR) + '/';
    for (const std::string number : {"01", "02", "03", "04"}) {
        LessonRun run(number, folder + (number == "02" ? "echo-client" : "echo-server"));
        INFO("lesson " << number);
        INFO(run.text());
        CHECK(run.passed());
    }
}
