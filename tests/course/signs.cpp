// The questions that the rules for causes share.

#include "signs.hpp"

#include "catch.hpp"

#include <string>
#include <string_view>

using harness::Evidence;
using namespace harness;

namespace {

// What a test knows when it had sent this, in one or two messages, and waited for all of it.
Evidence echo_of(std::vector<std::string> sent, const std::string& got) {
    Evidence evidence;
    for (const std::string& message : sent) evidence.expected += message;
    evidence.sent = std::move(sent);
    evidence.got = got;
    evidence.difference = first_difference(evidence.expected, evidence.got);
    return evidence;
}

}  // namespace

TEST_CASE("what came is all, cut, more or wrong, and only one of these") {
    const auto kind = [](const Evidence& e) {
        return std::string(all_came(e) ? "all " : "") + (cut(e) ? "cut " : "") +
               (more(e) ? "more " : "") + (wrong(e) ? "wrong " : "");
    };
    CHECK(kind(echo_of({"hello"}, "hello")) == "all ");
    CHECK(kind(echo_of({"hello"}, "hel")) == "cut ");
    CHECK(kind(echo_of({"hello"}, "")) == "cut ");
    CHECK(kind(echo_of({"hello"}, "hello, you")) == "more ");
    CHECK(kind(echo_of({"hello"}, "help")) == "wrong ");
    Evidence start = echo_of({"hello"}, "hel");
    start.wanted = Evidence::Wanted::start;
    CHECK(kind(start) == "");
}

TEST_CASE("a hole is left out, and what comes after it is right") {
    CHECK(hole(echo_of({"one two three"}, "one three")));
    CHECK_FALSE(hole(echo_of({"one two three"}, "one two")));
    CHECK_FALSE(hole(echo_of({"one two three"}, "one xyz")));
    CHECK_FALSE(hole(echo_of({"one two three"}, "one one two three")));
}

TEST_CASE("bytes that came already come again") {
    CHECK(again(echo_of({"one two three"}, "one one two three")));
    CHECK(again(echo_of({"hello\n"}, "hello\nhello\n")));
    CHECK_FALSE(again(echo_of({"hello\n"}, "hello\n\n")));
    CHECK_FALSE(again(echo_of({"one two three"}, "one three")));
    CHECK_FALSE(again(echo_of({"hello hello\n"}, "hello ")));
}

TEST_CASE("a change explains what came if it gives exactly that") {
    const auto twice = [](const std::string& message) { return message + message; };
    CHECK(explained_by(echo_of({"ab"}, "abab"), twice));
    CHECK(explained_by(echo_of({"ab", "cd"}, "abab"), twice));  // cd may still come
    CHECK(explained_by(echo_of({"ab", "cd"}, "ababcdcd"), twice));
    CHECK_FALSE(explained_by(echo_of({"ab"}, "ab"), twice));
    CHECK_FALSE(explained_by(echo_of({"ab"}, "ababa"), twice));
    CHECK_FALSE(explained_by(echo_of({"ab"}, "abb"), twice));
    const auto half = [](const std::string& message) { return message.substr(0, 1); };
    CHECK(explained_by(echo_of({"ab"}, "a"), half));
    CHECK_FALSE(explained_by(echo_of({"abc"}, "ab"), half));
}

TEST_CASE("a cut between messages leaves whole ones") {
    CHECK(cut_between_messages(echo_of({"one\n", "two\n"}, "one\n")));
    CHECK_FALSE(cut_between_messages(echo_of({"one\n", "two\n"}, "one\nt")));
    CHECK_FALSE(cut_between_messages(echo_of({"one\n", "two\n"}, "")));
}

TEST_CASE("a cut before a byte, and before the first of its kind") {
    CHECK(cut_before(echo_of({"a.b.c"}, "a.b"), '.'));
    CHECK_FALSE(cut_before_the_first(echo_of({"a.b.c"}, "a.b"), '.'));
    CHECK(cut_before_the_first(echo_of({"a.b.c"}, "a"), '.'));
    CHECK_FALSE(cut_before_the_first(echo_of({"a.b.c"}, "a."), '.'));
}

