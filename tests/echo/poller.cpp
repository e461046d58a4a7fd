// The poller. Every case is run with the system's own means and with plain poll; a second program,
// echo_kqueue_tests, is this file with kqueue.
#include "catch.hpp"
#include "many.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

using echo::Handle;
using echo::Interest;
using echo::Poller;
using test::a_moment;
using test::Crowd;
using test::Pair;
using test::soon;
using Backend = Poller::Backend;

namespace {

// What waits have told of the sockets. Each is known by its own number.
class Told {
public:
    void add(const Poller::Event& event) {
        sockets_.insert(event.socket);
        if (event.readable) readable_.insert(event.socket);
        if (event.writable) writable_.insert(event.socket);
    }
    bool readable(Handle socket) const { return readable_.count(socket) == 1; }
    bool writable(Handle socket) const { return writable_.count(socket) == 1; }
    std::size_t sockets() const { return sockets_.size(); }

    // "r", "w", "rw" or "".
    std::string of(const echo::Connection& connection) const {
        return std::string(readable(connection.handle()) ? "r" : "") +
               (writable(connection.handle()) ? "w" : "");
    }

private:
    std::set<Handle> sockets_, readable_, writable_;
};

Told wait(Poller& poller, echo::Deadline deadline) {
    Told told;
    for (const auto& event : poller.wait(deadline)) told.add(event);
    return told;
}

// What can be told of this socket alone, in a moment.
std::string ask(Poller& poller, const echo::Connection& connection) {
    const Told told = wait(poller, a_moment());
    CHECK(told.sockets() == (told.of(connection).empty() ? 0 : 1));
    return told.of(connection);
}

template <class Action>
std::string misuse(Action action) {
    try {
        action();
        return "nothing";
    } catch (const std::logic_error& error) {
        return error.what();
    }
}

template <class Action>
std::string failure(Action action) {
    try {
        action();
        return "nothing";
    } catch (const echo::Error& error) {
        return error.what();
    }
}

std::string name_of(const echo::Connection& connection) {
    return "socket " + std::to_string(connection.handle());
}

void receive_byte(echo::Connection& connection) {
    char byte;
    (void)connection.recv({&byte, 1}, soon()).bytes;
}

}  // namespace

TEST_CASE("poller: it tells what a socket is ready for, of what it is watched for", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    Pair pair;
    poller.watch(pair.server.handle(), Interest::read);
    CHECK(ask(poller, pair.server).empty());  // writable, but nobody asked
    poller.change(pair.server.handle(), Interest::write);
    CHECK(ask(poller, pair.server) == "w");
    REQUIRE(pair.client.send_all("x"));
    test::await_readable(pair.server);
    CHECK(ask(poller, pair.server) == "w");
    poller.change(pair.server.handle(), Interest::both);
    CHECK(ask(poller, pair.server) == "rw");
    poller.change(pair.server.handle(), Interest::read);
    CHECK(ask(poller, pair.server) == "r");
    poller.forget(pair.server.handle());
    CHECK(ask(poller, pair.server).empty());
    poller.watch(pair.server.handle(), Interest::read);
    CHECK(ask(poller, pair.server) == "r");
}

TEST_CASE("poller: a socket that is ready is told of until it is not any more", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    Pair pair;
    poller.watch(pair.server.handle(), Interest::read);
    REQUIRE(pair.client.send_all("xy"));
    CHECK(wait(poller, soon()).of(pair.server) == "r");
    CHECK(ask(poller, pair.server) == "r");
    receive_byte(pair.server);
    CHECK(ask(poller, pair.server) == "r");  // there is one more
    receive_byte(pair.server);
    CHECK(ask(poller, pair.server).empty());
    REQUIRE(pair.client.send_all("z"));
    CHECK(wait(poller, soon()).of(pair.server) == "r");
}

