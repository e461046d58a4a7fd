// The lessons' texts, as the coach shows them.
#include "catch.hpp"
#include "coach_course.hpp"

#include "coach.hpp"
#include "lesson_page.hpp"
#include "markdown.hpp"
#include "prose.hpp"
#include "report.hpp"
#include "screen.hpp"
#include "terminal.hpp"
#include "text.hpp"
#include "typeset.hpp"

#include <filesystem>
#include <map>
#include <regex>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

using coach::Lesson;
using course::SmallCourse;

coach::Look look(std::size_t width) {
    coach::Look look;
    look.width = width;
    look.folder = "lessons/01-x";
    return look;
}

std::string text_of(const coach::Drawing& drawing) {
    std::string text;
    for (const coach::DrawnLine& drawn : drawing) text += drawn.line.text + '\n';
    return text;
}

std::string drawn(const std::string& markdown, std::size_t width = 40) {
    return text_of(coach::typeset(coach::parse_markdown(markdown), look(width)));
}

// How often each word is there. A word: letters, digits, and all that is not ASCII. Marks may stand
// in the middle of one: "many `recv`s".
std::map<std::string, int> words_in(const std::string& text) {
    std::map<std::string, int> words;
    std::string word;
    for (const char c : text + ' ') {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80 || std::isalnum(byte))
            word += c;
        else if (c != '`' && c != '*' && !word.empty())
            ++words[std::exchange(word, {})];
    }
    return words;
}

// What a reader of Markdown is meant to see of it: without the tags of folds, the languages of
// fences and the targets of links.
std::string visible(const std::string& markdown) {
    std::string text = std::regex_replace(markdown, std::regex("</?(details|summary)>"), " ");
    text = std::regex_replace(text, std::regex("(^|\n) *```[a-z]*"), "\n");
    return std::regex_replace(text, std::regex("\\]\\([^)]*\\)"), "]");
}

// The first word that is seen less often than it is written; empty: none.
std::string lost_word(const std::string& markdown, const std::string& seen) {
    const auto shown = words_in(seen);
    for (const auto& [word, count] : words_in(visible(markdown))) {
        const auto found = shown.find(word);
        if (found == shown.end() || found->second < count) return word;
    }
    return {};
}

std::vector<fs::path> readmes() {
    std::vector<fs::path> found{fs::path(ECHO_SOURCE_DIR) / "lessons" / "README.md"};
    const coach::Course course = coach::read_course(ECHO_SOURCE_DIR);
    for (const coach::Lesson& lesson : course.lessons)
        if (fs::exists(course.root / lesson.readme()))
            found.push_back(course.root / lesson.readme());
    return found;
}

}  // namespace

TEST_CASE("no word of a lesson gets lost in a terminal, and no line is too long", "[coach]") {
    const auto files = readmes();
    REQUIRE(files.size() > 4);
    for (const fs::path& file : files) {
        const std::string text = coach::read_file(file);
        const auto blocks = coach::parse_markdown(text);
        for (const std::size_t width : {40u, 80u, 120u}) {
            CAPTURE(file, width);
            coach::Look all = look(width);
            all.all_open = true;
            const coach::Drawing drawing = coach::typeset(blocks, all);
            CHECK(lost_word(text, text_of(drawing)) == "");
            for (const coach::DrawnLine& line : drawing)
                if (!line.whole && coach::columns(line.line.text) > width)
                    FAIL_CHECK(line.line.text);
        }
    }
}

TEST_CASE("Markdown that no lesson uses is readable too", "[coach]") {
    const std::string odd =
        "Title\n=====\n\n<!-- a comment -->\n\nA [reference][1] and ![a picture](p.png \"x\").\n\n"
        "[1]: https://example.org/a_b\n\n> a quote\n> - with a list\n>   of words\ngoing on\n\n"
        "* star *not emphasis and 2 * 3 * 4, snake_case_name, **open\n\n"
        "1) one\n   two\n\n   ```\n   code in it\n   ```\n2) three\n\n"
        "| only a head |\n|---|\n\nnot | a table\n\n~~~\ntilde code\n~~~\n\n    indented code\n\n"
        "<details><summary>Short</summary>inside</details>\n<details>\nno summary\n\n"
        "- a\n  - b\n\n    c\n\n***\n\n`` a ` tick `` `open\n\nlast [link](broken\n\n```\nno end";
    coach::Look all = look(40);
    all.all_open = true;
    const std::string seen = text_of(coach::typeset(coach::parse_markdown(odd), all));
    INFO(seen);
    CHECK(lost_word(odd, seen) == "");
}

