// The tests of lesson 06: a server that no client can end, and that tells who came and who went.
// They start build/lessons/06-rude-clients/server, or the program in ECHO_PROGRAM.

#include "catch.hpp"
#include "upkeep.hpp"
#include "visitor.hpp"

#include <string>
#include <string_view>

using harness::ServerTest;
using harness::Sleeper;
using harness::Visitor;

namespace {

constexpr std::string_view lesson = "06-rude-clients";

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

// --- The ways in which a client may leave ------------------------------------------------------

void politely(ServerTest& test) {
    Visitor client = Visitor::in_a_crowd(test);
    talk(client, "hello\n");
}

void with_a_reset_at_once(ServerTest& test) { Visitor::in_a_crowd(test).reset(); }

void with_its_echo_unread(ServerTest& test) {
    Visitor client = Visitor::in_a_crowd(test);
    client.send(std::string(20000, 'x'));
    client.reset();
}

void after_its_echo(ServerTest& test) {
    Visitor client = Visitor::in_a_crowd(test);
    client.send("hello\n");
    client.expect_echo();
    client.reset();
}

void after_its_half_close(ServerTest& test) {
    Visitor client = Visitor::in_a_crowd(test);
    client.send("hello\n");
    client.finish_sending();
    client.reset();
}

void in_the_goodbye(ServerTest& test) {
    Visitor client = Visitor::in_a_crowd(test);
    talk(client, "hello\n");
    client.reset();
}

// What the systems hold for a client that is not accepted yet. A server needs several sends for it.
const std::string what_waits(60000, 'x');

void before_their_turn(ServerTest& test) {
    Visitor served = Visitor::in_a_crowd(test);
    served.send("it is my turn\n");
    served.expect_echo();
    for (const bool rude : {false, true}) {
        Visitor in_line = Visitor::in_a_crowd(test);
        in_line.send(what_waits);
        rude ? in_line.reset() : in_line.close();
    }
    served.finish_sending();
    served.expect_end_of_stream();
}

using Leave = void (*)(ServerTest&);

}  // namespace

TEST_CASE("the log names each client, whether it went politely or not", "[06]") {
    ServerTest test(lesson);
    for (const bool rude : {false, false, true}) {
        Visitor client(test);
        const echo::Endpoint who = client.endpoint();
        client.send("hello\n");
        client.expect_echo();
        rude ? client.reset() : client.close();
        harness::expect_logged(test, who);
    }
}

TEST_CASE("whenever a client breaks off, the next one is served", "[06]") {
    const auto leave = GENERATE(as<Leave>{}, with_a_reset_at_once, with_its_echo_unread,
                                after_its_echo, after_its_half_close, in_the_goodbye);
    ServerTest test(lesson);
    leave(test);
    expect_one_more(test);
}

TEST_CASE("clients that give up while they wait in line do no harm", "[06]") {
    ServerTest test(lesson);
    before_their_turn(test);
    expect_one_more(test);
}

TEST_CASE("nor does one that has gone before the server comes to it", "[06]") {
    const bool rude = GENERATE(false, true);
    ServerTest test(lesson);
    harness::while_held_still(test, [&] {
        Visitor gone(test);
        gone.send(what_waits);
        rude ? gone.reset() : gone.close();
    });
    expect_one_more(test);
}

TEST_CASE("nor does one that breaks off in the middle of a long echo", "[06]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.reset_in_the_middle(std::string(100003, 'x'));
    expect_one_more(test);
}

TEST_CASE("nor one that breaks off while the server says goodbye", "[06]") {
    // The server stops early, ends its stream, and reads what still comes.
    ServerTest test(lesson, "send:ENOBUFS@1");
    Visitor client(test);
    client.send("hello\n");
    if (test.has_faults())
        client.expect_clean_end();
    else
        client.expect_echo();
    client.send("still here\n");
    client.reset();
    expect_one_more(test);
}

TEST_CASE("a connection may break in every call", "[06]") {
    const std::string faults =
        GENERATE(as<std::string>{}, "recv:ECONNRESET@2", "recv:ETIMEDOUT@1", "send:EPIPE@1");
    ServerTest test(lesson, faults);
    Visitor client(test);
    client.send("hello\n");
    client.close();
    expect_one_more(test);
}

TEST_CASE("an interrupted call is made again", "[06]") {
    const std::string faults = GENERATE(as<std::string>{}, "recv:EINTR@1", "recv:EINTR@2",
                                        "send:EINTR@1", "accept:EINTR@2");
    ServerTest test(lesson, faults);
    expect_one_more(test);
    expect_one_more(test);
}

TEST_CASE("real signals interrupt it in accept, in recv and in send, and harm nobody", "[06]") {
    ServerTest test(lesson);
    if (!harness::interrupt(test, Sleeper::In::accept))
        SKIP_BECAUSE("this system has no signals that interrupt a call");
    Visitor client(test);
    client.send("hello\n");
    client.expect_echo();
    harness::interrupt(test, Sleeper::In::recv);
    client.send("still here\n");
    client.expect_echo();
    client.exchange_reading_late(std::string(100003, 'x'),
                                 [&] { harness::interrupt(test, Sleeper::In::send); });
    client.finish_sending();
    client.expect_end_of_stream();
    expect_one_more(test);
}

TEST_CASE("a client that accept can't have any more is passed over", "[06]") {
    const std::string faults = GENERATE(as<std::string>{}, "accept:ECONNABORTED@2",
                                        "accept:EPROTO@2", "accept:ECONNABORTED@1");
    ServerTest test(lesson, faults);
    expect_one_more(test);
    expect_one_more(test);
}

TEST_CASE("a client can't write into the log", "[06]") {
    constexpr std::string_view forged = "forged: 127.0.0.1:9 was here";
    constexpr std::string_view steering = "\x1b]0;forged\x07";
    ServerTest test(lesson);
    Visitor client(test);
    const echo::Endpoint who = client.endpoint();
    client.send("100 %s%s%s%s%s%n\n" + std::string(forged) + "\n\r" + std::string(forged) + '\n' +
                std::string(steering) + '\n');
    client.expect_echo();
    client.close();
    harness::expect_logged(test, who);
    expect_one_more(test);  // by then all is in the log
    harness::expect_escaped(test, forged, steering);
}

TEST_CASE("after 500 connections, rude ones among them, it has no more descriptors", "[06]") {
    constexpr int connections = 500;
    constexpr Leave ways[] = {politely,         with_a_reset_at_once, with_its_echo_unread,
                              after_its_echo,   after_its_half_close, in_the_goodbye,
                              before_their_turn};
    ServerTest test(lesson);
    for (const Leave leave : ways) leave(test);  // what it opens once, it has by now
    politely(test);
    const auto before = harness::descriptors(test);
    if (!before) SKIP_BECAUSE("this system does not tell how many descriptors a program has open");
    const int so_far = test.subject().past.clients;
    for (std::size_t i = 0; test.subject().past.clients < so_far + connections; ++i)
        ways[i % std::size(ways)](test);
    politely(test);
    harness::expect_descriptors(test, *before);
}
