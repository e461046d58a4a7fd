// The seam: the hook sees every call, and can change it. The trace, and errors in words.
#include "catch.hpp"
#include "pair.hpp"

#include <atomic>
#include <cerrno>
#include <sstream>
#include <streambuf>
#include <thread>
#include <vector>

using test::soon;

namespace {

struct Recorder : test::ScopedHook {
    void after(const echo::Call& call) override {
        // Where a listener hands its mode on, accept sets it right with one call more.
        if (call.name != "fcntl") names += std::string(call.name) + ' ';
        lines.push_back(echo::describe(call));
    }
    std::string names;
    std::vector<std::string> lines;
};

// A trace whose hook is taken away again, because what it prints to does not live for ever.
struct TraceTo {
    explicit TraceTo(std::ostream& out) { echo::trace(out); }
    ~TraceTo() {
        echo::Hook* const hook = echo::sys::hooks;
        echo::sys::hooks = hook->next;
        delete hook;
    }
};

// Knows whether it was handed whole lines, by one thread at a time.
class LineByLine : public std::streambuf {
public:
    std::atomic<int> whole{0}, torn{0}, crowded{0};

private:
    std::streamsize xsputn(const char* text, std::streamsize count) override {
        if (inside_.exchange(true)) ++crowded;
        const std::string_view piece(text, static_cast<std::size_t>(count));
        ++(piece.find('\n') == piece.size() - 1 ? whole : torn);
        std::this_thread::yield();  // whoever may come in, comes now
        inside_ = false;
        return count;
    }
    int_type overflow(int_type byte) override {
        ++torn;
        return byte;
    }

    std::atomic<bool> inside_{false};
};

}  // namespace

TEST_CASE("a hook sees every call of a conversation", "[seam]") {
    Recorder recorder;
    {
        auto listener = echo::listen(echo::Endpoint::loopback(0));
        auto client = echo::connect(listener.endpoint());
        auto server = listener.accept();
        REQUIRE(client.send_all("x"));
        char buffer[1];
        REQUIRE(server.recv(buffer));
        client.shutdown_send();
        CHECK_FALSE(server.recv(buffer));
    }
    CHECK(recorder.names ==
          "socket setsockopt bind listen getsockname socket connect accept "
          "send recv shutdown recv close close close ");
}

TEST_CASE("a hook that sets an error keeps the call from being made", "[seam]") {
    test::Pair pair;
    {
        test::Fail fail("send", ECONNRESET);
        CHECK(pair.client.send("lost").status == echo::Status::reset);
    }
    pair.client.close();
    CHECK(test::receive_all(pair.server).empty());
}

TEST_CASE("a close that fails has closed all the same", "[seam]") {
    test::Pair pair;
    {
        test::Fail fail("close", EIO);
        pair.client.close();
        CHECK(fail.seen == 1);
    }
    char buffer[1];
    CHECK(pair.server.recv(buffer, soon()).status == echo::Status::end);
}

TEST_CASE("hooks stand in line, the newest in front", "[seam]") {
    test::Pair pair;
    test::Count seen("send");
    test::Fail fail("send", EPIPE);
    (void)pair.client.send("x").bytes;
    CHECK(seen.seen == 1);  // the older hook still sees the call, and that it failed
    CHECK(fail.seen == 1);
}

TEST_CASE("the trace is one line a call, in plain words", "[trace]") {
    std::ostringstream out;
    std::string server_name, client_name, listener_name, where, from;
    {
        TraceTo trace(out);
        test::Pair pair;
        where = pair.listener.endpoint().text();
        from = pair.client.local().text();
        listener_name = "socket " + std::to_string(pair.listener.handle());
        client_name = "socket " + std::to_string(pair.client.handle());
        server_name = "socket " + std::to_string(pair.server.handle());
        REQUIRE(pair.client.send_all(std::string("hi\0\xff\n", 5)));
        char buffer[5];
        REQUIRE(pair.server.recv_exactly(buffer));
        pair.client.shutdown_send();
        CHECK_FALSE(pair.server.recv(buffer));
        test::Fail fail("send", ECONNRESET);
        CHECK_FALSE(pair.server.send("x"));
    }
    const std::string text = out.str();
    const auto has = [&](const std::string& line) {
        INFO(line << "\nis missing in\n" << text);
        CHECK(('\n' + text).find('\n' + line + '\n') != std::string::npos);
    };
    has(listener_name + ": socket IPv4 -> ok");
    has(listener_name + ": bind 127.0.0.1:0 -> ok");
    has(listener_name + ": listen -> ok");
    has(listener_name + ": accept -> " + server_name + " from " + from);
    has(client_name + ": connect " + where + " -> in progress");
    has(client_name + ": send 5 bytes \"hi\\x00\\xff\\n\" -> 5 bytes");
    has(server_name + ": recv at most 5 bytes -> 5 bytes \"hi\\x00\\xff\\n\"");
    has(client_name + ": shutdown sending -> ok");
    has(server_name + ": recv at most 5 bytes -> end of stream");
    has(server_name + ": send 1 byte \"x\" -> failed: connection reset by peer");
    has(server_name + ": close -> ok");
}

