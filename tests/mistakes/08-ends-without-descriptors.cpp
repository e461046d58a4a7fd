// cause: ends-for-lack-of-descriptors
// also fits: crash, shortage-in-silence, uncaught-exception
// accept throws when there is no descriptor left, and nobody catches it but main.

#include <echo.hpp>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

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

int main(int argc, char** argv) {
    return echo::run_tool(
        argc, argv, "[--max-clients N] [port]", [](echo::Arguments& arguments) -> int {
            const auto most = arguments.number("--max-clients", 64, 1, 10000);
            const auto port = arguments.next_port(7777);
            arguments.done();
            echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
            echo::print_line("listening on " + listener.endpoint().text());
            static Line line;
            for (std::uint64_t number = 0; number < most; ++number)
                std::thread([] {
                    for (;;) serve(line.take());
                }).detach();
            for (;;) line.put(listener.accept());
        });
}
