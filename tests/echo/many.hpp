// What the tests of poll and of the poller share: many sockets, calls that wait, and what it takes
// to disturb those.
#pragma once

#include "pair.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#ifndef _WIN32
#include <sys/resource.h>
#include <csignal>
#endif

namespace test {

using namespace std::chrono_literals;

// A wait that nothing should end: long enough to see what happens in it, too short to be felt.
inline echo::Deadline a_moment() { return echo::after(20ms); }

// Of the calls in which poll and pollers wait.
inline bool is_wait(const echo::Call& call) {
    return call.name == "poll" || call.name == "epoll_wait" ||
           (call.name == "kevent" && call.detail == "until one is ready");
}

// Counts the calls in which poll and pollers wait.
class CountWaits : public ScopedHook {
public:
    void after(const echo::Call& call) override {
        if (is_wait(call)) ++seen;
    }
    std::atomic<int> seen{0};
};

// Makes each of them fail, or only the first so many.
class FailWaits : public ScopedHook {
public:
    explicit FailWaits(int error, int times = 1 << 30) : error_(error), times_(times) {}

    void before(echo::Call& call) override {
        if (is_wait(call) && seen++ < times_) call.error = error_;
    }
    int seen = 0;

private:
    int error_, times_;
};

// Does something in another thread, once this one waits.
class WhileWaiting : public ScopedHook {
public:
    explicit WhileWaiting(std::function<void()> what)
        : thread_([this, what = std::move(what)] {
              while (!begun_) std::this_thread::yield();
              what();
          }) {}
    ~WhileWaiting() override {
        begun_ = true;
        thread_.join();
    }
    void before(echo::Call& call) override {
        if (is_wait(call)) begun_ = true;
    }

private:
    std::atomic<bool> begun_{false};
    std::thread thread_;
};

// Many connections at one listener.
class Crowd {
public:
    explicit Crowd(std::size_t count = 0) {
        while (clients.size() < count) join();
    }
    // One more. Returns the server's end.
    echo::Connection& join() {
        clients.push_back(echo::connect(listener.endpoint(), soon()));
        return servers.emplace_back(listener.accept());
    }

    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::vector<echo::Connection> clients, servers;
};

// Waits for what has come to this side of a connection to be there for the system's calls, too.
inline void await_readable(const echo::Connection& connection) {
    (void)echo::detail::wait(connection.handle(), POLLIN, soon());
}

// How many descriptors are open, of the first few hundred. 0 where they can't be counted.
inline int open_descriptors() {
    int count = 0;
#ifndef _WIN32
    for (int descriptor = 0; descriptor < 512; ++descriptor)
        if (::fcntl(descriptor, F_GETFD) != -1) ++count;
#endif
    return count;
}

// Lets this process have so many descriptors, if it can.
inline bool allow_descriptors([[maybe_unused]] std::size_t count) {
#ifndef _WIN32
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == -1) return false;
    if (limit.rlim_cur < count) limit.rlim_cur = (std::min)(limit.rlim_max, rlim_t{count});
    return limit.rlim_cur >= count && ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
#else
    return true;
#endif
}

#ifndef _WIN32
// A pipe that is full. Where one end is closed, the other has nothing but a hang-up or an error to
// tell of; a socket tells of more.
struct FullPipe {
    FullPipe() {
        echo::Handle ends[2];
        if (::pipe(ends) == -1) return;
        from = echo::Socket(ends[0]);
        to = echo::Socket(ends[1]);
        from.set_nonblocking(true);
        to.set_nonblocking(true);
        while (::write(to.handle(), "x", 1) == 1) continue;
    }
    void drain() {
        char bytes[1024];
        while (::read(from.handle(), bytes, sizeof bytes) > 0) continue;
    }
    echo::Socket from, to;
};

// While it lives, SIGUSR1 calls this function, and interrupts a call that waits.
class OnSignal {
public:
    explicit OnSignal(void (*handler)(int)) {
        struct sigaction action {};
        action.sa_handler = handler;
        ::sigaction(SIGUSR1, &action, &before_);
    }
    ~OnSignal() { ::sigaction(SIGUSR1, &before_, nullptr); }
    OnSignal(const OnSignal&) = delete;
    OnSignal& operator=(const OnSignal&) = delete;

private:
    struct sigaction before_ {};
};
#endif

}  // namespace test