TEST_CASE("poller: a client that waits in line makes its listener readable", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    auto listener = echo::listen(echo::Endpoint::loopback(0));
    poller.watch(listener.handle(), Interest::read);
    CHECK(wait(poller, a_moment()).sockets() == 0);
    const auto client = echo::connect(listener.endpoint(), soon());
    CHECK(wait(poller, soon()).readable(listener.handle()));
    CHECK(wait(poller, soon()).readable(listener.handle()));
    const auto server = listener.accept();
    CHECK(wait(poller, a_moment()).sockets() == 0);
}

TEST_CASE("poller: a socket without room is not writable until there is some", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    Pair pair;
    test::fill(pair.client);
    poller.watch(pair.client.handle(), Interest::write);
    CHECK(ask(poller, pair.client).empty());
    pair.client.shutdown_send();
    (void)test::receive_all(pair.server);
    CHECK(wait(poller, soon()).of(pair.client) == "w");
}

TEST_CASE("poller: the end of the stream and a reset are told, again and again", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    const auto end = GENERATE(&echo::Connection::shutdown_send, &echo::Connection::reset);
    Pair pair;
    poller.watch(pair.server.handle(), Interest::read);
    (pair.client.*end)();
    for (int i = 0; i < 3; ++i) CHECK(wait(poller, soon()).of(pair.server) == "r");
    poller.change(pair.server.handle(), Interest::write);
    for (int i = 0; i < 3; ++i) CHECK(wait(poller, soon()).of(pair.server) == "w");
    poller.change(pair.server.handle(), Interest::both);
    CHECK(wait(poller, soon()).of(pair.server) == "rw");
    pair.server.shutdown_send();  // a hang-up, if it is not one yet
    CHECK(wait(poller, soon()).of(pair.server) == "rw");
}

TEST_CASE("poller: a hang-up or an error alone makes ready, too", "[poller]") {
#ifdef _WIN32
    SKIP_BECAUSE("Windows has no pipes that can be polled");
#else
    Poller poller(GENERATE(Backend::system, Backend::poll));
    test::FullPipe closed_at_the_end, closed_at_the_begin;
    closed_at_the_begin.drain();
    poller.watch(closed_at_the_end.to.handle(), Interest::write);
    poller.watch(closed_at_the_begin.from.handle(), Interest::read);
    REQUIRE(wait(poller, a_moment()).sockets() == 0);
    closed_at_the_end.from.close();
    closed_at_the_begin.to.close();
    for (int i = 0; i < 3; ++i) {
        const Told told = wait(poller, soon());
        CHECK(told.writable(closed_at_the_end.to.handle()));
        CHECK(told.readable(closed_at_the_begin.from.handle()));
    }
#endif
}

TEST_CASE("poller: what is watched for nothing is left alone, and told of afterwards", "[poller]") {
    const auto backend = GENERATE(Backend::system, Backend::poll);
    const bool early = GENERATE(true, false);  // watched before it happens, or after it
    const auto interest = GENERATE(Interest::read, Interest::write);
    Poller poller(backend);
    Pair reset, hung_up, half_closed;
    const auto watch = [&] {
        for (const Pair* pair : {&reset, &hung_up, &half_closed})
            poller.watch(pair->server.handle(), Interest::none);
    };
    if (early) watch();
    for (Pair* pair : {&reset, &hung_up, &half_closed}) {
        REQUIRE(pair->client.send_all("x"));
        test::await_readable(pair->server);
    }
    reset.client.reset();
    hung_up.client.shutdown_send();
    hung_up.server.shutdown_send();
    half_closed.client.shutdown_send();
    if (!early) watch();
    {
        test::CountWaits waits;
        for (int i = 0; i < 2; ++i) {
            const auto deadline = a_moment();
            CHECK(wait(poller, deadline).sockets() == 0);
            CHECK(echo::Clock::now() >= deadline);
        }
        // Each may interrupt the sleep once. More would be a spin.
        CHECK(waits.seen <= 2 * 2 + 2 * 3);
    }
    for (const Pair* pair : {&reset, &hung_up, &half_closed})
        poller.change(pair->server.handle(), interest);
    for (int i = 0; i < 3; ++i) {
        const Told told = wait(poller, soon());
        for (const Pair* pair : {&reset, &hung_up, &half_closed})
            CHECK(told.of(pair->server) == (interest == Interest::read ? "r" : "w"));
    }
    for (const Pair* pair : {&reset, &hung_up, &half_closed})
        poller.change(pair->server.handle(), Interest::none);
    test::CountWaits waits;
    CHECK(wait(poller, a_moment()).sockets() == 0);
    CHECK(waits.seen <= 2 + 3);
}

