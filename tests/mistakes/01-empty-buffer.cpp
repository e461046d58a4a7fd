// cause: empty-buffer
// also fits: closes-too-early, crash, does-nothing, lost-bytes, no-answer, uncaught-exception
// A string of size 0 has no room, and recv does not make it grow.

#include <echo.hpp>

#include <iostream>
#include <string>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::string buffer;
    while (auto got = client.recv(buffer))
        if (!client.send(echo::first(buffer, got.bytes))) break;
}
