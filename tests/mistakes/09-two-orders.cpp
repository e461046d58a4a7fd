// cause: asks-one-who-is-not-ready
// also fits: lost-bytes, only-one-message, quiet-ones-stop-it
// It removes a client in one way from one list, and in another way from the other.

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

int main(int argc, char** argv) {
    return echo::run_tool(
        argc, argv, "[--max-clients N] [port]", [](echo::Arguments& arguments) -> int {
            (void)arguments.number("--max-clients", 1000, 1, 100000);
            const auto port = arguments.next_port(7777);
            arguments.done();
            echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
            echo::print_line("listening on " + listener.endpoint().text());
            std::vector<echo::Connection> clients;
            std::vector<echo::Watched> watched;
            watched.emplace_back(listener.handle());
            for (;;) {
                echo::poll(watched);
                for (std::size_t i = clients.size(); i-- > 0;) {
                    if (!watched[i + 1].readable() || echo_once(clients[i])) continue;
                    watched.erase(watched.begin() + static_cast<std::ptrdiff_t>(i) + 1);
                    std::swap(clients[i], clients.back());
                    clients.pop_back();
                }
                if (watched[0].readable())
                    if (echo::Accepted taken = listener.try_accept()) {
                        watched.emplace_back(taken.connection.handle());
                        clients.push_back(std::move(taken.connection));
                    }
            }
        });
}