TEST_CASE("poller: to use it wrongly is told in words", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    Pair pair;
    const Handle socket = pair.server.handle();
    const std::string name = name_of(pair.server);

    CHECK(misuse([&] { poller.change(socket, Interest::read); }) ==
          "change " + name + ": it is not watched");
    CHECK(misuse([&] { poller.forget(socket); }) == "forget " + name + ": it is not watched");
    poller.watch(socket, Interest::write);
    CHECK(misuse([&] { poller.watch(socket, Interest::read); }) ==
          "watch " + name + ": it is watched already");
    CHECK(ask(poller, pair.server) == "w");  // as before
    poller.change(socket, Interest::none);
    CHECK(misuse([&] { poller.watch(socket, Interest::read); }) ==
          "watch " + name + ": it is watched already");
    poller.forget(socket);
    CHECK(misuse([&] { poller.forget(socket); }) == "forget " + name + ": it is not watched");
    CHECK(misuse([&] { poller.watch(echo::invalid_handle, Interest::none); }) ==
          "watch socket -: it is closed; forget a socket before");
}

TEST_CASE("poller: that a socket was closed before it was forgotten is told", "[poller]") {
    const auto backend = GENERATE(Backend::system, Backend::poll);
    Poller poller(backend);
    Pair pair;
    const Handle socket = pair.server.handle();
    const std::string name = name_of(pair.server);
    poller.watch(socket, Interest::read);
    pair.server.close();
    if (backend == Backend::poll || !echo::sys::has_poller) {
        CHECK(misuse([&] { (void)poller.wait(a_moment()); }) ==
              "poll on a socket that is closed: number " + std::to_string(socket));
        poller.forget(socket);
    } else {
        CHECK(misuse([&] { poller.forget(socket); }) ==
              "forget " + name + ": it is closed; forget a socket before");
        CHECK(misuse([&] { poller.watch(socket, Interest::read); }) ==
              "watch " + name + ": it is closed; forget a socket before");
    }
    CHECK(wait(poller, a_moment()).sockets() == 0);  // and all is well again
}

TEST_CASE("poller: a socket that is forgotten in a batch does not come any more", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    constexpr std::size_t count = 9;
    const auto step = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{count - 1});
    Crowd crowd(count);
    for (std::size_t i = 0; i < count; ++i) {
        poller.watch(crowd.servers[i].handle(), Interest::both);
        REQUIRE(crowd.clients[i].send_all("x"));
        test::await_readable(crowd.servers[i]);
    }
    // Each that comes has itself forgotten, or the next, or the one before.
    std::set<Handle> forgotten;
    std::size_t came = 0;
    for (const auto& event : poller.wait(soon())) {
        CHECK(forgotten.count(event.socket) == 0);
        ++came;
        std::size_t at = 0;
        while (crowd.servers[at].handle() != event.socket) ++at;
        const Handle other = crowd.servers[(at + step) % count].handle();
        if (!forgotten.insert(other).second) continue;
        poller.forget(other);
        CHECK(event.socket == crowd.servers[at].handle());  // it stays what it was
        CHECK(event.is_ready() == (other != event.socket));
    }
    CHECK(came >= count / 2);
    CHECK(wait(poller, a_moment()).sockets() == count - forgotten.size());
}

