// cause: watches-a-closed-socket
// also fits: serves-only-so-many
// not on Windows: a closed socket is told of sooner there, and other causes fit
// It closes the connection of one who left, and goes on to watch it.

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
                for (std::size_t i = 0; i < clients.size(); ++i)
                    if (clients[i].is_open() && watched[i + 1].readable() && !echo_once(clients[i]))
                        clients[i].close();
                if (watched[0].readable())
                    if (echo::Accepted taken = listener.try_accept()) {
                        watched.emplace_back(taken.connection.handle());
                        clients.push_back(std::move(taken.connection));
                    }
            }
        });
}
