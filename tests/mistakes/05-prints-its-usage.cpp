// cause: unclear-refusal
// It answers whatever goes wrong with its usage.

#include <echo.hpp>

#include <array>
#include <cstdint>
#include <iostream>

void serve(echo::Connection client) {
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
}

int main(int argc, char** argv) {
    std::uint16_t port = 7777;
    try {
        if (argc > 1) port = echo::parse_port(argv[1]);
    } catch (const echo::Error&) {
        std::cerr << "usage: server [port]\n\nport: a number\n";
        return 2;
    }
    try {
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        std::cout << "listening on " << listener.endpoint() << std::endl;
        for (;;) serve(listener.accept());
    } catch (const echo::Error&) {
        std::cerr << "server: cannot start\n";
        return 1;
    }
}
