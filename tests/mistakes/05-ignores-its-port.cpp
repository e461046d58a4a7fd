// cause: ignores-its-port
// also fits: ended-at-once
// It looks at its port, and listens on another, always the same.

#include <echo.hpp>

#include <array>

void serve(echo::Connection client) {
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        (void)port;
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(47113));
        echo::print_line("listening on " + listener.endpoint().text());
        for (;;) serve(listener.accept());
    });
}
