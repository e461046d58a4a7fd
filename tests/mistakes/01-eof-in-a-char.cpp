// cause: end-byte
// also fits: closes-too-early, lost-bytes
// A char that holds 0xFF equals EOF, so the data itself ends the conversation.

#include <echo.hpp>

#include <array>
#include <cstdio>
#include <iostream>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        for (const signed char c : echo::first(buffer, got.bytes)) {
            if (c == EOF) return 0;
            const char byte = static_cast<char>(c);
            if (!client.send({&byte, 1})) return 0;
        }
}
