// cause: ends-with-a-rude-client
// It makes an exception of a reset, and the nearest who catches it is the end of main.

#include <echo.hpp>

#include <array>
#include <stdexcept>

void serve(echo::Connection client, const echo::Log& log) {
    log.write(echo::Level::info, client.peer(), "connected");
    std::array<char, 4096> buffer;
    for (;;) {
        const auto got = client.recv(buffer);
        if (got.status == echo::Status::end) return;
        if (!got) throw std::runtime_error(got.text());
        if (const auto sent = client.send_all(echo::first(buffer, got.bytes)); !sent)
            throw std::runtime_error(sent.text());
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
