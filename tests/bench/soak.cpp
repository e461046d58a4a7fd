// Lets thousands of clients stay with the finished server for minutes, a tenth of them rude in every
// way that the course knows, and counts at the end: bytes sent, bytes that came back, descriptors and
// memory of the server. By hand, since it takes so long:
//
//     cmake --build build --target bench && ./build/bench/soak --clients 19000 --duration 10m

#include "load.hpp"
#include "plot.hpp"
#include "process.hpp"

#include <echo.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <queue>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using echo::Clock;
using Time = Clock::time_point;

constexpr std::string_view usage =
    "[--clients N] [--duration DURATION]\n"
    "\n"
    "Lets so many clients (1000) stay with echo-server for so long (10s), nine in ten of them "
    "polite,\n"
    "the others rude, one after the other in every way. Exit code 1 when a byte was lost.";

// How a client's stay ends by itself.
enum class Leaves { last, politely, with_a_reset, at_once };

// How a client behaves.
struct Manner {
    std::string_view name;
    std::size_t least, most;         // bytes of one message
    std::size_t messages;            // then it leaves
    bool waits;                      // for the echo of one before it sends the next
    bool reads;                      // at all
    std::chrono::milliseconds rest;  // between two messages, at most
    std::chrono::milliseconds stay;  // 0: until it has said everything
    Leaves leaves;
};

constexpr std::size_t without_end = SIZE_MAX;

constexpr std::array<Manner, 9> manners{{
    {"polite", 1, 2000, without_end, true, true, 4000ms, 0ms, Leaves::last},
    {"breaks off", 1, 50000, without_end, false, true, 100ms, 2000ms, Leaves::with_a_reset},
    {"half-closes early", 1, 100000, 1, false, true, 0ms, 0ms, Leaves::politely},
    {"never reads", 60000, 60000, without_end, false, false, 0ms, 8000ms, Leaves::with_a_reset},
    {"dribbles", 1, 1, 30, false, true, 600ms, 0ms, Leaves::politely},
    {"floods", 60000, 60000, 20, false, true, 0ms, 0ms, Leaves::politely},
    {"says nothing", 0, 0, 0, false, true, 0ms, 10000ms, Leaves::politely},
    {"leaves in mid-message", 60000, 60000, 1, false, false, 0ms, 50ms, Leaves::at_once},
    {"vanishes", 0, 0, 0, false, false, 0ms, 1ms, Leaves::with_a_reset},
}};

// Bytes that repeat after 251, no power of two, so one that is lost or comes twice is seen.
constexpr std::size_t period = 251, longest = 65536;
std::string make_pattern() {
    std::string pattern(longest + period, '\0');
    for (std::size_t i = 0; i < pattern.size(); ++i) pattern[i] = static_cast<char>(i % period);
    return pattern;
}
const std::string pattern = make_pattern();

struct Client {
    int socket = -1;
    std::size_t manner = 0;
    bool is_connected = false, has_finished = false;
    bool rests = false;        // it is woken for its next message
    std::size_t messages = 0;  // begun
    std::uint64_t end = 0;     // of the message that is being sent, in the stream
    std::uint64_t sent = 0, got = 0;
    Time leaves{};  // not before
    std::uint64_t life = 0;
};

// A client is looked at again at a time, unless its life is over by then.
struct Alarm {
    Time when;
    std::size_t client;
    std::uint64_t life;
    bool operator<(const Alarm& other) const { return when > other.when; }  // the first on top
};

struct Count {
    std::uint64_t lives = 0, sent = 0, echoed = 0, cut_off = 0;
};

class Soak {
public:
    Soak(std::uint16_t port, std::size_t clients) : port_(port), clients_(clients) {}
    ~Soak() {
        for (const Client& client : clients_)
            if (client.socket >= 0) ::close(client.socket);
    }
    Soak(const Soak&) = delete;
    Soak& operator=(const Soak&) = delete;

    // A batch of them comes, and all go on for a moment.
    void come(std::size_t first, std::size_t count) {
        for (std::size_t i = first; i < std::min(first + count, clients_.size()); ++i) begin(i);
        go_on(Clock::now() + 20ms);
    }
    void go_on(Time end);
    // Nobody comes any more; each ends what it has begun. False: somebody does not.
    bool end(Time deadline);

    std::size_t present() const { return present_; }
    const std::array<Count, manners.size()>& counts() const { return counts_; }
    std::uint64_t wrong() const { return wrong_; }

private:
    const Manner& manner(const Client& client) const { return manners[client.manner]; }
    std::size_t random(std::size_t least, std::size_t most) {
        return std::uniform_int_distribution<std::size_t>(least, most)(engine_);
    }
    void wake(std::size_t place, Time when) { alarms_.push({when, place, clients_[place].life}); }
    void begin(std::size_t place);
    void look_at(std::size_t place, unsigned events);
    void on_time(std::size_t place);
    void next_message(std::size_t place);
    bool send(Client& client);
    bool receive(Client& client, bool& at_end);
    void finish(Client& client);
    void leave(std::size_t place, bool was_cut_off);