TEST_CASE("a paragraph loses its marks and keeps its words", "[coach]") {
    const auto plain = [](const std::string& text) { return coach::prose(text, "lessons/01-x"); };
    CHECK(plain("**a** b, *c d*, `e`, __f__") == "a b, c d, e, f");
    CHECK(plain("2 * 3 * 4, send_all_of, a*, **open") == "2 * 3 * 4, send_all_of, a*, **open");
    CHECK(plain("`if (x) y;` goes on") == "`if (x) y;` goes on");
    CHECK(plain("`all of it`") == "all of it");
    CHECK(plain("`**a**` \\*b\\* \\`c\\`") == "**a** *b* `c`");
    CHECK(plain("the [coach](../README.md#the-coach)") ==
          "the coach (lessons/README.md#the-coach)");
    CHECK(plain("[server.cpp](server.cpp)") == "lessons/01-x/server.cpp");
    CHECK(plain("[here](#below) [w](https://x.org/a_b_c)") == "here w (https://x.org/a_b_c)");
    CHECK(plain("![It \"opens\"](../../diagrams/x.svg)") ==
          "picture: diagrams/x.svg (It \"opens\")");
    CHECK(plain("a &lt;b&gt; <c> <https://x.org>") == "a <b> <c> https://x.org");
    CHECK(plain("[`x`](y.md), [] and [z") == "x (lessons/01-x/y.md), [] and [z");
}

TEST_CASE("the blocks of a text are drawn for a terminal", "[coach]") {
    CHECK(drawn("# One\n## Two\n### Three\n") == "One\n===\n\nTwo\n---\n\nThree\n");
    CHECK(drawn("one\ntwo  \nthree\n\nfour") == "one two\nthree\n\nfour\n");
    CHECK(drawn("- a\n  b\n- c\n\n1. d\n   - e\n2. f\n") == "- a b\n- c\n\n1. d\n\n   - e\n2. f\n");
    CHECK(drawn("> a\n> b\n>\n> c\n") == "| a b\n| \n| c\n");
    CHECK(drawn("one two three four", 10) == "one two\nthree four\n");
    // Code is never broken, nor is what is written in it understood.
    CHECK(drawn("```sh\n# a long line of **code**, as it is\n\n  x\n```\n", 20) ==
          "  # a long line of **code**, as it is\n\n    x\n");
}

TEST_CASE("a table has columns where they fit, and else a block for each row", "[coach]") {
    const std::string table =
        "| what | why `a\\|b` |\n|---|:-:|\n| one | two three |\n| | four |\n";
    CHECK(drawn(table, 40) == "what  why a|b\n---------------\none   two three\n      four\n");
    CHECK(drawn(table, 13) ==
          "what  why a|b\n-------------\none   two\n      three\n\n      four\n");
    CHECK(drawn(table, 10) == "what:\n  one\nwhy a|b:\n  two\n  three\n\nwhy a|b:\n  four\n");
    CHECK(drawn("| | |\n|---|---|\n| a | b |\n") == "a  b\n");
}

TEST_CASE("hints and answers are folded until they are asked for", "[coach]") {
    const std::string text =
        "<details>\n<summary>Hint 1: *a*</summary>\n\none\n\n<details>\n<summary>Hint 2</summary>\n"
        "\ntwo\n\n</details>\n</details>\n<details>\n<summary>Q?</summary>\n\nA.\n\n</details>\n";
    const auto blocks = coach::parse_markdown(text);
    coach::Look some = look(40);
    CHECK(text_of(coach::typeset(blocks, some)) == "[+1] Hint 1: a\n[+3] Q?\n");
    some.open = {1};
    CHECK(text_of(coach::typeset(blocks, some)) ==
          "[-1] Hint 1: a\n\n  one\n\n  [+2] Hint 2\n\n[+3] Q?\n");
    some.open = {1, 2};
    CHECK(text_of(coach::typeset(blocks, some)) ==
          "[-1] Hint 1: a\n\n  one\n\n  [-2] Hint 2\n\n    two\n\n[+3] Q?\n");
    some.open = {2};  // the one around it is closed
    CHECK(text_of(coach::typeset(blocks, some)) == "[+1] Hint 1: a\n[+3] Q?\n");
    some.numbered = false;
    CHECK(text_of(coach::typeset(blocks, some)) == "[+] Hint 1: a\n[+] Q?\n");
}

