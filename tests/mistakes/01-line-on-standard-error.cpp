// cause: line-on-standard-error
// also fits: ended-at-once, not-flushed
// The line that says where it listens goes where messages for people go.

#include <echo.hpp>

#include <array>
#include <iostream>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cerr << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    while (const auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
}
