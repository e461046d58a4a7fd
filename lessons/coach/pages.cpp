#include "pages.hpp"

#include "diff.hpp"
#include "report.hpp"
#include "text.hpp"
#include "trace_reader.hpp"

#include <algorithm>
#include <system_error>

namespace coach {

namespace {

void add(Page& page, const Page& more) { page.insert(page.end(), more.begin(), more.end()); }

void add(Page& page, std::string text, Style style = Style::plain) {
    page.push_back({std::move(text), style});
}

std::string in_seconds(std::chrono::milliseconds time) {
    const auto tenths = (time.count() + 50) / 100;
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

std::size_t count_passed(const Coach& coach) {
    const auto& lessons = coach.course().lessons;
    return static_cast<std::size_t>(std::count_if(
        lessons.begin(), lessons.end(),
        [&](const Lesson& lesson) { return coach.standing(lesson) == Standing::passed; }));
}

std::size_t count_written(const Course& course) {
    return static_cast<std::size_t>(
        std::count_if(course.lessons.begin(), course.lessons.end(),
                      [](const Lesson& lesson) { return lesson.written; }));
}

// "01+ [02] 03 04": the lessons of a part.
std::string numbers_in(const Coach& coach, const std::string& part) {
    std::string numbers;
    for (const Lesson& lesson : coach.course().lessons) {
        if (lesson.part != part) continue;
        const bool here = lesson.name == coach.lesson().name;
        std::string number = lesson.number;
        if (coach.standing(lesson) == Standing::passed) number += '+';
        numbers += here ? " [" + number + ']' : ' ' + number;
    }
    return numbers;
}

std::vector<std::string> parts_of(const Course& course) {
    std::vector<std::string> parts;
    for (const Lesson& lesson : course.lessons)
        if (parts.empty() || parts.back() != lesson.part) parts.push_back(lesson.part);
    return parts;
}

}  // namespace

std::string progress_bar(const Coach& coach, std::size_t width) {
    const std::size_t passed = count_passed(coach);
    const std::size_t all = count_written(coach.course());
    const std::string words = std::to_string(passed) + " of " + std::to_string(all) + " passed";
    const std::size_t length = std::clamp<std::size_t>(width / 4, 8, 26);
    const std::size_t done = passed * length / all;
    return '[' + std::string(done, '#') + std::string(length - done, '-') + "]  " + words;
}

Page head_page(const Coach& coach, std::size_t width, bool brief) {
    const Lesson& lesson = coach.lesson();
    Page page;
    add(page, "The course  " + progress_bar(coach, width), Style::strong);
    std::vector<std::string> parts;
    for (const std::string& part : parts_of(coach.course()))
        parts.push_back((part.empty() ? "" : part + ':') + numbers_in(coach, part));
    if (!brief) add(page, packed(parts, width, Style::faint));
    add(page, "Lesson " + lesson.number + ": " + lesson.title, Style::strong);
    add(page, "edit  " + lesson.file());
    std::vector<std::string> reading = {lesson.readme()};
    std::error_code ignored;
    if (std::filesystem::exists(coach.path(lesson.diagram()), ignored))
        reading.push_back(lesson.diagram());
    Page reading_lines = packed(reading, width - std::min<std::size_t>(width, 6), Style::plain);
    for (std::size_t i = 0; i < reading_lines.size(); ++i)
        reading_lines[i].text = (i == 0 ? "read  " : "      ") + reading_lines[i].text;
    if (!brief) add(page, reading_lines);
    add(page, std::string(width, '-'), Style::faint);
    return page;
}

std::string word_for(Verdict::Kind kind) {
    switch (kind) {
        case Verdict::Kind::passed: return "PASSED";
        case Verdict::Kind::failed: return "NOT YET";
        case Verdict::Kind::broken: return "ERROR";
        case Verdict::Kind::stopped: return "STOPPED";
        default: return "TROUBLE";
    }
}

namespace {

// "01", "01 and 03", "01, 03 and 04"
std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " and " : ", ";
        text += words[i];
    }
    return text;
}

Page passed_page(const Coach& coach, const Lesson& lesson, const Verdict& verdict) {
    Page page;
    if (!verdict.also.empty())
        add(page, std::string("The tests of lesson") + (verdict.also.size() > 1 ? "s " : " ") +
                      listed(verdict.also) + " pass on it too.");
    if (verdict.without_faults > 0)
        add(page, std::to_string(verdict.without_faults) +
                      (verdict.without_faults == 1 ? " case ran without its faults"
                                                   : " cases ran without their faults") +
                      ": this program does not know ECHO_FAULTS");
    if (!lesson.learned.empty()) {
        add(page, "");
        add(page, "What you have learned: " + lesson.learned);
    }
    add(page, "");
    const Lesson* next = coach.course().after(lesson);
    if (!next) {
        add(page, "This was the last lesson that is written so far.");
        return page;
    }
    add(page, "Next, lesson " + next->number + ": " +
                  (next->question.empty() ? next->title : next->question));
    return page;
}

// What happened and how long it took, in one line if a shorter name of the test can do that.
std::string headline(const Verdict& verdict, std::size_t width) {
    std::string text = word_for(verdict.kind) + ": " + printable(verdict.headline);
    const std::string time = "  (" + in_seconds(verdict.took) + ')';
    const std::string name = printable(verdict.failed_test);
    const std::size_t all = columns(text) + columns(time);
    constexpr std::size_t telling = 20;  // a name that is cut shorter says nothing any more
    if (name.empty() || all <= width || all - width + telling + 3 > columns(name) ||
        text.size() < name.size() || text.substr(text.size() - name.size()) != name)
        return text + time;
    const std::string shorter = trimmed(cut(name, columns(name) - (all - width) - 3)) + "...";
    return text.substr(0, text.size() - name.size()) + shorter + time;
}

}  // namespace