TEST_CASE("poller: what is not asked for any more in a batch does not come", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    Crowd crowd(3);
    for (std::size_t i = 0; i < 3; ++i) {
        poller.watch(crowd.servers[i].handle(), Interest::both);
        REQUIRE(crowd.clients[i].send_all("x"));
        test::await_readable(crowd.servers[i]);
    }
    Handle first = echo::invalid_handle;
    for (const auto& event : poller.wait(soon())) {
        if (first == echo::invalid_handle) {
            first = event.socket;
            for (const auto& server : crowd.servers) poller.change(server.handle(), Interest::none);
            poller.change(first, Interest::write);
        }
        CHECK(event.socket == first);
        CHECK_FALSE(event.readable);
    }
    for (const auto& server : crowd.servers) poller.change(server.handle(), Interest::both);
    Told told;
    bool changed = false;
    for (const auto& event : poller.wait(soon())) {
        if (!std::exchange(changed, true))
            for (const auto& server : crowd.servers) poller.change(server.handle(), Interest::read);
        told.add(event);
    }
    for (const auto& server : crowd.servers) CHECK(told.of(server) == "r");
    CHECK(wait(poller, a_moment()).sockets() == 3);
}

TEST_CASE("poller: a new socket with a forgotten one's number gets none of its events",
          "[poller]") {
    const auto backend = GENERATE(Backend::system, Backend::poll);
    // The system's own means forget what is closed. Plain poll can't know of it.
    const bool forget = GENERATE(true, false);
    if (!forget && (backend == Backend::poll || !echo::sys::has_poller)) return;
    Poller poller(backend);
    Crowd crowd(4);
    for (std::size_t i = 0; i < 4; ++i) {
        poller.watch(crowd.servers[i].handle(), Interest::read);
        REQUIRE(crowd.clients[i].send_all("x"));
        test::await_readable(crowd.servers[i]);
    }
    std::size_t at = 4;  // of the one that is replaced
    std::size_t newcomer = 0;
    for (const auto& event : poller.wait(soon())) {
        if (at == 4) {
            at = crowd.servers[0].handle() == event.socket ? 1 : 0;
            const Handle number = crowd.servers[at].handle();
            if (forget) poller.forget(number);
            // Once a client is in line, the number that is free next is the one that was closed.
            crowd.clients.push_back(echo::connect(crowd.listener.endpoint(), soon()));
            crowd.servers[at].close();
            crowd.servers.push_back(crowd.listener.accept());
            newcomer = crowd.servers.size() - 1;
            if (crowd.servers[newcomer].handle() != number)
                SKIP_BECAUSE("this system does not use the number of a closed socket at once");
            poller.watch(number, Interest::read);
        }
        CHECK(event.socket != crowd.servers[newcomer].handle());
    }
    CHECK(wait(poller, soon()).sockets() == 3);
    REQUIRE(crowd.clients[newcomer].send_all("x"));
    test::await_readable(crowd.servers[newcomer]);
    CHECK(wait(poller, soon()).sockets() == 4);
}

TEST_CASE("poller: a wait within the loop over the last one does no harm", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    Crowd crowd(3);
    for (const auto& server : crowd.servers) poller.watch(server.handle(), Interest::write);
    int came = 0;
    for (const auto& event : poller.wait(soon())) {
        ++came;
        poller.forget(event.socket);
        for (const auto& other : poller.wait(soon())) poller.forget(other.socket);
        CHECK(wait(poller, echo::Clock::now()).sockets() == 0);
    }
    CHECK(came == 1);
    CHECK(wait(poller, a_moment()).sockets() == 0);
}

// --- Against a model -------------------------------------------------------------------------

namespace {

// The same on every system.
class Random {
public:
    std::size_t below(std::size_t limit) {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::size_t>(state_ >> 33) % limit;
    }

private:
    std::uint64_t state_ = 7;
};

// A poller with a few connections, and what it should tell of each.
class Model {
public:
    explicit Model(Backend backend) : poller_(backend) {
        for (Seat& seat : seats_) sit_down(seat);
    }