    const std::uint16_t port_;
    std::vector<Client> clients_;
    std::priority_queue<Alarm> alarms_;
    std::array<Count, manners.size()> counts_{};
    std::uint64_t wrong_ = 0;
    std::size_t present_ = 0;
    bool ends_ = false;
    std::mt19937_64 engine_{13};  // the same each time
    std::array<char, longest> buffer_{};
    const echo::Socket poller_{::epoll_create1(EPOLL_CLOEXEC)};
};

// From one of many addresses of this machine: each has ports of its own, and those of who has left
// stay taken for a minute.
int connect_from(std::size_t place, std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) throw std::runtime_error(std::string("socket: ") + std::strerror(errno));
    const int on = 1;
    (void)::setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    (void)::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in from{}, to{};
    from.sin_family = to.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(0x7f000002 + static_cast<std::uint32_t>(place % 16));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&from), sizeof from) == 0;
    if (bound && (::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 ||
                  errno == EINPROGRESS))
        return socket;
    const int error = errno;
    ::close(socket);
    throw std::runtime_error(std::string("a client can't connect: ") + std::strerror(error));
}

// Every tenth is rude, each time in another way.
void Soak::begin(std::size_t place) {
    Client& client = clients_[place];
    const std::uint64_t life = client.life;
    const std::size_t rude = 1 + (place / 10 + life) % (manners.size() - 1);
    client = Client{};
    client.life = life;
    client.manner = place % 10 == 0 ? rude : 0;
    client.socket = connect_from(place, port_);
    if (!manner(client).reads) {  // or the system would take megabytes for it
        const int small = 4096;
        (void)::setsockopt(client.socket, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        (void)::setsockopt(client.socket, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    }
    const auto stay = static_cast<std::size_t>(manner(client).stay.count());
    client.leaves = Clock::now() + std::chrono::milliseconds(random(stay / 2, stay));
    ++counts_[client.manner].lives;
    ++present_;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = place;
    (void)::epoll_ctl(poller_.handle(), EPOLL_CTL_ADD, client.socket, &event);
    if (stay > 0) wake(place, client.leaves);
}

void Soak::go_on(Time end) {
    for (Time now = Clock::now(); now < end; now = Clock::now()) {
        std::array<epoll_event, 512> ready;
        const int count = ::epoll_wait(poller_.handle(), ready.data(), 512, 5);
        for (int i = 0; i < count; ++i)
            look_at(ready[static_cast<std::size_t>(i)].data.u64,
                    ready[static_cast<std::size_t>(i)].events);
        while (!alarms_.empty() && alarms_.top().when <= Clock::now()) {
            const Alarm alarm = alarms_.top();
            alarms_.pop();
            if (clients_[alarm.client].life == alarm.life) on_time(alarm.client);
        }
    }
}

bool Soak::end(Time deadline) {
    ends_ = true;
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        Client& client = clients_[i];
        const bool is_idle = client.is_connected && client.got == client.end;
        if (manner(client).leaves == Leaves::last && is_idle) finish(client);
    }
    while (present_ > 0 && Clock::now() < deadline) go_on(Clock::now() + 50ms);
    return present_ == 0;
}

void Soak::look_at(std::size_t place, unsigned events) {
    Client& client = clients_[place];
    if (client.socket < 0) return;
    if (!client.is_connected && (events & EPOLLOUT) != 0) {
        client.is_connected = true;
        next_message(place);
    }
    bool at_end = false;
    if (!send(client) || !receive(client, at_end)) return leave(place, true);
    if (at_end) return leave(place, !client.has_finished || client.got < client.sent);
    if (client.has_finished || client.sent < client.end) return;
    if (manner(client).waits && client.got < client.end) return;
    if (client.messages >= manner(client).messages || (ends_ && manner(client).waits)) {
        if (manner(client).stay == 0ms) finish(client);
        return;
    }
    // One who rests is woken later; the others go on after the others' turn.
    const auto rest = static_cast<std::size_t>(manner(client).rest.count());
    if (client.is_connected && !std::exchange(client.rests, true))
        wake(place, Clock::now() + std::chrono::milliseconds(random(0, rest)));
}

// Time for the next message, or to leave.
void Soak::on_time(std::size_t place) {
    Client& client = clients_[place];
    if (client.socket < 0) {  // it comes back
        if (!ends_) begin(place);
        return;
    }
    if (manner(client).stay > 0ms && Clock::now() >= client.leaves) {
        if (manner(client).leaves == Leaves::politely) return finish(client);
        return leave(place, false);
    }
    client.rests = false;
    next_message(place);
    look_at(place, 0);
}

void Soak::next_message(std::size_t place) {
    Client& client = clients_[place];
    if (ends_ && manner(client).waits) return;
    if (client.messages >= manner(client).messages) return;
    ++client.messages;
    client.end += random(manner(client).least, manner(client).most);
}

// False: the connection is broken.
bool Soak::send(Client& client) {
    while (client.is_connected && client.sent < client.end) {
        const auto size = std::min<std::uint64_t>(client.end - client.sent, longest);
        const char* const from = pattern.data() + client.sent % period;
        const auto took = ::send(client.socket, from, size, MSG_NOSIGNAL);
        if (took < 0) return errno == EAGAIN;
        client.sent += static_cast<std::uint64_t>(took);
    }
    return true;
}

bool Soak::receive(Client& client, bool& at_end) {
    while (client.is_connected && manner(client).reads) {
        const auto got = ::recv(client.socket, buffer_.data(), buffer_.size(), 0);
        if (got < 0) return errno == EAGAIN;
        at_end = got == 0;
        if (at_end) return true;
        const auto size = static_cast<std::size_t>(got);
        if (std::memcmp(buffer_.data(), pattern.data() + client.got % period, size) != 0) ++wrong_;
        client.got += size;
    }
    return true;
}

void Soak::finish(Client& client) {
    if (!std::exchange(client.has_finished, true)) ::shutdown(client.socket, SHUT_WR);
}

void Soak::leave(std::size_t place, bool was_cut_off) {
    Client& client = clients_[place];
    Count& count = counts_[client.manner];
    count.sent += client.sent;
    count.echoed += client.got;
    if (was_cut_off) ++count.cut_off;
    if (manner(client).leaves == Leaves::with_a_reset) {
        const linger at_once{1, 0};
        (void)::setsockopt(client.socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    ::close(std::exchange(client.socket, -1));
    --present_;
    ++client.life;
    if (!ends_) wake(place, Clock::now() + std::chrono::milliseconds(random(0, 2000)));
}

std::string number(std::uint64_t value) { return bench::with_commas(static_cast<double>(value)); }

// Of those who leave when they have got everything. What the others did not wait for is their own.
bool is_owed_all(const Manner& manner) {
    return manner.leaves == Leaves::last || manner.leaves == Leaves::politely;
}

// Bytes lost, and clients cut off.
std::uint64_t report(const Soak& soak) {
    std::uint64_t sent = 0, echoed = 0, cut_off = 0;
    for (std::size_t i = 0; i < manners.size(); ++i) {
        const Count& count = soak.counts()[i];
        std::cout << manners[i].name << ": " << number(count.lives) << " clients, bytes sent "
                  << number(count.sent) << ", echoed " << number(count.echoed)
                  << (is_owed_all(manners[i]) ? "" : " (waited for no more)") << '\n';
        if (!is_owed_all(manners[i])) continue;
        sent += count.sent;
        echoed += count.echoed;
        cut_off += count.cut_off;
    }
    std::cout << "of those who waited for all: bytes sent " << number(sent) << ", echoed "
              << number(echoed) << ", lost " << number(sent - echoed) << ", wrong pieces "
              << number(soak.wrong()) << ", clients cut off " << number(cut_off) << '\n';
    return sent - echoed + soak.wrong() + cut_off;
}

void tell(const bench::Server& server, std::string_view when) {
    std::cout << "the server " << when << ": descriptors " << server.descriptors() << ", memory "
              << number(server.memory() / 1000) << " KB" << std::endl;
}

int soak(std::size_t clients, Clock::duration duration) {
    const std::size_t needed = clients + 100, allowed = harness::allow_descriptors(needed);
    if (allowed < needed)
        throw std::runtime_error("needs " + std::to_string(needed) +
                                 " descriptors; `ulimit -n` allows " + std::to_string(allowed));
    bench::Server server({std::string(ECHO_BUILD_DIR) + "/bench/13-the-echo-server/server"},
                         {"--host", "127.0.0.1", "--max-clients", "100000"});
    const std::size_t before = server.descriptors();
    tell(server, "before");
    std::uint64_t bad = 0;
    {
        Soak soak(server.port(), clients);
        for (std::size_t i = 0; i < clients; i += 100) soak.come(i, 100);
        soak.go_on(Clock::now() + duration / 2);
        tell(server, "half way, with " + number(soak.present()) + " clients");
        soak.go_on(Clock::now() + duration / 2);
        if (!soak.end(Clock::now() + 60s)) std::cout << "not all clients came to an end\n";
        bad = report(soak) + soak.present();
    }
    for (const Time end = Clock::now() + 10s; server.descriptors() > before && Clock::now() < end;)
        bench::Crowd(server).grow_to(1);  // it has something to do, and sees who has left
    tell(server, "after");
    if (server.descriptors() > before) ++bad;
    const double seconds = server.processor_time().count();
    std::cout << "its processor time: " << number(static_cast<std::uint64_t>(seconds)) << " s\n";
    server.stop();
    return bad == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, usage, [](echo::Arguments& arguments) -> int {
        const std::uint64_t clients = arguments.number("--clients", 1000, 10, 100000);
        const Clock::duration duration = arguments.duration("--duration", 10s, 1s, 1h);
        arguments.done();
        return soak(clients, duration);
    });
}
