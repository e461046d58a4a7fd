// The tests of lesson 10: nobody waits for one client, whatever it sends and does not read, and
// nothing is lost.
// They start build/lessons/10-never-block/server, or the program in ECHO_PROGRAM.

#include "backpressure.hpp"
#include "catch.hpp"
#include "readiness.hpp"
#include "upkeep.hpp"
#include "visitor.hpp"

#include <cstddef>
#include <list>
#include <string>
#include <string_view>

using harness::NarrowVisitor;
using harness::Neighbour;
using harness::ServerTest;
using harness::SlowReader;
using harness::Torrent;
using harness::Visitor;

namespace {

constexpr std::string_view lesson = "10-never-block";
constexpr bool in_a_crowd = true;
constexpr std::size_t mebibyte = std::size_t{1} << 20;

void talk(Visitor& client, std::string_view text) {
    client.send(text);
    client.expect_echo();
}

void leave(Visitor& client) {
    client.finish_sending();
    client.expect_end_of_stream();
}

void leave_after_the_echo(Visitor& client) {
    client.finish_sending();
    client.expect_echo();
    client.expect_end_of_stream();
}

}  // namespace

TEST_CASE("64 MiB both ways arrive whole, through tiny buffers and short sends", "[10]") {
    ServerTest test(lesson, "send:short=10007");
    NarrowVisitor client(test);
    client.exchange(harness::random_bytes(64 * mebibyte));
    talk(client, "and that is all\n");
    leave(client);
}

TEST_CASE("a client that does not read holds up nobody, and has a bounded queue", "[10]") {
    ServerTest test(lesson);
    harness::expect_idle(test);
    Visitor oldest(test, in_a_crowd);
    talk(oldest, "I was here before\n");
    harness::expect_idle(test);
    SlowReader slow(test);
    Visitor newest(test, in_a_crowd);
    talk(newest, "I have just come\n");
    slow.send_until_stuck([&] {
        talk(newest, "I came later\n");
        talk(oldest, "I am still here\n");
    });
    Visitor another(test, in_a_crowd);
    talk(another, "I come now\n");
    harness::expect_idle(test);
    slow.catch_up([&] { talk(newest, "and I still talk\n"); });
    talk(slow, "now I read at once\n");
    harness::expect_idle(test);
    talk(another, "so do I\n");
    leave(slow);
}

// Nothing is there though the poller said so, which happens; no room at the first try and the next,
// then for a part, and again none: so the queue is met in each of its ways, whatever the systems
// hold.
TEST_CASE("a queue is sent whole, in as many pieces as it takes, and then comes the end", "[10]") {
    ServerTest test(lesson,
                    "recv:EAGAIN@1; send:short=1000; send:EAGAIN@1; send:EAGAIN@2; send:EAGAIN@4; "
                    "send:EAGAIN@6");
    Visitor client(test);
    client.send(harness::random_bytes(3000));
    leave_after_the_echo(client);
    Visitor another(test);
    talk(another, "and the next one\n");
    harness::expect_forgotten_in_time(test);
}

// How much of it is still queued when the end comes depends on what the systems hold. So several
// send, each another amount.
TEST_CASE("who has finished sending, and reads late, still gets all of it", "[10]") {
    ServerTest test(lesson, "send:short=10007");
    Visitor other(test, in_a_crowd);
    talk(other, "I talk meanwhile\n");
    Visitor hasty(test, in_a_crowd);
    hasty.send(harness::random_bytes(60001));
    leave_after_the_echo(hasty);
    std::list<SlowReader> slow;
    for (std::size_t number = 1; number <= 36; ++number) {
        slow.emplace_back(test).send_some(number * 150000);
        talk(other, "and go on\n");
        slow.back().finish_sending();
    }
    talk(other, "to the end\n");
    for (SlowReader& client : slow) {
        client.read_all();
        client.expect_end_of_stream();
    }
}

TEST_CASE("one that sends without end takes nobody's turn", "[10]") {
    ServerTest test(lesson);
    Neighbour before(test);
    Torrent torrent(test);
    Neighbour after(test);
    torrent.rush_past(after);
    torrent.rush_past(before);
}

TEST_CASE("who breaks off with a queue harms nobody, and whoever comes then is served", "[10]") {
    ServerTest test(lesson);
    Visitor stays(test, in_a_crowd);
    SlowReader stuck(test);
    stuck.send_until_stuck([&] { talk(stays, "I stay\n"); });
    stuck.break_off();
    talk(stays, "I stay all the same\n");
    harness::expect_idle(test);
    std::list<Visitor> others;
    for (std::size_t round = 1; round <= 12; ++round) {
        SlowReader slow(test);
        slow.send_some(round * 800000);
        Visitor hasty(test, in_a_crowd);
        others.emplace_back(test, in_a_crowd);
        talk(others.back(), "I am here\n");
        harness::while_held_still(test, [&] {
            hasty.send("I go at once\n");
            hasty.reset();
            slow.break_off();
            others.pop_front();
            others.emplace_back(test, in_a_crowd);
            others.back().send("I have just come\n");
        });
        others.back().expect_echo();
        talk(stays, "I am still here\n");
    }
    harness::expect_idle(test);
    talk(stays, "to the end\n");
    harness::expect_forgotten_in_time(test);
}
