// The server's loop, driven by a script of visitors: who come, send, read, end their stream, break
// off or wait, while calls fail and time passes. All of it happens in one thread, between two waits
// of the loop, so that the same script does the same again.
//
// The script begins with the server's options; each step after them is a byte that says what
// happens, and what that needs.
#include "fuzz.hpp"

#include "../echo/pair.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <vector>

namespace fuzz::server {

using namespace std::chrono_literals;
using echo::Clock;
using echo::Connection;
using echo::Status;

// Under libFuzzer it is ours to say what time it is: minutes cost nothing, and are the same in each
// run. In the tests time passes by itself.
#ifdef ECHO_FUZZ_CLOCK
Clock::time_point fake_now{1h};
constexpr bool has_clock = true;
void pass(Clock::duration time) { fake_now += time; }
#else
constexpr bool has_clock = false;
void pass(Clock::duration) {}
#endif

// Bytes of which each can be told from its neighbours, and one visitor's from another's.
char pattern(std::size_t visitor, std::size_t at) {
    return static_cast<char>(visitor * 31 + at * 7 + at / 251);
}

// What can happen to a call of the server's, once.
struct Fault {
    std::string_view call;
    int error;      // 0: it comes up short
    bool cuts_off;  // the conversation may end by it
};

constexpr Fault faults[] = {
    {"accept", EMFILE, false},       {"accept", ENFILE, false},     {"accept", ENOBUFS, false},
    {"accept", ECONNABORTED, false}, {"accept", EINTR, false},      {"accept", EAGAIN, false},
    {"recv", EINTR, false},          {"recv", EAGAIN, false},       {"recv", 0, false},
    {"recv", ECONNRESET, true},      {"recv", ETIMEDOUT, true},     {"recv", ENOBUFS, true},
    {"send", EINTR, false},          {"send", EAGAIN, false},       {"send", 0, false},
    {"send", EPIPE, true},           {"send", ECONNRESET, true},    {"send", ENOBUFS, true},
    {"shutdown", ENOTCONN, true},    {"setsockopt", EINVAL, false}, {"fcntl", EINVAL, true},
    {"epoll_ctl", ENOSPC, true},     {"epoll_wait", EINTR, false},
};

// A client of the server's.
struct Visitor {
    explicit Visitor(const echo::Endpoint& where) : connection(echo::connect(where)) {
        connection.set_nonblocking(true);
        connection.set_no_delay();
        local = connection.local();
    }
    [[nodiscard]] bool is_there() const { return connection.is_open(); }

    Connection connection;
    echo::Endpoint local;
    echo::Handle served = echo::invalid_handle;  // the server's end, when it has one
    bool was_served = false;
    std::size_t sent = 0, received = 0;
    std::size_t owed = 0;     // it sent so much before the stop
    bool finished = false;    // it has ended its stream
    bool broke_off = false;   // and may not have read all
    bool is_cut_off = false;  // by a fault
    bool is_stalled = false;  // the server can send it nothing
    Status end = Status::ok;  // what it read at last
};

class Scene : public test::ScopedHook {
public:
    explicit Scene(Script& script)
        : script_(script),
          options_(read_options()),
          ends_first_(script.number() % 2 != 0),
          plan_{options_, handler(), stop_, {std::move(listener_), options_.max_clients, 1}} {}

    void run();

private:
    void before(echo::Call& call) override;
    void after(const echo::Call& call) override;

    echo::ServerOptions read_options() {
        echo::ServerOptions options;
        options.max_clients = script_.number() % 8 + 1;
        options.idle = (script_.number() + 1) * 100ms;
        options.pace = script_.number() + 1;
        options.drain = script_.number() * 50ms;
        return options;
    }
    // The echo, or a handler that says the same.
    echo::Handler handler() {
        if (script_.number() % 2 == 0) return {};
        return [](std::string_view bytes) { return std::string(bytes); };
    }

    void before_wait();
    void step(unsigned what);
    void happen(unsigned what);
    void act(Visitor& visitor, unsigned what);
    void disturb(echo::Call& call);
    bool is_for_a_client(const echo::Call& call) const;
    void leave_line();
    Visitor* visitor_at(echo::Handle served);

    void come();
    void send(Visitor& visitor, std::size_t count);
    std::size_t read(Visitor& visitor, std::size_t most);
    void finish(Visitor& visitor);
    void break_off(Visitor& visitor, bool reset);
    void stop();
    void end();

    void check(const echo::ServerSummary& summary);
    void check(const Visitor& visitor, std::size_t& missing);

    // What the hook needs comes first: the others make calls as soon as they are made.
    bool is_ours_ = false;  // the call that is made is not the server's
    const Fault* fault_ = nullptr;
    std::size_t most_ = SIZE_MAX;  // bytes, of each recv and send
    std::vector<Visitor> visitors_;
    std::set<echo::Handle> open_;  // the server's ends
    std::size_t accepted_ = 0, turned_away_ = 0, sent_ = 0, received_ = 0, turns_ = 0;
    const Clock::time_point begin_ = Clock::now();
    Clock::time_point stopped_at_ = echo::never;
    echo::detail::Worker* worker_ = nullptr;

