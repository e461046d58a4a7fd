// cause: ends-with-a-rude-client
// It makes an exception of what a client does, and nobody catches it in the loop.

#include <echo.hpp>

#include <array>
#include <stdexcept>

void serve(echo::Connection client) {
    std::array<char, 4096> buffer;
    for (;;) {
        const auto got = client.recv(buffer);
        if (got.status == echo::Status::end) return;
        if (!got || !client.send_all(echo::first(buffer, got.bytes)))
            throw std::runtime_error("the client has gone");
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
