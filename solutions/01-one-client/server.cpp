// Lesson 01, finished: a server that echoes whatever one client sends, and ends with it.

#include <echo.hpp>

#include <array>
#include <iostream>

int main() {
    // One call, three steps: make a socket, bind it to an address, listen there.
    // Port 0 asks the system for any port that is free.
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));

    // Whoever starts this program learns the port from this line; std::endl sends it out at once.
    std::cout << "listening on " << listener.endpoint() << std::endl;

    // Wait here until a client connects.
    echo::Connection client = listener.accept();

    // Bytes go back as they came, however many came at a time. The loop ends with the client's
    // stream. Only the first got.bytes bytes of the buffer are this client's.
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send(echo::first(buffer, got.bytes))) break;

    // Here `client` and `listener` end, and each closes its socket.
}
