// cause: one-at-a-time
// also fits: does-nothing, lost-bytes
// It serves the client in the loop that accepts, so the next one waits for its end.

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
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        echo::print_line("listening on " + listener.endpoint().text());
        for (;;) serve(listener.accept());
    });
}
