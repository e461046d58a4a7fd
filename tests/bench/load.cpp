#include "load.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace bench {

namespace {

using Microseconds = std::chrono::duration<double, std::micro>;

// As many as a listen queue surely holds.
constexpr std::size_t batch = 64;

harness::Process start(const std::string& program, std::vector<std::string> arguments,
                       std::size_t most) {
    arguments.insert(arguments.begin(), {program, "0"});
    harness::Process::Options options{std::move(arguments), {}};
    options.output_limit = std::size_t{16} << 20;  // a line for each who comes
    options.descriptor_limit = most;
    return harness::Process(options);
}

double at(std::vector<double>& values, double part) {
    if (values.empty()) return 0;
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(
                                            part * static_cast<double>(values.size() - 1) + 0.5);
    std::nth_element(values.begin(), place, values.end());
    return *place;
}

// Not all the same, so that a byte that is lost or comes twice is seen.
std::array<char, message_size> make_message() {
    std::array<char, message_size> message{};
    for (std::size_t i = 0; i < message.size(); ++i)
        message[i] = static_cast<char>(i * 7 + i / 256);
    return message;
}

const std::array<char, message_size> message = make_message();

std::string_view bytes_of(const std::array<char, message_size>& bytes) {
    return {bytes.data(), bytes.size()};
}

void require(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(what);
}

bool echoes(echo::Connection& client, const std::string& said, echo::Deadline deadline) {
    std::string heard(said.size(), '?');
    return client.recv_exactly(heard, deadline) && heard == said;
}

// A client at work: one message is on its way, always.
struct Talker {
    explicit Talker(echo::Connection fresh) : connection(std::move(fresh)) {
        connection.set_nonblocking(true);
        connection.set_no_delay();
    }

    void send() {
        got = 0;
        sent = echo::Clock::now();
        // One message always has room: the one before has come back.
        require(bool(connection.send_all(bytes_of(message))), "a message could not be sent");
    }

    // Whether all of the message is back.
    bool receive() {
        const echo::Result result = connection.recv(std::span(back).subspan(got));
        if (result.status == echo::Status::would_block) return false;
        require(bool(result), "a server hung up on a client at work");
        got += result.bytes;
        if (got < message.size()) return false;
        require(back == message, "a message came back wrong");
        return true;
    }

    echo::Connection connection;
    std::array<char, message_size> back{};
    std::size_t got = 0;
    echo::Clock::time_point sent{};
};

}  // namespace

double middle(std::vector<double> values) { return at(values, 0.5); }
double late(std::vector<double> values) { return at(values, 0.99); }

Server::Server(const std::string& program, std::vector<std::string> arguments, std::size_t most)
    : process_(start(program, std::move(arguments), most)) {
    constexpr std::string_view words = "listening on 127.0.0.1:";
    const auto has_line = [](const std::string& text) {
        return text.find('\n') != std::string::npos;
    };
    const bool listens = process_.wait_for_output(has_line, echo::after(patience));
    const std::string line = process_.output().substr(0, process_.output().find('\n'));
    if (!listens || line.rfind(words, 0) != 0)
        throw std::runtime_error(program + " does not listen: " + process_.errors());
    port_ = echo::parse_port(std::string_view(line).substr(words.size()));
}

echo::Connection Server::connect() const {
    return echo::connect(echo::Endpoint::loopback(port_), echo::after(patience));
}

bool Server::ends(std::chrono::milliseconds soon) {
    return process_.wait(echo::after(soon)).has_value();
}

void Server::kill() {
    process_.kill();
    require(ends(patience), "a server could not be ended");
}

bool Crowd::grow_to(std::size_t size, std::chrono::milliseconds soon) {
    while (clients_.size() < size)
        if (!grow(std::min(batch, size - clients_.size()), soon)) return false;
    return true;
}

// A batch at a time: one by one would take long, and all at once would overrun the listen queue.
bool Crowd::grow(std::size_t more, std::chrono::milliseconds soon) {
    const std::size_t before = clients_.size();
    const echo::Deadline deadline = echo::after(soon);
    try {
        for (std::size_t i = 0; i < more; ++i) {
            clients_.push_back(server_.connect());
            if (!clients_.back().send_all("x", deadline)) break;
        }
    } catch (const echo::Error&) {
        // Those that have come may be served all the same.
    }
    std::size_t served = before;
    while (served < clients_.size() && echoes(clients_[served], "x", deadline)) ++served;
    while (clients_.size() > served) clients_.pop_back();
    return served == before + more;
}

bool Crowd::all_echo() {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        const std::string said = "client " + std::to_string(i);
        const echo::Deadline deadline = echo::after(patience);
        if (!clients_[i].send_all(said, deadline) || !echoes(clients_[i], said, deadline))
            return false;
    }
    return true;
}

// With a reset, which leaves nothing behind: thousands of connections that wait out their time
// would slow down the next crowd.
void Crowd::leave() {
    for (echo::Connection& client : clients_) client.reset();
    clients_.clear();
}

Times round_trips(echo::Connection& client, std::size_t count, std::chrono::milliseconds longest) {
    std::vector<double> all;
    std::array<char, message_size> back{};
    const echo::Deadline enough = echo::after(longest);
    for (std::size_t i = 0; i < count && (i == 0 || echo::Clock::now() < enough); ++i) {
        const echo::Deadline deadline = echo::after(patience);
        const auto begin = echo::Clock::now();
        require(client.send_all(bytes_of(message), deadline) && client.recv_exactly(back, deadline),
                "a server let its only client at work wait");
        all.push_back(Microseconds(echo::Clock::now() - begin).count());
        require(back == message, "a message came back wrong");
    }
    return {middle(all), late(all)};
}

Work keep_busy(const Server& server, std::size_t clients, std::chrono::milliseconds how_long) {
    echo::Poller poller;
    std::unordered_map<echo::Handle, Talker> talkers;
    for (std::size_t i = 0; i < clients; ++i) {
        echo::Connection fresh = server.connect();
        const echo::Handle socket = fresh.handle();
        talkers.emplace(socket, std::move(fresh)).first->second.send();
        poller.watch(socket, echo::Interest::read);
    }
    std::vector<double> all;
    const auto begin = echo::Clock::now();
    const auto worked_before = server.processor_time();
    const echo::Deadline end = echo::after(how_long), late_end = echo::after(how_long + patience);
    while (echo::Clock::now() < (all.size() < clients ? late_end : end)) {
        for (const echo::Poller::Event& event : poller.wait(late_end)) {
            Talker& talker = talkers.at(event.socket);
            if (!talker.receive()) continue;
            all.push_back(Microseconds(echo::Clock::now() - talker.sent).count());
            talker.send();
        }
    }
    const Microseconds passed = echo::Clock::now() - begin;
    const Microseconds worked = server.processor_time() - worked_before;
    require(all.size() >= clients, "a server let clients at work wait");
    const auto count = static_cast<double>(all.size());
    for (auto& [socket, talker] : talkers) talker.connection.reset();
    return {count / passed.count() * 1e6, worked.count() / count, {middle(all), late(all)}};
}

}  // namespace bench
