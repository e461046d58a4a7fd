// cause: c-string
// also fits: lost-bytes
// A zeroed array is a C string too: up to a zero byte of the message, or on into an older one.

#include <echo.hpp>

#include <array>
#include <iostream>
#include <span>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4097> buffer{};  // the last byte stays zero
    while (auto got = client.recv(std::span<char>(buffer).first(4096)))
        if (!client.send(buffer.data())) break;
}
