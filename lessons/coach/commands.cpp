#include "commands.hpp"

#include "drawing.hpp"
#include "terminal.hpp"
#include "text.hpp"
#include "typeset.hpp"
#include "words.hpp"

#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace coach {

namespace {

bool colours() {
    const char* no = std::getenv("NO_COLOR");
    return !(no && *no) && terminal_can_draw();
}

std::size_t width() { return output_is_terminal() ? terminal_size().columns : 80; }

void print_as_it_is(const Lines& lines) {
    for (const Line& line : lines) std::cout << coloured(line, colours()) << '\n';
    std::cout << std::flush;
}

void print(const Lines& lines) { print_as_it_is(fitted(lines, width())); }

// What is being done, where somebody may be waiting for it. Not part of the answer.
void tell(const std::string& what) { std::cerr << what << " ..." << std::endl; }

void be_silent(const std::string&) {}

// Ctrl-C ends what was started before it ends us.
Verdict check(Coach& coach, const Lesson& lesson, const std::string& command,
              const Checker::Progress& progress) {
    catch_signals();
    Verdict verdict = coach.check(lesson, command, progress, told_to_end);
    if (told_to_end()) end_as_told();
    return verdict;
}

}  // namespace

int list_command(const Coach& coach) {
    print({{"The course  " + progress_bar(coach, 80), Style::strong}});
    print(list_lines(coach, width()));
    return 0;
}

int check_command(Coach& coach, const Lesson& lesson, const std::string& command,
                  const std::string& diagram) {
    const Verdict verdict = check(coach, lesson, command, tell);
    const bool passed = verdict.kind == Verdict::Kind::passed;
    print(verdict_lines(coach, lesson, verdict, false));
    if (!diagram.empty()) {
        const bool drawn = draw_run(coach, lesson, passed, diagram);
        std::cout << '\n'
                  << (drawn ? "Your run, drawn: " + url_of(diagram) : no_trace) << std::endl;
    }
    return passed ? 0 : 1;
}

int hint_command(Coach& coach, const Lesson& lesson) {
    coach.show_next_hint(lesson);
    print(hint_lines(coach, lesson));
    return 0;
}

int read_command(const Coach& coach, const Lesson* lesson, bool all) {
    Look look;
    look.width = width();
    look.folder = lesson ? lesson->folder() : "lessons";
    look.all_open = all;
    look.numbered = false;
    const std::string text = read_file(coach.path(look.folder + "/README.md"));
    print_as_it_is(lines_of(typeset(parse_markdown(text), look)));
    if (!all && lesson)
        print({{""},
               {"[+] is folded. build/learn hint " + lesson->number +
                    " shows the hints one by one, build/learn read " + lesson->number +
                    " --all the whole text.",
                Style::faint}});
    return 0;
}

int reset_command(Coach& coach, const Lesson& lesson) {
    const std::string kept = coach.reset(lesson);
    std::cout << lesson.file() << " is the starter again.\n";
    if (!kept.empty()) std::cout << "Your file is beside it: " << kept << '\n';
    return 0;
}

std::string json_string(const std::string& text) {
    std::string result = "\"";
    for (const char c : printable(text)) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + '"';
}

namespace {

// One row of the table.
struct Row {
    const Lesson* lesson;
    Verdict verdict;
    bool passed() const { return verdict.kind == Verdict::Kind::passed; }
};

Row verify(Coach& coach, const Lesson& lesson) {
    if (coach.standing(lesson) != Standing::untouched)
        return {&lesson, check(coach, lesson, {}, be_silent)};
    Verdict verdict;
    verdict.kind = Verdict::Kind::failed;
    verdict.headline = "not started";
    return {&lesson, verdict};
}

void print_row(const Row& row) {
    std::string name = row.lesson->name;
    name.resize(std::max<std::size_t>(name.size() + 2, 24), ' ');
    std::cout << name << (row.passed() ? "passed      " : "not passed  ")
              << printable(row.verdict.headline) << std::endl;
}

void print_json(const std::vector<Row>& rows, std::size_t passed) {
    std::cout << "{\n  \"asked\": " << rows.size() << ",\n  \"passed\": " << passed
              << ",\n  \"lessons\": [";
    for (const Row& row : rows)
        std::cout << (&row == &rows.front() ? "\n" : ",\n")
                  << "    {\"lesson\": " << json_string(row.lesson->name)
                  << ", \"passed\": " << (row.passed() ? "true" : "false")
                  << ", \"tests_passed\": " << row.verdict.passed << ", \"failed_test\": "
                  << (row.verdict.failed_test.empty() ? "null"
                                                      : json_string(row.verdict.failed_test))
                  << ", \"message\": " << json_string(row.verdict.headline) << '}';
    std::cout << "\n  ]\n}" << std::endl;
}

}  // namespace

int verify_command(Coach& coach, std::vector<const Lesson*> lessons, bool json) {
    if (lessons.empty())
        for (const Lesson& lesson : coach.course().lessons)
            if (lesson.written) lessons.push_back(&lesson);
    std::vector<Row> rows;
    std::size_t passed = 0;
    for (const Lesson* lesson : lessons) {
        rows.push_back(verify(coach, *lesson));
        if (!json) print_row(rows.back());
        if (rows.back().passed()) ++passed;
    }
    if (json)
        print_json(rows, passed);
    else
        std::cout << passed << " of " << rows.size() << " passed\n";
    return passed == rows.size() ? 0 : 1;
}

}  // namespace coach
