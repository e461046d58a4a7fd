// Lesson 03, finished: an echo server that loses no byte when a send takes only part of them.

#include <echo.hpp>

#include <array>
#include <iostream>
#include <string_view>

// A send may take only some of the bytes. The rest is still ours: offer it again until all is gone.
// False: the client can't be sent to any more.
bool send_everything(echo::Connection& client, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = client.send(bytes);
        if (!sent) return false;
        bytes.remove_prefix(sent.bytes);
    }
    return true;
}

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
        if (!send_everything(client, echo::first(buffer, got.bytes))) break;

    // Here `client` and `listener` end, and each closes its socket.
}
