// cause: tail-thrown-away
// also fits: closes-too-early, does-nothing, lost-bytes, never-answers
// It collects bytes to send them in large pieces, and forgets the last at the end.

#include <echo.hpp>

#include <array>
#include <iostream>
#include <string>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    std::string collected;
    while (auto got = client.recv(buffer)) {
        collected += echo::first(buffer, got.bytes);
        if (collected.size() < 1000) continue;
        if (!client.send_all(collected)) break;
        collected.clear();
    }
}
