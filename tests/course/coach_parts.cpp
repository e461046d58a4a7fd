// The parts of the coach, each alone.
#include "catch.hpp"
#include "coach_course.hpp"

#include "coach.hpp"
#include "commands.hpp"
#include "complaint.hpp"
#include "diff.hpp"
#include "hints.hpp"
#include "report.hpp"
#include "screen.hpp"
#include "trace_reader.hpp"
#include "verdict_page.hpp"
#include "watch.hpp"
#include "words.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>

namespace fs = std::filesystem;

namespace {

using coach::Lesson;
using course::SmallCourse;

std::string text_of(const coach::Lines& page) {
    std::string text;
    for (const coach::Line& line : page) text += line.text + '\n';
    return text;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// Whether the file is as its authors committed it, as far as Git knows.
bool is_as_committed(const coach::Course& course, const Lesson& lesson) {
    harness::Process::Options options;
    options.arguments = {"git",  "-C", course.root.string(), "diff", "--quiet",
                         "HEAD", "--", lesson.file()};
    return coach::run(options, std::chrono::seconds(30)).succeeded();
}

}  // namespace

TEST_CASE("the coach reads the course from its folders and from course.txt", "[coach]") {
    const SmallCourse small;
    const coach::Course course = coach::read_course(small.path());
    REQUIRE(course.lessons.size() == 4);
    const Lesson& first = course.lessons[0];
    CHECK(first.title == "the first");
    CHECK(first.part == "Beginning");
    CHECK(first.learned == "to go on.");
    CHECK(first.file() == "lessons/01-one-client/server.cpp");
    CHECK(course.lessons[1].file() == "lessons/02-the-client/client.cpp");
    CHECK_FALSE(course.lessons[3].written);
    CHECK(course.lessons[3].title == "to come");
    for (const char* name : {"1", "01", "01-one-client", "one-client"})
        CHECK(course.find(name) == &first);
    for (const char* name : {"", "9", "001", "one", "../01"}) CHECK(course.find(name) == nullptr);
    CHECK(course.after(first) == &course.lessons[1]);
    CHECK(course.same_kind_after(first) == &course.lessons[2]);
    CHECK(course.after(course.lessons[2]) == nullptr);
    CHECK_THROWS_AS(coach::read_course(small.path("build")), coach::Trouble);
}

TEST_CASE("a lesson may begin anew, with a program of its own", "[coach]") {
    const SmallCourse small;
    const std::string told = small.read("lessons/course.txt");
    small.write("lessons/course.txt", told + "\nlesson: 03-byte-stream\nbegins: anew\n");
    const coach::Course course = coach::read_course(small.path());
    CHECK(course.find("03")->begins_anew);
    CHECK_FALSE(course.find("01")->begins_anew);
}

TEST_CASE("the coach finds the hints in a README", "[coach]") {
    const SmallCourse small;
    const std::string folder = "lessons/01-one-client";
    const auto hints = coach::read_hints(small.read(folder + "/README.md"), folder);
    REQUIRE(hints.size() == 2);
    CHECK(hints[0] == "Hint 1: one\n\nDo this and that (lessons/01-one-client/x.md).");
    CHECK(hints[1] == "Hint 2: two\n\n  int x;");
}

TEST_CASE("course.txt tells of every lesson", "[coach]") {
    const coach::Course course = coach::read_course(ECHO_SOURCE_DIR);
    for (const Lesson& lesson : course.lessons) {
        CAPTURE(lesson.name);
        CHECK_FALSE(lesson.part.empty());
        CHECK_FALSE(lesson.question.empty());
        if (!lesson.written) continue;
        CHECK_FALSE(lesson.learned.empty());
        CHECK(lesson.starter.size() == 16);
        CHECK(coach::read_hints(coach::read_file(course.root / lesson.readme()), {}).size() == 3);
    }
}

TEST_CASE("course.txt knows each starter by its fingerprint", "[coach]") {
    const coach::Course course = coach::read_course(ECHO_SOURCE_DIR);
    for (const Lesson& lesson : course.lessons) {
        if (!lesson.written || !is_as_committed(course, lesson)) continue;
        const std::string text = coach::read_file(course.root / lesson.file());
        if (!contains(text, "// TODO 1: ")) continue;  // somebody has committed their work
        CAPTURE(lesson.file());
        INFO("If you have changed this starter, tell course.txt. If it is your work, never mind.");
        CHECK(lesson.starter == coach::fingerprint(text));
    }
}

TEST_CASE("the first error is found in what compilers and linkers print", "[coach]") {
    const auto gcc = coach::first_error(
        "[ 50%] Building CXX object\n"
        "/home/me/lessons/01/server.cpp: In function 'int main()':\n"
        "/home/me/lessons/01/server.cpp:12:9: warning: unused variable 'x' [-Wunused-variable]\n"
        "/home/me/lessons/01/server.cpp:17:5: error: 'bufer' was not declared in this scope\n"
        "   17 |     bufer.fill(0);\n      |     ^~~~~\n"
        "make[3]: *** [x.o] Error 1\n",
        "server.cpp");
    REQUIRE(gcc);
    CHECK(gcc->where() == "server.cpp line 17");
    CHECK(gcc->message == "'bufer' was not declared in this scope");
    CHECK(gcc->excerpt.size() == 2);

    const auto header = coach::first_error(
        "In file included from /usr/include/c++/12/span:44,\n"
        "/home/me/lessons/01/server.cpp:20:7:   required from here\n"
        "/usr/include/c++/12/bits/x.h:99:1: error: no type named 'y'\n",
        "server.cpp");
    REQUIRE(header);
    CHECK(header->where() == "x.h line 99");
    CHECK(header->excerpt.back() == "It came from server.cpp line 20.");

    const auto windows = coach::first_error(
        "C:\\me\\server.cpp(17,5): error C2065: 'bufer': undeclared identifier [C:\\x.vcxproj]\n",
        "server.cpp");
    REQUIRE(windows);
    CHECK(windows->where() == "server.cpp line 17");
    CHECK(contains(windows->message, "'bufer': undeclared identifier"));

    const auto missing = coach::first_error(
        "server.cpp:3:10: fatal error: nothing.hpp: No such file or directory\n", "server.cpp");
    REQUIRE(missing);
    CHECK(missing->message == "nothing.hpp: No such file or directory");

    const auto linker = coach::first_error(
        "/usr/bin/ld: /tmp/x.o: in function `main':\nserver.cpp:9: undefined reference to "
        "`talk()'\n"
        "collect2: error: ld returned 1 exit status\n",
        "server.cpp");
    REQUIRE(linker);
    CHECK(linker->where() == "");
    CHECK(contains(linker->message, "undefined reference to `talk()'"));

    CHECK_FALSE(coach::first_error("make: *** No rule to make target 'x'.\n", "server.cpp"));
    CHECK_FALSE(coach::first_error("", "server.cpp"));
}

TEST_CASE("the first failed test and its story are read from Catch2's report", "[coach]") {
    const std::string begin =
        "<?xml version=\"1.0\"?>\n<Catch name=\"t\">\n<TestCase name=\"a &amp; b\" line=\"1\">\n"
        "<OverallResult success=\"true\"/>\n</TestCase>\n";
    const std::string failed =
        begin +
        "<TestCase name=\"c\" line=\"2\">\n<Failure filename=\"x.cpp\" line=\"3\">\n  first\n"
        "  |&lt;- closes --|\n\nLikely cause (x): y\n  and w\nRead: z\n</Failure>\n"
        "<OverallResult success=\"false\"/>\n</TestCase>\n</Catch>\n";
    const coach::TestReport report = coach::read_report(failed);
    CHECK(report.passed == std::vector<std::string>{"a & b"});
    CHECK(report.failed == "c");
    CHECK(report.story == "first\n  |<- closes --|\n\nLikely cause (x): y\n  and w\nRead: z");
    CHECK(report.complete);
    CHECK(coach::cause_first(report.story) ==
          "Likely cause (x): y and w\nRead: z\n\nfirst\n  |<- closes --|");
    CHECK(coach::read_report(begin + "</Catch>").failed.empty());
    CHECK_FALSE(coach::read_report(begin).complete);
    CHECK_FALSE(coach::read_report("").complete);
    const coach::TestReport noted = coach::read_report(
        begin +
        "<TestCase name=\"c\" line=\"2\">\n<OverallResult success=\"true\">\n<StdOut>\nnote: this "
        "program does not know ECHO_FAULTS: the case ran without recv:short=1\n</StdOut>\n"
        "</OverallResult>\n</TestCase>\n</Catch>\n");
    CHECK(report.without_faults == 0);
    CHECK(noted.passed.size() == 2);
    CHECK(noted.without_faults == 1);
    // Ended in the middle of a test: this one failed.
    CHECK(coach::read_report(begin + "<TestCase name=\"c\">\n").failed == "c");
}

TEST_CASE("text that a terminal must not see is made harmless", "[coach]") {
    CHECK(coach::printable("a\x1b[31mb\x1b[0m\tc\rd\x01") == "ab    c?d?");
    CHECK(coach::printable("gr\xc3\xbc\xc3\x9f") == "gr\xc3\xbc\xc3\x9f");
    CHECK(coach::printable("gr\xfc\xdf \xc3") == "gr?? ?");
    CHECK(coach::printable("\xc2\x9b"
                           "1m") == "?1m");
    CHECK(coach::is_utf8("gr\xc3\xbc\xc3\x9f"));
    CHECK_FALSE(coach::is_utf8("gr\xfc\xdf"));
    CHECK_FALSE(coach::is_utf8(std::string("\xff\xfe#\0i\0", 6)));
    CHECK(coach::json_string("a \"b\" \\ \x1b[1mc\n") == "\"a \\\"b\\\" \\\\ c?\"");
}

TEST_CASE("lines are broken to fit a terminal, and none gets lost", "[coach]") {
    CHECK(coach::wrap("one two three", 7) == std::vector<std::string>{"one two", "three"});
    CHECK(coach::wrap("  one two", 6) == std::vector<std::string>{"  one", "  two"});
    CHECK(coach::wrap("-   one two", 8) == std::vector<std::string>{"-   one", "    two"});
    CHECK(coach::wrap("solutions/01-one-client/server.cpp", 20) ==
          std::vector<std::string>{"solutions/01-one-", "client/server.cpp"});
    CHECK(coach::wrap("abcdefghij", 4) == std::vector<std::string>{"abcd", "efgh", "ij"});
    CHECK(coach::wrap("", 4) == std::vector<std::string>{""});
    CHECK(coach::wrap("\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc", 3).front() == "\xc3\xbc\xc3\xbc\xc3\xbc");
}

TEST_CASE("a trace's picture keeps its shape in a narrow terminal", "[coach]") {
    const std::string trace =
        "socket 4: listen -> ok\n"
        "socket 4: accept -> socket 5 from 127.0.0.1:37148\n"
        "socket 5: recv at most 4096 bytes -> 12 bytes \"a|b\\x00|\\n->--\\n\"\n"
        "socket 5: send 12 bytes \"a|b\\x00|\\n->--\\n\" -> 3 bytes\n"
        "socket 5: recv at most 4096 bytes -> end of stream\n"
        "socket 5: close -> ok\n";
    const std::string drawn = harness::draw_trace(trace, false);
    CHECK(text_of(coach::fitted(coach::lines_in(drawn), 80)) == drawn);
    for (const std::size_t width : {40u, 50u, 60u}) {
        CAPTURE(width);
        const coach::Lines lines = coach::fitted(coach::lines_in(drawn), width);
        REQUIRE(lines.size() > 6);
        const std::size_t bar = lines[1].text.rfind("| listen");
        for (const coach::Line& line : lines) {
            INFO(line.text);
            CHECK(coach::columns(line.text) <= width);
            if (&line == &lines[0]) continue;
            CHECK(line.text[0] == '|');
            CHECK(line.text.at(bar) == '|');
        }
    }
    CHECK(text_of(coach::fitted(coach::lines_in(drawn), 40)) ==
          "the test (client)  your program\n"
          "|                        | listen\n"
          "|-- connects ----------->| accept\n"
          "|-- 12 bytes \"a|b... --->| recv\n"
          "|<- 3 bytes \"a|b\" -------| send: only 3\n"
          "|                        | of 12\n"
          "|-- end of stream ------>| recv: 0 bytes\n"
          "|<- closes --------------| close (the\n"
          "|                        | conversation)\n");
}

TEST_CASE("the trace that shows most is the one with most kinds of calls, at a glance", "[coach]") {
    const SmallCourse small;
    const std::string accept = "socket 4: accept -> socket 5 from 127.0.0.1:1\n";
    const std::string recv = "socket 5: recv at most 9 bytes -> 2 bytes \"a\\n\"\n";
    const std::string send = "socket 5: send 2 bytes \"a\\n\" -> 2 bytes\n";
    std::string flood = accept;
    for (int i = 0; i < 50; ++i)  // in no order that could be folded
        flood +=
            "socket 5: send " + std::to_string(i) + " bytes -> failed: " + std::to_string(i) + '\n';
    const auto name = [&] {
        const auto traces = coach::read_traces(small.path("build/traces"));
        const coach::Trace* best = coach::richest(traces, false);
        return best ? best->test : "none";
    };
    CHECK(name() == "none");
    small.write("build/traces/9", "few\n" + accept + recv);
    CHECK(name() == "few");
    small.write("build/traces/10", "more kinds\n" + accept + recv + send);
    CHECK(name() == "more kinds");
    small.write("build/traces/2", "longer\n" + accept + recv + send + recv);
    CHECK(name() == "longer");
    small.write("build/traces/3", "too long\n" + flood + recv);
    CHECK(name() == "longer");
    small.write("build/traces/1", "nothing\n");
    const auto traces = coach::read_traces(small.path("build/traces"));
    REQUIRE(traces.size() == 5);
    CHECK(traces.front().test == "nothing");
    CHECK(traces.back().test == "more kinds");
    CHECK(traces.back().calls == accept + recv + send);
}

TEST_CASE("a screen of any size is filled exactly, and the newest is on top", "[coach]") {
    coach::Frame frame;
    for (int i = 0; i < 6; ++i)
        frame.head.push_back({"head of some length " + std::to_string(i), {}});
    for (int i = 0; i < 90; ++i) frame.body.push_back({"body " + std::to_string(i), {}});
    frame.foot = {{"foot", {}}};
    for (const std::size_t columns : {10u, 40u, 80u, 300u}) {
        for (const std::size_t rows : {1u, 2u, 3u, 5u, 10u, 24u, 200u}) {
            CAPTURE(columns, rows);
            frame.top = 0;
            const coach::Lines page = coach::composed(frame, {columns, rows});
            CHECK(page.size() == rows);
            for (const coach::Line& line : page) CHECK(coach::columns(line.text) <= columns);
            if (rows >= 10) CHECK(contains(text_of(page), "body 0\n"));
            if (rows >= 5) CHECK(page.back().text == "foot");
            frame.top = 100000;
            CHECK((rows < 10 ||
                   contains(text_of(coach::composed(frame, {columns, rows})), "body 89\n")));
        }
    }
}

TEST_CASE("the head names what there is to read: all of the lesson's pictures", "[coach]") {
    const SmallCourse small;
    for (const char* name : {"01-one-client", "01-one-client-more", "02-the-client"})
        small.write("diagrams/" + std::string(name) + ".svg", "<svg/>");
    small.write("diagrams/01-one-client.mmd", "sequenceDiagram");
    const coach::Coach desk({small.path(), small.path("build")});
    const std::string head = text_of(coach::head_lines(desk, 200, false));
    CHECK(contains(head,
                   "read  lessons/01-one-client/README.md  diagrams/01-one-client.svg  "
                   "diagrams/01-one-client-more.svg\n"));
}

TEST_CASE("after the last lesson nobody is sent on to a next one", "[coach]") {
    const SmallCourse small;
    const coach::Coach desk({small.path(), small.path("build")});
    CHECK(contains(coach::keys_after_pass(desk, desk.find("01")), "n: the next lesson"));
    CHECK_FALSE(contains(coach::keys_after_pass(desk, desk.find("03")), "next"));
}

TEST_CASE("a pass says how many cases ran without their faults", "[coach]") {
    const SmallCourse small;
    const coach::Coach desk({small.path(), small.path("build")});
    coach::Verdict verdict;
    verdict.kind = coach::Verdict::Kind::passed;
    const auto page = [&] {
        return text_of(coach::verdict_lines(desk, desk.find("01"), verdict, false));
    };
    CHECK_FALSE(contains(page(), "faults"));
    verdict.without_faults = 1;
    CHECK(contains(page(), "\n1 case ran without its faults: this program does not know "));
    verdict.without_faults = 3;
    CHECK(contains(page(), "\n3 cases ran without their faults: this program does not know "));
}

TEST_CASE("a failed test is named whole, in as many lines as it takes", "[coach]") {
    const SmallCourse small;
    const coach::Coach desk({small.path(), small.path("build")});
    coach::Verdict verdict;
    verdict.kind = coach::Verdict::Kind::failed;
    verdict.failed_test = "a client that sends and never reads does not stop the others";
    verdict.headline = "a test failed: " + verdict.failed_test;
    verdict.took = std::chrono::milliseconds(7200);
    coach::VerdictPage page(desk, desk.find("01"), verdict, true, {});
    CHECK(contains(text_of(page.lines(100)), "NOT YET: " + verdict.headline + "  (7.2 s)\n"));
    CHECK(contains(text_of(page.lines(80)),
                   "NOT YET: a test failed: a client that sends and never reads does not stop "
                   "the\nothers  (7.2 s)\n"));
}

TEST_CASE("colours are used only where they are wanted", "[coach]") {
    CHECK(coach::coloured({"x", coach::Style::good}, false) == "x");
    CHECK(coach::coloured({"x", coach::Style::good}, true) == "\x1b[1;32mx\x1b[0m");
    CHECK(coach::coloured({"x", coach::Style::plain}, true) == "x");
}

TEST_CASE("two versions of a file are compared line by line", "[coach]") {
    std::string result;
    for (const coach::DiffLine& line : coach::diff({"a", "b", "c"}, {"a", "x", "c", "d"}))
        result += line.kind + line.text;
    CHECK(result == " a-b+x c+d");
    CHECK(coach::diff({}, {}).empty());
}

TEST_CASE("a reset brings the starter back and keeps the student's file", "[coach]") {
    const SmallCourse small;
    const std::string file = "lessons/01-one-client/server.cpp";
    coach::Coach desk({small.path(), small.path("build")});
    const Lesson& lesson = desk.find("01");
    CHECK(desk.standing(lesson) == coach::Standing::untouched);
    CHECK(desk.reset(lesson) == "");

    small.write(file, "mine");
    CHECK(desk.standing(lesson) == coach::Standing::started);
    CHECK(desk.reset(lesson) == "server.mine-1.cpp");
    small.write(file, "mine too");
    CHECK(desk.reset(lesson) == "server.mine-2.cpp");
    CHECK(small.read(file) == course::first_starter);
    CHECK(small.read("lessons/01-one-client/server.mine-1.cpp") == "mine");
    CHECK(small.read("lessons/01-one-client/server.mine-2.cpp") == "mine too");

    // A deleted file, and one with Windows' line ends.
    fs::remove(small.path(file));
    CHECK(desk.reset(lesson) == "");
    std::string windows;
    for (const char c : std::string(course::first_starter))
        windows += c == '\n' ? "\r\n" : std::string(1, c);
    small.write(file, windows);
    CHECK(desk.standing(lesson) == coach::Standing::untouched);
}

TEST_CASE("a file that was edited before CMake first ran is not taken for the starter", "[coach]") {
    const SmallCourse small;
    small.write("lessons/01-one-client/server.cpp", "mine");
    small.write("build/starters/01-one-client/server.cpp", "mine, earlier");
    coach::Coach desk({small.path(), small.path("build")});
    CHECK_THROWS_AS(desk.reset(desk.find("01")), coach::Trouble);
    CHECK(small.read("lessons/01-one-client/server.cpp") == "mine");
}

TEST_CASE("a program is carried on with the TODOs of the next lesson", "[coach]") {
    const SmallCourse small;
    const std::string own = R"(// Lesson 01: the first.

#include <echo.hpp>

int main() {
    // my comment
    echo::Connection client = listener.accept();
    // TODO 1: receive.
    while (auto got = client.recv(buffer)) {}
}
)";
    small.write("lessons/01-one-client/server.cpp", own);
    coach::Coach desk({small.path(), small.path("build")});
    CHECK(desk.starters().carry(desk.find("01"), desk.find("03")) == "");
    CHECK(small.read("lessons/03-byte-stream/server.cpp") == R"(// Lesson 03: the third.
// The TODO numbers are the same in README.md.
// The program is your own, from 01-one-client.
//
// TODO 2: call it.

#include <echo.hpp>

// TODO 1: write a function,
//         that sends everything.

int main() {
    // my comment
    echo::Connection client = listener.accept();
    while (auto got = client.recv(buffer)) {}
}
)");
    CHECK(small.read("lessons/01-one-client/server.cpp") == own);
    CHECK(desk.starters().carry(desk.find("01"), desk.find("03")) == "server.mine-1.cpp");
}

