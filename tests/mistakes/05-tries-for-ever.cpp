// cause: stays-after-its-refusal
// When it can't have its port it says so, and tries again, and again.

#include <echo.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <thread>

void serve(echo::Connection client) {
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
}

echo::Listener listen_sooner_or_later(std::uint16_t port) {
    for (;;) {
        try {
            return echo::listen(echo::Endpoint::loopback(port));
        } catch (const echo::Error& error) {
            std::cerr << error.what() << '\n';
            std::this_thread::sleep_for(std::chrono::seconds(1));
        }
    }
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        echo::Listener listener = listen_sooner_or_later(port);
        echo::print_line("listening on " + listener.endpoint().text());
        for (;;) serve(listener.accept());
    });
}
