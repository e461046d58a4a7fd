// cause: bad-limit-accepted
// Its limit is whatever atoi makes of the word; 64 in place of nothing.

#include <echo.hpp>

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

void serve(echo::Connection client) {
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
}

// The clients on their way to the workers.
class Line {
public:
    void put(echo::Connection client) {
        const std::lock_guard lock(mutex_);
        clients_.push_back(std::move(client));
        came_.notify_one();
    }
    echo::Connection take() {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [&] { return !clients_.empty(); });
        echo::Connection client = std::move(clients_.front());
        clients_.pop_front();
        return client;
    }

private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::deque<echo::Connection> clients_;
};

// The word behind the option goes, and the option too.
int limit_of(int& argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) != "--max-clients") continue;
        const int limit = i + 1 < argc ? std::atoi(argv[i + 1]) : 64;
        argc = i;
        return limit > 0 ? limit : 64;
    }
    return 64;
}

int main(int argc, char** argv) {
    const auto most = static_cast<std::size_t>(limit_of(argc, argv));
    return echo::run_tool(
        argc, argv, "[port] [--max-clients N]", [most](echo::Arguments& arguments) -> int {
            const auto port = arguments.next_port(7777);
            arguments.done();
            echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
            echo::print_line("listening on " + listener.endpoint().text());
            Line line;
            std::vector<std::thread> workers;
            while (workers.size() < most)
                workers.emplace_back([&line] {
                    for (;;) serve(line.take());
                });
            for (;;) line.put(listener.accept());
        });
}
