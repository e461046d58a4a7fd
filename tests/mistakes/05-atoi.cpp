// cause: bad-port-accepted
// It takes whatever atoi makes of the word.

#include <echo.hpp>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <iostream>

void serve(echo::Connection client) {
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
}

int main(int argc, char** argv) try {
    const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 7777);
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    for (;;) serve(listener.accept());
} catch (const echo::Error& error) {
    std::cerr << "server: " << error.what() << '\n';
    return 1;
}
