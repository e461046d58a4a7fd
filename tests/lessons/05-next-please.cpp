// The tests of lesson 05: a server that goes on, and says why it can't start.
// They start build/lessons/05-next-please/server, or the program in ECHO_PROGRAM.

#include "catch.hpp"
#include "refusal.hpp"
#include "visitor.hpp"

#include <string>
#include <string_view>

using harness::RefusedServer;
using harness::ServerTest;
using harness::Visitor;
using Refusal = harness::Evidence::Refusal;

namespace {

constexpr std::string_view lesson = "05-next-please";

void talk(Visitor& client, std::string_view text) {
    client.send(text);
    client.expect_echo();
    client.finish_sending();
    client.expect_end_of_stream();
}

// Served like the first.
void expect_one_more(ServerTest& test) {
    Visitor client(test);
    talk(client, "and I am next\n");
}

}  // namespace

TEST_CASE("clients are served, one after the other", "[05]") {
    ServerTest test(lesson);
    for (int number = 1; number < 12; ++number) {
        Visitor client(test);
        talk(client, "I am client " + std::to_string(number) + '\n');
    }
    expect_one_more(test);
}

TEST_CASE("two servers that get port 0 have a port each", "[05]") {
    ServerTest first(lesson);
    ServerTest second(first.subject());
    expect_one_more(second);
    expect_one_more(first);
}

TEST_CASE("clients that come meanwhile wait in line, with what they have sent", "[05]") {
    ServerTest test(lesson);
    Visitor one(test);
    one.send("I was first\n");
    one.expect_echo();
    Visitor two(test);
    two.send("I came second\n");
    Visitor three(test);
    three.send("I came third, and have finished\n");
    three.finish_sending();
    one.send("I am still here\n");
    one.expect_echo();
    one.finish_sending();
    one.expect_end_of_stream();
    two.expect_echo();
    two.finish_sending();
    two.expect_end_of_stream();
    three.expect_echo();
    three.expect_end_of_stream();
}

TEST_CASE("clients that say nothing do not end the server", "[05]") {
    ServerTest test(lesson);
    Visitor half(test);
    half.finish_sending();
    half.expect_end_of_stream();
    Visitor gone(test);
    gone.close();
    expect_one_more(test);
}

TEST_CASE("a client that breaks off does not end the server", "[05]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.send("hello\n");
    client.expect_echo();
    client.reset();
    expect_one_more(test);
}

TEST_CASE("a client that breaks off in the middle of a long echo does not, either", "[05]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.reset_in_the_middle(std::string(100003, 'x'));
    expect_one_more(test);
}

TEST_CASE("it starts again at once on the port it had", "[05]") {
    ServerTest test(lesson);
    test.start_again();
    expect_one_more(test);
}

TEST_CASE("a second server on the same port is refused, and the first one stays", "[05]") {
    ServerTest first(lesson);
    const std::string port = std::to_string(first.subject().program->port());
    RefusedServer(lesson, Refusal::port_taken, {port}).expect_refusal(1, port);
    expect_one_more(first);
}

TEST_CASE("what is no port is refused by name", "[05]") {
    const std::string port = GENERATE(as<std::string>{}, "70000", "0x50", "-1", "80x", "");
    RefusedServer(lesson, Refusal::bad_port, {port}).expect_refusal(2, port);
}

TEST_CASE("a word too many is refused by name", "[05]") {
    RefusedServer(lesson, Refusal::word_too_many, {"0", "surplus"}).expect_refusal(2, "surplus");
}

TEST_CASE("a port that the system does not give is an error in words", "[05]") {
    // As 80 is for an ordinary user. A program that does not know ECHO_FAULTS gets a port that
    // somebody has.
    ServerTest somebody(lesson);
    const std::string port = std::to_string(somebody.subject().program->port());
    RefusedServer(lesson, Refusal::failed_call, {port}, "bind:EACCES").expect_refusal(1, port);
}

TEST_CASE("without a word on its command line it goes to port 7777", "[05]") {
    // Which somebody may have, so the system refuses it. Only a program that knows ECHO_FAULTS is
    // asked: another one would listen there for real.
    RefusedServer server(lesson, Refusal::failed_call, {}, "bind:EADDRINUSE");
    if (server.knows_faults()) server.expect_refusal(1, "7777");
}