namespace {

const std::string long_text = [] {
    std::string text = "# A lesson\n\n## First\n\n";
    for (int i = 0; i < 40; ++i)
        text +=
            "Paragraph " + std::to_string(i) + " is of so many words that it has to be broken.\n\n";
    return text +
           "<details>\n<summary>Hint 1</summary>\n\nA secret word.\n\n</details>\n\n"
           "## "
           "Second\n\n```\n0123456789012345678901234567890123456789012345678901234567890123456789\n"
           "```\n\nThe Words to\nfind.\n";
}();

// A page with a screen around it that is 20 rows high.
struct Reading {
    explicit Reading(const coach::Place& place = {})
        : page(
              lesson(), long_text, place, [this](const coach::Place& last) { left = last; },
              [this] { closed = true; }) {}

    static const coach::Lesson& lesson() {
        static const coach::Lesson one = [] {
            coach::Lesson lesson;
            lesson.name = "01-x";
            return lesson;
        }();
        return one;
    }
    // As the session does it.
    std::string look(std::size_t columns) {
        coach::Frame frame;
        frame.body = page.lines(columns);
        frame.top = page.top;
        std::string text;
        for (const coach::Line& line : coach::composed(frame, {columns, 20}))
            text += (line.style == coach::Style::found ? "=>" : "") + line.text + '\n';
        page.top = frame.top;
        return text;
    }
    std::string first(std::size_t columns) {
        const std::string all = look(columns);
        return all.substr(0, all.find('\n'));
    }
    void press(const std::string& keys) {
        for (const char c : keys) CHECK(page.obey(c));
    }

