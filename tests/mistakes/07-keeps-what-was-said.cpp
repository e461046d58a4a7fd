// cause: keeps-memory
// For a statistic that nobody has written yet, it keeps all that its clients have ever said.

#include <echo.hpp>

#include <array>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

std::mutex mutex;
std::vector<std::string> said;

void serve(echo::Connection client) {
    std::string all(std::size_t{1} << 20, ' ');  // room for a long talk
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer)) {
        all += echo::first(buffer, got.bytes);
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
    }
    const std::lock_guard lock(mutex);
    said.push_back(std::move(all));
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
