// cause: shared-buffer
// also fits: changed-bytes
// It saves memory: one buffer for everybody.

#include <echo.hpp>

#include <array>
#include <thread>
#include <utility>

std::array<char, 65536> buffer;

void serve(echo::Connection client) {
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        echo::print_line("listening on " + listener.endpoint().text());
        for (;;) std::thread(serve, listener.accept()).detach();
    });
}
