// Every program in tests/mistakes fails its lesson's tests, and the message names its mistake. What
// else fits is known too: the first lines of each file say it, for example
//
//     // cause: c-string
//     // also fits: lost-bytes
//     // not on Windows: a port does not rest there
//     // not with a sanitizer: it needs more memory than that
//
// So a rule that fits more than before, or less, is seen, even where it does not win.

#include "catch.hpp"
#include "found_cases.hpp"
#include "lesson_run.hpp"
#include "program.hpp"
#include "resets.hpp"
#include "shutdown.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace fs = std::filesystem;

namespace {

const fs::path root = fs::path(ECHO_SOURCE_DIR);

#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif

// How the line begins that excepts this system, or this way to build it.
const std::vector<std::string_view> exceptions = {
#ifdef _WIN32
    "// not on Windows: ",
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    HAS_FEATURE(address_sanitizer) || HAS_FEATURE(thread_sanitizer)
    "// not with a sanitizer: ",
#endif
};

struct Mistake {
    std::string name;  // "01-c-string"
    std::string cause;
    std::vector<std::string> also_fits;  // sorted
    std::string not_here;                // why it is no mistake here; empty: it is one
};

// "lost-bytes, sent-twice"
std::vector<std::string> names_in(std::string_view list) {
    std::vector<std::string> names;
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(", "), list.size());
        names.emplace_back(list.substr(0, end));
        list.remove_prefix(std::min(end + 2, list.size()));
    }
    return names;
}

Mistake read_mistake(const fs::path& source) {
    constexpr std::string_view cause = "// cause: ";
    constexpr std::string_view also = "// also fits: ";
    Mistake mistake{source.stem().string(), {}, {}, {}};
    std::ifstream file(source);
    for (std::string line; std::getline(file, line) && line.compare(0, 2, "//") == 0;) {
        if (line.back() == '\r') line.pop_back();
        if (line.compare(0, cause.size(), cause) == 0) mistake.cause = line.substr(cause.size());
        for (const std::string_view elsewhere : exceptions)
            if (line.compare(0, elsewhere.size(), elsewhere) == 0)
                mistake.not_here = line.substr(elsewhere.size());
        if (line.compare(0, also.size(), also) != 0) continue;
        for (std::string& name : names_in(std::string_view(line).substr(also.size())))
            mistake.also_fits.push_back(std::move(name));
    }
    std::sort(mistake.also_fits.begin(), mistake.also_fits.end());
    return mistake;
}

std::vector<Mistake> all_mistakes() {
    std::vector<Mistake> all;
    for (const auto& entry : fs::directory_iterator(root / "tests/mistakes"))
        if (entry.path().extension() == ".cpp") all.push_back(read_mistake(entry.path()));
    std::sort(all.begin(), all.end(),
              [](const Mistake& one, const Mistake& other) { return one.name < other.name; });
    return all;
}

// What the first list has and the second has not.
std::string only_in(const std::vector<std::string>& one, const std::vector<std::string>& other) {
    std::vector<std::string> names;
    std::set_difference(one.begin(), one.end(), other.begin(), other.end(),
                        std::back_inserter(names));
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

void check(const Mistake& mistake) {
    if (!mistake.not_here.empty()) SKIP_BECAUSE(mistake.not_here);
    harness::LessonRun run(mistake.name.substr(0, 2),
                           std::string(ECHO_BUILD_DIR) + "/mistakes/" + mistake.name);
    INFO("tests/mistakes/" << mistake.name << ".cpp");
    INFO(run.text());
    if (run.passed() && run.text().find(harness::nobody_can_ask) != std::string::npos)
        SKIP_BECAUSE(harness::nobody_can_ask);
    CHECK_FALSE(run.passed());
    if (mistake.cause == "reset-on-close" && course::hides_resets()) {
        std::cout << "note: the cause is not looked at, for Wine hides it\n";
        return;
    }
    CHECK(run.cause() == mistake.cause);
    INFO("It fits, and the file does not say so: " << only_in(run.also_fits(), mistake.also_fits));
    INFO("The file says that it fits: " << only_in(mistake.also_fits, run.also_fits()));
    CHECK(run.also_fits() == mistake.also_fits);
    INFO("As good a cause, and neither is named as a special case of the other: " << run.rival());
    CHECK(run.rival().empty());
}

void add_cases() {
    for (const Mistake& mistake : all_mistakes())
        harness::add_case("mistake " + mistake.name, "[mistakes]", [mistake] { check(mistake); });
}

[[maybe_unused]] const bool added = (add_cases(), true);

}  // namespace

TEST_CASE("each lesson has at least four classic mistakes") {
    const std::vector<Mistake> all = all_mistakes();
    for (const auto& entry : fs::directory_iterator(root / "tests/lessons")) {
        const std::string number = entry.path().stem().string().substr(0, 3);
        INFO("lesson " << number);
        CHECK(std::count_if(all.begin(), all.end(), [&](const Mistake& mistake) {
                  return mistake.name.compare(0, 3, number) == 0;
              }) >= 4);
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
