// cause: c-string
// also fits: lost-bytes
// The bytes are taken for a C string, which ends at the first zero byte.

#include <echo.hpp>

#include <array>
#include <iostream>
#include <span>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4097> buffer;
    while (auto got = client.recv(std::span<char>(buffer).first(4096))) {
        buffer[got.bytes] = '\0';
        if (!client.send(buffer.data())) break;
    }
}
