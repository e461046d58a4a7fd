// cause: waits-for-a-silent-client
// not with a sanitizer: one has a thread of its own, which is never still
// It counts what it drains. But a client that says nothing, and stays, is never done with.

#include <echo.hpp>

#include <array>
#include <cstddef>
#include <iostream>

constexpr std::size_t most_to_drain = std::size_t{16} * 1024 * 1024;

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;

    client.shutdown_send();

    std::size_t drained = 0;
    while (drained < most_to_drain) {
        const auto got = client.recv(buffer);
        if (!got) break;
        drained += got.bytes;
    }
}
