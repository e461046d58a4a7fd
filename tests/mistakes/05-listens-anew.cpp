// cause: listens-anew
// also fits: closes-too-early, does-nothing, lost-bytes, never-answers, no-answer
// It listens for each client again, and those in line are lost.

#include <echo.hpp>

#include <array>
#include <cstdint>

void serve(echo::Connection client) {
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        for (std::uint16_t mine = port;;) {
            echo::Listener listener = echo::listen(echo::Endpoint::loopback(mine));
            if (mine == port) echo::print_line("listening on " + listener.endpoint().text());
            mine = listener.endpoint().port();
            serve(listener.accept());
        }
    });
}
