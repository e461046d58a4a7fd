// Lesson 11: an echo server on one thread that keeps no client who moves too little.
// The lesson is in README.md beside this file. The TODO numbers are the same there.

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

constexpr std::string_view usage =
    "[--max-clients N] [port]\n"
    "\n"
    "Sends back every byte that a client sends, to at most N clients at once (1000 unless told\n"
    "otherwise); more wait in line until one leaves.\n"
    "Listens on 127.0.0.1, on port 7777 unless told another; 0 lets the system pick one.\n"
    "Tells on standard error who comes and who goes. Ctrl-C ends it.";

constexpr std::uint16_t default_port = 7777;
constexpr std::size_t default_clients = 1000;
constexpr std::size_t most_clients = 100000;           // each costs a descriptor
constexpr std::chrono::milliseconds retry_pause{100};  // for lack of descriptors

// More than the two systems hold on the way between them. A client that sends more than this
// after our goodbye is not listening to us, and gets the reset after all.
constexpr std::size_t most_to_drain = std::size_t{16} * 1024 * 1024;
constexpr std::chrono::seconds longest_goodbye{2};

// A client's state says what it is watched for.
struct Client {
    enum class State { receiving, sending, leaving, gone };

    explicit Client(echo::Connection accepted) : connection(std::move(accepted)) {
        connection.set_nonblocking(true);
    }
    [[nodiscard]] echo::Interest interest() const {
        return state == State::sending ? echo::Interest::write : echo::Interest::read;
    }

    // TODO 2: count here how many bytes a client has moved, in and out, in the present stretch:
    //         where we receive, and where we send. Correct the comment on `due`: all have one now.
    echo::Connection connection;
    State state = State::receiving;
    std::string queue;  // received, and not sent back yet: at most one buffer full
    std::size_t echoed = 0;
    std::size_t drained = 0;           // since our goodbye
    echo::Deadline due = echo::never;  // leaving: until then
};

class Server {
public:
    Server(echo::Listener listener, std::size_t room, const echo::Log& log);
    [[noreturn]] void run();

private:
    using Clients = std::list<Client>;

    void serve(Clients::iterator client);
    void step(Client& client);
    void settle(Clients::iterator client, Client::State before);
    void receive(Client& client);
    void send_queue(Client& client);
    std::string_view send(Client& client, std::string_view bytes);
    void say_goodbye(Client& client);
    void drain(Client& client);
    void log_end(const Client& client, const echo::Result& end) const;
    void remove(Clients& from, Clients::iterator client);

    [[nodiscard]] echo::Deadline next_deadline() const;
    void do_what_is_due();
    void accept();
    void add(echo::Connection connection);
    void watch_listener();

    echo::Listener listener_;
    const std::size_t room_;
    const echo::Log& log_;

    echo::Poller poller_;
    Clients clients_;
    Clients leaving_;  // in the order of their deadlines: all have the same time
    std::unordered_map<echo::Handle, Clients::iterator> by_socket_;

    echo::Interest accepts_ = echo::Interest::read;  // none: those who come wait in line
    echo::Deadline accepts_again_ = echo::never;
    bool is_short_ = false;  // of descriptors, and has said so

    std::array<char, 65536> buffer_;  // one for all: each is done with it before the next begins
};

Server::Server(echo::Listener listener, std::size_t room, const echo::Log& log)
    : listener_(std::move(listener)), room_(room), log_(log) {
    poller_.watch(listener_.handle(), accepts_);
}

// Only the poller's wait ever waits.
void Server::run() {
    for (;;) {
        for (const echo::Poller::Event& event : poller_.wait(next_deadline()))
            event.socket == listener_.handle() ? accept() : serve(by_socket_.at(event.socket));
        do_what_is_due();
        watch_listener();
    }
}

void Server::serve(Clients::iterator client) {
    const Client::State before = client->state;
    step(*client);
    settle(client, before);
}

// Each of these makes calls that return at once, and sets the state that follows.
void Server::step(Client& client) {
    switch (client.state) {
        case Client::State::receiving: return receive(client);
        case Client::State::sending: return send_queue(client);
        case Client::State::leaving: return drain(client);
        case Client::State::gone: return;
    }
}

// Lets the poller and the lists follow a client's state.
void Server::settle(Clients::iterator client, Client::State before) {
    if (client->state == before) return;
    if (client->state == Client::State::gone)
        return remove(before == Client::State::leaving ? leaving_ : clients_, client);
    if (client->state == Client::State::leaving) leaving_.splice(leaving_.end(), clients_, client);
    poller_.change(client->connection.handle(), client->interest());
}

