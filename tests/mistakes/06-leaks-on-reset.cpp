// cause: leaks-descriptors
// not on Windows: under Wine a reset looks like the end of the stream
// It holds a bare handle, and one of the ways out of the conversation has no close.

#include <echo.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string_view>

bool send_all(echo::Handle client, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = echo::sys::send(client, bytes.data(), bytes.size());
        if (sent.error == EINTR) continue;
        if (sent.error != 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent.value));
    }
    return true;
}

void serve(echo::Handle client, const echo::Endpoint& peer, const echo::Log& log) {
    log.write(echo::Level::info, peer, "connected");
    std::array<char, 4096> buffer;
    for (;;) {
        const auto got = echo::sys::recv(client, buffer.data(), buffer.size());
        if (got.error == EINTR) continue;
        if (got.error != 0) return;
        if (got.value == 0) break;
        if (!send_all(client, echo::first(buffer, static_cast<std::size_t>(got.value)))) break;
    }
    echo::sys::close(client);
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
            if (taken.error == 0) serve(static_cast<echo::Handle>(taken.value), peer, log);
        }
    });
}
