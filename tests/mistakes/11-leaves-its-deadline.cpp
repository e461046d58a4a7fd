// cause: deadline-outlives-its-client
// also fits: lets-go-too-soon
// A deadline is for a place. It stays when the client at this place leaves, and meets the next one.

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

using Deadlines = std::multimap<echo::Deadline, std::size_t>;

struct Client {
    echo::Connection connection;
    Deadlines::iterator deadline;
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
    client.moved += sent.bytes;
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
        std::map<std::size_t, Client> clients;  // by place, from 1 on
        Deadlines deadlines;
        for (;;) {
            std::vector<echo::Watched> watched;
            const bool full = clients.size() >= room;
            watched.emplace_back(listener.handle(),
                                 full ? echo::Interest::none : echo::Interest::read);
            for (const auto& [place, client] : clients)
                watched.emplace_back(client.connection.handle(), client.queue.empty()
                                                                     ? echo::Interest::read
                                                                     : echo::Interest::write);
            echo::poll(watched, deadlines.empty() ? echo::never : deadlines.begin()->first);
            auto seen = watched.begin();
            for (auto at = clients.begin(); at != clients.end();) {
                Client& client = at->second;
                ++seen;
                if ((seen->readable() || seen->writable()) && !serve(client)) {
                    at = clients.erase(at);
                    continue;
                }
                if (client.moved >= pace) {
                    client.moved = 0;
                    deadlines.erase(client.deadline);
                    client.deadline = deadlines.emplace(echo::after(idle), at->first);
                }
                ++at;
            }
            while (!deadlines.empty() && deadlines.begin()->first <= echo::Clock::now()) {
                clients.erase(deadlines.begin()->second);
                deadlines.erase(deadlines.begin());
            }
            if (!watched[0].readable()) continue;
            if (echo::Accepted taken = listener.try_accept()) {
                taken.connection.set_nonblocking(true);
                std::size_t place = 1;
                while (clients.count(place) > 0) ++place;
                const auto deadline = deadlines.emplace(echo::after(idle), place);
                clients.emplace(place, Client{std::move(taken.connection), deadline});
            }
        }
    });
}
