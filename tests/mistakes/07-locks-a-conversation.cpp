// cause: waits-for-a-lock
// also fits: does-nothing, lost-bytes, one-at-a-time
// It guards its counter with a lock, and holds it while it serves.

#include <echo.hpp>

#include <array>
#include <cstddef>
#include <mutex>
#include <thread>
#include <utility>

std::mutex mutex;
std::size_t echoed = 0;  // by all of them, for a statistic

void serve(echo::Connection client) {
    const std::lock_guard lock(mutex);
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer)) {
        echoed += got.bytes;
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
    }
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        echo::print_line("listening on " + listener.endpoint().text());
        for (;;) std::thread(serve, listener.accept()).detach();
    });
}
