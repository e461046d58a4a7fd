// The rules for causes: which of those that fit wins, that each can be read about, and single rules.

#include "causes.hpp"

#include "catch.hpp"
#include "diagram.hpp"
#include "echo_of.hpp"
#include "signs.hpp"

#include <echo.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fs = std::filesystem;
using harness::Basis;
using harness::contains;
using harness::Evidence;
using harness::LessonCauses;
using harness::Rule;

namespace {

using course::echo_of;
using course::start_of_trace;

bool always(const Evidence&) { return true; }
bool never(const Evidence&) { return false; }

Rule rule(std::string_view name, Basis basis, std::string_view special_case_of = {}) {
    return {name, basis, "", always, "", special_case_of};
}

// The verdict of these lessons on some evidence, whatever the order of their rules.
harness::Verdict verdict_of(std::vector<LessonCauses> lessons) {
    std::vector<const LessonCauses*> all;
    for (LessonCauses& lesson : lessons) all.push_back(&lesson);
    const harness::Verdict verdict = judge(Evidence{}, all);
    for (LessonCauses& lesson : lessons) {
        std::reverse(lesson.rules.begin(), lesson.rules.end());
        CHECK(judge(Evidence{}, all).cause.name == verdict.cause.name);
    }
    std::reverse(all.begin(), all.end());
    CHECK(judge(Evidence{}, all).cause.name == verdict.cause.name);
    CHECK(judge(Evidence{}, all).rival == verdict.rival);
    return verdict;
}

harness::Cause cause_of(const Evidence& evidence) { return harness::judge(evidence).cause; }

// A server's start that failed in this way, with what it had printed.
Evidence failed_start(const std::string& how, const std::string& output,
                      const std::string& errors = {}) {
    Evidence evidence;
    evidence.lesson = "01-one-client";
    evidence.wanted = Evidence::Wanted::start;
    evidence.start_failure = how;
    evidence.output = output;
    evidence.errors = errors;
    return evidence;
}

// The first cells of the table "What goes wrong" of a lesson.
std::set<std::string> rows_of(std::string_view lesson) {
    const std::string text = course::read_source("lessons/" + std::string(lesson) + "/README.md");
    const std::size_t begin = text.find("\n## What goes wrong\n");
    REQUIRE(begin != std::string::npos);
    std::set<std::string> rows;
    for (const std::string& line :
         course::lines_of(text.substr(begin + 1, text.find("\n## ", begin + 1) - begin)))
        if (line.compare(0, 2, "| ") == 0) rows.insert(line.substr(2, line.find(" | ", 2) - 2));
    return rows;
}

}  // namespace

// --- Which one wins --------------------------------------------------------------------------

TEST_CASE("the most direct evidence wins, whatever the order of the rules") {
    const LessonCauses first{"01-first", {rule("bytes", Basis::bytes), rule("end", Basis::ending)}};
    const LessonCauses second{"02-second", {rule("shape", Basis::shape)}};
    const harness::Verdict verdict = verdict_of({first, second});
    CHECK(verdict.cause.name == "end");
    CHECK(verdict.cause.lesson == "01-first");
    CHECK(verdict.also_fits == std::vector<std::string>{"bytes", "shape"});
    CHECK(verdict.rival.empty());
}

TEST_CASE("of two equally direct causes the newest lesson's wins") {
    const LessonCauses first{"01-first", {rule("a", Basis::shape)}};
    const LessonCauses second{"02-second", {rule("z", Basis::shape)}};
    CHECK(verdict_of({first, second}).cause.name == "z");
    CHECK(verdict_of({first, second}).rival.empty());
}

TEST_CASE("within a lesson the special case wins, also that of a special case") {
    const LessonCauses lesson{"01-first",
                              {rule("a", Basis::shape), rule("b", Basis::shape, "a"),
                               rule("c", Basis::shape, "b"), rule("x", Basis::failure)}};
    const harness::Verdict verdict = verdict_of({lesson});
    CHECK(verdict.cause.name == "c");
    CHECK(verdict.rival.empty());
}

TEST_CASE("where nothing decides between two causes, the verdict says so, and is always the same") {
    const LessonCauses lesson{
        "01-first",
        {rule("b", Basis::shape), rule("a", Basis::shape), rule("c", Basis::bytes, "b")}};
    CHECK(verdict_of({lesson}).rival.empty());
    LessonCauses without = lesson;
    without.rules.pop_back();
    CHECK(verdict_of({without}).cause.name == "a");
    CHECK(verdict_of({without}).rival == "b");
    // Two rules for one cause: only one may fit.
    CHECK(verdict_of({{"01-first", {rule("a", Basis::shape), rule("a", Basis::shape)}}}).rival ==
          "a");
}

