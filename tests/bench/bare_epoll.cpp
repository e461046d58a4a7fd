// An echo server of raw system calls and nothing else, for comparison: what a loop on Linux can do
// when no library, no log and no deadline stands between it and the system.
//
//     bare_epoll [port]
//
// One thread, level-triggered epoll, non-blocking sockets. What the system does not take at once
// waits in the client's own buffer, and until that is empty nothing more is received from it: the
// same rule as in lesson 10.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

int poller = -1;
std::vector<std::string> unsent;  // by descriptor
std::array<char, 65536> buffer;   // one for all

[[noreturn]] void die(const char* call) {
    std::perror(call);
    std::exit(1);
}

int check(int result, const char* call) {
    if (result < 0) die(call);
    return result;
}

void watch(int action, int socket, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = socket;
    check(epoll_ctl(poller, action, socket, &event), "epoll_ctl");
}

int listen_at(std::uint16_t port) {
    const int listener = check(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
    const int on = 1;
    check(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "setsockopt");
    sockaddr_in address{};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(bind(listener, reinterpret_cast<sockaddr*>(&address), size), "bind");
    check(listen(listener, SOMAXCONN), "listen");
    check(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    std::printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return listener;
}

void accept_one(int listener) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
    if (client < 0) return;  // it left again
    unsent.resize(std::max(unsent.size(), static_cast<std::size_t>(client) + 1));
    watch(EPOLL_CTL_ADD, client, EPOLLIN);
}

bool would_block() { return errno == EAGAIN || errno == EINTR; }

// Sends what the system takes, and keeps the rest. False: the connection is broken.
bool send_some(int client, std::string_view bytes, bool were_queued) {
    const ssize_t taken = send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (taken == static_cast<ssize_t>(bytes.size()) && !were_queued) return true;  // as usual
    if (taken < 0 && !would_block()) return false;
    std::string rest(bytes.substr(static_cast<std::size_t>(std::max<ssize_t>(taken, 0))));
    if (rest.empty() == were_queued)
        watch(EPOLL_CTL_MOD, client, rest.empty() ? EPOLLIN : EPOLLOUT);
    unsent[static_cast<std::size_t>(client)] = std::move(rest);
    return true;
}

// False: this conversation is over.
bool serve(int client) {
    const std::string& queue = unsent[static_cast<std::size_t>(client)];
    if (!queue.empty()) return send_some(client, queue, true);
    const ssize_t got = recv(client, buffer.data(), buffer.size(), 0);
    if (got < 0) return would_block();
    return got > 0 && send_some(client, {buffer.data(), static_cast<std::size_t>(got)}, false);
}

void hang_up(int client) {
    unsent[static_cast<std::size_t>(client)] = {};
    close(client);  // epoll forgets it by itself
}

}  // namespace

int main(int argc, char** argv) {
    poller = check(epoll_create1(0), "epoll_create1");
    const int listener = listen_at(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
    watch(EPOLL_CTL_ADD, listener, EPOLLIN);
    std::array<epoll_event, 256> events;
    for (;;) {
        const int count = epoll_wait(poller, events.data(), static_cast<int>(events.size()), -1);
        if (count < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < count; ++i) {
            const int socket = events[static_cast<std::size_t>(i)].data.fd;
            if (socket == listener)
                accept_one(listener);
            else if (!serve(socket))
                hang_up(socket);
        }
    }
}
