// cause: waits-for-newline
// also fits: lost-bytes
// The answer waits for a whole line, but a client may send any bytes.

#include <echo.hpp>

#include <array>
#include <cstddef>
#include <iostream>
#include <string>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    std::string text;
    while (auto got = client.recv(buffer)) {
        text += echo::first(buffer, got.bytes);
        const std::size_t end = text.rfind('\n');
        if (end == std::string::npos) continue;
        if (!client.send_all(text.substr(0, end + 1))) break;
        text.erase(0, end + 1);
    }
    (void)client.send_all(text);
}
