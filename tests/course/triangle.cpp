// The triangle: each server of the course passes the tests of its own lesson and of all lessons
// before it, and fails those of the next. So no lesson is idle, and none undoes another. Each cell
// is a test case, found in the folders; `course_tests "the triangle"` prints them as a picture.

#include "catch.hpp"
#include "found_cases.hpp"
#include "lesson_run.hpp"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace fs = std::filesystem;
using harness::LessonRun;

namespace {

struct Lesson {
    std::string name;     // 01-one-client
    std::string program;  // server or client
    bool has_tests;

    std::string number() const { return name.substr(0, 2); }
};

// The folders in solutions/ that hold such a program, in the order of their numbers.
std::vector<Lesson> lessons_with(const std::string& program) {
    const fs::path root = ECHO_SOURCE_DIR;
    std::vector<Lesson> lessons;
    for (const auto& entry : fs::directory_iterator(root / "solutions")) {
        const std::string name = entry.path().filename().string();
        if (fs::exists(entry.path() / (program + ".cpp")))
            lessons.push_back(
                {name, program, fs::exists(root / "tests/lessons" / (name + ".cpp"))});
    }
    std::sort(lessons.begin(), lessons.end(),
              [](const Lesson& a, const Lesson& b) { return a.name < b.name; });
    return lessons;
}

struct Cell {
    Lesson solution;
    Lesson tests;
    bool passes;

    std::string name() const {
        return "triangle: solution " + solution.number() + (passes ? " passes" : " fails") +
               " the tests of " + tests.number();
    }
};

// The cells that have to be one way or the other, row by row.
std::vector<Cell> triangle_of(const std::string& program) {
    const std::vector<Lesson> lessons = lessons_with(program);
    std::vector<Cell> cells;
    for (std::size_t i = 0; i < lessons.size(); ++i)
        for (std::size_t j = 0; j < lessons.size() && j <= i + 1; ++j)
            if (lessons[j].has_tests) cells.push_back({lessons[i], lessons[j], j <= i});
    return cells;
}

LessonRun run(const Cell& cell) {
    const std::string folder = std::string(ECHO_BUILD_DIR) + "/solutions/" + cell.solution.name;
    return {cell.tests.number(), folder + '/' + cell.solution.program};
}

void check(const Cell& cell, LessonRun& run) {
    INFO("the solution of " << cell.solution.name << " and the tests of " << cell.tests.name);
    INFO(run.text());
    CHECK(run.passed() == cell.passes);
    if (!cell.passes) CHECK_FALSE(run.cause().empty());  // it failed by a test, not by accident
}

// The tools are the newest server and the client: each passes all that is asked of its kind. But
// the client tells more apart by its exit code than a lesson's: see echo_client.cpp.
void check_tool(const Lesson& tests) {
    const std::string tool = std::string(ECHO_BUILD_DIR) + "/echo-" + tests.program;
    LessonRun run(tests.number(), tool, false, "~[exit-1]");
    INFO(run.text());
    CHECK(run.passed());
}

void add_cases(const std::string& program) {
    for (const Cell& cell : triangle_of(program))
        harness::add_case(cell.name(), "[triangle]", [cell] {
            LessonRun verdict = run(cell);
            check(cell, verdict);
        });
    for (const Lesson& tests : lessons_with(program))
        if (tests.has_tests)
            harness::add_case("echo-" + program + " passes the tests of " + tests.number(),
                              "[tools]", [tests] { check_tool(tests); });
}

// The servers make one triangle and the clients another, which has one cell so far.
[[maybe_unused]] const bool added = (add_cases("server"), add_cases("client"), true);

// The verdicts of one row stand under the numbers of their lessons: "01-one-client      yes   no".
void print(const std::vector<Cell>& cells, const std::vector<bool>& verdicts) {
    std::cout << "the solution of    passes the tests of\n" << std::setw(17) << "";
    for (const Lesson& tests : lessons_with("server"))
        if (tests.has_tests) std::cout << std::setw(5) << tests.number();
    std::string row;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (cells[i].solution.name != row) {
            row = cells[i].solution.name;
            std::cout << '\n' << std::left << std::setw(17) << row << std::right;
        }
        std::cout << std::setw(5) << (verdicts[i] ? "yes" : "no");
    }
    std::cout << std::endl;
}

}  // namespace

// A lesson that is forgotten has no cells, and what is not run can't fail.
TEST_CASE(
    "each lesson's tests have a solution that passes and, but for the first, one that fails") {
    std::vector<Cell> cells = triangle_of("server");
    const std::vector<Cell> clients = triangle_of("client");
    REQUIRE_FALSE(cells.empty());
    REQUIRE_FALSE(clients.empty());
    const std::set<std::string> firsts = {cells.front().tests.name, clients.front().tests.name};
    cells.insert(cells.end(), clients.begin(), clients.end());
    const auto there_is = [&cells](const std::string& tests, bool passes) {
        return std::any_of(cells.begin(), cells.end(), [&](const Cell& cell) {
            return cell.tests.name == tests && cell.passes == passes;
        });
    };
    std::size_t lessons = 0;
    for (const auto& entry : fs::directory_iterator(fs::path(ECHO_SOURCE_DIR) / "tests/lessons")) {
        const std::string tests = entry.path().stem().string();
        INFO("the tests of " << tests);
        CHECK(there_is(tests, true));
        if (firsts.count(tests) == 0) CHECK(there_is(tests, false));
        ++lessons;
    }
    CHECK(lessons >= 4);
}

// Not for ctest, which runs the cells: `course_tests "the triangle"` prints the whole of it.
TEST_CASE("the triangle", "[.]") {
    const std::vector<Cell> cells = triangle_of("server");
    const std::size_t at_once = std::max(1u, std::thread::hardware_concurrency());
    std::deque<LessonRun> running;
    std::size_t started = 0;
    std::vector<bool> verdicts;
    for (const Cell& cell : cells) {
        while (started < cells.size() && running.size() < at_once)
            running.push_back(run(cells[started++]));
        check(cell, running.front());
        verdicts.push_back(running.front().passed());
        running.pop_front();
    }
    print(cells, verdicts);
}
