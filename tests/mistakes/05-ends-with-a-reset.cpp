// cause: ends-with-a-rude-client
// It leaves the loop of accept when a client breaks off.

#include <echo.hpp>

#include <array>

bool serve(echo::Connection client) {
    std::array<char, 4096> buffer;
    for (;;) {
        const auto got = client.recv(buffer);
        if (got.status == echo::Status::end) return true;
        if (!got || !client.send_all(echo::first(buffer, got.bytes))) return false;
    }
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        echo::print_line("listening on " + listener.endpoint().text());
        while (serve(listener.accept())) continue;
        return 1;
    });
}
