// The tests of lesson 07: many clients at the same time, and what is left of them.
// They start build/lessons/07-two-at-once/server, or the program in ECHO_PROGRAM.

#include "catch.hpp"
#include "crowd.hpp"
#include "visitor.hpp"

#include <iterator>
#include <list>
#include <string>
#include <string_view>

using harness::Applicant;
using harness::ServerTest;
using harness::Visitor;

namespace {

constexpr std::string_view lesson = "07-two-at-once";
constexpr int at_once = 8;
constexpr bool in_a_crowd = true;

void talk(Visitor& client, std::string_view text) {
    client.send(text);
    client.expect_echo();
}

void leave(Visitor& client) {
    client.finish_sending();
    client.expect_end_of_stream();
}

void expect_one_more(ServerTest& test) {
    Visitor client(test);
    talk(client, "and one more\n");
    leave(client);
}

// From the newest to the oldest: who waits in line behind another one has no answer then.
void all_talk(std::list<Visitor>& clients) {
    int number = static_cast<int>(clients.size());
    for (auto client = clients.rbegin(); client != clients.rend(); ++client)
        talk(*client, "I am number " + std::to_string(number--) + '\n');
}

// --- The ways in which a client may leave ------------------------------------------------------

void politely(Visitor& client) { leave(client); }
void in_one_go(Visitor& client) { client.close(); }
void with_a_reset(Visitor& client) { client.reset(); }
void in_the_middle(Visitor& client) {
    client.send(std::string(20000, 'x'));
    client.reset();
}
void after_a_half_close(Visitor& client) {
    client.finish_sending();
    client.reset();
}

// As many as may be there at once come, talk, and leave all at once, each in its own way.
void a_burst(ServerTest& test) {
    std::list<Visitor> clients;
    for (int i = 0; i < at_once; ++i) clients.emplace_back(test, in_a_crowd);
    all_talk(clients);
    void (*const ways[])(Visitor&) = {in_one_go, with_a_reset, in_the_middle, after_a_half_close,
                                      politely};
    int number = 0;
    for (Visitor& client : clients) ways[number++ % 5](client);
}

}  // namespace

TEST_CASE("the newest client is answered first, and then the one before it", "[07]") {
    ServerTest test(lesson);
    std::list<Visitor> clients;
    for (int i = 0; i < at_once; ++i) clients.emplace_back(test, in_a_crowd);
    all_talk(clients);
    for (Visitor& client : clients) leave(client);
    expect_one_more(test);
}

TEST_CASE("who comes and goes while others stay holds up nobody", "[07]") {
    ServerTest test(lesson);
    Visitor first(test);
    Visitor second(test);
    expect_one_more(test);
    talk(second, "I am still here\n");
    second.reset();
    expect_one_more(test);
    talk(first, "so am I\n");
    leave(first);
}

// Whether others are served meanwhile is not asked here: one thread for all that waits for room to
// send serves nobody, and is right all the same until lesson 10.
TEST_CASE("a client that reads late loses nothing, whoever talks meanwhile", "[07]") {
    std::string letters;
    for (char c = 'a'; c <= 'z'; ++c) letters += std::string(997, c);
    ServerTest test(lesson);
    Visitor stuck(test);
    Visitor other(test);
    stuck.exchange_reading_late(letters, [&] {
        for (int round = 0; round < 8; ++round) {
            other.send(std::string(100003, '#'));
            if (!other.has_its_echo_soon()) break;
        }
    });
    other.expect_echo();
    leave(stuck);
    leave(other);
}

TEST_CASE("of 200 clients, rude ones among them, nothing is left", "[07]") {
    constexpr int clients = 200;
    ServerTest test(lesson);
    a_burst(test);  // what it takes once, it has by now
    expect_one_more(test);
    const harness::Holdings before = harness::holdings(test);
    for (int count = 0; count < clients; count += at_once) {
        a_burst(test);
        harness::expect_threads_like(test, before);
    }
    expect_one_more(test);
    harness::expect_all_like(test, before);
    expect_one_more(test);
}

TEST_CASE("a thread that can't be started is its own client's bad luck", "[07]") {
    const std::string why = harness::why_it_needs_more_room(lesson);
    if (!why.empty()) SKIP_BECAUSE(why);
    constexpr int most = 64;
    harness::CrampedServer test(lesson);
    std::list<Applicant> served;
    {
        // Until three are let go, or one has to wait: the house is full.
        std::list<Applicant> others;
        while (others.size() < 3 && served.size() < most) {
            Applicant& client = served.emplace_back(test, others.empty());
            if (client.fate() == Applicant::Fate::served) continue;
            others.splice(others.end(), served, std::prev(served.end()));
            if (client.fate() == Applicant::Fate::waits) break;
        }
        for (auto client = served.rbegin(); client != served.rend(); ++client)
            talk(*client, "I am still here\n");
    }
    for (Applicant& client : served) leave(client);
    harness::expect_room_again(test);
}
