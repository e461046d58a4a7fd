// cause: hoards-threads
// not on Windows: it does not tell how many addresses a program has reserved
// It keeps every thread in order to join it at the end, which never comes.

#include <echo.hpp>

#include <array>
#include <thread>
#include <vector>

void serve(echo::Connection client) {
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
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
