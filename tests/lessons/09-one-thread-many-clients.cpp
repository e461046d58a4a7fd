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

// Some of them, by their places in the line of those who came.
using Places = std::vector<std::size_t>;

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

    // These leave without a word, each in its own way.
    void leave(const Places& places) {
        for (auto place = places.rbegin(); place != places.rend(); ++place) {
            gone_.splice(gone_.end(), clients_, nth(*place));
            const std::size_t way = gone_.size() % 3;
            if (way == 0) gone_.back().close();
            if (way == 1) gone_.back().reset();
            if (way == 2) gone_.back().finish_sending();
            if (way == 2) listening_.push_back(&gone_.back());
        }
    }
    void all_leave_but(std::size_t stays) {
        Places places;
        for (std::size_t place = 0; place < clients_.size(); ++place)
            if (place != stays) places.push_back(place);
        leave(places);
    }
    // To those who have finished sending, and still listen.
    void expect_ends() {
        for (Visitor* client : listening_) client->expect_end_of_stream();
        listening_.clear();
    }

private:
    std::string words(const Visitor& client, const std::string& what) {
        const auto port = client.endpoint().port();
        return what + ", on port " + std::to_string(port) + '\n';
    }

    std::list<Visitor>::iterator nth(std::size_t place) {
        return std::next(clients_.begin(), static_cast<std::ptrdiff_t>(place));
    }

    ServerTest& test_;
    std::list<Visitor> clients_;
    std::list<Visitor> gone_;
    std::vector<Visitor*> listening_;
};

// --- The ways in which a client may hang up ------------------------------------------------------

using HangUp = void (*)(Visitor&);

void by_a_close(Visitor& client) { client.close(); }
void by_a_reset(Visitor& client) { client.reset(); }
void politely(Visitor& client) {
    client.finish_sending();
    client.expect_end_of_stream();
    client.close();
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

TEST_CASE("in a full house it sleeps too, whoever waits in line", "[09]") {
    ServerTest test(lesson, harness::Setting{.arguments = {"--max-clients", "3"}});
    Crowd crowd(test);
    crowd.come(3);
    Visitor in_line(test, true);
    harness::expect_idle(test);
    crowd.all_talk();
}

TEST_CASE("when the system had no room for a client, and has it again, it sleeps again", "[09]") {
    ServerTest test(lesson, harness::Setting{.faults = "accept:EMFILE@2"});
    Crowd crowd(test);
    crowd.come(2);
    harness::expect_idle(test);
    crowd.all_talk();
}

TEST_CASE("as long as the system has no room for a client, the others are served", "[09]") {
    std::string faults;
    for (int nth = 2; nth < 8; ++nth) faults += "accept:EMFILE@" + std::to_string(nth) + ';';
    ServerTest test(lesson, harness::Setting{.faults = faults});
    Crowd crowd(test);
    crowd.come(1);
    Visitor in_line(test, true);
    harness::expect_service_meanwhile(test, crowd.newest());
}

TEST_CASE("who hangs up without ever having said a word leaves nothing behind", "[09]") {
    const auto hang_up = GENERATE(as<HangUp>{}, by_a_close, by_a_reset, politely);
    RoomyServer test;
    Crowd crowd(test);
    crowd.come(3);
    Visitor silent(test);
    crowd.come(3);
    hang_up(silent);
    harness::expect_idle(test);
    crowd.all_talk();
    crowd.come(1);
    crowd.all_talk();
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

TEST_CASE("who fills the server's buffer, or says half a line, holds up nobody", "[09]") {
    RoomyServer test;
    Crowd crowd(test);
    crowd.come(3);
    Visitor client(test, true);
    // One of these is its size.
    for (const std::size_t size : {1024u, 2048u, 4096u, 8192u, 16384u, 32768u, 65536u}) {
        talk(client, std::string(size, 'x'));
        crowd.all_talk();
    }
    Visitor thinking(test, true);
    thinking.send("I have only just begun to");
    crowd.all_talk();
    thinking.expect_echo();
}

TEST_CASE("several leave in the same pass, and all others are served", "[09]") {
    const auto places = GENERATE(as<Places>{}, Places{3}, Places{3, 4}, Places{0, 1}, Places{6, 7},
                                 Places{0, 7}, Places{0, 2, 4, 6}, Places{0, 1, 2, 4, 5, 6, 7});
    RoomyServer test;
    Crowd crowd(test);
    crowd.come(8);
    while_held_still(test, [&] {
        crowd.leave(places);
        crowd.all_send();
    });
    crowd.all_expect();
    crowd.expect_ends();
    crowd.all_talk();
    harness::expect_no_slot_skipped(test);
    crowd.come(2);
    crowd.all_talk();
}

TEST_CASE("one leaves while another one comes, and is silent at first", "[09]") {
    const auto place = GENERATE(as<std::size_t>{}, 0, 3, 7);
    RoomyServer test;
    Crowd crowd(test);
    crowd.come(8);
    for (int round = 0; round < 3; ++round) {
        while_held_still(test, [&] {
            crowd.leave({place});
            crowd.all_send();
            crowd.come_silently();
        });
        crowd.all_expect();
        crowd.expect_ends();
        talk(crowd.newest(), "and I am new\n");
    }
    crowd.all_talk();
}

TEST_CASE("a hundred leave at once, and one stays", "[09]") {
    RoomyServer test;
    Crowd crowd(test);
    crowd.come(many + 1);
    while_held_still(test, [&] {
        crowd.all_leave_but(many / 2);
        crowd.all_send();
    });
    crowd.all_expect();
    crowd.expect_ends();
    harness::expect_idle(test);
    crowd.come(3);
    crowd.all_talk();
}
