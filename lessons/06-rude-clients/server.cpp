// Lesson 06: an echo server that no client can end, however rude, and that tells in its log who
// came, who went, and why.
// The lesson is in README.md beside this file. The TODO numbers are the same there.

#include <echo.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

constexpr std::string_view usage =
    "[port]\n"
    "\n"
    "Sends back every byte that a client sends, one client after another.\n"
    "Listens on 127.0.0.1, on port 7777 unless told another; 0 lets the system pick one.\n"
    "Tells on standard error who comes and who goes. Ctrl-C ends it.";

constexpr std::uint16_t default_port = 7777;

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

// One conversation, from its first byte to its goodbye. Whatever becomes of this client is no
// reason for the server to end: so there is nothing to return.
void serve(echo::Connection client) {
    // TODO 2: log who came.

    // TODO 3: make a function `converse` of this loop. It gives an echo::Result: why the
    //         conversation ended (status and error), and how many bytes went back.
    // Bytes go back as they came, however many came at a time. The loop ends with the client's
    // stream. Only the first got.bytes bytes of the buffer are this client's. A large buffer takes
    // at once what a quick client has sent, and so needs fewer calls.
    std::array<char, 65536> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;

    say_goodbye(client);

    // TODO 4: log who went, why, and how many bytes went back; a warning, if the client was rude. Say
    //         goodbye to all but those who broke off.

    // Here `client` ends, and closes its socket: before the next one is accepted.
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, usage, [](echo::Arguments& arguments) -> int {
        const std::uint16_t port = arguments.next_port(default_port);
        arguments.done();

        // One call, three steps: make a socket, bind it to an address, listen there. When that
        // can't be done, its exception goes up to run_tool, which says why.
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));

        // Whoever starts this program learns the port from this line.
        echo::print_line("listening on " + listener.endpoint().text());

        // TODO 1: make one echo::Log for the whole server, and hand it to `serve`.
        for (;;) serve(listener.accept());
    });
}
