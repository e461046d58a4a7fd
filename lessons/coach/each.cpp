#include "each.hpp"

#include "each_table.hpp"
#include "process_orphans.hpp"
#include "terminal.hpp"
#include "text.hpp"

#include <algorithm>
#include <exception>
#include <iostream>
#include <string_view>

namespace coach {

namespace fs = std::filesystem;

namespace {

bool says(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// The name in "Likely cause (NAME)".
std::string named_cause(std::string_view story) {
    constexpr std::string_view sign = "Likely cause (";
    const std::size_t at = story.rfind(sign);
    if (at == std::string_view::npos) return {};
    const std::size_t begin = at + sign.size();
    return printable(story.substr(begin, story.find(')', begin) - begin));
}

// In a few words.
std::string cause_of(const Verdict& verdict) {
    using Kind = Verdict::Kind;
    const std::string name = named_cause(verdict.text);
    if (verdict.kind == Kind::passed) return {};
    if (verdict.kind == Kind::stopped) return "no time left";
    if (verdict.kind == Kind::broken)
        return says(verdict.headline, "link") ? "does not link" : "does not compile";
    if (verdict.kind == Kind::failed && !name.empty()) return name;
    if (says(verdict.headline, "took too long")) return "took too long";
    if (says(verdict.headline, "the tests ended early")) return "ended its tests";
    return verdict.headline;
}

void say_nothing(const std::string&) {}

// Empty: the lesson's program is in the scratch folder.
std::string why_not_taken(const Scratch& scratch, const Lesson& lesson, const fs::path& lessons) {
    try {
        scratch.take(lesson, lessons);
        return {};
    } catch (const Trouble& reason) {
        return printable(reason.what());
    }
}

}  // namespace

std::size_t HandInResult::passed() const {
    return static_cast<std::size_t>(std::count_if(
        lessons.begin(), lessons.end(), [](const LessonResult& one) { return one.passed(); }));
}

const LessonResult* HandInResult::first_failure() const {
    const auto found = std::find_if(lessons.begin(), lessons.end(),
                                    [](const LessonResult& one) { return !one.passed(); });
    return found == lessons.end() ? nullptr : &*found;
}

void ClassCheck::prepare(const Checker::Progress& progress, const Stop& stop) {
    Verdict verdict;
    if (checker_.build_tests(progress, stop, verdict)) return;
    throw Trouble(verdict.headline + (verdict.text.empty() ? "" : ":\n" + verdict.text));
}

HandInResult ClassCheck::check(const HandIn& hand_in, const Stop& stop) const {
    const auto began = harness::Clock::now();
    const harness::Deadline end = began + limits_.hand_in * patience();
    HandInResult result{hand_in.student, hand_in.folder, {}, {}, {}};
    try {
        check_all(
            hand_in, [&] { return stop() || harness::Clock::now() > end; }, result);
    } catch (const std::exception& failure) {
        result.trouble = printable(failure.what());
        result.lessons.clear();
    }
    result.took =
        std::chrono::duration_cast<std::chrono::milliseconds>(harness::Clock::now() - began);
    return result;
}

void ClassCheck::check_all(const HandIn& hand_in, const Stop& stop, HandInResult& result) const {
    const fs::path lessons = lessons_in(hand_in, course_);
    const Scratch scratch;
    harness::Orphans orphans;
    const Checker::Folders folders{scratch.root(), scratch.build(), project_.build, scratch.work(),
                                   scratch.temporary()};
    Checker checker = checker_.elsewhere(folders, limits_.lesson);
    for (const Lesson* lesson : lessons_)
        result.lessons.push_back({lesson, why_not_taken(scratch, *lesson, lessons), {}});
    // All programs are there now: CMake has to look only once.
    bool configured = false;
    for (LessonResult& one : result.lessons) {
        one.message = one.cause;
        if (!one.passed()) continue;
        Verdict verdict;
        configured = configured || checker.configure(project_, stop, verdict);
        if (configured) verdict = checker.check(course_, *one.lesson, {}, say_nothing, stop);
        one.cause = cause_of(verdict);
        one.message = printable(verdict.headline);
        orphans.end();
    }
}

int each_command(const Course& course, const Checker::Folders& project,
                 std::vector<const Lesson*> lessons, const std::vector<std::string>& folders,
                 Format format) {
    if (lessons.empty())
        for (const Lesson& lesson : course.lessons)
            if (lesson.written) lessons.push_back(&lesson);
    catch_signals();
    ClassCheck check(course, lessons, project);
    check.prepare([](const std::string& what) { std::cerr << what << " ..." << std::endl; },
                  told_to_end);
    const std::vector<HandIn> hand_ins = hand_ins_in(folders);
    EachTable table(std::cout, format, hand_ins, lessons.size());
    for (const HandIn& hand_in : hand_ins) {
        const HandInResult result = check.check(hand_in, told_to_end);
        if (told_to_end()) break;  // half checked: no row
        table.add(result);
    }
    table.end();
    if (told_to_end()) end_as_told();
    return table.all_passed() ? 0 : 1;
}

}  // namespace coach
