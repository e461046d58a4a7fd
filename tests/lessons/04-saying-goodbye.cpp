// The tests of lesson 04: how a conversation ends, and who may still talk.
// They start build/lessons/04-saying-goodbye/server, or the program in ECHO_PROGRAM.

#include "catch.hpp"
#include "visitor.hpp"

#include <cstddef>
#include <string>
#include <string_view>

using harness::ServerTest;
using harness::Visitor;

namespace {

constexpr std::string_view lesson = "04-saying-goodbye";

// Numbered words: what is lost or moved is seen at a glance.
std::string words(std::size_t count) {
    std::string bytes;
    for (int i = 0; bytes.size() < count; ++i) bytes += "word" + std::to_string(i) + ' ';
    bytes.resize(count);
    return bytes;
}

// The program's first send fails, so it ends its stream.
void hear_goodbye(ServerTest& test, Visitor& client) {
    client.send("this gets no answer\n");
    if (!test.has_faults()) client.finish_sending();  // nothing fails: the client ends it
    client.expect_clean_end();
}

}  // namespace

TEST_CASE("who has finished sending still hears the whole echo", "[04]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.send("my last words\n");
    client.finish_sending();
    client.expect_echo();
    client.expect_end_of_stream();
}

TEST_CASE("the long tail of an echo comes after the client has finished", "[04]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.send(words(60001));
    client.finish_sending();
    client.expect_echo();
    client.expect_end_of_stream();
}

TEST_CASE("the tail comes too when a send takes only seven bytes", "[04]") {
    ServerTest test(lesson, "send:short=7");
    Visitor client(test);
    client.send(words(5003));
    client.finish_sending();
    client.expect_echo();
    client.expect_end_of_stream();
}

TEST_CASE("after a failed send the client gets what was echoed and then a clean end", "[04]") {
    ServerTest test(lesson, "send:ENOBUFS@2");
    Visitor client(test);
    client.send("the first answer comes\n");
    client.expect_echo();
    // More than the server reads before its second send, so bytes are left unread.
    client.send(words(200000));
    client.finish_sending();
    client.expect_clean_end();
}

TEST_CASE("after a failed send the server says that it has finished, and does not wait", "[04]") {
    ServerTest test(lesson, "send:ENOBUFS@2");
    Visitor client(test);
    client.send("the first answer comes\n");
    client.expect_echo();
    client.send("the second does not\n");
    if (!test.has_faults()) client.finish_sending();  // nothing fails: the client ends it
    client.expect_clean_end();
    if (test.has_faults()) client.expect_still_heard();
}

TEST_CASE("after its goodbye the server does not wait for a silent client for ever", "[04]") {
    ServerTest test(lesson, "send:ENOBUFS@1");
    Visitor client(test);
    hear_goodbye(test, client);
    if (test.has_faults()) client.expect_parting_from_the_silent();
}

TEST_CASE("after its goodbye the server does not read from a busy client for ever", "[04]") {
    ServerTest test(lesson, "send:ENOBUFS@1");
    Visitor client(test);
    hear_goodbye(test, client);
    if (test.has_faults()) client.expect_parting_from_the_busy();
}

TEST_CASE("a reset from the client is survived", "[04]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.send("hello\n");
    client.expect_echo();
    client.reset();
    test.expect_survival();
}

TEST_CASE("a client that leaves without listening is survived", "[04]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.send(words(60001));
    client.close();
    test.expect_survival();
}

TEST_CASE("a reset in the middle of a long echo is survived", "[04]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.reset_in_the_middle(words(100003));
    test.expect_survival();
}
