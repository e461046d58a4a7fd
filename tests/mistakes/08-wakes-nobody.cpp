// cause: seat-lost
// also fits: does-nothing, lost-bytes, lost-client, never-answers
// It gives the seat back, and does not tell who waits for it.

#include <echo.hpp>

#include <array>
#include <condition_variable>
#include <cstdint>
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
    }

private:
    const std::uint64_t most_;
    std::mutex mutex_;
    std::condition_variable left_;
    std::uint64_t taken_ = 0;
};

int main(int argc, char** argv) {
    return echo::run_tool(
        argc, argv, "[--max-clients N] [port]", [](echo::Arguments& arguments) -> int {
            const auto most = arguments.number("--max-clients", 64, 1, 10000);
            const auto port = arguments.next_port(7777);
            arguments.done();
            echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
            echo::print_line("listening on " + listener.endpoint().text());
            Seats seats(most);
            for (;;) {
                seats.take();
                std::thread([&seats, client = listener.accept()]() mutable {
                    serve(std::move(client));
                    seats.give_back();
                }).detach();
            }
        });
}
