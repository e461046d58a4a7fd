// The coach as a program, without a terminal.
#include "catch.hpp"
#include "coach_course.hpp"
#include "coach_learn.hpp"

#include <string>
#include <utility>
#include <vector>

namespace {

using course::Answer;
using course::learn;
using course::SmallCourse;

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("learn list shows the course", "[coach]") {
    const SmallCourse small;
    const Answer answer = learn(small, {"list"});
    CHECK(answer.code == 0);
    CHECK(answer.output ==
          "The course  [--------------------]  0 of 3 passed\n"
          "Beginning\n"
          "> 01-one-client   not started\n"
          "  02-the-client   started\n"
          "  03-byte-stream  not started\n"
          "End\n"
          "  04-to-come      to come\n");
}

TEST_CASE("learn without a terminal says where the student is, and ends", "[coach]") {
    const SmallCourse small;
    const Answer answer = learn(small, {});
    CHECK(answer.code == 0);
    CHECK(contains(answer.output, "0 of 3 passed"));
    CHECK(contains(answer.output, "Not a terminal"));
    CHECK_FALSE(contains(answer.output, "\x1b"));
}

TEST_CASE("learn hint gives one hint more each time", "[coach]") {
    const SmallCourse small;
    CHECK(learn(small, {"hint", "1"}).output ==
          "Hint 1: one\n\nDo this and that (lessons/01-one-client/x.md).\n");
    const Answer both = learn(small, {"hint", "one-client"});
    CHECK(contains(both.output, "Hint 2: two\n\n  int x;\n"));
    CHECK(contains(both.output, "last hint"));
    CHECK(learn(small, {"hint"}).output == both.output);
    CHECK(learn(small, {"hint", "02"}).output == "This lesson has no hints.\n");
}

TEST_CASE("learn read prints the lesson, and what is folded if asked to", "[coach]") {
    const SmallCourse small;
    const Answer folded = learn(small, {"read", "01"});
    CHECK(folded.code == 0);
    CHECK(folded.output ==
          "Lesson 01: the first\n====================\n\nHints\n-----\n\n[+] Hint 1: one\n\n"
          "What goes wrong\n---------------\n\nwhat you see  why\n"
          "------------------------------\nnothing       nothing was sent\n\n"
          "[+] is folded. build/learn hint 01 shows the hints one by one, build/learn read\n"
          "01 --all the whole text.\n");
    const Answer all = learn(small, {"read", "--all"});
    CHECK(contains(all.output, "  [-] Hint 2: two\n\n      int x;\n"));
    CHECK_FALSE(contains(all.output, "[+]"));
    small.write("lessons/README.md", "# The course\n\n[one](01-one-client)\n");
    CHECK(learn(small, {"read", "course"}).output ==
          "The course\n==========\n\none (lessons/01-one-client)\n");
    // Code is as long as it is, and nothing else is.
    small.write("lessons/01-one-client/README.md", "# x\n\n" + std::string(50, 'a') + ' ' +
                                                       std::string(50, 'b') + "\n\n```\n" +
                                                       std::string(99, 'c') + "\n```\n");
    CHECK(contains(learn(small, {"read"}).output, std::string(50, 'a') + "\n" +
                                                      std::string(50, 'b') + "\n\n  " +
                                                      std::string(99, 'c') + "\n"));
}

TEST_CASE("learn reset says what it did", "[coach]") {
    const SmallCourse small;
    small.write("lessons/01-one-client/server.cpp", "mine");
    const Answer answer = learn(small, {"reset", "01"});
    CHECK(answer.code == 0);
    CHECK(contains(answer.output, "lessons/01-one-client/server.cpp is the starter again."));
    CHECK(contains(answer.output, "server.mine-1.cpp"));
    CHECK(small.read("lessons/01-one-client/server.cpp") == course::first_starter);
    // This one was not copied by CMake, and course.txt has no fingerprint of it.
    small.write("lessons/02-the-client/client.cpp", "mine");
    const Answer lost = learn(small, {"reset", "02"});
    CHECK(lost.code == 1);
    CHECK(contains(lost.errors, "the starter of lesson 02 is not to be found"));
}

TEST_CASE("learn answers a command that it does not know with one line", "[coach]") {
    const SmallCourse small;
    const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
        {{"--nothing"}, "--nothing"},
        {{"chekc"},
         "no such command: \"chekc\"; there are list, check, read, hint, reset and verify"},
        {{"chekc", "01"}, "no such command: \"chekc\""},
        {{"chekc", "01", "--", "x"}, "no such command: \"chekc\""},
        {{"17"}, "there is no lesson \"17\""},
        {{"check", "99"}, "99"},
        {{"check", "04"}, "still to come"},
        {{"check", "01", "02"}, "02"},
        {{"check", "--"}, "command"},
        {{"check", "--", "x"}, "which lesson"},
        {{"list", "01"}, "01"},
        {{"hint", "01", "--", "x"}, "check alone"},
        {{"check", "01", "--json"}, "--json"},
        {{"list", "--all"}, "--all is for read alone"},
        {{"read", "04"}, "still to come"},
        {{"verify", "--manual"}, "--manual"},
        {{"verify", "--each"}, "--each needs a folder"},
        {{"check", "--each", "x"}, "--each is for verify"},
        {{"verify", "--csv"}, "--csv is for verify --each"},
        {{"verify", "--each", "x", "--csv", "--json"}, "not both"},
        {{"verify", "17", "--each", "x"}, "there is no lesson \"17\""},
        {{"hint", "\x1b[31m"}, "no lesson"},
        {{"list", "--build"}, "--build"},
    };
    for (const auto& [arguments, part] : wrong) {
        const Answer answer = learn(small, arguments);
        INFO(answer.errors);
        CHECK(answer.code == 2);
        CHECK(answer.output.empty());
        CHECK(contains(answer.errors, part));
        CHECK(answer.errors.find('\n') == answer.errors.size() - 1);
        CHECK_FALSE(contains(answer.errors, "\x1b"));
    }
    const Answer help = learn(small, {"--help"});
    CHECK(help.code == 0);
    CHECK(contains(help.output, "learn verify"));
}