TEST_CASE("a poll of many says in the trace whom it watches for what, and who is ready",
          "[trace]") {
    test::Pair pair;
    using Interest = echo::Interest;
    std::vector<echo::Watched> sockets{echo::Watched(pair.server.handle(), Interest::read),
                                       echo::Watched(pair.client.handle(), Interest::both),
                                       echo::Watched(pair.listener.handle(), Interest::none)};
    const std::string server = ' ' + std::to_string(pair.server.handle());
    const std::string client = ' ' + std::to_string(pair.client.handle());
    Recorder recorder;
    const auto last_line = [&] { return recorder.lines.back(); };
    CHECK(echo::poll(sockets) == 1);
    CHECK(last_line() == "socket -: poll 3 sockets, until readable:" + server + client +
                             ", until writable:" + client + " -> ready:" + client);

    sockets = {echo::Watched(pair.server.handle())};
    CHECK(echo::poll(sockets, echo::Clock::now()) == 0);
    CHECK(last_line() == "socket -: poll 1 socket, until readable:" + server + " -> timed out");

    // Nobody reads a list of a thousand.
    sockets.assign(1000, echo::Watched(pair.client.handle(), Interest::write));
    CHECK(echo::poll(sockets) == 1000);
    CHECK(last_line() == "socket -: poll 1000 sockets -> ready");
}

TEST_CASE("threads hand the trace whole lines, one at a time", "[trace]") {
    constexpr int times = 2000;
    LineByLine lines;
    std::ostream out(&lines);
    test::Pair pair;
    {
        TraceTo trace(out);
        const auto talk = [](echo::Connection& from) {
            for (int i = 0; i < times; ++i) (void)from.send("x").bytes;
        };
        std::thread other([&] { talk(pair.client); });
        talk(pair.server);
        other.join();
    }
    CHECK(lines.whole == 2 * times);
    CHECK(lines.torn == 0);
    CHECK(lines.crowded == 0);
}

TEST_CASE("what a call asks for is known before it is made", "[trace]") {
    struct Halves : test::ScopedHook {
        void before(echo::Call& call) override { asked = echo::describe_request(call); }
        void after(const echo::Call& call) override {
            INFO(asked << " / " << echo::describe(call));
            CHECK(echo::describe(call).rfind(asked + " -> ", 0) == 0);
        }
        std::string asked;
    };
    test::Pair pair;
    Halves halves;
    char buffer[8];
    REQUIRE(pair.client.send("x"));
    CHECK(halves.asked == "socket " + std::to_string(pair.client.handle()) + ": send 1 byte \"x\"");
    REQUIRE(pair.server.recv(buffer));
    CHECK(halves.asked ==
          "socket " + std::to_string(pair.server.handle()) + ": recv at most 8 bytes");
}

TEST_CASE("a call that came up short shows what was asked for", "[trace]") {
    test::Pair pair;
    Recorder recorder;
    test::Shorten shorten("send", 3);
    CHECK(pair.client.send("abcdef").bytes == 3);
    REQUIRE(recorder.lines.size() == 1);
    CHECK(recorder.lines[0] == "socket " + std::to_string(pair.client.handle()) +
                                   ": send 6 bytes \"abcdef\" -> 3 bytes");
}

TEST_CASE("bytes can be shown to a person", "[trace]") {
    CHECK(echo::quote("") == "\"\"");
    CHECK(echo::quote("a\r\n\t\"\\") == "\"a\\r\\n\\t\\\"\\\\\"");
    CHECK(echo::quote(std::string_view("\0\x7f\xff", 3)) == "\"\\x00\\x7f\\xff\"");
    CHECK(echo::quote("abcdef", 6) == "\"abcdef\"");
    CHECK(echo::quote("abcdef", 5) == "\"abcde\"...");
}

TEST_CASE("statuses have names", "[error]") {
    using echo::Status;
    CHECK(echo::name(Status::ok) == "ok");
    CHECK(echo::name(Status::end) == "end of stream");
    CHECK(echo::name(Status::would_block) == "would block");
    CHECK(echo::name(Status::timed_out) == "timed out");
    CHECK(echo::name(Status::reset) == "reset");
    CHECK(echo::name(Status::too_long) == "line too long");
    CHECK(echo::name(Status::cut_short) == "end in mid-line");
    CHECK(echo::name(Status::failed) == "failed");
}

TEST_CASE("an error is one line: the call, its subject, the reason, what to do", "[error]") {
    const echo::Error plain("send", "10.0.0.1:7", test::code_of(std::errc::connection_reset));
    CHECK(std::string(plain.what()) == "send 10.0.0.1:7: connection reset by peer");
    const echo::Error advised("option", "--x", test::code_of(std::errc::invalid_argument), "stop");
    CHECK(std::string(advised.what()) == "option --x: not valid; stop");
    const echo::Error unknown("bind", "x", {4711, std::generic_category()});
    CHECK(std::string(unknown.what()) == "bind x: " + unknown.code().message());
    CHECK_THROWS_AS(throw plain, std::system_error);
}

TEST_CASE("deadlines far away stay in the future", "[time]") {
    CHECK(echo::after((echo::Clock::duration::max)()) == echo::never);
    CHECK(echo::after(std::chrono::hours(24 * 365 * 100)) > echo::Clock::now());
    CHECK(echo::detail::poll_timeout(echo::never) == -1);
    CHECK(echo::detail::poll_timeout(echo::Clock::now()) == 0);
    CHECK(echo::detail::poll_timeout(echo::after(std::chrono::hours(5000))) == 3600 * 1000);
    CHECK(echo::detail::poll_timeout(echo::after(std::chrono::microseconds(1))) <= 1);
}
