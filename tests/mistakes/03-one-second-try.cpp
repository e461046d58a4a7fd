// cause: short-send-loses-bytes
// also fits: lost-bytes
// Two sends are not enough either: the second can come up short as well.

#include <echo.hpp>

#include <array>
#include <iostream>
#include <string_view>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer)) {
        const std::string_view bytes = echo::first(buffer, got.bytes);
        const auto sent = client.send(bytes);
        if (!sent) break;
        if (sent.bytes < bytes.size() && !client.send(bytes.substr(sent.bytes))) break;
    }
}