    std::string step() {
        Seat& seat = seats_[random_.below(seats_.size())];
        switch (random_.below(9)) {
            case 0:
            case 1: return watch_or_forget(seat);
            case 2:
            case 3: return change(seat);
            case 4:
            case 5: return send(seat);
            case 6: return drain(seat);
            case 7: return end(seat);
            default: return replace(seat);
        }
    }

    // The first difference between what the poller tells and what it should; nothing, if none.
    std::string difference() {
        std::string difference;
        const echo::Deadline deadline = soon();
        do {
            const Told told = wait(poller_, echo::Clock::now());
            difference.clear();
            for (const Seat& seat : seats_) {
                const std::string is = told.of(seat.server), should = expected(seat);
                if (is == should) continue;
                difference =
                    name_of(seat.server) + " is told as \"" + is + "\", not as \"" + should + "\"";
                // What is still on its way comes later. What is told too much never was there.
                if (is.size() > should.size()) return difference;
            }
        } while (!difference.empty() && echo::Clock::now() < deadline);
        return difference;
    }

private:
    struct Seat {
        echo::Connection client, server;
        bool watched = false;
        Interest interest = Interest::none;
        std::size_t unread = 0;
        bool ended = false;
    };

    static std::string expected(const Seat& seat) {
        if (!seat.watched) return "";
        const bool reads = seat.interest == Interest::read || seat.interest == Interest::both;
        const bool writes = seat.interest == Interest::write || seat.interest == Interest::both;
        return std::string(reads && (seat.unread > 0 || seat.ended) ? "r" : "") +
               (writes ? "w" : "");
    }

    Interest any_interest() { return static_cast<Interest>(random_.below(4)); }

    void sit_down(Seat& seat) {
        seat = Seat{};
        seat.client = echo::connect(listener_.endpoint(), soon());
        seat.server = listener_.accept();
    }

    std::string watch_or_forget(Seat& seat) {
        seat.watched = !seat.watched;
        if (!seat.watched) return poller_.forget(seat.server.handle()), "forget";
        seat.interest = any_interest();
        poller_.watch(seat.server.handle(), seat.interest);
        return "watch";
    }

    std::string change(Seat& seat) {
        if (!seat.watched) return watch_or_forget(seat);
        seat.interest = any_interest();
        poller_.change(seat.server.handle(), seat.interest);
        return "change";
    }

    std::string send(Seat& seat) {
        if (seat.ended) return replace(seat);
        const std::string bytes(1 + random_.below(100), 'x');
        seat.unread += seat.client.send_all(bytes, soon()).bytes;
        return "send";
    }

    std::string drain(Seat& seat) {
        if (seat.unread == 0) return send(seat);
        std::string bytes(seat.unread, '?');
        (void)seat.server.recv_exactly(bytes, soon()).bytes;
        seat.unread = 0;
        return "drain";
    }

    std::string end(Seat& seat) {
        if (seat.ended) return replace(seat);
        if (seat.unread > 0) drain(seat);  // a reset destroys what is unread
        seat.ended = true;
        if (random_.below(2) == 0) return seat.client.reset(), "reset";
        return seat.client.shutdown_send(), "half-close";
    }

    std::string replace(Seat& seat) {
        if (seat.watched) poller_.forget(seat.server.handle());
        sit_down(seat);
        return "replace";
    }

    Random random_;
    echo::Listener listener_ = echo::listen(echo::Endpoint::loopback(0));
    Poller poller_;
    std::array<Seat, 12> seats_;
};

}  // namespace

TEST_CASE("poller: after each of 2000 random steps it tells what it should", "[poller]") {
    Model model(GENERATE(Backend::system, Backend::poll));
    for (int i = 0; i < 2000; ++i) {
        const std::string step = model.step();
        const std::string difference = model.difference();
        INFO("step " << i << ": " << step);
        REQUIRE(difference == "");
    }
}

