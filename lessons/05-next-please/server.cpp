// Lesson 05: an echo server that goes on: one client after another, on the port it is told, with
// clear words when it can't start.
// The lesson is in README.md beside this file. The TODO numbers are the same there.

#include <echo.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <iostream>

// More than the two systems hold on the way between them. A client that sends more than this
// after our goodbye is not listening to us, and gets the reset after all.
constexpr std::size_t most_to_drain = std::size_t{16} * 1024 * 1024;
constexpr std::chrono::seconds longest_goodbye{2};

// Closing a socket with bytes unread sends a reset, and a reset can destroy echoes that the client
// has not read yet. So end our stream, read what is still on its way, and only then close.
void say_goodbye(echo::Connection& client) {
    client.shutdown_send();

    std::array<char, 4096> unwanted;
    const echo::Deadline deadline = echo::after(longest_goodbye);
    std::size_t drained = 0;
    while (drained < most_to_drain) {
        const auto got = client.recv(unwanted, deadline);
        if (!got) break;
        drained += got.bytes;
    }
}

// TODO 1: make a function `serve` of one conversation, from the first recv to the goodbye. It owns
//         the connection, which is closed when `serve` returns.

// TODO 3: if the server can't start, say why in one line on standard error, and end with exit code
//         1; with 2 if the command line is wrong. echo::run_tool does that, around all of main. It
//         wants a text for --help: "[port]".
int main() {
    // One call, three steps: make a socket, bind it to an address, listen there.
    // Port 0 asks the system for any port that is free.
    // TODO 4: take the port from the command line, 7777 if there is none, and refuse anything else.
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));

    // Whoever starts this program learns the port from this line; std::endl sends it out at once.
    std::cout << "listening on " << listener.endpoint() << std::endl;

    // Wait here until a client connects.
    // TODO 2: accept and serve, one client after another, for ever.
    echo::Connection client = listener.accept();

    // Bytes go back as they came, however many came at a time. The loop ends with the client's
    // stream. Only the first got.bytes bytes of the buffer are this client's.
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;

    say_goodbye(client);

    // Here `client` and `listener` end, and each closes its socket.
}
