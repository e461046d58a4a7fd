// cause: log-without-the-client
// It logs the address, and all clients of one machine look the same.

#include <echo.hpp>

#include <array>

void serve(echo::Connection client, const echo::Log& log) {
    log.write(echo::Level::info, client.peer().address() + " connected");
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
    log.write(echo::Level::info, client.peer().address() + " has gone");
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        echo::print_line("listening on " + listener.endpoint().text());
        const echo::Log log;
        for (;;) serve(listener.accept(), log);
    });
}
