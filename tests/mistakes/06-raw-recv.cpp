// cause: interrupted-call-is-fatal
// also fits: closes-too-early, lost-bytes, only-one-message
// not on Windows: it has no signals that interrupt a call
// It receives with the system's own call, and takes an interruption for the end.

#include <echo.hpp>

#include <array>

void serve(echo::Connection client, const echo::Log& log) {
    log.write(echo::Level::info, client.peer(), "connected");
    std::array<char, 4096> buffer;
    for (;;) {
        const auto got =
            ::recv(client.handle(), buffer.data(), echo::sys::io_size(buffer.size()), 0);
        if (got <= 0) return;
        if (!client.send_all(echo::first(buffer, static_cast<std::size_t>(got)))) return;
    }
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
