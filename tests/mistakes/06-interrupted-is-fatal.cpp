// cause: interrupted-call-is-fatal
// also fits: closes-too-early, does-nothing, lost-bytes, never-answers, no-answer
// It takes whatever recv says, an interruption too, for the end of the conversation.

#include <echo.hpp>

#include <array>

void serve(echo::Connection client, const echo::Log& log) {
    log.write(echo::Level::info, client.peer(), "connected");
    std::array<char, 4096> buffer;
    for (;;) {
        const auto got = echo::sys::recv(client.handle(), buffer.data(), buffer.size());
        if (got.error != 0 || got.value == 0) return;
        if (!client.send_all(echo::first(buffer, static_cast<std::size_t>(got.value)))) return;
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
