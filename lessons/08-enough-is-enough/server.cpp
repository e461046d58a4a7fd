// Lesson 08: an echo server for many clients at once, with a limit to how many.
// The lesson is in README.md beside this file. The TODO numbers are the same there.

#include <echo.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <list>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

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

// TODO 2: make `Workers`, as in the README, in place of Guest and Guests: a fixed number of threads,
//         started once. Each takes a client from a line, serves it, and takes the next. If there is
//         room for fewer threads only, go on with those.
// TODO 3: let `await_free` wait until a worker is free, before anybody is accepted.

// The thread that serves one client, and whether it is done.
struct Guest {
    std::thread thread;
    std::atomic<bool> done = false;  // set by that thread, read by the one that accepts
};

// All that a guest's thread does. It owns the client. An exception that leaves a thread ends the
// whole program, so none may.
void host(Guest& guest, echo::Connection client, const echo::Log& log) {
    const echo::Endpoint peer = client.peer();
    try {
        serve(std::move(client), log);
    } catch (const std::exception& error) {
        log.write(echo::Level::error, peer, error.what());
    }
    guest.done = true;
}

// The guests. Only the thread that accepts uses this list, so it needs no lock.
class Guests {
public:
    explicit Guests(const echo::Log& log) : log_(log) {}
    ~Guests() {
        for (Guest& guest : guests_) guest.thread.join();
    }

    void welcome(echo::Connection client);

private:
    void join_done();

    const echo::Log& log_;
    // A list's elements stay where they are, and each thread refers to its own.
    std::list<Guest> guests_;
};

// Serves the client in a thread of its own. If there can be no more threads, that is this client's
// bad luck, and nobody else's: it is let go.
void Guests::welcome(echo::Connection client) {
    join_done();
    const echo::Endpoint peer = client.peer();
    Guest& guest = guests_.emplace_back();
    try {
        guest.thread = std::thread(host, std::ref(guest), std::move(client), std::cref(log_));
    } catch (const std::system_error& error) {
        guests_.pop_back();
        log_.write(echo::Level::error, peer, error.what());
    }
}

// A thread that is done waits to be joined: until then the system keeps its stack. No such join
// waits for long.
void Guests::join_done() {
    for (auto guest = guests_.begin(); guest != guests_.end();) {
        if (!guest->done) {
            ++guest;
            continue;
        }
        guest->thread.join();
        guest = guests_.erase(guest);
    }
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, usage, [](echo::Arguments& arguments) -> int {
        // TODO 1: take the number of `--max-clients N`, from 1 to 10000, or 64 without it. Tell of it
        //         in `usage`.
        const std::uint16_t port = arguments.next_port(default_port);
        arguments.done();

        // One call, three steps: make a socket, bind it to an address, listen there. When that
        // can't be done, its exception goes up to run_tool, which says why.
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));

        // Whoever starts this program learns the port from this line.
        echo::print_line("listening on " + listener.endpoint().text());

        const echo::Log log;
        Guests guests(log);
        // TODO 4: when accept fails, say so once, wait for a moment, and try again: use try_accept,
        //         with echo::never.
        for (;;) guests.welcome(listener.accept());
    });
}
