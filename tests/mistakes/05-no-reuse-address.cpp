// cause: port-rests
// also fits: ended-at-once
// not on Windows: a port does not rest there
// It binds by itself, and forgets what a port at rest needs.

#include <echo.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <utility>

void serve(echo::Connection client) {
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        echo::Socket socket(static_cast<echo::Handle>(echo::sys::socket(AF_INET).value));
        if (echo::sys::bind(socket.handle(), echo::Endpoint::loopback(port)).error != 0)
            throw std::runtime_error("port " + std::to_string(port) + " is in use");
        if (echo::sys::listen(socket.handle()).error != 0) return 1;
        echo::Listener listener(std::move(socket));
        echo::print_line("listening on " + listener.endpoint().text());
        for (;;) serve(listener.accept());
    });
}