TEST_CASE("when no rule fits, the verdict says that") {
    const LessonCauses lesson{"01-first", {{"a", Basis::shape, "", never, ""}}};
    const harness::Verdict verdict = verdict_of({lesson});
    CHECK(verdict.cause.name == "unexplained");
    CHECK(verdict.cause.lesson == "01-first");
    CHECK(verdict_of({}).cause.name == "unexplained");
}

TEST_CASE("the tests of a lesson ask only what it and the lessons before it know") {
    CHECK(harness::lessons_up_to("01-one-client").size() == 1);
    CHECK(harness::lessons_up_to("03-byte-stream").back()->lesson == "03-byte-stream");
    CHECK(harness::lessons_up_to("").size() > 3);

    Evidence evidence = echo_of("hello\n", "hel");
    evidence.faults = "send:short=3";
    CHECK(cause_of(evidence).lesson == "01-one-client");
    evidence.lesson = "03-byte-stream";
    CHECK(cause_of(evidence).name == "short-send-loses-bytes");
    evidence.lesson = "04-saying-goodbye";
    CHECK(cause_of(evidence).lesson == "03-byte-stream");
}

TEST_CASE("the cheapest experiment comes first, and the end of the stream last") {
    const std::vector<harness::Experiment> all = harness::experiments_up_to("01-one-client");
    REQUIRE(all.size() == 3);
    CHECK(all[0].name == "newline");
    CHECK(all[1].name == "many bytes");
    CHECK(all[2].name == "end of stream");
}

// --- What each rule has to have ----------------------------------------------------------------

TEST_CASE("each lesson knows its causes, and each cause has its row in \"What goes wrong\"") {
    std::set<std::string> known;
    for (const LessonCauses* lesson : harness::lessons_up_to("")) {
        known.emplace(lesson->lesson);
        const std::set<std::string> rows = rows_of(lesson->lesson);
        for (const Rule& rule : lesson->rules) {
            INFO(lesson->lesson << ": " << rule.name << ", its row: " << rule.row);
            CHECK(rows.count(std::string(rule.row)) == 1);
            // One or two sentences, which a reader takes in at a glance.
            CHECK(rule.text.size() < 300);
        }
    }
    for (const auto& entry : fs::directory_iterator(fs::path(ECHO_SOURCE_DIR) / "tests/lessons")) {
        INFO("tests/support/lessons/" << entry.path().filename().string());
        CHECK(known.count(entry.path().stem().string()) == 1);
    }
}

TEST_CASE("a special case names another cause of its lesson, and none is its own") {
    for (const LessonCauses* lesson : harness::lessons_up_to("")) {
        for (const Rule& rule : lesson->rules) {
            std::string_view name = rule.special_case_of;
            for (std::size_t steps = 0; !name.empty(); ++steps) {
                INFO(lesson->lesson << ": " << rule.name << " is a special case of " << name);
                REQUIRE(steps < lesson->rules.size());  // no circle
                const auto general =
                    std::find_if(lesson->rules.begin(), lesson->rules.end(),
                                 [&](const Rule& other) { return other.name == name; });
                REQUIRE(general != lesson->rules.end());
                name = general->special_case_of;
            }
        }
    }
}

// --- Single rules ------------------------------------------------------------------------------

