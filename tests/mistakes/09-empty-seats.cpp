// cause: left-out
// also fits: does-nothing, lost-bytes, lost-client, never-answers, quiet-ones-stop-it
// It gives the seat of one who left to the next client, and forgets to watch it again.

#include <echo.hpp>

#include <algorithm>
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
                for (std::size_t i = 0; i < clients.size(); ++i) {
                    if (!watched[i + 1].readable() || echo_once(clients[i])) continue;
                    clients[i].close();
                    watched[i + 1].set_interest(echo::Interest::none);
                }
                if (!watched[0].readable()) continue;
                echo::Accepted taken = listener.try_accept();
                if (!taken) continue;
                const auto seat =
                    std::find_if(clients.begin(), clients.end(),
                                 [](const auto& client) { return !client.is_open(); });
                if (seat != clients.end()) {
                    *seat = std::move(taken.connection);
                    continue;
                }
                watched.emplace_back(taken.connection.handle());
                clients.push_back(std::move(taken.connection));
            }
        });
}
