// cause: goes-on-after-a-failed-send
// also fits: never-closes
// The function stops when a send fails, and says that all is well.

#include <echo.hpp>

#include <array>
#include <iostream>
#include <string_view>

bool send_everything(echo::Connection& client, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = client.send(bytes);
        if (!sent) break;
        bytes.remove_prefix(sent.bytes);
    }
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