// --- Time, and what disturbs a wait ----------------------------------------------------------

TEST_CASE("poller: a wait never ends before its deadline, and does not spin up to it", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    Pair pair;
    poller.watch(pair.server.handle(), Interest::read);
    constexpr int times = 100;
    test::CountWaits waits;
    int early = 0;
    for (int i = 0; i < times; ++i) {
        const auto deadline = echo::after(std::chrono::microseconds(100 + 37 * i));
        (void)poller.wait(deadline);
        if (echo::Clock::now() < deadline) ++early;
    }
    CHECK(early == 0);
    CHECK(waits.seen <= 3 * times);
}

TEST_CASE("poller: a deadline in the past is a look", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    Pair pair;
    poller.watch(pair.server.handle(), Interest::write);
    CHECK(wait(poller, (echo::Deadline::min)()).of(pair.server) == "w");
    poller.change(pair.server.handle(), Interest::read);
    CHECK(wait(poller, echo::Clock::now()).sockets() == 0);
}

TEST_CASE("poller: a wait goes on when it is interrupted, and keeps its deadline", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    Pair pair;
    poller.watch(pair.server.handle(), Interest::write);
    {
        test::FailWaits interrupted(EINTR, 3);
        CHECK(wait(poller, echo::never).of(pair.server) == "w");
        CHECK(interrupted.seen == 4);
    }
    test::FailWaits interrupted(EINTR);
    const auto deadline = a_moment();
    CHECK(wait(poller, deadline).sockets() == 0);
    CHECK(echo::Clock::now() >= deadline);
}

// --- Waking ----------------------------------------------------------------------------------

TEST_CASE("poller: however often it was woken before, one wait returns at once", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    const int times = GENERATE(1, 5, 5000, 70000);  // the last: more than a pipe holds
    for (int i = 0; i < times; ++i) poller.wake();
    CHECK(wait(poller, echo::never).sockets() == 0);
    const auto deadline = a_moment();
    CHECK(wait(poller, deadline).sockets() == 0);
    CHECK(echo::Clock::now() >= deadline);
    poller.wake();
    CHECK(wait(poller, echo::never).sockets() == 0);
}

TEST_CASE("poller: another thread wakes a wait that is under way", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    const test::WhileWaiting other([&] { poller.wake(); });
    CHECK(wait(poller, echo::never).sockets() == 0);
}

TEST_CASE("poller: to be woken keeps nothing from being told", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    Pair pair;
    poller.watch(pair.server.handle(), Interest::write);
    for (int i = 0; i < 3; ++i) {
        poller.wake();
        CHECK(wait(poller, soon()).of(pair.server) == "w");
    }
}

