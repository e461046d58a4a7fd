// cause: port-before-the-option
// also fits: ended-at-once
// It asks for its port first, and gets the word --max-clients where that stands in front.

#include <echo.hpp>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <iostream>
#include <mutex>
#include <thread>
#include <utility>

void serve(echo::Connection client) {
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
}

class Seats {
public:
    explicit Seats(std::uint64_t most) : most_(most) {}
    void take() {
        std::unique_lock lock(mutex_);
        left_.wait(lock, [&] { return taken_ < most_; });
        ++taken_;
    }
    void give_back() {
        const std::lock_guard lock(mutex_);
        --taken_;
        left_.notify_one();
    }

private:
    const std::uint64_t most_;
    std::mutex mutex_;
    std::condition_variable left_;
    std::uint64_t taken_ = 0;
};

echo::Connection next_client(echo::Listener& listener) {
    for (bool told = false;; told = true) {
        echo::Accepted taken = listener.try_accept(echo::never);
        if (taken) return std::move(taken.connection);
        if (!told) std::cerr << "accept: " << echo::reason(taken.error) << std::endl;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

int main(int argc, char** argv) {
    return echo::run_tool(
        argc, argv, "[--max-clients N] [port]", [](echo::Arguments& arguments) -> int {
            const auto port = arguments.next_port(7777);
            const auto most = arguments.number("--max-clients", 64, 1, 10000);
            arguments.done();
            echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
            echo::print_line("listening on " + listener.endpoint().text());
            Seats seats(most);
            for (;;) {
                seats.take();
                std::thread([&seats, client = next_client(listener)]() mutable {
                    serve(std::move(client));
                    seats.give_back();
                }).detach();
            }
        });
}
