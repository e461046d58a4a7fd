// cause: removes-the-wrong-one
// also fits: closes-too-early, lost-bytes, only-one-message
// not on Windows: a new socket need not get the number of an old one there
// It remembers by its number that a client has left, and the system gives that number to the next.

#include <echo.hpp>

#include <array>
#include <cstddef>
#include <set>
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
            (void)arguments.number("--max-clients", 1000, 1, 100000);
            const auto port = arguments.next_port(7777);
            arguments.done();
            echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
            echo::print_line("listening on " + listener.endpoint().text());
            std::set<echo::Handle> left;
            std::vector<echo::Connection> clients;
            std::vector<echo::Watched> watched;
            watched.emplace_back(listener.handle());
            for (;;) {
                echo::poll(watched);
                for (std::size_t i = clients.size(); i-- > 0;) {
                    const echo::Handle socket = clients[i].handle();
                    if (!watched[i + 1].readable()) continue;
                    if (!echo_once(clients[i])) left.insert(socket);
                    if (left.count(socket) > 0) remove(clients, watched, i);
                }
                if (watched[0].readable())
                    if (echo::Accepted taken = listener.try_accept()) {
                        watched.emplace_back(taken.connection.handle());
                        clients.push_back(std::move(taken.connection));
                    }
            }
        });
}
