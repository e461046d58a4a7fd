// cause: stops-for-lack-of-descriptors
// also fits: listens-anew
// not on Windows: it does not limit descriptors, so another test finds it, and other causes fit
// It takes the failed accept for the end of the listener.

#include <echo.hpp>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
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

int main(int argc, char** argv) {
    return echo::run_tool(
        argc, argv, "[--max-clients N] [port]", [](echo::Arguments& arguments) -> int {
            const auto most = arguments.number("--max-clients", 64, 1, 10000);
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
            while (listener.is_open()) {
                echo::Accepted taken = listener.try_accept(echo::never);
                if (taken)
                    line.put(std::move(taken.connection));
                else
                    echo::Log().write(echo::Level::error, "accept: " + echo::reason(taken.error));
                if (!taken) listener.close();
            }
            for (std::thread& worker : workers) worker.join();
            return 0;
        });
}
