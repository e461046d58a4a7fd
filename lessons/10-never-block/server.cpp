// Lesson 10: an echo server on one thread that waits for nobody: what a client does not take at
// once is kept in a queue of its own.
// The lesson is in README.md beside this file. The TODO numbers are the same there.

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

constexpr std::string_view usage =
    "[--max-clients N] [port]\n"
    "\n"
    "Sends back every byte that a client sends, to at most N clients at once (1000 unless told\n"
    "otherwise); more wait in line until one leaves.\n"
    "Listens on 127.0.0.1, on port 7777 unless told another; 0 lets the system pick one.\n"
    "Tells on standard error who comes and who goes. Ctrl-C ends it.";

constexpr std::uint16_t default_port = 7777;
constexpr std::size_t default_clients = 1000;
constexpr std::size_t most_clients = 100000;  // each costs a descriptor, and a place to look at
constexpr std::chrono::milliseconds retry_pause{100};  // for lack of descriptors

// More than the two systems hold on the way between them. A client that sends more than this
// after our goodbye is not listening to us, and gets the reset after all.
constexpr std::size_t most_to_drain = std::size_t{16} * 1024 * 1024;
constexpr std::chrono::seconds longest_goodbye{2};

// TODO 1: make its socket non-blocking, and give it a queue of bytes. `talking` becomes two states,
//         receiving and sending; serve_those_ready tells them apart. With set_interest receiving is
//         watched for reading, and sending for writing.

// What a thread of its own would know of its client: by its place in the code, and from its stack.
struct Client {
    enum class State { talking, leaving, gone };

    explicit Client(echo::Connection accepted) : connection(std::move(accepted)) {}

    echo::Connection connection;
    State state = State::talking;
    std::size_t echoed = 0;
    std::size_t drained = 0;  // since our goodbye
    echo::Deadline gone_by = echo::never;
};

class Server {
public:
    Server(echo::Listener listener, std::size_t room, const echo::Log& log);
    [[noreturn]] void run();

private:
    void await_someone();
    void serve_those_ready();
    void accept();

    void echo_once(Client& client);
    void say_goodbye(Client& client);
    void drain_once(Client& client);
    void log_end(const Client& client, const echo::Result& end) const;
    void remove(std::size_t place);

    echo::Listener listener_;
    const std::size_t room_;
    const echo::Log& log_;

    // TODO 4: an echo::Poller in place of the array. Keep clients in a std::list, where none moves
    //         when another leaves, and find each by its socket in a map. Tell the poller when a
    //         state changes, or the listener's interest; forget a socket before it is closed.
    std::vector<Client> clients_;
    std::vector<echo::Watched> watched_;  // the listener, and behind it the clients, in their order
    echo::Deadline accepts_again_ = echo::never;  // never: it accepts now
    bool is_short_ = false;                       // of descriptors, and has said so

    std::array<char, 65536> buffer_;  // one for all: each is done with it before the next begins
};

Server::Server(echo::Listener listener, std::size_t room, const echo::Log& log)
    : listener_(std::move(listener)), room_(room), log_(log) {
    watched_.emplace_back(listener_.handle());
}

// The loop that takes the place of all the threads.
void Server::run() {
    for (;;) {
        await_someone();
        serve_those_ready();
        if (watched_.front().readable()) accept();
    }
}

// The only call that waits for anybody. In a full house whoever comes waits in line: nobody looks.
void Server::await_someone() {
    const bool has_room = clients_.size() < room_ && accepts_again_ == echo::never;
    watched_.front().set_interest(has_room ? echo::Interest::read : echo::Interest::none);

    // TODO 5: move whoever is leaving to a list of its own. All have the same time, so the first is
    //         due first: wait at most until then. Nobody has to look at all clients.
    echo::Deadline deadline = accepts_again_;
    for (const Client& client : clients_) deadline = std::min(deadline, client.gone_by);
    echo::poll(watched_, deadline);
    if (echo::Clock::now() >= accepts_again_) accepts_again_ = echo::never;
}

// From the last to the first: those behind one who is removed move up, and have had their turn.
void Server::serve_those_ready() {
    for (std::size_t place = clients_.size(); place-- > 0;) {
        Client& client = clients_[place];
        if (watched_[place + 1].readable())
            client.state == Client::State::talking ? echo_once(client) : drain_once(client);
        if (client.gone_by != echo::never && echo::Clock::now() >= client.gone_by)
            client.state = Client::State::gone;
        if (client.state == Client::State::gone) remove(place);
    }
}

// TODO 2: receive once, and send what the system takes now. The rest goes into the queue, and the
//         client is sending: nothing is received until its queue is empty. "It would block" is no
//         end, here and in drain_once.
// TODO 3: when there is room again, send from the queue. When it is empty, go back to receiving.
//         Check your program now, and not before.

// Once round what was a loop: poll has said that there is something to receive.
void Server::echo_once(Client& client) {
    const echo::Result got = client.connection.recv(buffer_);
    if (!got) {
        log_end(client, got);
        client.state = Client::State::gone;  // of what it sent nothing is unread
        return;
    }
    const echo::Result sent = client.connection.send_all(echo::first(buffer_, got.bytes));
    client.echoed += sent.bytes;
    if (sent) return;
    log_end(client, sent);
    say_goodbye(client);
}

// Closing a socket with bytes unread sends a reset, and a reset can destroy echoes that the client
// has not read yet. So end our stream, and read what is still on its way before we close.
void Server::say_goodbye(Client& client) {
    client.connection.shutdown_send();
    client.state = Client::State::leaving;
    client.gone_by = echo::after(longest_goodbye);
}

// The same for one that is leaving.
void Server::drain_once(Client& client) {
    const echo::Result got = client.connection.recv(buffer_);
    client.drained += got.bytes;
    if (!got || client.drained >= most_to_drain) client.state = Client::State::gone;
}

void Server::log_end(const Client& client, const echo::Result& end) const {
    const bool orderly = end.status == echo::Status::end;
    log_.write(orderly ? echo::Level::info : echo::Level::warning, client.connection.peer(),
               end.text(), client.echoed);
}

// Takes a client out of both arrays, which closes its connection. Its descriptor is free now.
void Server::remove(std::size_t place) {
    const auto at = static_cast<std::ptrdiff_t>(place);
    clients_.erase(clients_.begin() + at);
    watched_.erase(watched_.begin() + at + 1);
    accepts_again_ = echo::never;
}

// When the system has no room for another socket, the client stays in line, and we look there again
// when somebody has left, or after a while: it may be elsewhere in the system.
void Server::accept() {
    echo::Accepted taken = listener_.try_accept();
    if (taken) {
        is_short_ = false;
        log_.write(echo::Level::info, taken.connection.peer(), "connected");
        watched_.emplace_back(taken.connection.handle());
        clients_.emplace_back(std::move(taken.connection));
        if (clients_.size() == room_)
            log_.write(echo::Level::warning, "full house: new clients wait in line");
    } else if (taken.status != echo::Status::would_block) {
        if (!std::exchange(is_short_, true))
            log_.write(echo::Level::error, "accept: " + echo::reason(taken.error));
        accepts_again_ = echo::after(retry_pause);
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
        Server(std::move(listener), clients, log).run();
    });
}
