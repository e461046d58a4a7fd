// Lesson 07: an echo server for many clients at once, each served by a thread of its own.
// The lesson is in README.md beside this file. The TODO numbers are the same there.

#include <echo.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

constexpr std::string_view usage =
    "[port]\n"
    "\n"
    "Sends back every byte that a client sends, to many clients at once.\n"
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

// Sends back what comes, until the client has finished or the connection breaks. Gives that reason,
// and how many bytes went back.
echo::Result converse(echo::Connection& client) {
    // A large buffer takes at once what a quick client has sent, and so needs fewer calls.
    std::array<char, 65536> buffer;
    std::size_t echoed = 0;
    for (;;) {
        const echo::Result got = client.recv(buffer);
        if (!got) return {got.status, echoed, got.error};
        const echo::Result sent = client.send_all(echo::first(buffer, got.bytes));
        echoed += sent.bytes;
        if (!sent) return {sent.status, echoed, sent.error};
    }
}

// One client, from its coming to its going. Whatever becomes of it is no reason for the server to
// end: so there is nothing to return. The log has it.
void serve(echo::Connection client, const echo::Log& log) {
    log.write(echo::Level::info, client.peer(), "connected");
    const echo::Result end = converse(client);
    if (end.status != echo::Status::reset) say_goodbye(client);  // who broke off does not hear it
    const bool orderly = end.status == echo::Status::end;
    log.write(orderly ? echo::Level::info : echo::Level::warning, client.peer(), end.text(),
              end.bytes);

    // Here `client` ends, and closes its socket.
}

// TODO 1: a struct `Guest`: the thread that serves one client, and an atomic flag that says whether
//         it is done. And `host`, all that this thread does: serve, let no exception out, set the flag.

// TODO 2: a class `Guests` with a `std::list` of them and the log, and `welcome`, which starts a
//         client's thread. Its destructor joins all that are left.
// TODO 4: in `welcome`: if a thread can't be started, log it, let this client go, and forget its
//         guest.
// TODO 5: at the begin of `welcome`: join the threads that are done.

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, usage, [](echo::Arguments& arguments) -> int {
        const std::uint16_t port = arguments.next_port(default_port);
        arguments.done();

        // One call, three steps: make a socket, bind it to an address, listen there. When that
        // can't be done, its exception goes up to run_tool, which says why.
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));

        // Whoever starts this program learns the port from this line.
        echo::print_line("listening on " + listener.endpoint().text());

        const echo::Log log;
        // TODO 3: welcome each client, and wait for none of them.
        for (;;) serve(listener.accept(), log);
    });
}
