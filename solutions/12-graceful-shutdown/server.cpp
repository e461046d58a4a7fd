// Lesson 12, finished: an echo server that ends gracefully. When it is asked to stop it takes nobody
// new, gives each client what it is owed and the end of the stream, and goes; at a deadline it gives
// up those who are not done.

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

constexpr std::string_view usage =
    "[--max-clients N] [--idle DURATION] [--pace BYTES] [--drain DURATION] [port]\n"
    "\n"
    "Sends back every byte that a client sends, to at most N clients at once (1000 unless told\n"
    "otherwise); more wait in line until one leaves.\n"
    "In each stretch of DURATION (5m; say 500ms, 30s or 2h) a client has to move at least so many\n"
    "BYTES (1), in or out, or it is let go.\n"
    "Listens on 127.0.0.1, on port 7777 unless told another; 0 lets the system pick one.\n"
    "Tells on standard error who comes and who goes.\n"
    "Ctrl-C ends it, when all clients have got what they are owed, but at most DURATION (5s) "
    "later;\n"
    "a second Ctrl-C ends it at once.";

constexpr std::uint16_t default_port = 7777;
constexpr std::size_t default_clients = 1000;
constexpr std::size_t most_clients = 100000;  // each costs a descriptor
constexpr std::chrono::minutes default_idle{5};
constexpr std::chrono::milliseconds shortest_idle{10};
constexpr std::chrono::hours longest_idle{24};
constexpr std::uint64_t default_pace = 1;
constexpr std::uint64_t fastest_pace = 1000000000;
constexpr std::chrono::seconds default_drain{5};
constexpr std::chrono::milliseconds shortest_drain{0};
constexpr std::chrono::hours longest_drain{1};
constexpr std::chrono::milliseconds retry_pause{100};  // for lack of descriptors

// More than the two systems hold on the way between them. A client that sends more than this
// after our goodbye is not listening to us, and gets the reset after all.
constexpr std::size_t most_in_flight = std::size_t{16} * 1024 * 1024;
constexpr std::chrono::seconds longest_goodbye{2};

// What a client sent before we were asked to stop is here by then, over most networks.
constexpr std::chrono::milliseconds longest_flight{200};

// Of an echo that a client does not take, Linux keeps megabytes, and says that there is room again
// only when a third of them has gone. Until then one that reads slowly looks like one that does not
// read. With this limit we see sooner that it takes something. Windows has no such limit.
constexpr int most_unsent = 16 * 1024;

// Who may be here, and for how long.
struct Limits {
    std::size_t room;
    echo::Clock::duration idle;   // in each such stretch a client has to move ...
    std::uint64_t pace;           // ... so many bytes, in or out
    echo::Clock::duration drain;  // from being asked to stop to the end
};

// A client's state says what it is watched for.
struct Client {
    enum class State { receiving, sending, leaving, gone };

    explicit Client(echo::Connection accepted) : connection(std::move(accepted)) {
        connection.set_nonblocking(true);
        connection.set_unsent_limit(most_unsent);
    }
    [[nodiscard]] echo::Interest interest() const {
        return state == State::sending ? echo::Interest::write : echo::Interest::read;
    }
    [[nodiscard]] bool is_talking() const {
        return state == State::receiving || state == State::sending;
    }

    echo::Connection connection;
    State state = State::receiving;
    std::string queue;  // received, and not sent back yet: at most one buffer full
    std::size_t echoed = 0;
    std::uint64_t moved = 0;                  // bytes in and out, since it was looked at
    std::size_t late = 0;                     // bytes in, since we were asked to stop
    bool backed_up = false;                   // more was on its way than one side had room for
    std::uint64_t moved_before = UINT64_MAX;  // echoed and late, when last asked if it is owed
    std::size_t drained = 0;                  // since our goodbye
    echo::Deadline due = echo::never;         // to be looked at; leaving: to be gone
};

class Server {
public:
    Server(echo::Listener listener, const Limits& limits, const echo::Log& log,
           const echo::Stop& stop);
    void run();  // until it is asked to stop, and has done so

private:
    using Clients = std::list<Client>;

    void look_into(echo::Handle socket);
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
    void look_at(Clients::iterator client);
    [[nodiscard]] static bool is_ready(const Client& client);
    void let_go(Client& client);
    void begin_stretch(Clients::iterator client);
    bool accept();
    void add(echo::Connection connection);
    void watch_listener();

    void begin_to_stop();
    void all_landed();
    [[nodiscard]] static bool is_owed(const Client& client);
    void finish(Client& client);
    void give_up();

    echo::Listener listener_;
    const Limits limits_;
    const echo::Log& log_;
    const echo::Stop& stop_;

