// cause: sleeps-in-accept
// It pauses, as lesson 08's does, where the system has no room for one more. Its one thread is that
// of all clients.

#include <echo.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

// False: it has finished, or is gone.
bool echo_once(echo::Connection& client) {
    std::array<char, 4096> buffer;
    const auto got = client.recv(buffer);
    return got && client.send_all(echo::first(buffer, got.bytes));
}

void remove(std::vector<echo::Connection>& clients, std::vector<echo::Watched>& watched,
            std::size_t place) {
    const auto at = static_cast<std::ptrdiff_t>(place);
    clients.erase(clients.begin() + at);
    watched.erase(watched.begin() + at + 1);
}

int main(int argc, char** argv) {
    return echo::run_tool(
        argc, argv, "[--max-clients N] [port]", [](echo::Arguments& arguments) -> int {
            const auto room = arguments.number("--max-clients", 1000, 1, 100000);
            const auto port = arguments.next_port(7777);
            arguments.done();
            echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
            echo::print_line("listening on " + listener.endpoint().text());
            std::vector<echo::Connection> clients;
            std::vector<echo::Watched> watched;
            watched.emplace_back(listener.handle());
            for (;;) {
                const bool full = clients.size() >= room;
                watched.front().set_interest(full ? echo::Interest::none : echo::Interest::read);
                echo::poll(watched);
                for (std::size_t i = clients.size(); i-- > 0;)
                    if (watched[i + 1].readable() && !echo_once(clients[i]))
                        remove(clients, watched, i);
                if (!watched.front().readable()) continue;
                echo::Accepted taken = listener.try_accept();
                if (taken) {
                    watched.emplace_back(taken.connection.handle());
                    clients.push_back(std::move(taken.connection));
                } else if (taken.status != echo::Status::would_block) {
                    std::this_thread::sleep_for(std::chrono::milliseconds(100));
                }
            }
        });
}
