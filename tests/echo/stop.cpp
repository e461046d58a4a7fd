// Stop: who requests it, whom it wakes, and that the process's handlers are as before in the end.
#include "catch.hpp"
#include "many.hpp"

#include <stdexcept>
#include <thread>

#ifndef _WIN32
#include <pthread.h>
#include <signal.h>
#endif

using echo::Interest;
using echo::Stop;
using test::a_moment;
using test::soon;
using test::WhileWaiting;

namespace {

// Whether the poller tells of the stop, and of nothing else.
bool is_told(echo::Poller& poller, const Stop& stop, echo::Deadline deadline) {
    int others = 0, stops = 0;
    for (const auto& event : poller.wait(deadline))
        event.socket == stop.handle() && event.readable ? ++stops : ++others;
    CHECK(others == 0);
    return stops == 1;
}

}  // namespace

TEST_CASE("stop: once requested, it is requested for good", "[stop]") {
    Stop stop;
    CHECK_FALSE(stop.is_requested());
    CHECK_FALSE(stop.wait(a_moment()));
    stop.request();
    CHECK(stop.wait(soon()));
    CHECK(stop.is_requested());
    CHECK(stop.is_requested());
}

TEST_CASE("stop: it ends a wait of another thread", "[stop]") {
    Stop stop;
    const WhileWaiting request([&] { stop.request(); });
    CHECK(stop.wait(soon()));
}

TEST_CASE("stop: each of several pollers is told, in each wait", "[stop]") {
    Stop stop;
    echo::Poller first, second(echo::Poller::Backend::poll);
    first.watch(stop.handle(), Interest::read);
    second.watch(stop.handle(), Interest::read);
    CHECK_FALSE(is_told(first, stop, a_moment()));
    stop.request();
    for (int round = 0; round < 3; ++round) {
        CHECK(is_told(first, stop, soon()));
        CHECK(is_told(second, stop, soon()));
    }
}

TEST_CASE("stop: a hundred thousand requests are one, and none of them waits", "[stop]") {
    Stop stop;
    for (int i = 0; i < 100000; ++i) stop.request();
    CHECK(stop.is_requested());
}

TEST_CASE("stop: no room for it is an error that says so", "[stop]") {
    test::Fail fail("pipe", EMFILE);
    CHECK_THROWS_AS(Stop(), echo::Error);
    CHECK(fail.seen == 1);
}

TEST_CASE("stop: one at a time catches signals", "[stop]") {
    Stop stop, another;
    stop.catch_signals();
    stop.catch_signals();  // is no second one
    CHECK_THROWS_AS(another.catch_signals(), std::logic_error);
    { Stop gone = Stop(); }
    CHECK_THROWS_AS(another.catch_signals(), std::logic_error);
}

TEST_CASE("stop: when the one that caught signals is gone, another may", "[stop]") {
    for (int round = 0; round < 3; ++round) {
        Stop stop;
        stop.catch_signals();
    }
}

#ifdef _WIN32

// The handler that the system calls, called by hand: here is no console.
TEST_CASE("stop: Ctrl-C requests it, and the second one is passed on", "[stop]") {
    Stop stop;
    CHECK(echo::sys::on_console_event(CTRL_C_EVENT) == FALSE);  // nobody has asked
    stop.catch_signals();
    CHECK(echo::sys::on_console_event(CTRL_C_EVENT) == TRUE);
    CHECK(stop.is_requested());
    CHECK(echo::sys::on_console_event(CTRL_BREAK_EVENT) == FALSE);
}

#else

namespace {

// Sets a handler, and what was there before again in the end.
class Handler {
public:
    Handler(int number, void (*handler)(int)) : number_(number) {
        struct sigaction action {};
        action.sa_handler = handler;
        ::sigaction(number, &action, &before_);
    }
    ~Handler() { ::sigaction(number_, &before_, nullptr); }
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;

private:
    int number_;
    struct sigaction before_ {};
};

auto handler_of(int number) {
    struct sigaction now {};
    ::sigaction(number, nullptr, &now);
    return now.sa_handler;
}

volatile sig_atomic_t old_handler_ran = 0;
void old_handler(int) { old_handler_ran = 1; }

}  // namespace

