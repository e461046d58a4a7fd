// cause: counts-one-way
// also fits: lets-go-too-soon
// It counts what it receives, and not what it sends.

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

struct Client {
    echo::Connection connection;
    echo::Deadline due;
    std::uint64_t moved = 0;
    std::string queue{};
};

// False: it has finished, or is gone.
bool serve(Client& client) {
    std::array<char, 4096> buffer;
    if (client.queue.empty()) {
        const auto got = client.connection.recv(buffer);
        if (!got) return got.status == echo::Status::would_block;
        client.queue = echo::first(buffer, got.bytes);
        client.moved += got.bytes;
    }
    const auto sent = client.connection.send_all(client.queue);
    client.queue.erase(0, sent.bytes);
    return sent || sent.status == echo::Status::would_block;
}

int main(int argc, char** argv) {
    const auto usage = "[--max-clients N] [--idle DURATION] [--pace BYTES] [port]";
    return echo::run_tool(argc, argv, usage, [](echo::Arguments& arguments) -> int {
        using namespace std::chrono_literals;
        const auto room = arguments.number("--max-clients", 1000, 1, 100000);
        const auto idle = arguments.duration("--idle", 5min, 1ms, 24h);
        const auto pace = arguments.number("--pace", 1, 1, 1000000);
        const auto port = arguments.next_port(7777);
        arguments.done();
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        echo::print_line("listening on " + listener.endpoint().text());
        std::vector<Client> clients;
        std::vector<echo::Watched> watched;
        watched.emplace_back(listener.handle());
        const auto remove = [&](std::size_t place) {
            const auto at = static_cast<std::ptrdiff_t>(place);
            clients.erase(clients.begin() + at);
            watched.erase(watched.begin() + at + 1);
        };
        for (;;) {
            echo::Deadline next = echo::never;
            for (const Client& client : clients) next = std::min(next, client.due);
            const bool full = clients.size() >= room;
            watched[0].set_interest(full ? echo::Interest::none : echo::Interest::read);
            echo::poll(watched, next);
            for (std::size_t i = clients.size(); i-- > 0;) {
                if (!watched[i + 1].readable() && !watched[i + 1].writable()) continue;
                if (!serve(clients[i])) {
                    remove(i);
                    continue;
                }
                const bool sends = !clients[i].queue.empty();
                watched[i + 1].set_interest(sends ? echo::Interest::write : echo::Interest::read);
            }
            for (std::size_t i = clients.size(); i-- > 0;) {
                if (clients[i].due > echo::Clock::now()) continue;
                if (clients[i].moved < pace) {
                    remove(i);
                    continue;
                }
                clients[i].moved = 0;
                clients[i].due = echo::after(idle);
            }
            if (!watched[0].readable()) continue;
            if (echo::Accepted taken = listener.try_accept()) {
                taken.connection.set_nonblocking(true);
                watched.emplace_back(taken.connection.handle());
                clients.push_back({std::move(taken.connection), echo::after(idle)});
            }
        }
    });
}
