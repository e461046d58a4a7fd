// cause: no-thread-no-server
// also fits: serves-only-so-many
// not on Windows: it can not give a program room for a few threads only
// not with a sanitizer: it takes more addresses for itself than a few threads need
// It does not reckon with a thread that can not be started.

#include <echo.hpp>

#include <array>
#include <thread>
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
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        echo::print_line("listening on " + listener.endpoint().text());
        for (;;) std::thread(serve, listener.accept()).detach();
    });
}
