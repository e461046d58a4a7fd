// The tests of lesson 08: a server with a limit, and one without a descriptor left.
// They start build/lessons/08-enough-is-enough/server, or the program in ECHO_PROGRAM, as
// `server 0 --max-clients N`.

#include "catch.hpp"
#include "crowd.hpp"
#include "full_house.hpp"
#include "refusal.hpp"
#include "upkeep.hpp"

#include <list>
#include <string>
#include <string_view>
#include <vector>

using harness::Crowd;
using harness::Guest;
using harness::LimitedServer;
using harness::RefusedServer;
using harness::ServerTest;
using harness::Setting;
using Refusal = harness::Evidence::Refusal;

namespace {

constexpr std::string_view lesson = "08-enough-is-enough";
constexpr int seats = 2;

// From the newest to the oldest.
void all_talk(std::list<Guest>& seated) {
    for (auto guest = seated.rbegin(); guest != seated.rend(); ++guest)
        guest->talk("I am still here\n");
}

void all_leave(std::list<Guest>& seated) {
    for (Guest& guest : seated) guest.leave();
    seated.clear();
}

// As many as there are seats are served at once, and one more is not, until one of them leaves. An
// eager one has said its line before the server sees it: who closes then without reading resets.
void expect_full_house(ServerTest& test, bool eager = false) {
    std::list<Guest> seated;
    while (seated.size() < seats) harness::take_seat(test, seated);
    all_talk(seated);
    std::list<Guest> newest;
    const auto come = [&] {
        newest.emplace_back(test);
        if (eager) newest.back().ask();
    };
    eager ? harness::while_held_still(test, come) : come();
    Guest& one_more = newest.back();
    one_more.expect_no_seat();
    all_talk(seated);
    seated.front().leave();
    seated.pop_front();
    if (one_more.waits()) {
        one_more.expect_echo();
        one_more.leave();
    } else {
        one_more.close();  // nor does its server have to wait for it any longer
        harness::take_seat(test, seated);
    }
    all_talk(seated);
    all_leave(seated);
}

// --- The ways in which a client may leave, and give its seat back ------------------------------

void before_a_word(ServerTest& test) { Guest(test).reset(); }
void after_many(ServerTest& test) {
    Guest guest(test);
    guest.send(std::string(20000, 'x'));
    guest.reset();
}
void after_its_half_close(ServerTest& test) {
    Guest guest(test);
    guest.send("hello\n");
    guest.finish_sending();
    guest.reset();
}
void from_its_seat(ServerTest& test) {
    std::list<Guest> seated;
    harness::take_seat(test, seated).reset();
}
void with_its_echo_unread(ServerTest& test) {
    std::list<Guest> seated;
    Guest& guest = harness::take_seat(test, seated);
    guest.send(std::string(20000, 'x'));
    guest.close();
}

}  // namespace

TEST_CASE("it takes a limit, and serves", "[08]") {
    LimitedServer test(lesson, seats);
    Guest guest(test);
    guest.talk("hello\n");
    guest.leave();
}

TEST_CASE("what is no limit is refused", "[08]") {
    const auto limit = GENERATE(as<std::vector<std::string>>{}, std::vector<std::string>{"0"},
                                std::vector<std::string>{"x"}, std::vector<std::string>{"8x"},
                                std::vector<std::string>{"-1"}, std::vector<std::string>{""},
                                std::vector<std::string>{});
    std::vector<std::string> arguments{"0", "--max-clients"};
    arguments.insert(arguments.end(), limit.begin(), limit.end());
    RefusedServer(lesson, Refusal::bad_limit, arguments).expect_refusal(2, "");
}

TEST_CASE("without a limit on its command line it serves eight at once", "[08]") {
    ServerTest test(lesson);
    test.subject().past.seats = 8;
    std::list<Guest> seated;
    while (seated.size() < 8) seated.emplace_back(test).talk("hello\n");
    all_talk(seated);
    all_leave(seated);
}

TEST_CASE("in a full house one more waits until one leaves, or is told", "[08]") {
    LimitedServer test(lesson, seats);
    for (const bool eager : {false, true, false}) expect_full_house(test, eager);
}

TEST_CASE("a seat is free again, however its client has left", "[08]") {
    LimitedServer test(lesson, seats);
    for (int round = 0; round < 20; ++round)
        for (const auto leave :
             {before_a_word, after_many, after_its_half_close, from_its_seat, with_its_echo_unread})
            leave(test);
    expect_full_house(test);
}

TEST_CASE("a thousand clients in line do not cost a thousand threads", "[08]") {
    LimitedServer test(lesson, seats);
    std::list<Guest> seated;
    while (seated.size() < seats) harness::take_seat(test, seated);
    const harness::Holdings before = harness::holdings(test);
    {
        Crowd crowd(test, harness::crowd_size);
        harness::expect_thin_line(test, crowd, before);
        all_talk(seated);
    }
    all_leave(seated);
    expect_full_house(test);
    harness::expect_all_like(test, before);
}

TEST_CASE("too few descriptors are no reason to end, to spin or to flood the log", "[08]") {
    if (!harness::can_limit_descriptors)
        SKIP_BECAUSE("this system does not limit a program's descriptors");
    const Setting few{.arguments = {"--max-clients", "100"}, .descriptor_limit = 64};
    ServerTest test(lesson, few);
    std::list<Guest> seated;
    while (seated.size() < 16) seated.emplace_back(test).talk("I came early\n");
    Crowd crowd(test, 64);
    harness::expect_calm(test, crowd);
    all_talk(seated);
    const std::size_t served = crowd.served();
    all_leave(seated);
    harness::expect_next_in_line(test, crowd, served);
    crowd.leave();
    harness::take_seat(test, seated).leave();
}

TEST_CASE("whatever the system lacks, the next client is served when it has it again", "[08]") {
    ServerTest test(lesson, "accept:EMFILE@1; accept:ENFILE@2; accept:ENOBUFS@3; accept:ENOMEM@4");
    Guest guest(test);
    guest.talk("hello\n");
    guest.leave();
}

// Another usage is no mistake. But that of the course's own programs is known.
TEST_CASE("its limit may stand before the port, too", "[08]") {
    LimitedServer behind(lesson, seats);
    if (!behind.subject().program->understands_faults()) return;
    ServerTest before(lesson, Setting{.before = {"--max-clients", "2"}});
    Guest guest(before);
    guest.talk("hello\n");
    guest.leave();
}
