// poll over an array: who is ready, the deadline, what disturbs it, and how it is used wrongly.
#include "catch.hpp"
#include "many.hpp"

#include <array>
#include <string>
#include <vector>

using echo::Interest;
using echo::Watched;
using test::a_moment;
using test::Pair;
using test::soon;

namespace {

// Whether that one socket is ready for what it is watched for, and no other thing.
bool is_readable(const echo::Connection& connection) {
    std::array watched{Watched(connection.handle(), Interest::read)};
    const bool is = echo::poll(watched, a_moment()) == 1;
    CHECK(watched[0].readable() == is);
    CHECK_FALSE(watched[0].writable());
    return is;
}

bool is_writable(const echo::Connection& connection) {
    std::array watched{Watched(connection.handle(), Interest::write)};
    const bool is = echo::poll(watched, a_moment()) == 1;
    CHECK(watched[0].writable() == is);
    CHECK_FALSE(watched[0].readable());
    return is;
}

std::string misuse(std::span<Watched> watched) {
    try {
        (void)echo::poll(watched, a_moment());
        return {};
    } catch (const std::logic_error& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("poll: a socket is readable when there is something to receive", "[poll]") {
    Pair pair;
    CHECK_FALSE(is_readable(pair.server));
    REQUIRE(pair.client.send_all("x"));
    test::await_readable(pair.server);
    CHECK(is_readable(pair.server));
    CHECK(is_readable(pair.server));  // as long as nobody receives
    char buffer[1];
    REQUIRE(pair.server.recv(buffer));
    CHECK_FALSE(is_readable(pair.server));
}

TEST_CASE("poll: a listener is readable when a client waits in line", "[poll]") {
    auto listener = echo::listen(echo::Endpoint::loopback(0));
    std::array watched{Watched(listener.handle())};
    CHECK(echo::poll(watched, a_moment()) == 0);
    CHECK_FALSE(watched[0].readable());
    const auto client = echo::connect(listener.endpoint(), soon());
    CHECK(echo::poll(watched, soon()) == 1);
    CHECK(watched[0].readable());
    CHECK(watched[0].socket() == listener.handle());
}

TEST_CASE("poll: a socket is writable when there is room", "[poll]") {
    Pair pair;
    CHECK(is_writable(pair.client));
    test::fill(pair.client);
    CHECK_FALSE(is_writable(pair.client));
    pair.client.shutdown_send();
    (void)test::receive_all(pair.server);
    std::array watched{Watched(pair.client.handle(), Interest::write)};
    CHECK(echo::poll(watched, soon()) == 1);
}

TEST_CASE("poll: the end of the stream is something to receive", "[poll]") {
    Pair pair;
    pair.client.shutdown_send();
    test::await_readable(pair.server);
    CHECK(is_readable(pair.server));
    CHECK_FALSE(is_readable(pair.client));
    pair.server.shutdown_send();  // now both: what the system calls a hang-up
    test::await_readable(pair.client);
    CHECK(is_readable(pair.server));
    CHECK(is_readable(pair.client));
    CHECK(is_writable(pair.server));  // the next send says what it is
}

TEST_CASE("poll: a broken connection is ready for whatever it is watched for", "[poll]") {
    Pair pair;
    pair.client.reset();
    test::await_readable(pair.server);
    CHECK(is_readable(pair.server));
    CHECK(is_writable(pair.server));
    std::array watched{Watched(pair.server.handle(), Interest::both)};
    CHECK(echo::poll(watched, soon()) == 1);  // one socket, though ready for two things
    CHECK(watched[0].readable());
    CHECK(watched[0].writable());
    watched[0].set_interest(Interest::read);
    CHECK_FALSE(watched[0].readable());  // asked anew, not answered yet
}

TEST_CASE("poll: a hang-up or an error alone makes ready, too", "[poll]") {
#ifdef _WIN32
    SKIP_BECAUSE("Windows has no pipes that can be polled");
#else
    test::FullPipe closed_at_the_end, closed_at_the_begin;
    std::array watched{Watched(closed_at_the_end.to.handle(), Interest::write),
                       Watched(closed_at_the_begin.from.handle(), Interest::read)};
    closed_at_the_begin.drain();
    REQUIRE(echo::poll(watched, a_moment()) == 0);
    closed_at_the_end.from.close();
    closed_at_the_begin.to.close();
    CHECK(echo::poll(watched, soon()) == 2);
    CHECK(watched[0].writable());
    CHECK(watched[1].readable());
#endif
}

TEST_CASE("poll: what is watched for nothing is left alone", "[poll]") {
    Pair reset, quiet;
    REQUIRE(reset.client.send_all("x"));
    test::await_readable(reset.server);
    reset.client.reset();
    std::vector<Watched> watched{Watched(reset.server.handle(), Interest::none),
                                 Watched(quiet.server.handle())};
    CHECK(watched[0].socket() == reset.server.handle());
    {
        test::CountWaits waits;
        CHECK(echo::poll(watched, a_moment()) == 0);
        CHECK(waits.seen <= 3);
    }
    REQUIRE(quiet.client.send_all("x"));
    CHECK(echo::poll(watched, soon()) == 1);
    CHECK_FALSE(watched[0].readable());
    CHECK_FALSE(watched[0].writable());
    CHECK(watched[1].readable());

    watched[0].set_interest(Interest::read);
    CHECK(watched[0].socket() == reset.server.handle());
    CHECK(echo::poll(watched, soon()) == 2);
    CHECK(watched[0].readable());
    watched[0].set_interest(Interest::none);  // what was found is gone at once
    CHECK_FALSE(watched[0].readable());
}

TEST_CASE("poll: nothing to watch is no mistake, but a way to wait", "[poll]") {
    Pair pair;
    REQUIRE(pair.client.send_all("x"));
    std::vector<Watched> watched;
    const bool with_one = GENERATE(false, true);
    if (with_one) watched.emplace_back(pair.server.handle(), Interest::none);
    test::CountWaits waits;
    const auto deadline = echo::after(std::chrono::milliseconds(30));
    CHECK(echo::poll(watched, deadline) == 0);
    CHECK(echo::Clock::now() >= deadline);
    CHECK(waits.seen <= 3);
}

TEST_CASE("poll: it says how many are ready, and which", "[poll]") {
    test::Crowd crowd(5);
    std::vector<Watched> watched;
    for (const auto& server : crowd.servers) watched.emplace_back(server.handle());
    for (const std::size_t i : {0u, 2u, 4u}) {
        REQUIRE(crowd.clients[i].send_all("x"));
        test::await_readable(crowd.servers[i]);
    }
    CHECK(echo::poll(watched, soon()) == 3);
    for (std::size_t i = 0; i < 5; ++i) CHECK(watched[i].readable() == (i % 2 == 0));

    watched.erase(watched.begin() + 2);
    watched.front().set_interest(Interest::both);
    CHECK(echo::poll(watched, soon()) == 2);
    CHECK(watched[0].writable());
    CHECK(watched[3].socket() == crowd.servers[4].handle());
    CHECK(watched[3].readable());
}

TEST_CASE("poll: it never returns before the deadline, and does not spin up to it", "[poll]") {
    Pair pair;
    std::array watched{Watched(pair.server.handle())};
    constexpr int times = 100;
    test::CountWaits waits;
    int early = 0;
    for (int i = 0; i < times; ++i) {
        const auto deadline = echo::after(std::chrono::microseconds(100 + 37 * i));
        if (echo::poll(watched, deadline) != 0 || echo::Clock::now() < deadline) ++early;
    }
    CHECK(early == 0);
    CHECK(waits.seen <= 3 * times);
}

TEST_CASE("poll: a deadline in the past is a look", "[poll]") {
    Pair pair;
    std::array watched{Watched(pair.server.handle())};
    CHECK(echo::poll(watched, echo::Clock::now()) == 0);
    REQUIRE(pair.client.send_all("x"));
    test::await_readable(pair.server);
    CHECK(echo::poll(watched, (echo::Deadline::min)()) == 1);
}

TEST_CASE("poll: it goes on when it is interrupted", "[poll]") {
    Pair pair;
    std::array watched{Watched(pair.server.handle())};
    REQUIRE(pair.client.send_all("x"));
    test::FailWaits interrupted(EINTR, 3);
    CHECK(echo::poll(watched) == 1);
    CHECK(interrupted.seen == 4);
}

TEST_CASE("poll: it keeps its deadline, however often it is interrupted", "[poll]") {
    Pair pair;
    std::array watched{Watched(pair.server.handle(), Interest::both)};
    REQUIRE(echo::poll(watched, soon()) == 1);
    test::FailWaits interrupted(EINTR);
    const auto deadline = a_moment();
    CHECK(echo::poll(watched, deadline) == 0);
    CHECK(echo::Clock::now() >= deadline);
    CHECK_FALSE(watched[0].writable());  // that was the last time
}

TEST_CASE("poll: a signal does not end it", "[poll]") {
#ifdef _WIN32
    SKIP_BECAUSE("Windows has no signals that interrupt a call");
#else
    Pair pair;
    std::array watched{Watched(pair.server.handle())};
    static std::atomic<int> signals;
    signals = 0;
    const test::OnSignal counts([](int) { ++signals; });
    const auto self = ::pthread_self();
    const test::WhileWaiting disturb([&] {
        // One by one: several that wait for a thread count as one.
        for (int i = 0; i < 20; ++i) {
            ::pthread_kill(self, SIGUSR1);
            while (signals <= i) std::this_thread::yield();
        }
        (void)pair.client.send_all("x").bytes;
    });
    CHECK(echo::poll(watched) == 1);
    CHECK(signals == 20);
#endif
}

TEST_CASE("poll: an error is thrown in words, and nothing is ready", "[poll]") {
    Pair pair;
    std::array watched{Watched(pair.server.handle(), Interest::both),
                       Watched(pair.client.handle(), Interest::none)};
    REQUIRE(echo::poll(watched, soon()) == 1);
    {
        test::Fail fail("poll", ENOMEM);
        std::string what;
        try {
            (void)echo::poll(watched, soon());
        } catch (const echo::Error& error) {
            what = error.what();
        }
        CHECK(what == "poll 2 sockets: not enough memory; the system is short of memory");
    }
    CHECK_FALSE(watched[0].writable());
    CHECK(echo::poll(watched, soon()) == 1);
}

TEST_CASE("poll: to watch a closed socket is a mistake that is told", "[poll]") {
    Pair pair, other;
    std::vector<Watched> watched{Watched(pair.server.handle())};
    const std::string number = std::to_string(pair.server.handle());
    pair.server.close();
    CHECK(misuse(watched) == "poll on a socket that is closed: number " + number);
    watched.emplace_back(other.client.handle());
    CHECK(misuse(watched) == "poll on a socket that is closed: number " + number);
    watched.front().set_interest(Interest::none);  // left alone, even so
    CHECK(misuse(watched).empty());
    CHECK_THROWS_AS(Watched(pair.server.handle()), std::logic_error);
    CHECK_THROWS_AS(Watched(pair.server.handle(), Interest::none), std::logic_error);
}