// Its queue is empty, so whatever comes can be sent at once, as far as the system takes it.
void Server::receive(Client& client) {
    const echo::Result got = client.connection.recv(buffer_);
    if (got) {
        client.queue = send(client, echo::first(buffer_, got.bytes));
    } else if (got.status != echo::Status::would_block) {
        log_end(client, got);
        client.state = Client::State::gone;  // of what it sent nothing is unread
    }
}

// There is room again for some of the queue, or the connection is broken.
void Server::send_queue(Client& client) {
    const std::size_t left = send(client, client.queue).size();
    client.queue.erase(0, client.queue.size() - left);
    if (client.queue.empty()) client.queue.shrink_to_fit();  // thousands may have had one
}

// Sends as much as the system takes now, and returns the rest, which is for the queue.
std::string_view Server::send(Client& client, std::string_view bytes) {
    const echo::Result sent = client.connection.send_all(bytes);
    client.echoed += sent.bytes;
    if (!sent && sent.status != echo::Status::would_block) {
        log_end(client, sent);
        say_goodbye(client);
        return {};
    }
    client.state = sent ? Client::State::receiving : Client::State::sending;
    return bytes.substr(sent.bytes);
}

// Closing a socket with bytes unread sends a reset, and a reset can destroy echoes that the client
// has not read yet. So end our stream, and read what is still on its way before we close.
void Server::say_goodbye(Client& client) {
    client.connection.shutdown_send();
    client.state = Client::State::leaving;
    client.due = echo::after(longest_goodbye);
}

void Server::drain(Client& client) {
    const echo::Result got = client.connection.recv(buffer_);
    client.drained += got.bytes;
    const bool goes_on = got || got.status == echo::Status::would_block;
    if (!goes_on || client.drained >= most_to_drain) client.state = Client::State::gone;
}

void Server::log_end(const Client& client, const echo::Result& end) const {
    const bool orderly = end.status == echo::Status::end;
    log_.write(orderly ? echo::Level::info : echo::Level::warning, client.connection.peer(),
               end.text(), client.echoed);
}

// Closes its connection. A socket has to be forgotten before: its number may come again.
void Server::remove(Clients& from, Clients::iterator client) {
    const echo::Handle socket = client->connection.handle();
    poller_.forget(socket);
    by_socket_.erase(socket);
    from.erase(client);
    accepts_again_ = echo::never;
}

// TODO 3: a new client's stretch begins in add(). Who is added last is due last, so the first in
//         clients_ is the first that is due, if there is one. Wait no longer than until then.
// The first of those that are leaving is the first whose time is over.
echo::Deadline Server::next_deadline() const {
    return leaving_.empty() ? accepts_again_ : std::min(accepts_again_, leaving_.front().due);
}

// TODO 4: look at each client that is due. Let go who has moved less than the pace; for any other a
//         new stretch begins, and it goes to the end of clients_.
// TODO 5: we may be late ourselves. Before a client is let go, ask echo::poll about it alone,
//         without waiting. If it is ready, take a step with it first; if it still talks then, count
//         again. And where a connection is made non-blocking, let the system keep at most 16 KiB
//         of it unsent.
void Server::do_what_is_due() {
    const echo::Deadline now = echo::Clock::now();
    if (accepts_again_ <= now) accepts_again_ = echo::never;
    while (!leaving_.empty() && leaving_.front().due <= now) remove(leaving_, leaving_.begin());
}

// When the system has no room for another socket, the client stays in line, and we look there again
// when somebody has left, or after a while: it may be elsewhere in the system.
void Server::accept() {
    echo::Accepted taken = listener_.try_accept();
    if (taken) {
        is_short_ = false;
        add(std::move(taken.connection));
    } else if (taken.status != echo::Status::would_block) {
        if (!std::exchange(is_short_, true))
            log_.write(echo::Level::error, "accept: " + echo::reason(taken.error));
        accepts_again_ = echo::after(retry_pause);
    }
}

void Server::add(echo::Connection connection) {
    const echo::Handle socket = connection.handle();
    log_.write(echo::Level::info, connection.peer(), "connected");
    const auto client = clients_.emplace(clients_.end(), std::move(connection));
    by_socket_.emplace(socket, client);
    poller_.watch(socket, client->interest());
    if (by_socket_.size() == room_)
        log_.write(echo::Level::warning, "full house: new clients wait in line");
}

// In a full house whoever comes waits in line: nobody looks.
void Server::watch_listener() {
    const bool has_room = by_socket_.size() < room_ && accepts_again_ == echo::never;
    const echo::Interest interest = has_room ? echo::Interest::read : echo::Interest::none;
    if (std::exchange(accepts_, interest) != interest) poller_.change(listener_.handle(), interest);
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, usage, [](echo::Arguments& arguments) -> int {
        // TODO 1: take --idle DURATION (5m) and --pace BYTES (1) from the command line, and give
        //         them to the server, beside its room. Tell of them in `usage`, too.
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
