// cause: waits-for-newline
// also fits: does-nothing, lost-bytes, never-answers, short-send-loses-bytes
// It believes that a message ends with its line.

#include <echo.hpp>

#include <array>
#include <iostream>
#include <string>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    std::string line;
    while (auto got = client.recv(buffer)) {
        line += echo::first(buffer, got.bytes);
        if (line.back() != '\n') continue;
        if (!client.send_all(line)) break;
        line.clear();
    }
}
