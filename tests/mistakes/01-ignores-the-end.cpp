// cause: spins-at-end-of-stream
// also fits: never-closes
// The end of the stream does not end the loop, so recv gives 0 bytes for ever.

#include <echo.hpp>

#include <array>
#include <iostream>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    for (;;) {
        const auto got = client.recv(buffer);
        if (got.status == echo::Status::failed) break;
        (void)client.send(echo::first(buffer, got.bytes));
    }
}
