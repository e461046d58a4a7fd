// cause: resent-from-start
// also fits: changed-bytes, sent-twice
// After a short send everything is sent again, and not only the rest.

#include <echo.hpp>

#include <array>
#include <cstddef>
#include <iostream>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer)) {
        std::size_t sent = 0;
        while (sent < got.bytes) {
            const auto part = client.send(echo::first(buffer, got.bytes));
            if (!part) return 0;
            sent += part.bytes;
        }
    }
}
