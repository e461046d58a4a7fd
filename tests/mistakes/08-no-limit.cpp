// cause: limit-ignored
// It knows the option, and does nothing with it: each client gets a thread at once.

#include <echo.hpp>

#include <array>
#include <thread>

void serve(echo::Connection client) {
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
}

int main(int argc, char** argv) {
    return echo::run_tool(
        argc, argv, "[--max-clients N] [port]", [](echo::Arguments& arguments) -> int {
            const auto most = arguments.number("--max-clients", 64, 1, 10000);
            const auto port = arguments.next_port(7777);
            arguments.done();
            echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
            echo::print_line("listening on " + listener.endpoint().text());
            (void)most;
            for (;;) std::thread(serve, listener.accept()).detach();
        });
}
