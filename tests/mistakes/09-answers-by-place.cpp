// cause: bytes-of-another
// also fits: changed-bytes
// not on Windows: no program is stopped there, so nobody is sure to be ready in the same pass
// What is to be sent stays at its place when those before it have left.

#include <echo.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

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
            std::vector<std::string> answers;
            std::vector<char> buffer(65536);
            for (;;) {
                echo::poll(watched);
                answers.resize(clients.size());
                for (std::size_t i = clients.size(); i-- > 0;) {
                    if (!watched[i + 1].readable()) continue;
                    const auto got = clients[i].recv(buffer);
                    answers[i] = echo::first(buffer, got.bytes);
                    if (!got) remove(clients, watched, i);
                }
                for (std::size_t i = 0; i < clients.size(); ++i)
                    (void)clients[i].send_all(std::exchange(answers[i], {})).bytes;
                if (watched[0].readable())
                    if (echo::Accepted taken = listener.try_accept()) {
                        watched.emplace_back(taken.connection.handle());
                        clients.push_back(std::move(taken.connection));
                    }
            }
        });
}