TEST_CASE("of a first line that is not right the cause says what is wrong with it") {
    const std::string silent = "The program did not say where it listens within 6 seconds.";
    const std::string other = "The program's first line is not what the tests need.";
    const std::string right = "listening on 127.0.0.1:4711\n";
    CHECK(cause_of(failed_start(silent, "")).name == "not-flushed");
    CHECK(cause_of(failed_start(silent, "", right)).name == "line-on-standard-error");
    CHECK(cause_of(failed_start(silent, "", "12:03 INFO Listening on port 4711\n")).name ==
          "line-on-standard-error");
    CHECK(cause_of(failed_start(other, "ready\n", right)).name == "line-on-standard-error");
    CHECK(cause_of(failed_start(silent + ", and kept a processor busy", "", right)).name ==
          "line-on-standard-error");
    CHECK(cause_of(failed_start(silent, "listening on 127.0.0.1:4711")).name == "line-without-end");
    CHECK(cause_of(failed_start(other, "ready\n" + right)).name == "line-not-first");
    CHECK(cause_of(failed_start(other, "Server, port 0\n" + right)).name == "line-not-first");
    for (const std::string line :
         {"Listening on 127.0.0.1:4711", "listening on port 4711", "listening on 127.0.0.1 4711",
          "listening on 127.0.0.1:4711.", "server listening on 127.0.0.1:4711", "127.0.0.1:4711",
          "listening on 127.0.0.1:99999"}) {
        INFO(line);
        CHECK(cause_of(failed_start(other, line + '\n')).name == "line-misspelt");
    }
    for (const std::string line : {"listening on 192.168.1.7:4711", "listening on my-computer:4711",
                                   "listening on 127.0.0.2:4711"}) {
        INFO(line);
        CHECK(cause_of(failed_start(other, line + '\n')).name == "other-address");
    }
    for (const std::string line : {"listening on 127.0.0.1:0", "listening on 0.0.0.0:0"}) {
        INFO(line);
        CHECK(cause_of(failed_start(other, line + '\n')).name == "wrong-port");
    }
    CHECK(cause_of(failed_start(other, "hello\n")).name == "wrong-first-line");
    CHECK(cause_of(failed_start("The program ended before it said where it listens.", "", right))
              .name == "ended-at-once");
}

TEST_CASE("no start that fails leaves two causes with an equal claim") {
    const std::string silent = "The program did not say where it listens within 6 seconds.";
    const std::string other = "The program's first line is not what the tests need.";
    const std::string right = "listening on 127.0.0.1:4711\n";
    const std::string zero = "listening on 0.0.0.0:0\n";
    for (const std::string& how : {silent, other, silent + " kept a processor busy"})
        for (const std::string& output :
             {std::string(), right, zero, "ready\n" + right, zero + right})
            for (const std::string& errors :
                 {std::string(), right, std::string("Traceback (most recent call last)\n")}) {
                INFO(how << '\n' << output << '\n' << errors);
                const harness::Verdict verdict = judge(failed_start(how, output, errors));
                INFO(verdict.cause.name << " and " << verdict.rival);
                CHECK(verdict.rival.empty());
            }
}

TEST_CASE("a zero byte that is missing at the end is a C string's, not a newline's") {
    const std::string sent("hi\xff\0", 4);
    CHECK(cause_of(echo_of(sent, "hi\xff")).name == "c-string");
    CHECK(cause_of(echo_of("hi\n", "hi")).name == "newline-stripped");
}

TEST_CASE("the trace tells a send that is longer or shorter than its recv") {
    const std::string zero("before\0after\n", 13);
    const std::string begin = "socket 4: recv at most 4096 bytes -> ";
    const std::string recv = begin + "13 bytes \"before\\x00after\\n\"\n";
    CHECK(cause_of(echo_of(zero, "before", recv + "socket 4: send 6 bytes \"before\" -> 6 bytes\n"))
              .name == "c-string");
    // Bytes of a buffer that nobody ever set look like anything.
    CHECK(cause_of(echo_of("hi\n", "hi\nq",
                           begin + "3 bytes \"hi\\n\"\n"
                                   "socket 4: send 4 bytes \"hi\\nq\" -> 4 bytes\n"))
              .name == "whole-buffer");
    // One more, and it is a newline each time: another mistake.
    CHECK(cause_of(echo_of("hi\n", "hi\n\n",
                           begin + "3 bytes \"hi\\n\"\n"
                                   "socket 4: send 4 bytes \"hi\\n\\n\" -> 4 bytes\n"))
              .name == "newline-added");
    CHECK(cause_of(echo_of("hi\n", "echo: hi\n",
                           begin + "3 bytes \"hi\\n\"\n"
                                   "socket 4: send 9 bytes \"echo: hi\\n\" -> 9 bytes\n"))
              .name == "banner");

    // The last buffer of a long message still ends in an older part of the same message.
    std::string all;
    for (int i = 0; all.size() < 5000; ++i) all += std::to_string(i) + ' ';
    all.resize(5000);
    const std::string first = all.substr(0, 4096);
    const std::string last = all.substr(4096);
    const std::string stale = first.substr(last.size());
    const std::string trace =
        begin + "4096 bytes " + echo::quote(first) + "\nsocket 4: send 4096 bytes " +
        echo::quote(first) + " -> 4096 bytes\n" + begin + "904 bytes " + echo::quote(last) +
        "\nsocket 4: send 4096 bytes " + echo::quote(last + stale) + " -> 4096 bytes\n";
    CHECK(cause_of(echo_of(all, all + stale, trace)).name == "whole-buffer");
}

