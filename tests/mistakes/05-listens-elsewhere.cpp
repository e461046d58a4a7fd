// cause: listens-anew
// It listens for each client again, each time where the system likes.

#include <echo.hpp>

#include <array>
#include <cstdint>

void serve(echo::Connection client) {
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        for (;;) {
            echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
            echo::print_line("listening on " + listener.endpoint().text());
            serve(listener.accept());
        }
    });
}
