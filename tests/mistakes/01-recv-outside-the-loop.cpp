// cause: recv-outside-the-loop
// also fits: extra-bytes, sent-twice
// The loop asks again what one recv has given long ago.

#include <echo.hpp>

#include <array>
#include <iostream>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    const auto got = client.recv(buffer);
    while (got)
        if (!client.send(echo::first(buffer, got.bytes))) break;
}
