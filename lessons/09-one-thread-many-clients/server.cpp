// Lesson 09: an echo server for many clients at once, on one thread: it asks the system who is
// ready, and talks to those.
// The lesson is in README.md beside this file. The TODO numbers are the same there.

#include <echo.hpp>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

constexpr std::string_view usage =
    "[--max-clients N] [port]\n"
    "\n"
    "Sends back every byte that a client sends, to at most N clients at once (64 unless told\n"
    "otherwise); more wait in line until one leaves.\n"
    "Listens on 127.0.0.1, on port 7777 unless told another; 0 lets the system pick one.\n"
    "Tells on standard error who comes and who goes. Ctrl-C ends it.";

constexpr std::uint16_t default_port = 7777;
constexpr std::size_t default_clients = 64;
constexpr std::size_t most_clients = 10000;  // each costs a thread
constexpr std::chrono::milliseconds retry_pause{100};

// More than the two systems hold on the way between them. A client that sends more than this
// after our goodbye is not listening to us, and gets the reset after all.
constexpr std::size_t most_to_drain = std::size_t{16} * 1024 * 1024;
constexpr std::chrono::seconds longest_goodbye{2};

// TODO 1: a struct `Client` for what the functions below remember while they wait: the connection,
//         a state (talking, leaving, gone), how many bytes went back or were drained, a deadline.

// TODO 2: make `echo_once` and `drain_once` of the loops below: each receives once, into one buffer
//         for all clients, and sets the client's state.
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

// TODO 3: a class `Server` in place of the workers. It has an array of echo::Watched, the listener
//         first, and behind it the clients, in the same order as in an array of `Client`.
// TODO 4: wait in echo::poll for all of them, at most until the earliest deadline. From the last to
//         the first, serve those that are ready, and remove from both arrays whoever is gone, or
//         whose deadline is over.
// A fixed number of threads, which run as long as the program does. Each takes a client, serves it
// to its end, and takes the next.
class Workers {
public:
    Workers(std::size_t count, const echo::Log& log);

    // Waits until a worker is free. Until then nobody is accepted: who comes waits in the listen
    // queue, and costs us nothing.
    void await_free();
    // Gives the client to a worker that is free.
    void hand_over(echo::Connection client);

private:
    void work();
    echo::Connection next();
    void host(echo::Connection client);

    const echo::Log& log_;
    std::mutex mutex_;  // guards the next four
    std::condition_variable came_, left_;
    std::deque<echo::Connection> line_;  // handed over, and not taken yet
    std::size_t free_ = 0;               // workers for whom there is no client yet

    std::vector<std::thread> threads_;
};

// Fewer workers than wanted are better than none. But with none there is no server.
Workers::Workers(std::size_t count, const echo::Log& log) : log_(log) {
    threads_.reserve(count);
    try {
        while (threads_.size() < count) threads_.emplace_back(&Workers::work, this);
    } catch (const std::exception& error) {
        if (threads_.empty()) throw;
        log.write(echo::Level::warning,
                  "only " + std::to_string(threads_.size()) + " workers: " + error.what());
    }
    const std::lock_guard lock(mutex_);
    free_ = threads_.size();
}

void Workers::await_free() {
    std::unique_lock lock(mutex_);
    if (free_ == 0) log_.write(echo::Level::warning, "full house: new clients wait in line");
    left_.wait(lock, [&] { return free_ > 0; });
}

void Workers::hand_over(echo::Connection client) {
    const std::lock_guard lock(mutex_);
    line_.push_back(std::move(client));
    --free_;
    came_.notify_one();
}

echo::Connection Workers::next() {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return !line_.empty(); });
    echo::Connection client = std::move(line_.front());
    line_.pop_front();
    return client;
}

// What each worker does. However the client leaves, its seat is free again.
void Workers::work() {
    for (;;) {
        host(next());
        const std::lock_guard lock(mutex_);
        ++free_;
        left_.notify_one();
    }
}

// An exception that leaves a thread ends the whole program, so none may.
void Workers::host(echo::Connection client) {
    const echo::Endpoint peer = client.peer();
    try {
        serve(std::move(client), log_);
    } catch (const std::exception& error) {
        log_.write(echo::Level::error, peer, error.what());
    }
}

// TODO 5: accept one when the listener is ready, and never wait or sleep there. Watch it with
//         Interest::none while the house is full, or the system has no room for another socket.
// The next client. When the system has no room for another socket, the client stays in line. To ask
// again at once would only keep a processor busy: somebody has to leave first, here or elsewhere in
// the system.
echo::Connection next_client(echo::Listener& listener, const echo::Log& log) {
    for (bool told = false;; told = true) {
        echo::Accepted taken = listener.try_accept(echo::never);
        if (taken) return std::move(taken.connection);
        if (!told) log.write(echo::Level::error, "accept: " + echo::reason(taken.error));
        std::this_thread::sleep_for(retry_pause);
    }
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, usage, [](echo::Arguments& arguments) -> int {
        const auto clients = static_cast<std::size_t>(
            arguments.number("--max-clients", default_clients, 1, most_clients));
        const std::uint16_t port = arguments.next_port(default_port);
        arguments.done();

        // One call, three steps: make a socket, bind it to an address, listen there. When that
        // can't be done, its exception goes up to run_tool, which says why.
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));

        // Whoever starts this program learns the port from this line.
        echo::print_line("listening on " + listener.endpoint().text());

        const echo::Log log;
        Workers workers(clients, log);
        for (;;) {
            workers.await_free();
            workers.hand_over(next_client(listener, log));
        }
    });
}