    echo::Poller poller_;
    Clients clients_;  // in the order in which they are due: all have the same time
    Clients leaving_;  // and so these
    std::unordered_map<echo::Handle, Clients::iterator> by_socket_;

    echo::Interest accepts_ = echo::Interest::read;  // none: those who come wait in line
    echo::Deadline accepts_again_ = echo::never;
    bool is_short_ = false;  // of descriptors, and has said so

    bool stops_ = false;
    bool has_landed_ = false;  // what was in flight when we were asked to stop
    echo::Deadline lands_ = echo::never;
    echo::Deadline gives_up_ = echo::never;
    std::size_t finished_ = 0, given_up_ = 0;

    std::array<char, 65536> buffer_;  // one for all: each is done with it before the next begins
};

Server::Server(echo::Listener listener, const Limits& limits, const echo::Log& log,
               const echo::Stop& stop)
    : listener_(std::move(listener)), limits_(limits), log_(log), stop_(stop) {
    poller_.watch(listener_.handle(), accepts_);
    poller_.watch(stop_.handle(), echo::Interest::read);
}

// Only the poller's wait ever waits.
void Server::run() {
    while (!stops_ || !by_socket_.empty()) {
        for (const echo::Poller::Event& event : poller_.wait(next_deadline()))
            look_into(event.socket);
        do_what_is_due();
        watch_listener();
    }
    log_.write(echo::Level::info, "stopped: " + std::to_string(finished_) + " finished, " +
                                      std::to_string(given_up_) + " given up");
}

void Server::look_into(echo::Handle socket) {
    if (socket == stop_.handle()) return begin_to_stop();
    if (socket == listener_.handle()) return void(accept());
    serve(by_socket_.at(socket));
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
    if (has_landed_ && client->is_talking() && !is_owed(*client)) finish(*client);
    if (client->state == before) return;
    if (client->state == Client::State::gone)
        return remove(before == Client::State::leaving ? leaving_ : clients_, client);
    if (client->state == Client::State::leaving) leaving_.splice(leaving_.end(), clients_, client);
    poller_.change(client->connection.handle(), client->interest());
}

