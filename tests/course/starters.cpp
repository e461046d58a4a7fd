// What a student finds: each starter compiles as it comes, fails its own lesson's tests with a
// message that helps, and is the solution before it but for a few lines. One that begins anew passes
// the tests of all lessons before its own.

#include "catch.hpp"
#include "course.hpp"
#include "found_cases.hpp"
#include "lesson_run.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace fs = std::filesystem;

namespace {

std::vector<std::string> lines_of(const fs::path& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        lines.push_back(line);
    }
    return lines;
}

// The numbers in "TODO 1", "TODO 2", ...
std::set<int> todos_in(const fs::path& path) {
    std::set<int> numbers;
    for (const std::string& line : lines_of(path))
        for (std::size_t at = line.find("TODO "); at != std::string::npos;
             at = line.find("TODO ", at + 1))
            if (at + 5 < line.size() && std::isdigit(static_cast<unsigned char>(line[at + 5])))
                numbers.insert(std::stoi(line.substr(at + 5)));
    return numbers;
}

struct Starter {
    std::string name;  // "03-byte-stream"
    fs::path source;
    std::string program;  // "server" or "client"

    bool begins_anew;  // it does not go on from the solution before it

    std::string number() const { return name.substr(0, 2); }
    std::string built() const {
        return std::string(ECHO_BUILD_DIR) + "/lessons/" + name + '/' + program;
    }
    // The lesson's page lists the TODOs. A student who is at work has done away with some.
    bool untouched() const {
        return todos_in(source) == todos_in(source.parent_path() / "README.md");
    }
};

// In the order of their numbers.
std::vector<Starter> starters() {
    std::vector<Starter> found;
    const coach::Course course = coach::read_course(ECHO_SOURCE_DIR);
    for (const coach::Lesson& lesson : course.lessons)
        if (fs::exists(course.root / lesson.file()))
            found.push_back({lesson.name, course.root / lesson.file(),
                             lesson.is_client ? "client" : "server", lesson.begins_anew});
    return found;
}

// The lines to take away and to add on the way from one text to the other: those outside the
// longest common subsequence.
std::size_t changed_lines(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    std::vector<std::size_t> common(b.size() + 1, 0);
    for (const std::string& line : a) {
        std::size_t before = 0;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t above = common[j + 1];
            common[j + 1] = line == b[j] ? before + 1 : std::max(above, common[j]);
            before = above;
        }
    }
    return a.size() + b.size() - 2 * common.back();
}

void check_built(const Starter& starter) {
    INFO("build it: cmake --build build --target lesson-" << starter.number());
    REQUIRE((fs::exists(starter.built()) || fs::exists(starter.built() + ".exe")));
}

void check_starter(const Starter& starter) {
    if (!starter.untouched())
        SKIP_BECAUSE("lessons/" + starter.name + " has been edited, so it is no starter now");
    check_built(starter);
    harness::LessonRun run(starter.number(), "");
    INFO(run.text());
    CHECK_FALSE(run.passed());
    CHECK_FALSE(run.cause().empty());
    CHECK(run.cause() != "no-program");
    CHECK(run.cause() != "unexplained");  // what is said when nothing better is known
    CHECK(run.text().find("WHAT THE TEST DID") != std::string::npos);
    CHECK(run.text().find("Read: lessons/") != std::string::npos);
}

// It is whole, and can do all that those before it could.
void check_whole(const Starter& starter, const Starter& before) {
    if (!starter.untouched())
        SKIP_BECAUSE("lessons/" + starter.name + " has been edited, so it is no starter now");
    check_built(starter);
    harness::LessonRun run(before.number(), starter.built());
    INFO(run.text());
    CHECK(run.passed());
}

void add_whole_cases(const Starter& starter, const std::vector<Starter>& all) {
    for (const Starter& before : all)
        if (before.name < starter.name && before.program == starter.program)
            harness::add_case("the starter of lesson " + starter.number() +
                                  " passes the tests of " + before.number(),
                              "[starters]", [=] { check_whole(starter, before); });
}

void add_cases() {
    const std::vector<Starter> all = starters();
    for (const Starter& starter : all) {
        harness::add_case(
            "the starter of lesson " + starter.number() + " fails its tests and is told why",
            "[starters]", [=] { check_starter(starter); });
        if (starter.begins_anew) add_whole_cases(starter, all);
    }
}

[[maybe_unused]] const bool added = (add_cases(), true);

}  // namespace

TEST_CASE("the TODOs of each starter are numbered from 1 on, as in its lesson") {
    for (const Starter& starter : starters()) {
        const std::set<int> numbers = todos_in(starter.source.parent_path() / "README.md");
        INFO(starter.name);
        REQUIRE_FALSE(numbers.empty());
        CHECK(*numbers.begin() == 1);
        CHECK(*numbers.rbegin() == static_cast<int>(numbers.size()));
        if (!starter.untouched()) std::cout << "note: " << starter.name << " has been edited\n";
    }
}

TEST_CASE("the starter of a server is the solution before it, but for a few lines") {
    constexpr std::size_t most = 24;
    std::string before;
    for (const Starter& starter : starters()) {
        if (starter.program != "server") continue;
        const std::string previous = std::exchange(before, starter.name);
        if (previous.empty() || starter.begins_anew) continue;
        if (!starter.untouched()) {
            std::cout << "note: " << starter.name << " has been edited, and is left out\n";
            continue;
        }
        const fs::path solution = fs::path(ECHO_SOURCE_DIR) / "solutions" / previous / "server.cpp";
        const std::size_t changed = changed_lines(lines_of(solution), lines_of(starter.source));
        INFO("from solutions/" << previous << " to lessons/" << starter.name << ": " << changed
                               << " lines");
        CHECK(changed > 0);
        CHECK(changed <= most);
    }
}
