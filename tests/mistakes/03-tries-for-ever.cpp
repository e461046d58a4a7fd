// cause: tries-a-failed-send-again
// also fits: goes-on-after-a-failed-send, never-closes
// A failed send takes no byte, so this loop never ends once the client has gone.

#include <echo.hpp>

#include <array>
#include <cstddef>
#include <iostream>
#include <string_view>

bool send_everything(echo::Connection& client, std::string_view bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) sent += client.send(bytes.substr(sent)).bytes;
    return true;
}

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!send_everything(client, echo::first(buffer, got.bytes))) break;
}