// Its queue is empty, so whatever comes can be sent at once, as far as the system takes it.
void Server::receive(Client& client) {
    const echo::Result got = client.connection.recv(buffer_);
    client.moved += got.bytes;
    if (stops_) {
        client.late += got.bytes;
        client.backed_up = client.backed_up || got.bytes == buffer_.size();
    }
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
    client.moved += sent.bytes;
    if (!sent && sent.status != echo::Status::would_block) {
        log_end(client, sent);
        say_goodbye(client);
        return {};
    }
    client.state = sent ? Client::State::receiving : Client::State::sending;
    client.backed_up = !sent || (client.backed_up && stops_);
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
    if (!goes_on || client.drained >= most_in_flight) client.state = Client::State::gone;
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

// In each list the first is the first that is due, however many there are.
echo::Deadline Server::next_deadline() const {
    echo::Deadline next = accepts_again_;
    if (!clients_.empty()) next = std::min(next, clients_.front().due);
    if (!leaving_.empty()) next = std::min(next, leaving_.front().due);
    return std::min({next, lands_, gives_up_});
}

void Server::do_what_is_due() {
    const echo::Deadline now = echo::Clock::now();
    if (accepts_again_ <= now) accepts_again_ = echo::never;
    while (!clients_.empty() && clients_.front().due <= now) look_at(clients_.begin());
    while (!leaving_.empty() && leaving_.front().due <= now) remove(leaving_, leaving_.begin());
    if (lands_ <= now) all_landed();
    if (gives_up_ <= now) give_up();
}

// We may be late ourselves. So before a client is blamed, we look whether it waits for us.
void Server::look_at(Clients::iterator client) {
    const Client::State before = client->state;
    if (client->moved < limits_.pace && is_ready(*client)) step(*client);
    if (client->is_talking())
        client->moved < limits_.pace ? let_go(*client) : begin_stretch(client);
    settle(client, before);
}

// Asks the system about this one alone, and does not wait.
bool Server::is_ready(const Client& client) {
    echo::Watched watched(client.connection.handle(), client.interest());
    return echo::poll(std::span(&watched, 1), echo::Clock::now()) > 0;
}

void Server::let_go(Client& client) {
    log_.write(echo::Level::warning, client.connection.peer(), "too slow, let go", client.echoed);
    client.state = Client::State::gone;
}

// Who is due last goes to the end, so the order stays as it is, and nobody has to search.
void Server::begin_stretch(Clients::iterator client) {
    client->moved = 0;
    client->due = echo::after(limits_.idle);
    clients_.splice(clients_.end(), clients_, client);
}

// When the system has no room for another socket, the client stays in line, and we look there again
// when somebody has left, or after a while: it may be elsewhere in the system.
bool Server::accept() {
    echo::Accepted taken = listener_.try_accept();
    if (taken) {
        is_short_ = false;
        add(std::move(taken.connection));
    } else if (taken.status != echo::Status::would_block) {
        if (!std::exchange(is_short_, true))
            log_.write(echo::Level::error, "accept: " + echo::reason(taken.error));
        accepts_again_ = echo::after(retry_pause);
    }
    return bool(taken);
}

void Server::add(echo::Connection connection) {
    const echo::Handle socket = connection.handle();
    log_.write(echo::Level::info, connection.peer(), "connected");
    const auto client = clients_.emplace(clients_.end(), std::move(connection));
    by_socket_.emplace(socket, client);
    poller_.watch(socket, client->interest());
    begin_stretch(client);
    if (by_socket_.size() == limits_.room)
        log_.write(echo::Level::warning, "full house: new clients wait in line");
}

// In a full house whoever comes waits in line: nobody looks.
void Server::watch_listener() {
    if (stops_) return;
    const bool has_room = by_socket_.size() < limits_.room && accepts_again_ == echo::never;
    const echo::Interest interest = has_room ? echo::Interest::read : echo::Interest::none;
    if (std::exchange(accepts_, interest) != interest) poller_.change(listener_.handle(), interest);
}

// Who is in line has been connected by the system, and may have sent something already: so as long
// as there are seats it gets one. Closing the listener refuses the others, and all who come later.
void Server::begin_to_stop() {
    stops_ = true;
    poller_.forget(stop_.handle());
    while (by_socket_.size() < limits_.room && accept()) continue;
    poller_.forget(listener_.handle());
    listener_.close();
    accepts_again_ = echo::never;
    lands_ = echo::after(longest_flight);
    gives_up_ = echo::after(limits_.drain);
    finished_ = by_socket_.size();
    log_.write(echo::Level::info, "stopping, clients: " + std::to_string(finished_));
}

// From here on a client gets its goodbye as soon as all that it sent has gone back. Again and again
// we ask this of those who were backed up.
void Server::all_landed() {
    has_landed_ = true;
    for (auto at = clients_.begin(); at != clients_.end();) {
        const auto client = at++;  // which may move to the other list
        settle(client, client->state);
        client->moved_before = client->echoed + client->late;
    }
    lands_ = clients_.empty() ? echo::never : echo::after(longest_flight);
}

// Its queue is empty only while it is receiving. If there is more to receive then, that may have been
// sent in time; unless so much has come since that it can't have been. Who was backed up may have
// more in its own system, which needs a moment to send it: that one has to be quiet for a while.
bool Server::is_owed(const Client& client) {
    if (client.state == Client::State::sending) return true;
    if (client.late >= most_in_flight) return false;
    if (client.backed_up && client.moved_before != client.echoed + client.late) return true;
    return is_ready(client);
}

void Server::finish(Client& client) {
    log_.write(echo::Level::info, client.connection.peer(), "finished", client.echoed);
    say_goodbye(client);
}

// Those who got their goodbye have got everything; the others have not.
void Server::give_up() {
    given_up_ = clients_.size();
    finished_ -= given_up_;
    for (const Client& client : clients_)
        log_.write(echo::Level::warning, client.connection.peer(), "given up", client.echoed);
    while (!clients_.empty()) remove(clients_, clients_.begin());
    while (!leaving_.empty()) remove(leaving_, leaving_.begin());
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, usage, [](echo::Arguments& arguments) -> int {
        const Limits limits{
            static_cast<std::size_t>(
                arguments.number("--max-clients", default_clients, 1, most_clients)),
            arguments.duration("--idle", default_idle, shortest_idle, longest_idle),
            arguments.number("--pace", default_pace, 1, fastest_pace),
            arguments.duration("--drain", default_drain, shortest_drain, longest_drain),
        };
        const std::uint16_t port = arguments.next_port(default_port);
        arguments.done();

        // One call, three steps: make a socket, bind it to an address, listen there. When that
        // can't be done, its exception goes up to run_tool, which says why.
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));

        // Asked to stop before anybody knows that we are here, we stop as well.
        echo::Stop stop;
        stop.catch_signals();

        // Whoever starts this program learns the port from this line.
        echo::print_line("listening on " + listener.endpoint().text());

        const echo::Log log;
        Server(std::move(listener), limits, log, stop).run();
        return 0;
    });
}
