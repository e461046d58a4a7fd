// cause: ignores-who-is-ready
// In a full house it leaves the listener alone, and goes on watching it.

#include <echo.hpp>

#include <array>
#include <cstddef>
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
                echo::poll(watched);
                for (std::size_t i = clients.size(); i-- > 0;)
                    if (watched[i + 1].readable() && !echo_once(clients[i]))
                        remove(clients, watched, i);
                if (watched[0].readable() && clients.size() < room)
                    if (echo::Accepted taken = listener.try_accept()) {
                        watched.emplace_back(taken.connection.handle());
                        clients.push_back(std::move(taken.connection));
                    }
            }
        });
}
