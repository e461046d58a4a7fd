// cause: held-back
// also fits: lost-bytes, newline-stripped, one-recv, short-send-loses-bytes
// It believes that messages have a length, and waits until one is complete.

#include <echo.hpp>

#include <array>
#include <iostream>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 16> message;
    for (;;) {
        const auto got = client.recv_exactly(message);
        if (!client.send_all(echo::first(message, got.bytes)) || !got) break;
    }
}
