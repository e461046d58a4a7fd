// cause: no-deadline
// It would give up at the drain's deadline, but its wait does not end then, unless somebody talks.

#include <echo.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>

struct Client {
    explicit Client(echo::Connection accepted) : connection(std::move(accepted)) {
        connection.set_nonblocking(true);
    }
    echo::Connection connection;
    std::string queue{};
    bool leaving = false;  // it has got its goodbye
};

struct Server {
    echo::Listener listener;
    std::size_t room;
    echo::Poller poller{};
    std::map<echo::Handle, Client> clients{};

    bool accept();
    void serve(echo::Handle socket);
    void say_goodbyes();
    void remove(echo::Handle socket);
};

// False: nobody is in line, or there is no seat.
bool Server::accept() {
    if (clients.size() >= room) return false;
    echo::Accepted taken = listener.try_accept();
    if (!taken) return false;
    const echo::Handle socket = taken.connection.handle();
    poller.watch(socket, echo::Interest::read);
    clients.emplace(socket, std::move(taken.connection));
    if (clients.size() == room) poller.change(listener.handle(), echo::Interest::none);
    return true;
}

// False: its connection has ended.
bool move_bytes(Client& client) {
    std::array<char, 65536> buffer;
    if (client.queue.empty()) {
        const auto got = client.connection.recv(buffer);
        if (!got) return got.status == echo::Status::would_block;
        if (client.leaving) return true;
        client.queue = echo::first(buffer, got.bytes);
    }
    const auto sent = client.connection.send_all(client.queue);
    client.queue.erase(0, sent.bytes);
    return sent || sent.status == echo::Status::would_block;
}

void Server::serve(echo::Handle socket) {
    Client& client = clients.at(socket);
    if (!move_bytes(client)) return remove(socket);
    poller.change(socket, client.queue.empty() ? echo::Interest::read : echo::Interest::write);
}

void Server::remove(echo::Handle socket) {
    poller.forget(socket);
    clients.erase(socket);
    if (listener.is_open()) poller.change(listener.handle(), echo::Interest::read);
}

// Somebody is owed something when there is a queue, or more to receive.
bool is_owed(const Client& client) {
    echo::Watched watched(client.connection.handle());
    return !client.queue.empty() || echo::poll(std::span(&watched, 1), echo::Clock::now()) > 0;
}

void Server::say_goodbyes() {
    for (auto& [socket, client] : clients) {
        if (client.leaving || is_owed(client)) continue;
        client.connection.shutdown_send();
        client.leaving = true;
    }
}

int main(int argc, char** argv) {
    const auto usage = "[--max-clients N] [--drain DURATION] [port]";
    return echo::run_tool(argc, argv, usage, [](echo::Arguments& arguments) -> int {
        using namespace std::chrono_literals;
        const auto room = arguments.number("--max-clients", 1000, 1, 100000);
        const auto drain = arguments.duration("--drain", 5s, 0s, 1h);
        const auto port = arguments.next_port(7777);
        arguments.done();
        Server server{echo::listen(echo::Endpoint::loopback(port)), std::size_t(room)};
        echo::Stop stop;
        stop.catch_signals();
        echo::print_line("listening on " + server.listener.endpoint().text());
        server.poller.watch(server.listener.handle(), echo::Interest::read);
        server.poller.watch(stop.handle(), echo::Interest::read);
        bool stops = false;
        bool has_landed = false;
        echo::Deadline lands = echo::never;
        echo::Deadline gives_up = echo::never;
        while (!stops || !server.clients.empty()) {
            for (const auto& event : server.poller.wait(lands)) {
                if (event.socket == stop.handle()) {
                    stops = true;
                    lands = echo::after(200ms);
                    gives_up = echo::after(drain);
                    server.poller.forget(stop.handle());
                    while (server.accept()) continue;
                    server.poller.forget(server.listener.handle());
                    server.listener.close();
                } else if (event.socket == server.listener.handle()) {
                    server.accept();
                } else {
                    server.serve(event.socket);
                }
            }
            const auto now = echo::Clock::now();
            has_landed = has_landed || lands <= now;
            if (has_landed) lands = echo::never;
            if (has_landed) server.say_goodbyes();
            if (gives_up <= now) break;
        }
        echo::Log().write(echo::Level::info, "stopped");
        return 0;
    });
}
