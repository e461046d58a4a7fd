// cause: uncaught-exception
// also fits: closes-too-early, crash, does-nothing, lost-bytes, never-answers, no-answer
// A full buffer has no place for the mark that is put after the bytes.

#include <echo.hpp>

#include <array>
#include <iostream>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer)) {
        buffer.at(got.bytes) = '\0';
        if (!client.send(echo::first(buffer, got.bytes))) break;
    }
}
