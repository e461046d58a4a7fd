// cause: keeps-the-slot
// not on Windows: POLLIN is two bits there, and poll reports one of them
// It turns to a client only when there are bytes, and nothing else has happened.

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
            std::vector<pollfd> watched{{listener.handle(), POLLIN, 0}};
            for (;;) {
                echo::sys::poll_all(watched.data(), watched.size(), -1);
                for (std::size_t i = clients.size(); i-- > 0;)
                    if (watched[i + 1].revents == POLLIN && !echo_once(clients[i])) {
                        const auto at = static_cast<std::ptrdiff_t>(i);
                        clients.erase(clients.begin() + at);
                        watched.erase(watched.begin() + at + 1);
                    }
                if (watched[0].revents == POLLIN)
                    if (echo::Accepted taken = listener.try_accept()) {
                        watched.push_back({taken.connection.handle(), POLLIN, 0});
                        clients.push_back(std::move(taken.connection));
                    }
            }
        });
}