Page verdict_page(const Coach& coach, const Lesson& lesson, const Verdict& verdict,
                  bool with_cause_first, std::size_t width) {
    const bool good = verdict.kind == Verdict::Kind::passed;
    Page page;
    add(page, headline(verdict, width), good ? Style::good : Style::bad);
    if (verdict.kind == Verdict::Kind::failed && verdict.passed > 0)
        add(page,
            std::to_string(verdict.passed) +
                (verdict.passed == 1 ? " test before it passed." : " tests before it passed."));
    if (!verdict.warning.empty()) add(page, "The compiler warns: " + printable(verdict.warning));
    if (good) add(page, passed_page(coach, lesson, verdict));
    if (!good && coach.standing(lesson) == Standing::untouched)
        add(page,
            "This is the starter as it comes. Read the lesson, then edit " + lesson.file() + '.');
    if (verdict.text.empty()) return page;
    add(page, "");
    add(page, page_of(with_cause_first ? cause_first(verdict.text) : verdict.text));
    return page;
}

namespace {

std::string words_for(Standing standing) {
    switch (standing) {
        case Standing::passed: return "passed";
        case Standing::changed: return "passed before its last change";
        case Standing::started: return "started";
        case Standing::untouched: return "not started";
        case Standing::missing: return "its file is missing";
        default: return "to come";
    }
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

}  // namespace

Page list_page(const Coach& coach) {
    std::size_t width = 0;
    for (const Lesson& lesson : coach.course().lessons) width = std::max(width, lesson.name.size());
    Page page;
    std::string part;
    for (const Lesson& lesson : coach.course().lessons) {
        if (lesson.part != part) add(page, part = lesson.part, Style::strong);
        const bool here = lesson.name == coach.lesson().name;
        const Standing standing = coach.standing(lesson);
        const Style style = standing == Standing::passed    ? Style::good
                            : standing == Standing::to_come ? Style::faint
                                                            : Style::plain;
        add(page, (here ? "> " : "  ") + padded(lesson.name, width + 2) + words_for(standing),
            style);
    }
    return page;
}

Page hint_page(const Coach& coach, const Lesson& lesson) {
    const std::vector<std::string> hints = coach.hints(lesson);
    const std::size_t seen = std::min(coach.hints_seen(lesson), hints.size());
    Page page;
    if (hints.empty()) add(page, "This lesson has no hints.");
    for (std::size_t i = seen; i-- > 0;) {
        const std::vector<std::string> lines = lines_of(hints[i]);
        if (!page.empty()) add(page, "");
        for (std::size_t at = 0; at < lines.size(); ++at)
            add(page, printable(lines[at]), at == 0 ? Style::strong : Style::plain);
    }
    if (seen == hints.size() && !hints.empty())
        add(page, "(This is the last hint. There is still the solution: " + lesson.solution() + ")",
            Style::faint);
    return page;
}

Page diff_page(const Coach& coach, const Lesson& lesson) {
    const auto mine = lines_of(read_file(coach.path(lesson.file())));
    const auto ours = lines_of(read_file(coach.path(lesson.solution())));
    Page page;
    add(page, "-  only in " + lesson.file(), Style::bad);
    add(page, "+  only in " + lesson.solution(), Style::good);
    add(page, "");
    for (const DiffLine& line : diff(mine, ours))
        add(page, std::string(1, line.kind) + ' ' + printable(line.text),
            line.kind == '-'   ? Style::bad
            : line.kind == '+' ? Style::good
                               : Style::plain);
    return page;
}

Page trace_page(const Coach& coach, const Lesson& lesson, const std::string& test) {
    const std::string trace = coach.trace();
    Page page;
    if (trace.empty()) {
        add(page, "There is no trace: nothing was run, or the program is not one of the course's.");
        return page;
    }
    add(page, "What the program did in the test \"" + printable(test) + "\":", Style::strong);
    add(page, "");
    constexpr std::size_t whole = 2000;  // rows; what is repeated counts once
    add(page, page_of(harness::draw_trace(trace, lesson.is_client, false, whole)));
    return page;
}

}  // namespace coach
