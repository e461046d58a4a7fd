// What most tests of the header need: two ends of one conversation, and hooks that come and go.
#pragma once

#include <atomic>
#include <echo.hpp>

namespace test {

inline echo::Deadline soon() { return echo::after(std::chrono::seconds(5)); }

inline std::error_code code_of(std::errc code) { return std::make_error_code(code); }

// A client and a server's end, connected over the loopback.
struct Pair {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    echo::Connection client = echo::connect(listener.endpoint(), soon());
    echo::Connection server = listener.accept();
};

// A hook that is there for as long as this object lives.
class ScopedHook : public echo::Hook {
public:
    ScopedHook() { echo::add_hook(*this); }
    ~ScopedHook() override { echo::sys::hooks = next; }
    ScopedHook(const ScopedHook&) = delete;
    ScopedHook& operator=(const ScopedHook&) = delete;
};

// Makes a call fail: the n-th of that name, and only that one.
class Fail : public ScopedHook {
public:
    Fail(std::string_view name, int error, int nth = 1) : name_(name), error_(error), nth_(nth) {}

    void before(echo::Call& call) override {
        if (call.name != name_) return;
        if (++seen == nth_) call.error = error_;
    }

    std::atomic<int> seen{0};  // a hook sees the calls of all threads

private:
    std::string_view name_;
    int error_, nth_;
};

// Makes every recv or send come up short.
class Shorten : public ScopedHook {
public:
    Shorten(std::string_view name, std::size_t most) : name_(name), most_(most) {}

    void before(echo::Call& call) override {
        if (call.name != name_) return;
        ++seen;
        if (call.length > most_) call.length = most_;
    }

    std::atomic<int> seen{0};  // a hook sees the calls of all threads

private:
    std::string_view name_;
    std::size_t most_;
};

// Counts the calls of one name.
class Count : public ScopedHook {
public:
    explicit Count(std::string_view name) : name_(name) {}

    void after(const echo::Call& call) override {
        if (call.name == name_) ++seen;
    }

    std::atomic<int> seen{0};  // a hook sees the calls of all threads

private:
    std::string_view name_;
};

// Wine takes a reset that came before the recv for the end of the stream. Asked of the system
// itself, so that a mistake in the header can't hide behind it.
inline bool resets_look_like_the_end() {
    Pair pair;
    char buffer[1];
    (void)pair.server.send_all("unread").bytes;
    (void)pair.client.recv(buffer, soon()).bytes;
    pair.client.close();  // with bytes unread: the system sends a reset
    return ::recv(pair.server.handle(), buffer, 1, 0) == 0;
}

// Receives until end of stream; what came before it.
inline std::string receive_all(echo::Connection& from) {
    std::string all;
    char buffer[4096];
    while (const auto got = from.recv(buffer, soon())) all += echo::first(buffer, got.bytes);
    return all;
}

// Fills both systems' buffers, until a send finds no room. How much went in.
inline std::size_t fill(echo::Connection& connection) {
    const std::string block(64 * 1024, 'x');
    std::size_t sent = 0;
    connection.set_nonblocking(true);
    while (const auto took = connection.send(block)) sent += took.bytes;
    connection.set_nonblocking(false);
    return sent;
}

}  // namespace test
