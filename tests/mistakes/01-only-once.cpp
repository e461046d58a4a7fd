// cause: only-one-message
// also fits: closes-too-early, lost-bytes
// One recv and one send, without a loop.

#include <echo.hpp>

#include <array>
#include <iostream>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    const auto got = client.recv(buffer);
    if (!client.send(echo::first(buffer, got.bytes))) return 1;
}
