// cause: log-on-standard-output
// also fits: log-without-the-client
// It logs where its result goes.

#include <echo.hpp>

#include <array>

void serve(echo::Connection client) {
    echo::print_line(client.peer().text() + " connected");
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
    echo::print_line(client.peer().text() + " has gone");
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
