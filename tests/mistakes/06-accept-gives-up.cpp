// cause: accept-error-is-fatal
// also fits: serves-only-so-many
// It passes over those errors of accept that it has met, and ends with any other.

#include <echo.hpp>

#include <array>
#include <cerrno>

void serve(echo::Connection client, const echo::Log& log) {
    log.write(echo::Level::info, client.peer(), "connected");
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
}

bool is_known(int error) {
    return error == EINTR || error == ECONNABORTED || error == ECONNRESET || error == ENOTCONN;
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        echo::print_line("listening on " + listener.endpoint().text());
        const echo::Log log;
        for (;;) {
            echo::Endpoint peer;
            const auto taken = echo::sys::accept(listener.handle(), peer);
            if (is_known(taken.error)) continue;
            if (taken.error != 0) return 1;
            serve({echo::Socket(static_cast<echo::Handle>(taken.value)), peer}, log);
        }
    });
}
