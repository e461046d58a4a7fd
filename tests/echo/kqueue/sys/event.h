// kqueue(2) on Linux, made of epoll(7), as far as echo.hpp uses it: so that its part for macOS and
// the BSDs can be run here. Like the real one it has a filter for each direction, of which each can
// be disabled; it does not mind if one is added twice; and it forgets what is closed.
#pragma once

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#define EVFILT_READ (-1)
#define EVFILT_WRITE (-2)
#define EV_ADD 0x0001
#define EV_DELETE 0x0002
#define EV_ENABLE 0x0004
#define EV_DISABLE 0x0008

struct kevent {
    std::uintptr_t ident;
    std::int16_t filter;
    std::uint16_t flags;
    std::uint32_t fflags;
    std::intptr_t data;
    void* udata;
};

namespace fake_kqueue {

// What there is of one socket: the filter for reading, and for writing.
struct Filters {
    bool added[2], enabled[2];

    bool any() const { return added[0] || added[1]; }
    epoll_event wanted(int socket) const {
        epoll_event event{};
        event.events = (enabled[0] ? EPOLLIN : 0u) | (enabled[1] ? EPOLLOUT : 0u);
        if (event.events == 0) event.events = EPOLLET;  // else epoll repeats a hang-up for ever
        event.data.fd = socket;
        return event;
    }
};

inline std::mutex mutex;  // guards what follows
inline std::map<std::pair<int, int>, Filters> all;

// What is known of a socket, unless that is old: closed, and then there is another of that number.
inline Filters& filters(int queue, int socket) {
    Filters& known = all[{queue, socket}];
    epoll_event event = known.wanted(socket);
    if (known.any() && ::epoll_ctl(queue, EPOLL_CTL_MOD, socket, &event) == -1) known = {};
    return known;
}

// Returns an errno value.
inline int apply(int queue, const struct kevent& change) {
    const int socket = static_cast<int>(change.ident);
    const int which = change.filter == EVFILT_WRITE;
    if (::fcntl(socket, F_GETFD) == -1) return EBADF;
    Filters& now = filters(queue, socket);
    const bool was_there = now.any();
    if (!now.added[which] && (change.flags & EV_ADD) == 0) return ENOENT;
    if (change.flags & EV_ADD) now.added[which] = now.enabled[which] = true;
    if (change.flags & EV_ENABLE) now.enabled[which] = true;
    if (change.flags & EV_DISABLE) now.enabled[which] = false;
    if (change.flags & EV_DELETE) now.added[which] = now.enabled[which] = false;

    const int operation = now.any() ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
    epoll_event event = now.wanted(socket);
    const int done = ::epoll_ctl(queue, was_there ? operation : EPOLL_CTL_ADD, socket, &event);
    return done == -1 ? errno : 0;
}

}  // namespace fake_kqueue

inline int kqueue() { return ::epoll_create1(0); }

inline int kevent(int queue, const struct kevent* changes, int change_count, struct kevent* events,
                  int event_count, const timespec* limit) {
    for (int i = 0; i < change_count; ++i) {
        const std::lock_guard<std::mutex> lock(fake_kqueue::mutex);
        errno = fake_kqueue::apply(queue, changes[i]);
        if (errno != 0) return -1;
    }
    if (event_count == 0) return 0;
    if (limit && (limit->tv_sec < 0 || limit->tv_nsec < 0 || limit->tv_nsec >= 1000000000)) {
        errno = EINVAL;
        return -1;
    }

    std::vector<epoll_event> ready(
        static_cast<std::size_t>(event_count / 2));  // of two filters each
    const auto milliseconds = limit ? limit->tv_sec * 1000 + limit->tv_nsec / 1000000 : -1;
    const int found =
        ::epoll_wait(queue, ready.data(), event_count / 2, static_cast<int>(milliseconds));
    ready.resize(static_cast<std::size_t>((std::max)(found, 0)));
    int count = 0;
    for (const epoll_event& event : ready) {
        const std::lock_guard<std::mutex> lock(fake_kqueue::mutex);
        const auto ident = static_cast<std::uintptr_t>(event.data.fd);
        const fake_kqueue::Filters& filters = fake_kqueue::all[{queue, event.data.fd}];
        const unsigned broken = EPOLLHUP | EPOLLERR;
        if (filters.enabled[0] && (event.events & (EPOLLIN | broken)))
            events[count++] = {ident, EVFILT_READ, 0, 0, 0, nullptr};
        if (filters.enabled[1] && (event.events & (EPOLLOUT | broken)))
            events[count++] = {ident, EVFILT_WRITE, 0, 0, 0, nullptr};
    }
    return found == -1 ? -1 : count;
}