    Script& script_;
    echo::Listener listener_ = echo::listen(echo::Endpoint::loopback(0));
    const echo::Endpoint where_ = listener_.endpoint();
    echo::Stop stop_;
    echo::ServerOptions options_;
    const bool ends_first_;  // at the end visitors finish before the stop, not after it
    echo::detail::ServerPlan plan_;
};

void Scene::run() {
    {
        echo::detail::Worker worker(plan_, nullptr);
        plan_.first = worker_ = &worker;
        worker.loop.run();
        is_ours_ = true;
        for (Visitor& visitor : visitors_)
            while (visitor.is_there() &&
                   echo::sys::poll(visitor.connection.handle(), POLLIN, 5000).value > 0)
                (void)read(visitor, SIZE_MAX);
        is_ours_ = false;
        check(worker.loop.summary());
    }
    expect(open_.empty(), "a descriptor is left");
}

void Scene::before(echo::Call& call) {
    if (is_ours_) return;
    // The loop's wait. Where it is plain poll there are others, which ask about one socket.
    const bool polls_many = call.name == "poll" && !call.detail.starts_with("until") &&
                            !call.detail.starts_with("1 socket,");
    if (worker_ && (polls_many || call.detail == "until one is ready")) {
        is_ours_ = true;
        before_wait();
        is_ours_ = false;
        worker_->loop.wake();
    }
    disturb(call);
}

// Until it is the server's turn.
void Scene::before_wait() {
    constexpr std::size_t most_turns = 30000;
    expect(has_clock ? ++turns_ < most_turns : Clock::now() - begin_ < 1min, "it does not end");
    expect(open_.size() <= options_.max_clients || stopped_at_ != echo::never, "too many clients");
    for (int steps = 0; steps < 16 && !script_.is_over(); ++steps) {
        const unsigned what = script_.number();
        if (what % 16 == 0) return;
        step(what);
    }
    if (script_.is_over()) end();
}

void Scene::step(unsigned what) {
    if (what % 16 < 8) return happen(what);
    if (visitors_.empty()) return;
    Visitor& visitor = visitors_[script_.number() % visitors_.size()];
    if (visitor.is_there()) act(visitor, what);
}

void Scene::happen(unsigned what) {
    switch (what % 16) {
        case 1:
        case 2: return come();
        case 3: return pass(script_.number() * 10ms);
        case 4: return pass(script_.number() * 1s);
        case 5: fault_ = &faults[script_.number() % std::size(faults)]; return;
        case 6: most_ = script_.number() * 64 + 64; return;
        default: return what < 0x40 ? stop() : void();  // not often: nobody comes any more
    }
}

void Scene::act(Visitor& visitor, unsigned what) {
    switch (what % 16) {
        case 8: return send(visitor, script_.number() + 1);
        case 9: return send(visitor, script_.number() * 256 + 256);
        case 10: return void(read(visitor, script_.number() + 1));
        case 11: return void(read(visitor, SIZE_MAX));
        case 12: return finish(visitor);
        case 13: return break_off(visitor, true);
        case 14: return break_off(visitor, false);
        default: visitor.is_stalled = !visitor.is_stalled; return;
    }
}

Visitor* Scene::visitor_at(echo::Handle served) {
    for (Visitor& visitor : visitors_)
        if (served != echo::invalid_handle && visitor.served == served) return &visitor;
    return nullptr;
}

void Scene::disturb(echo::Call& call) {
    Visitor* const visitor = visitor_at(call.socket);
    if (call.name == "send" || call.name == "recv") call.length = (std::min)(call.length, most_);
    if (call.name == "send" && visitor && visitor->is_stalled) {
        call.error = EAGAIN;
        return;
    }
    if (!fault_ || call.name != fault_->call) return;
    if (!is_for_a_client(call)) return;
    if (fault_->error == 0) call.length = 1;
    call.error = fault_->error;
    if (fault_->cuts_off && visitor) visitor->is_cut_off = true;
    if (call.name == "accept" && stopped_at_ != echo::never) leave_line();
    if (call.name == "fcntl" || call.name == "epoll_ctl") ++turned_away_;
    fault_ = nullptr;
}

// These calls can also be about the listener or a socket of many: there they end the server.
bool Scene::is_for_a_client(const echo::Call& call) const {
    if (call.name == "fcntl") return call.detail == "non-blocking" && open_.contains(call.socket);
    if (call.name == "epoll_ctl")
        return call.detail.starts_with("watch") && open_.contains(call.socket);
    return true;
}

// Once it stops the server asks for those in line once. Who does not come then is not served.
void Scene::leave_line() {
    for (Visitor& visitor : visitors_)
        if (!visitor.was_served) visitor.is_cut_off = true;
}

void Scene::after(const echo::Call& call) {
    if (is_ours_) return;
    if (call.name == "accept" && call.error == 0) {
        ++accepted_;
        const auto served = static_cast<echo::Handle>(call.result);
        open_.insert(served);
        for (Visitor& visitor : visitors_)
            if (visitor.local == *call.endpoint) {
                visitor.served = served;
                visitor.was_served = true;
            }
    }
    if (call.name == "close" && open_.erase(call.socket) > 0)
        for (Visitor& visitor : visitors_)  // the number will come again
            if (visitor.served == call.socket) visitor.served = echo::invalid_handle;
    if (call.name == "send" && call.error == 0) sent_ += static_cast<std::size_t>(call.result);
    if (call.name == "recv" && call.error == 0) received_ += static_cast<std::size_t>(call.result);
}

void Scene::come() {
    constexpr std::size_t most_visitors = 10;
    if (visitors_.size() == most_visitors || stopped_at_ != echo::never) return;
    visitors_.emplace_back(where_);
}

void Scene::send(Visitor& visitor, std::size_t count) {
    constexpr std::size_t most_bytes = 300000;
    if (visitor.finished || visitor.sent > most_bytes) return;
    std::string bytes(count, '\0');
    for (std::size_t i = 0; i < count; ++i)
        bytes[i] = pattern(static_cast<std::size_t>(&visitor - visitors_.data()), visitor.sent + i);
    visitor.sent += visitor.connection.send(bytes).bytes;
    if (stopped_at_ == echo::never) visitor.owed = visitor.sent;
}

// Returns how many bytes came. At the end of the stream the visitor goes.
std::size_t Scene::read(Visitor& visitor, std::size_t most) {
    char buffer[65536];
    std::size_t count = 0;
    while (count < most) {
        const echo::Result got =
            visitor.connection.recv({buffer, (std::min)(most - count, sizeof buffer)});
        for (std::size_t i = 0; i < got.bytes; ++i, ++visitor.received)
            expect(buffer[i] == pattern(static_cast<std::size_t>(&visitor - visitors_.data()),
                                        visitor.received),
                   "a wrong byte");
        count += got.bytes;
        if (got.status == Status::would_block) break;
        if (got) continue;
        visitor.end = got.status;
        visitor.connection.close();
        break;
    }
    expect(visitor.received <= visitor.sent, "more than was sent");
    return count;
}

void Scene::finish(Visitor& visitor) {
    visitor.finished = true;
    visitor.connection.shutdown_send();
}

void Scene::break_off(Visitor& visitor, bool reset) {
    visitor.broke_off = true;
    if (reset) visitor.connection.reset();
    visitor.connection.close();
}

void Scene::stop() {
    if (stopped_at_ != echo::never) return;
    stopped_at_ = Clock::now();
    stop_.request();
}

// Nothing disturbs any more, and the visitors read all that they are owed.
void Scene::end() {
    fault_ = nullptr;
    most_ = SIZE_MAX;
    std::size_t there = 0, came = 0;
    for (Visitor& visitor : visitors_) {
        visitor.is_stalled = false;
        if (!visitor.is_there()) continue;
        if (ends_first_ && !visitor.finished) finish(visitor);
        came += read(visitor, SIZE_MAX);
        there += visitor.is_there();
    }
    if (!ends_first_ || there == 0) stop();
    if (came == 0) pass(50ms);
}

void Scene::check(const Visitor& visitor, std::size_t& missing) {
    expect(!visitor.is_there(), "a visitor is left without an end");
    if (visitor.broke_off || visitor.is_cut_off) return;
    if (visitor.received < visitor.owed)
        ++missing;
    else if (visitor.finished && visitor.received == visitor.sent)
        expect(visitor.end == Status::end || visitor.sent == 0, "it got all, and then no end");
}

void Scene::check(const echo::ServerSummary& summary) {
    std::size_t missing = 0, received = 0;
    bool all_stayed = true;
    for (const Visitor& visitor : visitors_) {
        check(visitor, missing);
        received += visitor.received;
        all_stayed = all_stayed && !visitor.broke_off && !visitor.is_cut_off;
    }
    expect(missing <= summary.let_go + summary.given_up + summary.refused + turned_away_,
           "bytes are missing");
    if (all_stayed && visitors_.size() <= options_.max_clients && turned_away_ == 0)
        expect(summary.refused == 0, "refused in spite of free seats");
    expect(accepted_ == summary.clients + summary.refused + turned_away_,
           "another count of clients");
    expect(summary.sent == sent_, "another count of bytes out");
    expect(summary.received <= received_ && summary.sent <= summary.received, "bytes in");
    expect(received <= summary.sent, "somebody else's bytes");
    if (all_stayed && summary.let_go + summary.given_up == 0)
        expect(received == summary.sent, "bytes are lost on the way");
    const Clock::time_point now = Clock::now();
    if (now - begin_ < options_.idle) expect(summary.let_go == 0, "let go too soon");
    if (now - stopped_at_ < options_.drain) expect(summary.given_up == 0, "given up too soon");
}

void run(std::string_view bytes) {
    Script script(bytes);
    Scene(script).run();
}

const Target target("server", run);

}  // namespace fuzz::server

#ifdef ECHO_FUZZ_CLOCK
// The program's own definition comes before the C++ library's.
std::chrono::steady_clock::time_point std::chrono::steady_clock::now() noexcept {
    return fuzz::server::fake_now;
}
#endif
