// cause: whole-buffer
// also fits: extra-bytes
// All of the buffer goes back, and not only what recv put there.

#include <echo.hpp>

#include <array>
#include <iostream>
#include <string_view>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer{};
    while (client.recv(buffer))
        if (!client.send(std::string_view(buffer.data(), buffer.size()))) break;
}