    coach::LessonPage page;
    coach::Place left;
    bool closed = false;
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the place in a lesson is kept, whatever the terminal's width", "[coach]") {
    Reading reading;
    CHECK(reading.first(80) == "A lesson");
    while (!coach::starts_with(reading.first(80), "Paragraph 17 ")) ++reading.page.top;
    for (const std::size_t width : {40u, 20u, 132u, 80u})
        CHECK(coach::starts_with(reading.first(width), "Paragraph 17 "));
    reading.page.leave();
    Reading again(reading.left);
    CHECK(coach::starts_with(again.first(40), "Paragraph 17 "));
    // A text that has become shorter.
    CHECK(contains(Reading({9999, {7}}).look(40), "find."));
}

TEST_CASE("a verdict leads to the row of a lesson that is meant", "[coach]") {
    const std::string story =
        "x\nLikely cause (y): z\nRead: lessons/03-byte-stream/README.md, section \"What goes "
        "wrong\"";
    const auto section = coach::reference_in(story);
    REQUIRE(section);
    CHECK(section->lesson == "03-byte-stream");
    CHECK(section->section == "What goes wrong");
    CHECK(section->row.empty());
    const auto row =
        coach::reference_in(story + "\n      the row: `hel` comes back, the rest never\n");
    REQUIRE(row);
    CHECK(row->row == "`hel` comes back, the rest never");
    CHECK_FALSE(coach::reference_in("Read: a book"));
    CHECK_FALSE(coach::reference_in(""));

    const coach::Course course = coach::read_course(ECHO_SOURCE_DIR);
    const Lesson& lesson = *course.find("03");
    coach::LessonPage page(
        lesson, coach::read_file(course.root / lesson.readme()), {}, [](const coach::Place&) {},
        [] {});
    page.go_to(*row);
    const coach::Lines lines = page.lines(40);
    std::string marked;
    for (const coach::Line& line : lines)
        if (line.style == coach::Style::found) marked += line.text + '\n';
    CHECK(coach::starts_with(marked, "hel comes back, the "));
    CHECK(contains(marked, "was not used"));
    REQUIRE(page.top + 2 < lines.size());
    CHECK(lines[page.top + 2].style == coach::Style::found);
}

TEST_CASE("the place is remembered from one start to the next", "[coach]") {
    const SmallCourse small;
    const coach::Checker::Folders folders{small.path(), small.path("build")};
    {
        coach::Coach desk(folders);
        CHECK(desk.place(desk.find("01")).line == 0);
        desk.remember(desk.find("01"), {12, {1, 2}});
    }
    coach::Coach desk(folders);
    CHECK(desk.place(desk.find("01")).line == 12);
    CHECK(desk.place(desk.find("01")).open == std::set<std::size_t>{1, 2});
    // Whatever the file holds, it is only a memory.
    small.write("build/learn-state.txt", "place 01-one-client 99999999999999999999 x 0 -3 1\n");
    coach::Coach other(folders);
    CHECK(other.place(other.find("01")).line == 0);
    CHECK(other.place(other.find("01")).open == std::set<std::size_t>{1});
}

TEST_CASE("a digit unfolds what is to be seen, and brings it to the top", "[coach]") {
    Reading reading;
    reading.look(40);
    reading.press("1");
    CHECK(contains(reading.look(40), "[-1] Hint 1\n\n  A secret word.\n"));
    reading.page.leave();
    CHECK(contains(Reading(reading.left).look(40), "A secret word."));
    reading.press("1");
    CHECK_FALSE(contains(reading.look(40), "secret"));
    reading.press("a");
    reading.press("5");
    CHECK(reading.page.notice() == "There is no [+5] to be seen.");
}

TEST_CASE("a lesson is searched, in capitals or not, over the ends of lines", "[coach]") {
    Reading reading;
    reading.look(40);
    reading.press("/paragraph 3\n");
    CHECK(reading.page.notice() == "Found: paragraph 3, 1 of 11");
    CHECK(contains(reading.look(40), "=>Paragraph 3 is"));
    reading.press("n");
    CHECK(contains(reading.look(40), "=>Paragraph 30 is"));
    reading.press("NN");
    CHECK(contains(reading.look(40), "=>Paragraph 39 is"));
    reading.press("/the wordx\x7fs to FIND\n");
    CHECK(contains(reading.look(40), "=>The Words to find."));
    reading.look(10);
    reading.press("n");
    CHECK(contains(reading.look(10), "=>The Words\nto find."));
    // A word that is folded does not give itself away.
    reading.press("/secret\n");
    CHECK(contains(reading.page.notice(), "Not found: secret."));
    reading.press("a");
    reading.press("/secret\n");
    CHECK(contains(reading.look(10), "=>  A secret"));
    // Without a search n and q mean what they mean elsewhere, and q leaves the text.
    reading.press("\x1b");
    CHECK_FALSE(reading.page.obey('n'));
    reading.press("/q");
    CHECK_FALSE(reading.closed);
    reading.press("\x1b");
    CHECK_FALSE(reading.page.obey(coach::key::interrupt));
    reading.press("q");
    CHECK(reading.closed);
}

TEST_CASE("long code is cut with a mark, and can be moved", "[coach]") {
    Reading reading;
    reading.page.go_to({"01-x", "Second", ""});
    CHECK(contains(reading.look(40), "Second\n"));
    CHECK(contains(reading.look(40), "  0123456789012345678901234567890123456>\n"));
    CHECK(reading.page.obey(coach::key::right));
    CHECK(contains(reading.look(40), "<78901234567890123456789012345678901234>\n"));
    for (int i = 0; i < 9; ++i) CHECK(reading.page.obey(coach::key::right));
    CHECK(contains(reading.look(40), "789\n"));
    CHECK(contains(reading.look(40), "The Words to find."));
    for (int i = 0; i < 9; ++i) CHECK(reading.page.obey(coach::key::left));
    CHECK(contains(reading.look(40), "  0123456789012345678901234567890123456>\n"));
}