TEST_CASE("a whole buffer is told from a message without end, whatever number of bytes came") {
    std::string hello;
    while (hello.size() < 600) hello += "hello\n";
    CHECK(cause_of(echo_of("hello\n", hello)).name == "sent-twice");
    CHECK(judge(echo_of("hello\n", hello)).rival.empty());
    std::string rubbish = "hello\n";
    while (rubbish.size() < 600) rubbish += static_cast<char>(rubbish.size() * 7);
    CHECK(cause_of(echo_of("hello\n", rubbish)).name == "whole-buffer");
}

TEST_CASE("after the end of the stream the trace tells whether the connection is still held") {
    Evidence evidence = echo_of("", "");
    evidence.wanted = Evidence::Wanted::end_of_stream;
    evidence.finished_sending = true;
    CHECK(contains(cause_of(evidence).text, "leave the loop"));
    evidence.trace =
        std::string(start_of_trace) + "socket 4: recv at most 4096 bytes -> end of stream\n";
    CHECK(cause_of(evidence).name == "never-closes");
    CHECK(contains(cause_of(evidence).text, "keeps the client's socket open"));
    // Again and again is another mistake.
    for (int i = 0; i < 3; ++i)
        evidence.trace += "socket 4: recv at most 4096 bytes -> end of stream\n";
    CHECK(cause_of(evidence).name == "spins-at-end-of-stream");
    CHECK(judge(evidence).rival.empty());
}

// What a client knows who has no answer, while another one is connected.
Evidence left_alone() {
    Evidence evidence = echo_of("mine\n", "");
    evidence.lesson = "07-two-at-once";
    evidence.others.count = 1;
    evidence.others.sent = "yours\n";
    evidence.port = "51235";
    evidence.trials = {{"end of stream", "", "", false}, {"alone", "", "", false}};
    return evidence;
}

TEST_CASE("where a client has no answer, the others tell why") {
    Evidence evidence = left_alone();
    CHECK(cause_of(evidence).name == "lost-client");
    evidence.trials[1].came = "mine\n";
    CHECK(cause_of(evidence).name == "one-at-a-time");

    evidence = left_alone();
    evidence.errors = "terminate called: recv on a connection that is closed or was moved from\n";
    evidence.past.clients = 2;
    evidence.ending = harness::Ending{true, 6};
    CHECK(cause_of(evidence).name == "refers-to-the-loop");

    evidence = left_alone();
    evidence.stream = Evidence::Stream::ended;
    evidence.trace = std::string(start_of_trace) +
                     "socket 3: accept -> socket 5 from 127.0.0.1:51235\nsocket 5: close -> ok\n";
    CHECK(cause_of(evidence).name == "refers-to-the-loop");

    evidence = left_alone();
    evidence.others.astray = "mine\n";
    CHECK(cause_of(evidence).name == "goes-to-another-client");

    evidence = left_alone();
    evidence.trace =
        std::string(start_of_trace) + "socket 3: accept -> socket 5 from 127.0.0.1:51235\n";
    CHECK(cause_of(evidence).name == "waits-for-a-lock");
    evidence.trace += "socket 5: recv at most 4096 bytes\n";
    CHECK(cause_of(evidence).name == "lost-client");
    CHECK(judge(evidence).rival.empty());
}

TEST_CASE("another client's bytes in an echo are known by what that one sent") {
    Evidence evidence = echo_of(std::string(100, 'a'), std::string(50, 'a') + "#######yours#####");
    evidence.lesson = "07-two-at-once";
    evidence.others.count = 1;
    evidence.others.sent = "#########yours#########";
    CHECK(cause_of(evidence).name == "shared-buffer");
    evidence.others.sent = "something else, and as long";
    CHECK(cause_of(evidence).name != "shared-buffer");
    // Nobody is told of what is still to come.
    evidence.others.sent = "#########yours#########";
    evidence.lesson = "06-rude-clients";
    CHECK(cause_of(evidence).name != "shared-buffer");
}
