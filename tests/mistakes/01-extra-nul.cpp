// cause: extra-nul
// also fits: extra-bytes
// The zero byte that ends a C string goes out with the message.

#include <echo.hpp>

#include <array>
#include <iostream>
#include <span>
#include <string_view>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4097> buffer;
    while (auto got = client.recv(std::span<char>(buffer).first(4096))) {
        buffer[got.bytes] = '\0';
        if (!client.send(std::string_view(buffer.data(), got.bytes + 1))) break;
    }
}