TEST_CASE("learn says in one line that there is no course", "[coach]") {
    const SmallCourse small;
    const Answer answer = learn(small, {"list", "--project", small.path("build").string()});
    CHECK(answer.code == 1);
    CHECK(contains(answer.errors, "no lessons in"));
}

TEST_CASE("learn says what is missing: a file, a build folder, CMake's files", "[coach]") {
    const SmallCourse small;
    const Answer unbuilt = learn(small, {"check", "01"});
    CHECK(unbuilt.code == 1);
    CHECK(contains(unbuilt.output, "TROUBLE: "));
    std::filesystem::remove(small.path("lessons/01-one-client/server.cpp"));
    const Answer missing = learn(small, {"check", "01"});
    CHECK(missing.code == 1);
    CHECK(contains(missing.output, "TROUBLE: there is no lessons/01-one-client/server.cpp"));
    CHECK(contains(missing.output, "build/learn reset 01"));
}

TEST_CASE("learn verify prints a table, or JSON", "[coach]") {
    const SmallCourse small;
    const Answer table = learn(small, {"verify", "01", "03"});
    CHECK(table.code == 1);
    CHECK(table.output ==
          "01-one-client           not passed  not started\n"
          "03-byte-stream          not passed  not started\n"
          "0 of 2 passed\n");
    const Answer json = learn(small, {"verify", "--json", "01"});
    CHECK(json.code == 1);
    CHECK(json.output ==
          "{\n  \"asked\": 1,\n  \"passed\": 0,\n  \"lessons\": [\n"
          "    {\"lesson\": \"01-one-client\", \"passed\": false, \"tests_passed\": 0, "
          "\"failed_test\": null, \"message\": \"not started\"}\n  ]\n}\n");
}
