// cause: uncaught-exception
// also fits: closes-too-early, crash, reset-on-close
// A client that breaks off takes the server with it.

#include <echo.hpp>

#include <array>
#include <iostream>
#include <stdexcept>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    for (;;) {
        const auto got = client.recv(buffer);
        if (got.status == echo::Status::end) break;
        if (!got || !client.send_all(echo::first(buffer, got.bytes)))
            throw std::runtime_error("the connection is broken");
    }
}
