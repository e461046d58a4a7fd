#include "words.hpp"

#include "diff.hpp"
#include "report.hpp"
#include "text.hpp"
#include "trace_reader.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace coach {

namespace {

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

namespace {

// "diagrams/05-next-please.svg", and then the others that this lesson has.
std::vector<std::string> diagrams_of(const Coach& coach, const Lesson& lesson) {
    std::vector<std::string> stems;
    std::error_code error;
    for (std::filesystem::directory_iterator at(coach.path("diagrams"), error), end;
         !error && at != end; at.increment(error)) {
        const std::string stem = at->path().stem().string();
        if (at->path().extension() == ".svg" && starts_with(stem, lesson.name))
            stems.push_back(stem);
    }
    std::sort(stems.begin(), stems.end());
    for (std::string& stem : stems) stem = "diagrams/" + stem + ".svg";
    return stems;
}

}  // namespace

Lines head_lines(const Coach& coach, std::size_t width, bool brief) {
    const Lesson& lesson = coach.lesson();
    Lines lines;
    add(lines, "The course  " + progress_bar(coach, width), Style::strong);
    std::vector<std::string> parts;
    for (const std::string& part : parts_of(coach.course()))
        parts.push_back((part.empty() ? "" : part + ':') + numbers_in(coach, part));
    if (!brief) add(lines, packed(parts, width, Style::faint));
    add(lines, "Lesson " + lesson.number + ": " + lesson.title, Style::strong);
    add(lines, "edit  " + lesson.file());
    std::vector<std::string> reading = diagrams_of(coach, lesson);
    reading.insert(reading.begin(), lesson.readme());
    Lines reading_lines = packed(reading, width - std::min<std::size_t>(width, 6), Style::plain);
    for (std::size_t i = 0; i < reading_lines.size(); ++i)
        reading_lines[i].text = (i == 0 ? "read  " : "      ") + reading_lines[i].text;
    if (!brief) add(lines, reading_lines);
    add(lines, std::string(width, '-'), Style::faint);
    return lines;
}

std::string keys_after_pass(const Coach& coach, const Lesson& lesson) {
    if (!coach.course().after(lesson)) return "d: our program beside yours. l: all lessons.";
    const Lesson* to = coach.course().same_kind_after(lesson);
    const std::string keys = "n: the next lesson. d: our program beside yours.";
    return to && !to->begins_anew ? keys + " c: copy mine on." : keys;
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

Lines passed_lines(const Coach& coach, const Lesson& lesson, const Verdict& verdict) {
    Lines lines;
    if (!verdict.also.empty())
        add(lines, std::string("The tests of lesson") + (verdict.also.size() > 1 ? "s " : " ") +
                       listed(verdict.also) + " pass on it too.");
    if (verdict.without_faults > 0)
        add(lines, std::to_string(verdict.without_faults) +
                       (verdict.without_faults == 1 ? " case ran without its faults"
                                                    : " cases ran without their faults") +
                       ": this program does not know ECHO_FAULTS");
    if (!lesson.learned.empty()) {
        add(lines, "");
        add(lines, "What you have learned: " + lesson.learned);
    }
    add(lines, "");
    const Lesson* next = coach.course().after(lesson);
    if (!next) {
        add(lines, "This was the last lesson.");
        return lines;
    }
    add(lines, "Next, lesson " + next->number + ": " +
                   (next->question.empty() ? next->title : next->question));
    return lines;
}

// What happened, and how long it took.
std::string headline(const Verdict& verdict) {
    return word_for(verdict.kind) + ": " + printable(verdict.headline) + "  (" +
           in_seconds(verdict.took) + ')';
}

}  // namespace

Lines verdict_lines(const Coach& coach, const Lesson& lesson, const Verdict& verdict,
                    bool with_cause_first) {
    const bool good = verdict.kind == Verdict::Kind::passed;
    Lines lines;
    add(lines, headline(verdict), good ? Style::good : Style::bad);
    if (verdict.kind == Verdict::Kind::failed && verdict.passed > 0)
        add(lines,
            std::to_string(verdict.passed) +
                (verdict.passed == 1 ? " test before it passed." : " tests before it passed."));
    if (!verdict.warning.empty()) add(lines, "The compiler warns: " + printable(verdict.warning));
    if (good) add(lines, passed_lines(coach, lesson, verdict));
    if (!good && coach.standing(lesson) == Standing::untouched)
        add(lines,
            "This is the starter as it comes. Read the lesson, then edit " + lesson.file() + '.');
    if (verdict.text.empty()) return lines;
    add(lines, "");
    add(lines, lines_in(with_cause_first ? cause_first(verdict.text) : verdict.text));
    return lines;
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

Lines list_lines(const Coach& coach, std::size_t width) {
    std::size_t longest = 0;
    for (const Lesson& lesson : coach.course().lessons)
        longest = std::max(longest, lesson.name.size());
    constexpr std::size_t words = 20;  // of most standings
    if (longest + words > width) longest = 0;
    Lines lines;
    std::string part;
    for (const Lesson& lesson : coach.course().lessons) {
        if (lesson.part != part) add(lines, part = lesson.part, Style::strong);
        const bool here = lesson.name == coach.lesson().name;
        const Standing standing = coach.standing(lesson);
        const Style style = standing == Standing::passed    ? Style::good
                            : standing == Standing::to_come ? Style::faint
                                                            : Style::plain;
        add(lines, (here ? "> " : "  ") + padded(lesson.name, longest) + "  " + words_for(standing),
            style);
    }
    return lines;
}

Lines hint_lines(const Coach& coach, const Lesson& lesson) {
    const std::vector<std::string> hints = coach.hints(lesson);
    const std::size_t seen = std::min(coach.hints_seen(lesson), hints.size());
    Lines lines;
    if (hints.empty()) add(lines, "This lesson has no hints.");
    for (std::size_t i = seen; i-- > 0;) {
        const Lines hint = lines_in(hints[i]);
        if (!lines.empty()) add(lines, "");
        for (const Line& line : hint)
            add(lines, line.text, &line == &hint.front() ? Style::strong : Style::plain);
    }
    if (seen == hints.size() && !hints.empty())
        add(lines,
            "(This is the last hint. There is still the solution: " + lesson.solution() + ")",
            Style::faint);
    return lines;
}

Lines diff_lines(const Coach& coach, const Lesson& lesson) {
    const auto mine = lines_of(read_file(coach.path(lesson.file())));
    const auto ours = lines_of(read_file(coach.path(lesson.solution())));
    Lines lines;
    add(lines, "-  only in " + lesson.file(), Style::bad);
    add(lines, "+  only in " + lesson.solution(), Style::good);
    add(lines, "");
    for (const DiffLine& line : diff(mine, ours))
        add(lines, std::string(1, line.kind) + ' ' + printable(line.text),
            line.kind == '-'   ? Style::bad
            : line.kind == '+' ? Style::good
                               : Style::plain);
    return lines;
}

Lines trace_lines(const Coach& coach, const Lesson& lesson, bool passed) {
    const std::vector<Trace> traces = coach.traces();
    Lines lines;
    if (traces.empty()) {
        add(lines, no_trace);
        return lines;
    }
    const Trace& trace = *shown(traces, passed, lesson.is_client);
    add(lines,
        "What the program did in the test \"" + printable(trace.test) + "\":", Style::strong);
    if (passed && traces.size() > 1)
        add(lines, "(Of " + std::to_string(traces.size()) + " runs this one shows most.)",
            Style::faint);
    add(lines, "");
    constexpr std::size_t whole = 2000;  // rows; what is repeated counts once
    add(lines, lines_in(harness::draw_trace(trace.calls, lesson.is_client, false, whole)));
    return lines;
}

}  // namespace coach