TEST_CASE("stop: each of the signals requests it, errno is kept", "[stop]") {
    const int number = GENERATE(SIGINT, SIGTERM, SIGHUP);
    Stop stop;
    stop.catch_signals();
    errno = 4711;
    ::raise(number);
    CHECK(errno == 4711);
    CHECK(stop.is_requested());
}

TEST_CASE("stop: after the first signal the old handlers are back, but for the terminal's",
          "[stop]") {
    const int number = GENERATE(SIGINT, SIGTERM, SIGHUP);
    const Handler interrupt(SIGINT, old_handler), terminate(SIGTERM, old_handler),
        hang_up(SIGHUP, old_handler);
    {
        Stop stop;
        stop.catch_signals();
        CHECK(handler_of(SIGINT) != old_handler);
        ::raise(number);
        CHECK(handler_of(SIGINT) == old_handler);
        CHECK(handler_of(SIGTERM) == old_handler);
        CHECK(handler_of(SIGHUP) != old_handler);
        old_handler_ran = 0;
        ::raise(SIGINT);
        CHECK(old_handler_ran == 1);
    }
    CHECK(handler_of(SIGHUP) == old_handler);
}

TEST_CASE("stop: without a signal the old handlers are back in the end", "[stop]") {
    const Handler interrupt(SIGINT, old_handler), terminate(SIGTERM, SIG_DFL);
    {
        Stop stop;
        stop.catch_signals();
        CHECK(handler_of(SIGTERM) != SIG_DFL);
    }
    CHECK(handler_of(SIGINT) == old_handler);
    CHECK(handler_of(SIGTERM) == SIG_DFL);
}

TEST_CASE("stop: a SIGHUP that is ignored stays ignored", "[stop]") {
    const Handler hang_up(SIGHUP, SIG_IGN);
    Stop stop;
    stop.catch_signals();
    ::raise(SIGHUP);
    CHECK_FALSE(stop.is_requested());
    ::raise(SIGTERM);
    CHECK(stop.is_requested());
    CHECK(handler_of(SIGHUP) == SIG_IGN);
}

TEST_CASE("stop: a SIGINT that a shell had ignored is caught, and ignored again after it", "[stop]") {
    const Handler interrupt(SIGINT, SIG_IGN);
    Stop stop;
    stop.catch_signals();
    CHECK_FALSE(stop.is_requested());
    ::raise(SIGINT);
    CHECK(stop.is_requested());
    CHECK(handler_of(SIGINT) == SIG_IGN);
}

TEST_CASE("stop: a handler that somebody has set since is left alone", "[stop]") {
    const Handler before(SIGINT, SIG_DFL);
    {
        Stop stop;
        stop.catch_signals();
        struct sigaction theirs {};
        theirs.sa_handler = old_handler;
        ::sigaction(SIGINT, &theirs, nullptr);
    }
    CHECK(handler_of(SIGINT) == old_handler);
}

TEST_CASE("stop: a signal ends a wait, whichever thread gets it", "[stop]") {
    Stop stop;
    stop.catch_signals();
    const pthread_t waiter = ::pthread_self();
    SECTION("the one that waits") {
        const WhileWaiting interrupt([&] { ::pthread_kill(waiter, SIGTERM); });
        CHECK(stop.wait(soon()));
    }
    SECTION("another one") {
        const WhileWaiting interrupt([&] { ::raise(SIGTERM); });
        CHECK(stop.wait(soon()));
    }
}

// The second Ctrl-C of a round may only come when the Stop is gone: it would end this program.
TEST_CASE("stop: signals in one thread, and the end of it in another, do not meet badly",
          "[stop]") {
    const Handler interrupt(SIGINT, SIG_IGN), terminate(SIGTERM, SIG_IGN),
        hang_up(SIGHUP, old_handler);
    std::atomic<bool> over{false};
    std::thread storm([&] {
        while (!over) ::raise(SIGHUP);
    });
    for (int round = 0; round < 2000; ++round) {
        Stop stop;
        stop.catch_signals();
    }
    over = true;
    storm.join();
    CHECK(handler_of(SIGHUP) == old_handler);
}

#endif
