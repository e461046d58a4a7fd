// cause: busy-waiting
// When the system has no room for another socket it tries again after a while, and poll's deadline
// stays where it was, when it is over.

#include <echo.hpp>

#include <array>
#include <chrono>
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
            (void)arguments.number("--max-clients", 1000, 1, 100000);
            const auto port = arguments.next_port(7777);
            arguments.done();
            echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
            echo::print_line("listening on " + listener.endpoint().text());
            std::vector<echo::Connection> clients;
            std::vector<echo::Watched> watched;
            watched.emplace_back(listener.handle());
            echo::Deadline tries_again = echo::never;
            for (;;) {
                if (echo::Clock::now() >= tries_again)
                    watched[0].set_interest(echo::Interest::read);
                echo::poll(watched, tries_again);
                for (std::size_t i = clients.size(); i-- > 0;)
                    if (watched[i + 1].readable() && !echo_once(clients[i]))
                        remove(clients, watched, i);
                if (!watched[0].readable()) continue;
                echo::Accepted taken = listener.try_accept();
                if (taken) {
                    watched.emplace_back(taken.connection.handle());
                    clients.push_back(std::move(taken.connection));
                } else if (taken.status == echo::Status::failed) {
                    watched[0].set_interest(echo::Interest::none);
                    tries_again = echo::after(std::chrono::milliseconds(100));
                }
            }
        });
}
