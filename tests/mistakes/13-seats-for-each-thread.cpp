// cause: seats-for-each-thread
// also fits: limit-ignored
// Each thread has a count of its own, and compares that one with --max-clients.

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

// One thread's clients, and its turn at the door.
class Loop {
public:
    Loop(echo::Listener& listener, echo::Stop& stop, std::size_t room)
        : listener_(listener), stop_(stop), room_(room) {}

    void run() {
        std::vector<echo::Watched> watched;
        for (;;) {
            watched.assign(1, echo::Watched(stop_.handle()));
            for (const echo::Connection& client : clients_) watched.emplace_back(client.handle());
            if (clients_.size() < room_) watched.emplace_back(listener_.handle());
            echo::poll(watched);
            if (watched[0].readable()) return;
            serve(watched);
            if (echo::Accepted taken = accept(watched.back())) {
                taken.connection.set_nonblocking(true);
                clients_.push_back(std::move(taken.connection));
            }
        }
    }

private:
    void serve(const std::vector<echo::Watched>& watched) {
        auto client = clients_.begin();
        for (std::size_t i = 1; client != clients_.end(); ++i)
            client = watched[i].readable() && !answer(*client) ? clients_.erase(client)
                                                               : std::next(client);
    }
    bool answer(echo::Connection& client) {
        const auto got = client.recv(buffer_);
        if (!got) return got.status == echo::Status::would_block;
        return bool(client.send_all(echo::first(buffer_, got.bytes)));
    }
    // Another thread may have been quicker.
    echo::Accepted accept(const echo::Watched& last) {
        const bool looked = last.socket() == listener_.handle();
        if (!looked || !last.readable()) return {echo::Status::would_block, {}, {}};
        const std::lock_guard<std::mutex> one_at_a_time(door_);
        return listener_.try_accept();
    }

    static inline std::mutex door_;
    echo::Listener& listener_;
    echo::Stop& stop_;
    const std::size_t room_;
    std::list<echo::Connection> clients_;
    std::array<char, 65536> buffer_;
};

// Only these words, for this option.
void check(echo::Arguments& arguments, std::string_view option, std::string_view otherwise,
           const std::vector<std::string_view>& words) {
    const std::string_view word = arguments.value(option, otherwise);
    if (std::find(words.begin(), words.end(), word) == words.end())
        throw echo::UsageError(std::string(option) + ' ' + echo::quote(word) + ": not valid");
}

echo::Listener listen(std::string_view host, std::uint16_t port) {
    if (host == "*") return echo::listen(port);
    if (host.empty()) throw echo::UsageError("--host: no address");
    const bool is_ipv6 = host.find(':') != host.npos;
    const std::string address = is_ipv6 ? '[' + std::string(host) + ']' : std::string(host);
    return echo::listen(echo::Endpoint::parse(address + ':' + std::to_string(port)));
}

}  // namespace

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[options] [port]", [](echo::Arguments& arguments) -> int {
        check(arguments, "--log-level", "info", {"debug", "info", "warning", "error", "none"});
        check(arguments, "--log-format", "text", {"text", "json"});
        const std::uint64_t threads = arguments.number("--threads", 1, 1, 256);
        const std::uint64_t room = arguments.number("--max-clients", 1000, 1, 100000);
        const std::string_view host = arguments.value("--host", "*");
        const std::uint16_t port = arguments.next_port(7777);
        arguments.done();
        echo::Listener listener = listen(host, port);
        echo::Stop stop;
        stop.catch_signals();
        const std::string who = host == "*" ? ", every address; --host restricts it" : "";
        echo::print_line("listening on " + listener.endpoint().text() + who);
        std::vector<std::thread> workers;
        while (workers.size() < threads)
            workers.emplace_back([&] { Loop(listener, stop, room).run(); });
        for (std::thread& worker : workers) worker.join();
        return 0;
    });
}
