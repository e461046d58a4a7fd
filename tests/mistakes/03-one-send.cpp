// cause: short-send-loses-bytes
// also fits: lost-bytes
// A send that takes only part of the bytes loses the others.

#include <echo.hpp>

#include <array>
#include <iostream>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send(echo::first(buffer, got.bytes))) break;
}
