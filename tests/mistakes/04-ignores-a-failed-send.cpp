// cause: failed-send-ignored
// also fits: changed-bytes, lost-bytes, short-send-loses-bytes
// A send fails, and the next bytes are sent as if nothing had happened.

#include <echo.hpp>

#include <array>
#include <iostream>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer)) (void)client.send_all(echo::first(buffer, got.bytes));
}
