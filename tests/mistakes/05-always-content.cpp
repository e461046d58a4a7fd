// cause: exit-code-of-a-refusal
// It says what went wrong, and ends as if all were well.

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
    try {
        const auto port = argc > 1 ? echo::parse_port(argv[1]) : std::uint16_t{7777};
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        std::cout << "listening on " << listener.endpoint() << std::endl;
        for (;;) serve(listener.accept());
    } catch (const echo::Error& error) {
        std::cerr << "server: " << error.what() << '\n';
    }
    return 0;
}