TEST_CASE("sizes of buffers are known") {
    for (const std::size_t size : {16U, 64U, 100U, 1000U, 1023U, 1024U, 1460U, 4096U, 9999U})
        CHECK(buffer_size(size));
    for (const std::size_t size : {0U, 1U, 8U, 17U, 1001U, 4101U}) CHECK_FALSE(buffer_size(size));
}

TEST_CASE("an answer after an experiment is the missing bytes, or in another form") {
    const auto after = [](const std::string& got, const std::string& sent,
                          const std::string& came) {
        Evidence evidence = echo_of({"hello"}, got);
        evidence.trials.push_back({"newline", sent, came});
        return answered_after(evidence, "newline");
    };
    CHECK(after("", "\n", "hello\n"));
    CHECK(after("he", "\n", "llo\n"));
    CHECK(after("", "\n", "Echo: hello\n"));
    CHECK_FALSE(after("", "\n", ""));
    CHECK_FALSE(after("", "\n", "\n"));         // only the newline itself comes back
    CHECK_FALSE(after("", "xxxx", "xxxx"));     // and here only the x
    CHECK_FALSE(after("he", "\n", "goodbye"));  // not what is missing
    Evidence evidence = echo_of({"hello"}, "");
    evidence.trials.push_back({"newline", "\n", "hello\n"});
    CHECK_FALSE(answered_after(evidence, "many bytes"));
}

TEST_CASE("the last line that says something, and no longer than can be read") {
    CHECK(last_line("one\n  two \n\n \r\n") == "two");
    CHECK(last_line("") == "an error");
    CHECK(last_line("\n\n") == "an error");
    CHECK(last_line("\x1b[31mred\n") == "[31mred");
    CHECK(last_line(std::string(200, 'a') + ' ' + std::string(200, 'b')) ==
          std::string(200, 'a') + " ...");
}

TEST_CASE("texts: replaced, stripped, compared") {
    CHECK(replace_all("a.b.c", ".", "--") == "a--b--c");
    CHECK(replace_all("aaa", "a", "aa") == "aaaaaa");
    CHECK(stripped(" a b \r\n", false) == " a b");
    CHECK(stripped(" a b \r\n", true) == "a b");
    CHECK(stripped(std::string("a\0", 2), false) == std::string("a\0", 2));
    CHECK(first_difference("abc", "abd") == 2);
    CHECK(first_difference("abc", "ab") == 2);
    CHECK(first_difference("abc", "abc") == std::string_view::npos);
}

TEST_CASE("a log names a client by its address and its port, in one line and whatever form") {
    const auto names = [](std::string_view log) { return names_client(log, "127.0.0.1", "48418"); };
    CHECK(names("2026-11-25T12:31:07.042Z info 127.0.0.1:48418 connected\n"));
    CHECK(names("started\nnew client ('127.0.0.1', 48418)\n"));
    CHECK(names("{\"peer\":{\"address\":\"::ffff:127.0.0.1\",\"port\":48418}}"));
    CHECK(names("port 48418 of 127.0.0.1"));
    CHECK_FALSE(names(""));
    CHECK_FALSE(names("127.0.0.1 connected\n"));
    CHECK_FALSE(names("48418 connected\n"));
    CHECK_FALSE(names("127.0.0.1\n48418\n"));
    CHECK_FALSE(names("127.0.0.1:4841\n127.0.0.1:484180\n127.0.0.1:148418\n"));
}

TEST_CASE("the ends of streams are counted for each connection") {
    harness::Evidence e;
    const std::string end = "socket 4: recv at most 64 bytes -> end of stream\n";
    const std::string close = "socket 4: close -> ok\n";
    const auto count = [&](const std::string& trace) {
        e.calls = harness::read_trace(trace);
        return harness::ends_received(e);
    };
    CHECK(count("") == 0);
    CHECK(count(end + close + end + close + end) == 1);
    CHECK(count(end + close + end + end) == 2);
}
