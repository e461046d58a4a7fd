// The tests of lesson 09: many clients on one thread, which asks the system who is ready.
// They start build/lessons/09-one-thread-many-clients/server, or the program in ECHO_PROGRAM.

#include "catch.hpp"
#include "readiness.hpp"
#include "upkeep.hpp"
#include "visitor.hpp"

#include <cstddef>
#include <iterator>
#include <list>
#include <string>
#include <string_view>
#include <vector>

using harness::ServerTest;
using harness::Visitor;
using harness::while_held_still;

namespace {

constexpr std::string_view lesson = "09-one-thread-many-clients";
constexpr int many = 100;

// A server with room for all of them.
struct RoomyServer : ServerTest {
    RoomyServer() : ServerTest(lesson, harness::Setting{.arguments = {"--max-clients", "200"}}) {}
};

void talk(Visitor& client, const std::string& text) {
    client.send(text);
    client.expect_echo();
}

void leave(Visitor& client) {
    client.finish_sending();
    client.expect_end_of_stream();
    client.close();
}

// The clients of one test, in the order in which they came. What each says is its own.
class Crowd {
public:
    explicit Crowd(ServerTest& test) : test_(test) {}

    // Each is served before the next one comes, so none of them waits in line.
    void come(int count) {
        for (int i = 0; i < count; ++i) come_and_talk();
    }
    Visitor& come_silently() {
        constexpr bool in_a_crowd = true;
        return clients_.emplace_back(test_, in_a_crowd);
    }
    Visitor& come_and_talk() {
        Visitor& client = come_silently();
        talk(client, words(client, "I am here"));
        return client;
    }
    // The newest first.
    void all_talk() {
        for (auto client = clients_.rbegin(); client != clients_.rend(); ++client)
            talk(*client, words(*client, "I am still here"));
    }
    void all_send() {
        for (Visitor& client : clients_) client.send(words(client, "all of us at once"));
    }
    void all_expect() {
        for (auto client = clients_.rbegin(); client != clients_.rend(); ++client)
            client->expect_echo();
    }

    Visitor& newest() { return clients_.back(); }
    std::size_t size() const { return clients_.size(); }
    // Takes this one out of the crowd, by its place.
    void let_go(std::size_t place, std::list<Visitor>& to) {
        to.splice(to.end(), clients_,
                  std::next(clients_.begin(), static_cast<std::ptrdiff_t>(place)));
    }

private:
    // Short at one time, and long at another, so that none of another client's bytes fit in.
    std::string words(const Visitor& client, const std::string& what) {
        const auto port = client.endpoint().port();
        return what + ", on port " + std::to_string(port) + '\n';
    }

    ServerTest& test_;
    std::list<Visitor> clients_;
};

// --- The ways in which a client may leave without a word ----------------------------------------

using Leave = void (*)(Visitor&);

void by_a_close(Visitor& client) { client.close(); }
void by_a_reset(Visitor& client) { client.reset(); }
void by_half_a_close(Visitor& client) { client.finish_sending(); }

constexpr Leave ways[] = {by_a_close, by_a_reset, by_half_a_close};

// Who leaves in one and the same pass, of eight, by its place in the line of those who came.
using Places = std::vector<std::size_t>;

// They leave, each in its own way. Who half-closes waits for the end of the program's stream.
std::list<Visitor> leave_at_once(Crowd& crowd, const Places& places) {
    std::list<Visitor> gone;
    for (auto place = places.rbegin(); place != places.rend(); ++place) {
        crowd.let_go(*place, gone);
        ways[gone.size() % std::size(ways)](gone.back());
    }
    return gone;
}

}  // namespace

TEST_CASE("a hundred idle clients and one that talks need few threads", "[09]") {
    RoomyServer test;
    Crowd crowd(test);
    crowd.come(many);
    const bool told = harness::expect_few_threads(test, many);
    Visitor& newest = crowd.come_and_talk();
    for (int i = 0; i < 20; ++i) talk(newest, "I talk, and the others are quiet\n");
    crowd.all_talk();
    if (!told) SKIP_BECAUSE("this system does not tell how many threads a program has");
}

TEST_CASE("as long as nobody says anything, the server sleeps", "[09]") {
    RoomyServer test;
    harness::expect_idle(test);
    Crowd crowd(test);
    crowd.come(many);
    harness::expect_idle(test);
    crowd.all_talk();
    harness::expect_idle(test);
}

TEST_CASE("all who are ready at the same time are served, each with its own bytes", "[09]") {
    RoomyServer test;
    Crowd crowd(test);
    crowd.come(8);
    for (int round = 0; round < 3; ++round) {
        while_held_still(test, [&] { crowd.all_send(); });
        crowd.all_expect();
    }
}

TEST_CASE("several leave in the same pass, and all others are served", "[09]") {
    const auto places = GENERATE(as<Places>{}, Places{3}, Places{3, 4}, Places{0, 1}, Places{6, 7},
                                 Places{0, 7}, Places{0, 2, 4, 6}, Places{0, 1, 2, 4, 5, 6, 7});
    RoomyServer test;
    Crowd crowd(test);
    crowd.come(8);
    std::list<Visitor> gone;
    while_held_still(test, [&] {
        gone = leave_at_once(crowd, places);
        crowd.all_send();
    });
    crowd.all_expect();
    crowd.all_talk();
    harness::expect_no_slot_skipped(test);
    harness::expect_idle(test);
    crowd.come(2);
    crowd.all_talk();
}

TEST_CASE("one leaves while another one comes, and is silent at first", "[09]") {
    const auto place = GENERATE(as<std::size_t>{}, 0, 3, 7);
    RoomyServer test;
    Crowd crowd(test);
    crowd.come(8);
    for (int round = 0; round < 3; ++round) {
        std::list<Visitor> gone;
        while_held_still(test, [&] {
            gone = leave_at_once(crowd, {place});
            crowd.all_send();
            crowd.come_silently();
        });
        crowd.all_expect();
        talk(crowd.newest(), "and I am new\n");
    }
    crowd.all_talk();
}

TEST_CASE("who hangs up without a word leaves nothing behind", "[09]") {
    const auto way = GENERATE(as<Leave>{}, by_a_close, by_a_reset, leave);
    RoomyServer test;
    Crowd crowd(test);
    crowd.come(3);
    Visitor& silent = crowd.come_silently();
    crowd.come(3);
    std::list<Visitor> gone;
    crowd.let_go(3, gone);
    way(silent);
    crowd.all_talk();
    harness::expect_idle(test);
    crowd.come_and_talk();
    crowd.all_talk();
}

TEST_CASE("a hundred leave at once, and one stays", "[09]") {
    RoomyServer test;
    Visitor stays(test);
    talk(stays, "I was here first\n");
    const auto before = harness::descriptors(test);
    Crowd crowd(test);
    crowd.come(many);
    std::list<Visitor> gone;
    while_held_still(test, [&] {
        Places all;
        for (std::size_t i = 0; i < crowd.size(); ++i) all.push_back(i);
        gone = leave_at_once(crowd, all);
        stays.send("I stay\n");
    });
    stays.expect_echo();
    if (before) harness::expect_descriptors(test, *before);
    gone.clear();
    harness::expect_idle(test);
    crowd.come(3);
    crowd.all_talk();
    talk(stays, "I am still here\n");
}
