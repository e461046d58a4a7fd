// cause: another-port-instead
// It means well: when its port is taken, it takes any other.

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
        const auto listen = [&] {
            try {
                return echo::listen(echo::Endpoint::loopback(port));
            } catch (const echo::Error&) {
                return echo::listen(echo::Endpoint::loopback(0));
            }
        };
        echo::Listener listener = listen();
        echo::print_line("listening on " + listener.endpoint().text());
        for (;;) serve(listener.accept());
    });
}
