// cause: drains-for-ever
// Each recv has two seconds of its own, and nothing is counted.

#include <echo.hpp>

#include <array>
#include <chrono>
#include <iostream>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;

    client.shutdown_send();
    while (client.recv(buffer, echo::after(std::chrono::seconds(2)))) {
    }
}