TEST_CASE("the coach remembers the lesson, the hints and what was passed", "[coach]") {
    const SmallCourse small;
    const coach::Checker::Folders folders{small.path(), small.path("build")};
    {
        coach::Coach desk(folders);
        CHECK(desk.lesson().number == "01");
        desk.choose(desk.find("03"));
        desk.show_next_hint(desk.find("01"));
    }
    small.write("build/learn-state.txt", small.read("build/learn-state.txt") +
                                             "passed 01-one-client " + coach::fingerprint("good") +
                                             "\n\x01\xff\nhints\n");
    coach::Coach desk(folders);
    CHECK(desk.lesson().number == "03");
    CHECK(desk.hints_seen(desk.find("01")) == 1);
    CHECK(desk.standing(desk.find("01")) == coach::Standing::untouched);
    small.write("lessons/01-one-client/server.cpp", "good");
    CHECK(desk.standing(desk.find("01")) == coach::Standing::passed);
    small.write("lessons/01-one-client/server.cpp", "changed");
    CHECK(desk.standing(desk.find("01")) == coach::Standing::changed);
    CHECK_THROWS_AS(desk.find("04"), coach::Trouble);
    CHECK_THROWS_AS(desk.find("17"), coach::Trouble);
}

TEST_CASE("a save is noticed, also one that replaces the file", "[coach]") {
    const SmallCourse small;
    const std::string file = "lessons/01-one-client/server.cpp";
    coach::Watch watch(small.path("lessons/01-one-client"));
    CHECK_FALSE(watch.changed());
    small.write(file,
                "longer than before, and so another size" + std::string(course::first_starter));
    CHECK(watch.changed());
    CHECK_FALSE(watch.changed());
    // The same size, another time.
    fs::last_write_time(small.path(file),
                        fs::last_write_time(small.path(file)) + std::chrono::hours(1));
    CHECK(watch.changed());
    // What editors and the coach itself leave there.
    small.write("lessons/01-one-client/.server.cpp.swp", "x");
    small.write("lessons/01-one-client/server.mine-1.cpp", "x");
    small.write("lessons/01-one-client/server.cpp~", "x");
    CHECK_FALSE(watch.changed());
    small.write("lessons/01-one-client/more.hpp", "x");
    CHECK(watch.changed());
    // A file that is gone for a moment is being saved; one that stays away is gone.
    fs::remove(small.path(file));
    CHECK_FALSE(watch.changed());
    CHECK_FALSE(watch.changed());
    CHECK(watch.changed());
    fs::remove_all(small.path("lessons"));
    for (int i = 0; i < 3; ++i) watch.changed();
    CHECK_FALSE(watch.changed());
}

