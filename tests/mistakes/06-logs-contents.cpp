// cause: forged-log
// It logs what its clients say, as they say it.

#include <echo.hpp>

#include <array>
#include <iostream>

void serve(echo::Connection client) {
    std::cerr << client.peer() << " connected\n";
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer)) {
        std::cerr << client.peer() << " says " << echo::first(buffer, got.bytes) << '\n';
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
    }
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        echo::print_line("listening on " + listener.endpoint().text());
        for (;;) serve(listener.accept());
    });
}
