#include "load.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace bench {

namespace {

using Microseconds = std::chrono::duration<double, std::micro>;

// As many as a listen queue surely holds.
constexpr std::size_t batch = 64;

harness::Process start(std::vector<std::string> command, const std::vector<std::string>& arguments,
                       std::size_t most) {
    command.emplace_back("0");
    command.insert(command.end(), arguments.begin(), arguments.end());
    harness::Process::Options options{std::move(command), {}};
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
std::string make_message(std::size_t size) {
    std::string message(size, '\0');
    for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<char>(i * 7 + i / 256);
    return message;
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
    echo::Connection connection;
    std::size_t unsent = 0, missing = 0;  // bytes of the message, of its answer
    bool has_compared = false;
    echo::Clock::time_point since{};
};

// Many of them. Raw calls in one loop: whatever the load saves, it does not take from the server.
class Talk {
public:
    Talk(const Server& server, std::size_t clients, std::size_t size)
        : message_(make_message(size)), back_(size, '?'), talkers_(clients) {
        for (std::size_t i = 0; i < clients; ++i) begin(server.connect(), i);
    }
    ~Talk() {
        for (Talker& talker : talkers_) talker.connection.reset();
    }
    Talk(const Talk&) = delete;
    Talk& operator=(const Talk&) = delete;

    // Goes on until then, and until each has had an answer.
    void go_on(echo::Deadline end, echo::Deadline late_end) {
        while (echo::Clock::now() < (times_.size() < talkers_.size() ? late_end : end)) {
            std::array<epoll_event, 256> ready;
            const int count = ::epoll_wait(poller_.handle(), ready.data(), 256, 100);
            for (int i = 0; i < count; ++i)
                look_at(talkers_[ready[static_cast<std::size_t>(i)].data.u64]);
        }
    }
    // How long each message was under way, in microseconds.
    std::vector<double>& times() { return times_; }

private:
    // Edge-triggered: told of once when bytes have come, or when there is room again.
    void begin(echo::Connection fresh, std::size_t place) {
        Talker& talker = talkers_[place];
        talker.connection = std::move(fresh);
        talker.connection.set_nonblocking(true);
        talker.connection.set_no_delay();
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLET;
        event.data.u64 = place;
        require(
            ::epoll_ctl(poller_.handle(), EPOLL_CTL_ADD, talker.connection.handle(), &event) == 0,
            "a client could not be watched");
        talker.since = echo::Clock::now();
        say(talker);
    }

    void say(Talker& talker) {
        talker.unsent = talker.missing = message_.size();
        send(talker);
    }

    void send(Talker& talker) {
        const char* const from = message_.data() + message_.size() - talker.unsent;
        const auto took = ::send(talker.connection.handle(), from, talker.unsent, MSG_NOSIGNAL);
        require(took >= 0 || errno == EAGAIN, "a message could not be sent");
        if (took > 0) talker.unsent -= static_cast<std::size_t>(took);
    }

    void look_at(Talker& talker) {
        if (talker.unsent > 0) send(talker);
        while (talker.missing > 0) {
            const std::size_t at = message_.size() - talker.missing, wanted = talker.missing;
            const auto got = ::recv(talker.connection.handle(), back_.data() + at, wanted, 0);
            if (got < 0 && errno == EAGAIN) return;
            require(got > 0, "a server hung up on a client at work");
            compare(talker, at, static_cast<std::size_t>(got));
            talker.missing -= static_cast<std::size_t>(got);
        }
        const echo::Clock::time_point now = echo::Clock::now();
        times_.push_back(Microseconds(now - talker.since).count());
        talker.since = now;
        talker.has_compared = true;
        say(talker);
    }

    void compare(const Talker& talker, std::size_t at, std::size_t size) const {
        require(talker.has_compared || back_.compare(at, size, message_, at, size) == 0,
                "a message came back wrong");
    }

    const std::string message_;
    std::string back_;  // one for all, like the server's
    std::vector<Talker> talkers_;
    std::vector<double> times_;
    const echo::Socket poller_{::epoll_create1(EPOLL_CLOEXEC)};
};

// "PID (NAME) STATE": S when it sleeps.
bool sleeps(long process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t name_end = text.rfind(") ");
    return name_end != std::string::npos && text.compare(name_end + 2, 1, "S") == 0;
}

}  // namespace

double middle(std::vector<double> values) { return at(values, 0.5); }
double late(std::vector<double> values) { return at(values, 0.99); }

Server::Server(std::vector<std::string> command, const std::vector<std::string>& arguments,
               std::size_t most)
    : process_(start(command, arguments, most)) {
    constexpr std::string_view words = "listening on 127.0.0.1:";
    const auto has_line = [](const std::string& text) {
        return text.find('\n') != std::string::npos;
    };
    const bool listens = process_.wait_for_output(has_line, echo::after(patience));
    const std::string line = process_.output().substr(0, process_.output().find('\n'));
    if (!listens || line.rfind(words, 0) != 0)
        throw std::runtime_error(command.front() + " does not listen: " + process_.errors());
    port_ = echo::parse_port(std::string_view(line).substr(words.size()));
}

echo::Connection Server::connect() const {
    return echo::connect(echo::Endpoint::loopback(port_), echo::after(patience));
}

bool Server::ends(std::chrono::milliseconds soon) {
    return process_.wait(echo::after(soon)).has_value();
}

// Not in the middle of its work, so that it goes through the same steps each time.
void Server::pause() {
    const echo::Deadline deadline = echo::after(patience);
    const auto threads = process_.threads();
    require(!threads.empty(), "the system does not tell of threads");
    while (!sleeps(threads.front().thread))
        require(echo::Clock::now() < deadline, "a server does not come to rest");
    require(process_.pause(harness::Process::Pause::with_a_signal), "a server can't be paused");
}

void Server::stop() {
    require(process_.ask_to_stop(harness::Process::StopBy::terminate) && ends(patience),
            "a server did not end when it was asked to");
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
    const std::string message = make_message(message_size);
    std::string back(message.size(), '?');
    const echo::Deadline enough = echo::after(longest);
    for (std::size_t i = 0; i < count && (i == 0 || echo::Clock::now() < enough); ++i) {
        const echo::Deadline deadline = echo::after(patience);
        const auto begin = echo::Clock::now();
        require(client.send_all(message, deadline) && client.recv_exactly(back, deadline),
                "a server let its only client at work wait");
        all.push_back(Microseconds(echo::Clock::now() - begin).count());
        require(back == message, "a message came back wrong");
    }
    return {middle(all), late(all)};
}

Work keep_busy(const Server& server, std::size_t clients, std::chrono::milliseconds how_long,
               std::size_t size) {
    Talk talk(server, clients, size);
    const echo::Deadline begin = echo::Clock::now();
    talk.go_on(begin, begin + patience);  // until each has had an answer
    require(talk.times().size() >= clients, "a server let clients at work wait");
    talk.times().clear();

    const auto worked_before = server.processor_time();
    const echo::Deadline start = echo::Clock::now();
    talk.go_on(start + how_long, start + how_long + patience);
    const Microseconds passed = echo::Clock::now() - start;
    const Microseconds worked = server.processor_time() - worked_before;
    const auto count = static_cast<double>(talk.times().size());
    return {count / passed.count() * 1e6,
            worked.count() / count,
            {middle(talk.times()), late(talk.times())}};
}

}  // namespace bench
