// The messages of failed tests: their order and width, the comparison, the picture of the trace.

#include "story.hpp"

#include "catch.hpp"
#include "echo_of.hpp"
#include "trace_reader.hpp"

#include <echo.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using harness::Evidence;
using harness::Story;
using namespace std::string_view_literals;

namespace {

using course::echo_of;
using course::start_of_trace;

Evidence lost_bytes() {
    Evidence evidence;
    evidence.sent = {"hello\n"};
    evidence.expected = "hello\n";
    evidence.got = "hel";
    evidence.got_text = "then nothing more for 2 seconds";
    evidence.faults = "send:short=3";
    evidence.trace =
        "socket 3: listen -> ok\n"
        "socket 3: accept -> socket 4 from 127.0.0.1:51234\n"
        "socket 4: recv at most 4096 bytes -> 6 bytes \"hello\\n\"\n"
        "socket 4: send 6 bytes \"hello\\n\" -> 3 bytes\n"
        "socket 4: recv at mo";  // it was in the middle of writing this
    return evidence;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::size_t widest_line(std::string_view text) {
    std::size_t widest = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        widest = std::max(widest, end);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return widest;
}

}  // namespace

TEST_CASE("a failed test's message has all its parts, in order, and fits a terminal") {
    Story story;
    story.step("the test sent " + harness::describe("hello\n"));
    story.step("the test waited for " + harness::describe(std::string(5000, '\xff')));
    Evidence evidence = lost_bytes();
    evidence.output = "listening on 127.0.0.1:40213\n";
    evidence.errors = std::string(500, 'e') + "\n\x1b[31mred\n";
    const std::string text = story.tell(evidence);
    INFO(text);

    std::size_t at = 0;
    for (const std::string_view part :
         {"WHAT THE TEST DID"sv, "1. the test sent 6 bytes \"hello\\n\""sv, "2. the test waited"sv,
          "EXPECTED AND GOT"sv, "WHAT YOUR PROGRAM DID"sv, "WHAT YOUR PROGRAM PRINTED"sv,
          "HOW YOUR PROGRAM ENDED"sv, "Likely cause (short-send-loses-bytes): "sv,
          "Read: lessons/03-byte-stream/README.md, section \"What goes wrong\""sv,
          "the row: `hel` comes back, the rest never"sv}) {
        INFO(part);
        const std::size_t next = text.find(part, at);
        REQUIRE(next != std::string::npos);
        at = next;
    }
    CHECK(widest_line(text) <= harness::page_width);
    CHECK_FALSE(contains(text, "\x1b"));  // a program can't steer the terminal
}

TEST_CASE("the caret stands under the first wrong byte, and hex shows what can't be printed") {
    Story story;
    Evidence evidence;
    evidence.expected =
        "ab\x01"
        "cd\n";
    evidence.got =
        "ab\x02"
        "cd\n";
    const std::string text = story.tell(evidence);
    INFO(text);
    CHECK(contains(text,
                   "  expected  \"ab\\x01cd\\n\"\n"
                   "  got       \"ab\\x02cd\\n\"\n"
                   "               ^\n"));
    CHECK(contains(text, "this byte is 02, and should be 01"));
    CHECK(contains(text,
                   "\n\n(In hex, two digits of base 16 are one byte: 0a, or \\x0a, is 10.)\n\n"));
    CHECK(contains(text,
                   "  expected  61 62 01 63 64 0a \n"
                   "  got       61 62 02 63 64 0a \n"
                   "                  ^^\n"));
}

TEST_CASE("hex is explained where it is shown, and only there") {
    Evidence evidence;
    evidence.expected = "hello";
    evidence.got = "hel";
    CHECK_FALSE(contains(Story().tell(evidence), "hex"));
    Story zero;
    zero.step("the test sent " + harness::describe(std::string(1, '\0')));
    const std::string text = zero.tell(evidence);
    CHECK(text.find("(In hex, two digits") == text.rfind("(In hex, two digits"));
    CHECK(contains(text, "(In hex, two digits"));
}

TEST_CASE("of long data only the part around the first wrong byte is shown") {
    Story story;
    Evidence evidence;
    evidence.expected = std::string(1000000, 'x') + "right" + std::string(1000000, 'x');
    evidence.got = std::string(1000000, 'x') + "wrong";
    const std::string text = story.tell(evidence);
    INFO(text);
    CHECK(contains(text, "offset 1000000"));
    CHECK(contains(text, "(In hex, two digits"));  // "this byte is 77"
    CHECK(contains(text, "right"));
    CHECK(contains(text, "wrong"));
    CHECK(text.size() < 3000);
}

TEST_CASE("the trace is drawn with the test on the left and the program on the right") {
    const std::string picture = harness::draw_trace(lost_bytes().trace, false);
    INFO(picture);
    CHECK(picture ==
          "  the test (client)               your program\n"
          "   |                                      |  listen\n"
          "   |-- connects ------------------------->|  accept\n"
          "   |-- 6 bytes \"hello\\n\" ---------------->|  recv\n"
          "   |<- 3 bytes \"hel\" ---------------------|  send: only 3 of 6\n");
}

TEST_CASE("repeats in a trace are folded") {
    std::string trace = "socket 3: accept -> socket 4 from 127.0.0.1:51234\n";
    for (int i = 0; i < 10000; ++i)
        trace += "socket 4: recv at most 1 bytes -> 1 byte \"" + std::to_string(i % 10) +
                 "\"\nsocket 4: send 1 byte \"" + std::to_string(i % 10) + "\" -> 1 byte\n";
    const std::string picture = harness::draw_trace(trace, false);
    INFO(picture);
    CHECK(contains(picture, "... 19,994 more like this"));
    CHECK(contains(picture, "1 byte \"0\""));  // the first
    CHECK(contains(picture, "1 byte \"9\""));  // the last
    CHECK(picture.size() < 1000);
}

TEST_CASE("bytes that look like a trace do not confuse the reader of traces") {
    const auto calls = harness::read_trace(
        "socket 4: recv at most 64 bytes -> 19 bytes \"x -> end of stream\\n\"\n"
        "socket 4: send 19 bytes \"x -> end of stream\\n\" -> 19 bytes\n"
        "no trace at all\n");
    REQUIRE(calls.size() == 2);
    CHECK(calls[0].name == "recv");
    CHECK(calls[0].arguments == "at most 64 bytes");
    CHECK(calls[0].result == "19 bytes \"x -> end of stream\\n\"");
    CHECK(calls[1].name == "send");
    CHECK(calls[1].result == "19 bytes");
}

TEST_CASE("a call that has begun and not returned is drawn as still waiting") {
    const std::string begun = "socket 4: recv at most 64 bytes\n";
    const std::string trace =
        "socket 3: accept\n"
        "socket 3: accept -> socket 4 from 127.0.0.1:51234\n" +
        begun + "socket 4: recv at most 64 bytes -> 3 bytes \"hi\\n\"\n" +
        "socket 4: send 6 bytes \"x -> y\"\n" + "socket 4: send 6 bytes \"x -> y\" -> 6 bytes\n";
    CHECK(harness::read_trace(trace).size() == 3);
    CHECK_FALSE(contains(harness::draw_trace(trace, false), "waiting"));
    CHECK(contains(harness::draw_trace(trace + begun, false), "|  recv: still waiting\n"));
    // Two threads in accept on the same socket: one of them was given a client.
    const std::string two = "socket 3: accept\nsocket 3: accept\n" + trace.substr(17);
    const std::string picture = harness::draw_trace(two, false);
    INFO(picture);
    CHECK(contains(picture, "|  accept: still waiting\n"));
    // What had begun before a part was left out may have ended there.
    CHECK_FALSE(contains(harness::draw_trace(begun + "(left out)\n" + trace, false), "waiting"));
}

TEST_CASE("a poll of many is drawn in a line, and tells who waits for what") {
    const std::string line =
        "socket -: poll 3 sockets, until readable: 3 14, until writable: 14 -> ready: 14\n";
    const std::string picture = harness::draw_trace(line, false);
    INFO(picture);
    CHECK(contains(picture, "|  poll 3 sockets: ready: 14\n"));
    const harness::TracedCall call = harness::read_trace(line).at(0);
    CHECK(call.polls_many());
    CHECK(call.waits_to_read() == std::vector<std::string>{"3", "14"});
    CHECK(call.waits_to_write());
    CHECK(call.ready() == std::vector<std::string>{"14"});
    const auto one = harness::read_trace_line("socket 4: poll until readable").value();
    CHECK_FALSE(one.polls_many());
    CHECK(one.waits_to_read() == std::vector<std::string>{"4"});
    CHECK_FALSE(one.waits_to_write());
    CHECK(harness::read_trace_line("socket -: poll 1000 sockets").value().waits_to_read().empty());

    const std::string waits = "socket 6: epoll_wait until one is ready";
    CHECK(contains(harness::draw_trace(waits + " -> ready: 5 14\n", false),
                   "|  epoll_wait: ready: 5 14\n"));
    const auto wait = harness::read_trace_line(waits + " -> ready: 5 14").value();
    CHECK(wait.polls_many());
    CHECK(wait.is_pollers());
    CHECK(wait.waits_to_read().empty());
    CHECK(wait.ready() == std::vector<std::string>{"5", "14"});
    const auto told = harness::read_trace_line("socket 5: kevent change, until either").value();
    CHECK(told.tells_a_poller());
    CHECK(told.waits_to_read() == std::vector<std::string>{"5"});
    CHECK(told.waits_to_write());
    const auto left = harness::read_trace_line("socket 5: epoll_ctl watch, for nothing").value();
    CHECK(left.waits_to_read().empty());
    CHECK_FALSE(left.waits_to_write());

    std::string crowd = "socket -: poll 300 sockets, until readable: 3 -> ready:";
    for (int socket = 4; socket < 300; ++socket) crowd += ' ' + std::to_string(socket);
    CHECK(widest_line(harness::draw_trace(crowd + '\n', false)) <= harness::page_width);

    // Two threads may wait in a poll each.
    harness::Begun begun;
    for (const char* text : {"socket -: poll 1 socket, until readable: 4",
                             "socket -: poll 1 socket, until readable: 5",
                             "socket -: poll 1 socket, until readable: 5 -> ready: 5"})
        begun.note(harness::read_trace_line(text).value());
    REQUIRE(begun.calls().size() == 1);
    CHECK(begun.calls()[0].waits_to_read() == std::vector<std::string>{"4"});
}

TEST_CASE("a send that has only begun is not taken for done, whatever its bytes look like") {
    const auto call = harness::read_trace_line("socket 4: send 12 bytes \"\\\" -> 3 bytes\"");
    REQUIRE(call.has_value());
    CHECK(call->only_begun());
    CHECK(call->name == "send");
    CHECK(call->arguments == "12 bytes \"\\\" -> 3 bytes\"");
    CHECK_FALSE(harness::read_trace_line("no line of a trace").has_value());
}

TEST_CASE("the end of the stream crosses the network once, and each close says of what") {
    const std::string end = "socket 4: recv at most 4096 bytes -> end of stream\n";
    const std::string picture = harness::draw_trace(
        std::string(start_of_trace) + end + end + "socket 4: close -> ok\nsocket 3: close -> ok\n",
        false);
    INFO(picture);
    CHECK(picture ==
          "  the test (client)               your program\n"
          "   |                                      |  listen\n"
          "   |-- connects ------------------------->|  accept\n"
          "   |-- end of stream -------------------->|  recv: 0 bytes\n"
          "   |                                      |  recv: end of stream again\n"
          "   |<- closes ----------------------------|  close (the conversation)\n"
          "   |                                      |  close (the listener)\n");
}

TEST_CASE("what a failed call says is not cut") {
    const std::string words = "failed: address already in use, and some advice after that";
    const std::string picture =
        harness::draw_trace("socket 3: bind 127.0.0.1:7777 -> " + words + '\n', false);
    INFO(picture);
    CHECK(widest_line(picture) <= harness::page_width);
    CHECK_FALSE(contains(picture, "..."));
    CHECK(contains(picture, "after that\n"));
}

TEST_CASE("no escape is cut in two, and a zero byte is always written the same way") {
    for (std::size_t size = 10; size < 40; ++size) {
        std::string escapes;
        for (std::size_t i = 0; i < 12; ++i) escapes += "\\xef";
        const std::string picture =
            harness::draw_trace("socket 4: recv at most 64 bytes -> 32 bytes \"" +
                                    std::string(size, 'x') + escapes + "\"\n",
                                false);
        INFO(picture);
        CHECK_FALSE(contains(picture, "\\..."));
        CHECK_FALSE(contains(picture, "\\x..."));
        CHECK_FALSE(contains(picture, "\\xe..."));
    }
    for (std::size_t size = 60; size < 64; ++size) {
        const std::string lines =
            harness::clip_lines(std::string(size, 'x') + "\\xef\\xbf\\xbd\\xef\\xbf\\xbd", 9, "  ");
        INFO(lines);
        CHECK(widest_line(lines) <= harness::page_width);
        CHECK_FALSE(contains(lines, "\\\n"));
        CHECK_FALSE(contains(lines, "\\x\n"));
        CHECK_FALSE(contains(lines, "\\xb\n"));
    }
    const std::string text = Story().tell(echo_of(std::string("a\0b", 3), std::string("a\0c", 3)));
    INFO(text);
    CHECK(contains(text, "\\x00"));
    CHECK_FALSE(contains(text, "\\0"));
}

TEST_CASE("the story of a crowd is told from both its ends") {
    Story story;
    for (int i = 1; i <= 40; ++i) story.step("step " + std::to_string(i));
    CHECK_FALSE(contains(story.tell(lost_bytes()), "left out"));
    for (int i = 41; i <= 2000; ++i) story.step("step " + std::to_string(i));
    const std::string text = story.tell(lost_bytes());
    CHECK(contains(text, "  1. step 1\n"));
    CHECK(contains(text, " 12. step 12\n   ... 1976 steps are left out here\n 1989. step 1989\n"));
    CHECK(contains(text, " 2000. step 2000\n"));
    CHECK_FALSE(contains(text, "step 13\n"));
}

TEST_CASE("where a test has several clients, its story and the trace say which") {
    Story story;
    story.step("the test started it");
    story.step("the test connected", 1);
    CHECK(contains(story.tell(lost_bytes()), "2. the test connected\n"));
    story.step("the test connected", 2);
    const std::string text = story.tell(lost_bytes());
    INFO(text);
    CHECK(contains(text, "1. the test started it\n"));
    CHECK(contains(text, "2. client 1: the test connected\n"));
    CHECK(contains(text, "3. client 2: the test connected\n"));

    const std::string picture =
        harness::draw_trace(std::string(start_of_trace) +
                                "socket 3: accept -> socket 5 from 127.0.0.1:51235\n"
                                "socket 5: recv at most 64 bytes -> 3 bytes \"hi\\n\"\n"
                                "socket 4: close -> ok\n"
                                "socket 3: accept -> socket 4 from 127.0.0.1:51236\n"
                                "socket 4: recv at most 64 bytes -> failed: bad file descriptor\n"
                                "socket 5: recv at most 64 bytes\n",
                            false);
    INFO(picture);
    CHECK(picture ==
          "  the test (client)               your program\n"
          "   |                                      |  listen\n"
          "   |-- client 1: connects --------------->|  accept\n"
          "   |-- client 2: connects --------------->|  accept\n"
          "   |-- client 2: 3 bytes \"hi\\n\" --------->|  recv\n"
          "   |<- client 1: closes ------------------|  close (the conversation)\n"
          "   |-- client 3: connects --------------->|  accept\n"
          "   |                                      |  recv: failed: bad file\n"
          "   |                                      |    descriptor (client 3)\n"
          "   |                                      |  recv: still waiting (client 2)\n");
}