TEST_CASE("poller: threads that wake it for ever do not hold it up", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    std::atomic<bool> done{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
        threads.emplace_back([&] {
            while (!done) poller.wake();
        });
    for (int i = 0; i < 100; ++i) CHECK(wait(poller, echo::never).sockets() == 0);
    done = true;
    for (std::thread& thread : threads) thread.join();
    (void)poller.wait(a_moment());  // what is left of it
    const auto deadline = a_moment();
    CHECK(wait(poller, deadline).sockets() == 0);
    CHECK(echo::Clock::now() >= deadline);
}

#ifndef _WIN32
namespace {
Poller* of_the_signal = nullptr;
std::atomic<int> signals;

void wake_it(int) {
    const int before = errno;  // of whatever was interrupted
    of_the_signal->wake();
    if (errno == before) ++signals;
}
}  // namespace
#endif

TEST_CASE("poller: a signal's handler wakes it, and errno stays as it was", "[poller]") {
#ifdef _WIN32
    SKIP_BECAUSE("Windows has no signals that interrupt a call");
#else
    Poller poller(GENERATE(Backend::system, Backend::poll));
    of_the_signal = &poller;
    signals = 0;
    const test::OnSignal wakes(wake_it);
    const auto self = ::pthread_self();
    {
        const test::WhileWaiting other([&] { ::pthread_kill(self, SIGUSR1); });
        CHECK(wait(poller, echo::never).sockets() == 0);
        CHECK(signals == 1);
    }
    for (int i = 0; i < 100000; ++i) poller.wake();  // from here on the write fails
    errno = ENOENT;
    ::pthread_kill(self, SIGUSR1);
    CHECK(signals == 2);
    CHECK(wait(poller, echo::never).sockets() == 0);
#endif
}

// --- Many ------------------------------------------------------------------------------------

TEST_CASE("poller: when many are ready, all are told of soon, and again", "[poller]") {
    constexpr std::size_t count = Poller::most_events + 60;
    if (!test::allow_descriptors(2 * count + 50))
        SKIP_BECAUSE("this process may not have 700 descriptors");
    Poller poller(GENERATE(Backend::system, Backend::poll));
    Crowd crowd(count);
    std::map<Handle, int> times;
    for (const auto& server : crowd.servers) {
        poller.watch(server.handle(), Interest::write);
        times[server.handle()] = 0;
    }
    const auto least = [&] {
        const auto by_times = [](const auto& a, const auto& b) { return a.second < b.second; };
        return std::min_element(times.begin(), times.end(), by_times)->second;
    };
    const auto waits = [&](int how_many) {
        for (int i = 0; i < how_many; ++i)
            for (const auto& event : poller.wait(soon())) ++times.at(event.socket);
    };
    waits(4);
    CHECK(least() >= 1);
    waits(16);
    CHECK(least() >= 6);
}

TEST_CASE("poller: descriptors of 1024 and more are like any other", "[poller]") {
#ifdef _WIN32
    SKIP_BECAUSE("the numbers of Windows' sockets mean nothing");
#else
    if (!test::allow_descriptors(2048)) SKIP_BECAUSE("this process may not have 2048 descriptors");
    Poller poller(GENERATE(Backend::system, Backend::poll));
    Pair pair;
    const echo::Socket high(::fcntl(pair.server.handle(), F_DUPFD_CLOEXEC, 1500));
    REQUIRE(high.handle() >= 1500);
    poller.watch(high.handle(), Interest::read);
    CHECK(wait(poller, a_moment()).sockets() == 0);
    REQUIRE(pair.client.send_all("x"));
    CHECK(wait(poller, soon()).readable(high.handle()));
    poller.forget(high.handle());
#endif
}

TEST_CASE("poller: two of them do not know of each other", "[poller]") {
    const auto backend = GENERATE(Backend::system, Backend::poll);
    // Plays ball: sends back what comes, until it is 0.
    const auto play = [backend](echo::Connection& ball, Poller& mine, Poller& others) {
        mine.watch(ball.handle(), Interest::read);
        for (char left = 1; left != 0;) {
            const Told told = wait(mine, soon());
            if (!told.readable(ball.handle())) continue;
            if (!ball.recv({&left, 1}, soon())) break;
            const char next = left > 0 ? static_cast<char>(left - 1) : left;
            if (!ball.send({&next, 1}, soon())) break;
            others.wake();
        }
        mine.forget(ball.handle());
        Poller own(backend);  // opened and closed beside the other's
        own.wake();
        (void)own.wait();
    };
    Poller one(backend), other(backend);
    Pair pair;
    REQUIRE(pair.client.send_all("\x64"));
    std::thread thread([&] { play(pair.client, one, other); });
    play(pair.server, other, one);
    thread.join();
    CHECK(wait(one, a_moment()).sockets() == 0);
}

// --- When the system fails -------------------------------------------------------------------

namespace {

// Makes the n-th call of all fail. A close is not counted: one that is not made is a leak.
class FailOne : public test::ScopedHook {
public:
    explicit FailOne(int nth, int error = ENOMEM) : nth_(nth), error_(error) {}
    void before(echo::Call& call) override {
        if (call.name == "close" || ++seen != nth_) return;
        call.error = error_;
    }
    int seen = 0;

private:
    int nth_, error_;
};

}  // namespace

TEST_CASE("poller: if it can't be opened, it says so and leaves nothing behind", "[poller]") {
    const auto backend = GENERATE(Backend::system, Backend::poll);
    const int before = test::open_descriptors();
    int failures = 0;
    for (bool opened = false; !opened; ++failures) {
        FailOne one(failures + 1);
        const std::string said = failure([&] {
            const Poller poller(backend);
            opened = true;
        });
        if (opened) break;
        INFO(said);
        CHECK(said.find(": not enough memory; the system is short of memory") != said.npos);
        CHECK(test::open_descriptors() == before);
    }
    CHECK(failures >= 3);
    FailOne full(1, EMFILE);
    CHECK(
        failure([&] { const Poller poller(backend); }) ==
        "open a poller: too many open sockets and files in this program; close some, or raise the "
        "limit (ulimit -n)");
}

TEST_CASE("poller: what the system refuses is thrown, and the poller is as before", "[poller]") {
    Poller poller(Backend::system);
    if (!echo::sys::has_poller) SKIP_BECAUSE("plain poll refuses nothing");
    Pair pair;
    const Handle socket = pair.server.handle();
    const std::string refused =
        name_of(pair.server) + ": not enough memory; the system is short of memory";
    {
        FailOne fail(1);
        CHECK(failure([&] { poller.watch(socket, Interest::read); }) == "watch " + refused);
    }
    poller.watch(socket, Interest::write);
    {
        FailOne fail(1);
        CHECK(failure([&] { poller.change(socket, Interest::read); }) == "change " + refused);
    }
    CHECK(ask(poller, pair.server) == "w");
    {
        FailOne fail(1);
        CHECK(failure([&] { poller.forget(socket); }) == "forget " + refused);
    }
    CHECK(ask(poller, pair.server) == "w");
}

TEST_CASE("poller: a wait that fails is thrown, and the next one works", "[poller]") {
    Poller poller(GENERATE(Backend::system, Backend::poll));
    Pair pair;
    poller.watch(pair.server.handle(), Interest::write);
    const Poller::Events last = poller.wait(soon());
    REQUIRE(last.begin() != last.end());
    {
        test::FailWaits fail(ENOMEM, 1);
        const std::string said = failure([&] { (void)poller.wait(soon()); });
        CHECK(said.find(" sockets: not enough memory") != said.npos);
    }
    CHECK(last.begin() == last.end());  // they were those of the last wait that was begun
    poller.wake();
    CHECK(ask(poller, pair.server) == "w");
}

TEST_CASE("poller: the trace tells what a socket is watched for, and who is ready", "[poller]") {
    if (!echo::sys::has_poller) SKIP_BECAUSE("plain poll is told nothing");
    struct Lines : test::ScopedHook {
        void after(const echo::Call& call) override {
            const std::string line = echo::describe(call);
            const bool of_poller =
                call.name == "epoll_ctl" || call.name == "epoll_wait" || call.name == "kevent";
            // Without the poller's own number, and the name that the call has here.
            if (of_poller) all.push_back(line.substr(line.find(' ', line.find(": ") + 2) + 1));
        }
        std::vector<std::string> all;
    };
    Poller poller;
    Pair pair;
    const Handle socket = pair.server.handle();
    Lines lines;
    poller.watch(socket, Interest::read);
    poller.change(socket, Interest::both);
    poller.change(socket, Interest::none);
    (void)poller.wait(echo::Clock::now());
    poller.change(socket, Interest::write);
    (void)poller.wait(soon());
    poller.forget(socket);
    CHECK(lines.all ==
          std::vector<std::string>{"watch, until readable -> ok", "change, until either -> ok",
                                   "change, for nothing -> ok", "until one is ready -> timed out",
                                   "change, until writable -> ok",
                                   "until one is ready -> ready: " + std::to_string(socket),
                                   "forget -> ok"});
}
