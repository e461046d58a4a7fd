// cause: tries-a-broken-connection-again
// also fits: does-nothing, lost-bytes, never-answers, recv-outside-the-loop, tries-a-failed-send-again
// It means to send every byte, and does not take no for an answer.

#include <echo.hpp>

#include <array>

void serve(echo::Connection client, const echo::Log& log) {
    log.write(echo::Level::info, client.peer(), "connected");
    std::array<char, 65536> buffer;
    while (auto got = client.recv(buffer))
        while (!client.send_all(echo::first(buffer, got.bytes))) continue;
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
