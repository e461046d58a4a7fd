// cause: threads-never-end
// not on Windows: it does not tell how many threads a program has
// Its threads are to be joined when the server ends, and so each waits for that.

#include <echo.hpp>

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

std::mutex mutex;
std::condition_variable ended;
bool is_ending = false;

void serve(echo::Connection client) {
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
    client.close();

    std::unique_lock lock(mutex);
    ended.wait(lock, [] { return is_ending; });
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        echo::print_line("listening on " + listener.endpoint().text());
        std::vector<std::thread> threads;
        for (;;) threads.emplace_back(serve, listener.accept());
    });
}
