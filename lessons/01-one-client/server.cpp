// Lesson 01: a server that echoes whatever one client sends, and ends with it.
// The lesson is in README.md beside this file. The TODO numbers are the same there.

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

    // TODO 1: receive some bytes from the client into a buffer.

    // TODO 2: send back the bytes that came: all of them, and no others.

    // TODO 3: do both again and again, until the client's stream ends or a send fails.

    // Here `client` and `listener` end, and each closes its socket.
}