TEST_CASE("a program that is stopped may tidy up, but not for ever", "[coach]") {
#ifdef _WIN32
    SKIP_BECAUSE("Windows has no signal that asks a program to end");
#else
    const SmallCourse small;
    const auto stopped = [&](const std::string& name, const std::string& on_term) {
        const fs::path ready = small.path(name);
        harness::Process::Options options;
        options.arguments = {"sh", "-c",
                             "trap '" + on_term + "' TERM; : > '" + ready.string() +
                                 "'; while :; do sleep 60 & wait $!; done"};
        return coach::run(options, std::chrono::seconds(60), [&] { return fs::exists(ready); });
    };
    const coach::Ran tidy = stopped("one", "echo tidied; exit 0");
    CHECK(tidy.stopped);
    CHECK(tidy.output == "tidied\n");
    const coach::Ran deaf = stopped("two", ":");
    CHECK(deaf.stopped);
    CHECK_FALSE(deaf.ending);
#endif
}

TEST_CASE("programs run side by side, so many at a time, and what they say is kept apart",
          "[coach]") {
#ifdef _WIN32
    SKIP_BECAUSE("Windows has no shell that knows these words");
#else
    const SmallCourse small;
    const auto shell = [&](const std::string& script) {
        harness::Process::Options options;
        options.arguments = {"sh", "-c", "cd '" + small.path("").string() + "'; " + script};
        return options;
    };
    const std::string meet =
        "; for i in 1 2 3 4 5 6 7 8 9 10; do [ -e one ] && [ -e two ] && break; sleep 1; done; ";
    const std::string count = "mkdir $$.now; ls -d *.now | wc -l; rmdir $$.now; ";
    const std::vector<harness::Process::Options> programs = {
        shell(": > one" + meet + count + "echo one"), shell(": > two" + meet + count + "exit 3"),
        shell(count), shell(count + "echo four >&2")};
    const auto all = coach::run_all(programs, 2, std::chrono::seconds(60));
    REQUIRE(all.size() == 4);
    CHECK(all[0].output.find("one\n") != std::string::npos);
    CHECK(all[1].ending.value().code == 3);
    CHECK(all[2].succeeded());
    CHECK(all[3].errors == "four\n");
    for (const coach::Ran& ran : all) CHECK(std::stoi(ran.output) <= 2);

    // Who is never asked is never started.
    const auto none = coach::run_all({shell("sleep 60"), shell(": > never")}, 1,
                                     std::chrono::seconds(60), [] { return true; });
    CHECK(none[0].stopped);
    CHECK(none[1].stopped);
    CHECK_FALSE(fs::exists(small.path("never")));
#endif
}

TEST_CASE("a command line is passed on with its spaces", "[coach]") {
    CHECK(coach::command_line({"python3", "my server.py"}) == "\"python3\" \"my server.py\"");
    CHECK(coach::command_line({"a\"b"}) == "'a\"b'");
    CHECK_THROWS_AS(coach::command_line({"a\"b'c"}), coach::Trouble);
}
