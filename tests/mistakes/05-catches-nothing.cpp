// cause: uncaught-refusal
// also fits: crash, uncaught-exception
// It starts as long as nothing is wrong, and crashes else.

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
    const auto port = argc > 1 ? echo::parse_port(argv[1]) : std::uint16_t{7777};
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    for (;;) serve(listener.accept());
}
