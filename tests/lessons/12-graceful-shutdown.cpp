// The tests of lesson 12: a server that ends gracefully when it is asked to.
// They start build/lessons/12-graceful-shutdown/server, or the program in ECHO_PROGRAM, as
// `server 0 --drain 300ms`, and one with `--max-clients 1`, and ask it by SIGINT or SIGTERM.

#include "catch.hpp"
#include "readiness.hpp"
#include "refusal.hpp"
#include "shutdown.hpp"

#include <chrono>
#include <list>
#include <string>
#include <string_view>

using harness::Bystander;
using harness::Chatterer;
using harness::FarAway;
using harness::Latecomer;
using harness::nobody_can_ask;
using harness::RefusedServer;
using harness::SlowReader;
using harness::StoppableServer;
using Manner = harness::Evidence::Manner;
using StopBy = StoppableServer::StopBy;

namespace {

constexpr std::string_view lesson = "12-graceful-shutdown";

// A drain that lasts longer than any test: who is not let go before is not let go.
constexpr const char* ages = "1h";

// One sends more than the systems hold on the way. The other one talks meanwhile, a few times, so
// the program has had its turn.
void fill(SlowReader& slow, Bystander& other) {
    slow.send_until_stuck([&] {
        for (int turn = 0; turn < 3; ++turn) other.talk();
    });
}

}  // namespace

TEST_CASE("asked to stop with nobody there, it ends", "[12]") {
    for (const StopBy how : {StopBy::ctrl_c, StopBy::terminate}) {
        StoppableServer test(lesson, "5s");
        if (!test.ask_to_stop(how)) SKIP_BECAUSE(nobody_can_ask);
        test.expect_end();
    }
}

TEST_CASE("what is no duration is refused as a drain", "[12]") {
    for (const char* drain : {"5", "-1s", "x", ""})
        RefusedServer(lesson, harness::Evidence::Refusal::bad_duration, {"0", "--drain", drain})
            .expect_refusal(2, "");
}

TEST_CASE("what was sent in time comes back, to who was in line, too", "[12]") {
    StoppableServer test(lesson, ages);
    std::list<Bystander> seated;
    while (seated.size() < 5) seated.emplace_back(test);
    seated.back().talk();  // so all of them have been accepted
    std::list<Latecomer> in_line;
    const bool asked = test.ask_to_stop_after(StopBy::terminate, [&] {
        for (Bystander& one : seated) one.send("I said it in time\n");
        while (in_line.size() < 3) in_line.emplace_back(test);
    });
    if (!asked) SKIP_BECAUSE(nobody_can_ask);
    for (Bystander& one : seated) one.expect_echo();
    for (Latecomer& one : in_line) one.expect_seat();
    for (Latecomer& one : in_line) one.expect_end_of_stream();
    for (Bystander& one : seated) one.expect_end_of_stream();
    in_line.clear();
    seated.clear();
    test.expect_end();
}

TEST_CASE("who reads late gets everything, though another one dies meanwhile", "[12]") {
    StoppableServer test(lesson, ages);
    Bystander other(test);
    SlowReader slow(test);
    SlowReader dying(test);
    fill(slow, other);
    (void)dying.send_some(8 << 20);
    if (!test.ask_to_stop(StopBy::ctrl_c)) SKIP_BECAUSE(nobody_can_ask);
    test.expect_patience(std::chrono::milliseconds(250));
    dying.break_off();
    test.expect_patience(std::chrono::milliseconds(100));
    slow.read_all();
    slow.expect_end_of_stream();
    other.expect_end_of_stream();
    slow.close();
    other.close();
    test.expect_end();
}

TEST_CASE("who never reads is given up at the deadline, and not before", "[12]") {
    StoppableServer test(lesson, "300ms");
    Bystander other(test);
    SlowReader stuck(test);
    fill(stuck, other);
    other.close();
    if (!test.ask_to_stop(StopBy::terminate)) SKIP_BECAUSE(nobody_can_ask);
    test.expect_end_in_time(Manner::reads_nothing);
}

// Nothing wakes the program then, but its own deadline.
TEST_CASE("who stays after its goodbye is given up at the deadline, too", "[12]") {
    StoppableServer test(lesson, "250ms");
    Bystander silent(test);
    silent.talk();
    if (!test.ask_to_stop(StopBy::terminate)) SKIP_BECAUSE(nobody_can_ask);
    test.expect_end_in_time(Manner::silent);
}

TEST_CASE("who says nothing gets a goodbye, and who is new gets nothing", "[12]") {
    StoppableServer test(lesson, ages);
    Bystander idle(test);
    idle.talk();
    harness::expect_idle(test);
    if (!test.ask_to_stop(StopBy::ctrl_c)) SKIP_BECAUSE(nobody_can_ask);
    idle.expect_goodbye();
    test.expect_closed_door();
    harness::expect_forgotten_in_time(test);
    idle.close();
    test.expect_end();
}

TEST_CASE("what was on its way comes back, too", "[12]") {
    constexpr int tries = 3;  // where the test is too slow
    bool in_time = false;
    for (int i = 0; i < tries && !in_time; ++i) {
        StoppableServer test(lesson, ages);
        FarAway one(test);
        if (!test.ask_to_stop(StopBy::terminate)) SKIP_BECAUSE(nobody_can_ask);
        in_time = one.land_in_time("I said it in time\n");
        if (in_time) one.expect_echo();
    }
}

TEST_CASE("in a full house who is in line is not left waiting", "[12]") {
    StoppableServer test(lesson, ages, {"--max-clients", "1"});
    Bystander seated(test);
    seated.talk();
    Latecomer in_line(test);
    if (!test.ask_to_stop(StopBy::terminate)) SKIP_BECAUSE(nobody_can_ask);
    seated.expect_end_of_stream();
    in_line.expect_no_seat();
    seated.close();
    in_line.expect_fate();
    in_line.close();
    test.expect_end();
}

TEST_CASE("who talks on for ever does not keep it", "[12]") {
    StoppableServer test(lesson, "250ms");
    Chatterer chatterer(test);
    if (!test.ask_to_stop(StopBy::terminate)) SKIP_BECAUSE(nobody_can_ask);
    chatterer.talk_on();
    test.expect_end_in_time(Manner::active);
}

TEST_CASE("asked a second time, it ends at once", "[12]") {
    StoppableServer test(lesson, ages);
    Bystander other(test);
    SlowReader stuck(test);
    fill(stuck, other);
    if (!test.ask_to_stop(StopBy::ctrl_c)) SKIP_BECAUSE(nobody_can_ask);
    other.expect_end_of_stream();  // so it has heard of the first
    (void)test.ask_to_stop(StopBy::ctrl_c);
    test.expect_end_at_once();
}
