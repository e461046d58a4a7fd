// cause: waits-for-end-of-stream
// also fits: does-nothing, lost-bytes, never-answers, short-send-loses-bytes
// It reads everything before it answers, as if the stream were one message.

#include <echo.hpp>

#include <array>
#include <iostream>
#include <string>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    std::string everything;
    while (auto got = client.recv(buffer)) everything += echo::first(buffer, got.bytes);
    (void)client.send_all(everything);
}
