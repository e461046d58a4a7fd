// The tests of lesson 11: a server that lets those go who move too little, and nobody else.
// They start build/lessons/11-deadlines/server, or the program in ECHO_PROGRAM, as
// `server 0 --idle 150ms`, and some with `--pace 16`.

#include "catch.hpp"
#include "idlers.hpp"
#include "readiness.hpp"
#include "refusal.hpp"
#include "upkeep.hpp"

#include <chrono>
#include <iostream>
#include <list>
#include <string>
#include <string_view>
#include <vector>

using harness::Clock;
using harness::Heir;
using harness::Idler;
using harness::Idlers;
using harness::RefusedServer;
using harness::ServerTest;
using harness::short_stretch;
using harness::TimedServer;
using harness::Visitor;
using Refusal = harness::Evidence::Refusal;
using Words = std::vector<std::string>;

namespace {

constexpr std::string_view lesson = "11-deadlines";

void refuse(Refusal why, const Words& words) {
    Words arguments{"0"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    RefusedServer(lesson, why, arguments).expect_refusal(2, "");
}

void expect_service(ServerTest& test) {
    Visitor client = Visitor::in_a_crowd(test);
    client.send("I am new\n");
    client.expect_echo();
}

// Gives when it would have been due.
Clock::time_point one_leaves_early(TimedServer& test) {
    Idler one(test);
    (void)one.is_quiet_for(5, 16);
    return one.leave();
}

// One talks, and is quiet for most of its time, until another one, who is silent, has been let go,
// and for some stretches at least. It comes when one has just left, who was not due yet.
// False: this machine is too slow to tell.
bool active_one_stays(std::chrono::milliseconds idle) {
    constexpr int rounds = 4;
    TimedServer test(lesson, idle, {"--pace", "16"});
    const Clock::time_point due = one_leaves_early(test);
    Idler active(test);
    active.comes_after(due);
    Idler silent(test);
    for (int round = 0; round < rounds || Clock::now() < silent.latest(); ++round) {
        if (!active.stays()) return false;
        if (round >= rounds && silent.is_let_go(Clock::now())) break;
    }
    constexpr bool in_company = true;
    silent.expect_let_go(in_company);
    return true;
}

}  // namespace

TEST_CASE("it takes a stretch and a pace, and serves", "[11]") {
    const auto idle = GENERATE(as<std::string>{}, "500ms", "30s", "5m");
    TimedServer test(lesson, idle, {"--pace", "16"});
    expect_service(test);
}

TEST_CASE("while there is time for all of them, the server sleeps", "[11]") {
    TimedServer test(lesson, "5m");
    harness::expect_idle(test);
    std::list<Idler> crowd;
    while (crowd.size() < 60) crowd.emplace_back(test);
    harness::expect_idle(test);
    for (auto client = crowd.rbegin(); client != crowd.rend(); ++client)
        client->expect_still_served("there is time for me, too\n");
}

TEST_CASE("what is no duration, or no pace, is refused", "[11]") {
    for (const char* idle : {"30", "0s", "-1s", "1.5s", "s", "x", ""})
        refuse(Refusal::bad_duration, {"--idle", idle});
    refuse(Refusal::bad_duration, {"--idle"});
    for (const char* pace : {"0", "-1", "x", "16x", ""})
        refuse(Refusal::bad_pace, {"--pace", pace});
    refuse(Refusal::bad_pace, {"--pace"});
}

TEST_CASE("a full house of silent ones frees itself, each when its own time is over", "[11]") {
    TimedServer test(lesson, short_stretch(), {"--max-clients", "8"});
    test.subject().past.seats = 8;
    Idlers silent(test);
    for (int pair = 0; pair < 4; ++pair) {
        if (pair > 0) silent.pass(test.idle() / 8);
        silent.come();
        silent.come_and_talk();
    }
    Heir in_line(test);
    silent.expect_let_go();
    in_line.expect_seat();
}

TEST_CASE("who is quiet for most of its time stays, while a silent one is let go", "[11]") {
    for (const int times : {1, 4, 16})
        if (active_one_stays(short_stretch() * times)) return;
    std::cout << "note: this machine was too slow to tell" << std::endl;
}

// "In or out" can be read in another way. But what a program of the course counts, its TODO says.
TEST_CASE("who moves enough, half of it in and half of it out, stays", "[11]") {
    for (const int times : {1, 4, 16}) {
        TimedServer test(lesson, short_stretch() * times, {"--pace", "16"});
        if (!test.subject().program->understands_faults()) return;
        Idler client(test);
        if (client.stays_by_half() && client.stays_by_half()) return;
    }
    std::cout << "note: this machine was too slow to tell" << std::endl;
}

TEST_CASE("who dribbles a byte now and then is let go", "[11]") {
    TimedServer test(lesson, short_stretch(), {"--pace", "16"});
    Idler dribbler(test);
    dribbler.says(std::string(1000, 'x') + '\n');
    dribbler.expect_let_go_dribbling();
    expect_service(test);
}

TEST_CASE("who does not read its echo is let go", "[11]") {
    TimedServer test(lesson, short_stretch());
    Idler stuck(test);
    stuck.expect_let_go_unread();
    expect_service(test);
}

// A program that can't be held still sees them talk just before they are due, all at once.
TEST_CASE("who talks when its time is over harms nobody else", "[11]") {
    TimedServer test(lesson, short_stretch());
    std::list<Idler> late;
    while (late.size() < 40) late.emplace_back(test);
    Idler last(test);
    last.says("I am the last\n");  // so it has seen those before, and has nothing to do now
    harness::while_held_still(test, [&] {
        test.subject().story.step("when their time was nearly over, all of them said something");
        (void)late.front().is_quiet_for(63, 64);
        for (Idler& one : late) one.asks("am I late?\n");
        (void)late.front().is_quiet_for(5, 4);
    });
    for (Idler& one : late) (void)one.is_answered();
    Visitor next(test);
    next.send("I am new\n");
    next.expect_echo();
}
