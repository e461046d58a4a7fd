// A whole server: what it answers, whom it takes in, whom it lets go, and how it ends.
#include "catch.hpp"
#include "pair.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using echo::Answer;
using echo::Connection;
using echo::Server;
using echo::ServerOptions;
using echo::ServerSummary;
using echo::Status;
using test::soon;
using namespace std::chrono_literals;

namespace {

// A server on a free port of this machine, which serves.
class Running {
public:
    explicit Running(echo::Handler handler = {}, const ServerOptions& options = {})
        : server(echo::listen(echo::Endpoint::loopback(0)), std::move(handler), options) {
        server.start();
    }
    Connection client() const { return echo::connect(server.endpoint(), soon()); }

    Server server;
};

std::string receive(Connection& client, std::size_t count) {
    std::string bytes(count, '\0');
    bytes.resize(client.recv_exactly(bytes, soon()).bytes);
    return bytes;
}

// All that comes up to the end of the stream.
std::string rest_of(Connection& client) {
    std::string bytes;
    char piece[4096];
    for (;;) {
        const echo::Result got = client.recv(piece, soon());
        bytes.append(piece, got.bytes);
        if (got) continue;
        CHECK(got.status == Status::end);
        return bytes;
    }
}

std::string ask(Connection& client, std::string_view question, std::size_t length) {
    REQUIRE(client.send_all(question, soon()));
    return receive(client, length);
}

// Sends this, ends its stream, and gives all that comes back.
std::string conversation(const Running& running, std::string_view bytes) {
    Connection client = running.client();
    REQUIRE(client.send_all(bytes, soon()));
    client.shutdown_send();
    return rest_of(client);
}

Answer reversed(std::string_view bytes) { return std::string(bytes.rbegin(), bytes.rend()); }

// Bytes in which each place can be told from its neighbours.
std::string pattern(std::size_t count) {
    std::string bytes(count, '\0');
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
    return bytes;
}

// The server's looks at one client fail; the tests' own waits do not.
class FailLooks : public test::ScopedHook {
public:
    explicit FailLooks(int error, int times = 1 << 30) : error_(error), times_(times) {}
    void before(echo::Call& call) override {
        if (call.name == "poll" && call.detail.starts_with("1 socket") && seen++ < times_)
            call.error = error_;
    }
    std::atomic<int> seen{0};

private:
    int error_, times_;
};

// The n-th time that the poller is to watch something, to change that, or to forget it, it fails:
// epoll_ctl, or kevent.
class FailChange : public test::ScopedHook {
public:
    FailChange(int error, int nth) : error_(error), nth_(nth) {}
    void before(echo::Call& call) override {
        const bool is_change = call.detail.starts_with("watch") ||
                               call.detail.starts_with("change") || call.detail == "forget";
        if (is_change && ++seen == nth_) call.error = error_;
    }
    std::atomic<int> seen{0};

private:
    int error_, nth_;
};

// Sends until neither system has room for more, since nobody reads what comes back. Gives how much.
std::size_t fill(Connection& client) {
    const std::string piece = pattern(65536);
    client.set_nonblocking(true);
    std::size_t sent = 0;
    for (echo::Result some; (some = client.send(piece));) sent += some.bytes;
    return sent;
}

}  // namespace

TEST_CASE("server: on a free port of this machine alone, it echoes", "[server]") {
    Server server;
    server.start();
    CHECK(server.endpoint().address() == "127.0.0.1");
    CHECK(server.endpoint().port() != 0);
    Connection client = echo::connect(server.endpoint(), soon());
    CHECK(ask(client, "hello\n", 6) == "hello\n");
}

TEST_CASE("server: on a port it serves every address of this machine", "[server]") {
    Server server(0);
    server.start();
    CHECK(server.endpoint().address() != "127.0.0.1");
    Connection client = echo::connect(echo::Endpoint::loopback(server.endpoint().port()), soon());
    CHECK(ask(client, "hello\n", 6) == "hello\n");
}

TEST_CASE("server: megabytes come back in order, beside clients who do not read", "[server]") {
    const Running running;
    Connection reads_nothing = running.client();
    (void)fill(reads_nothing);
    echo::Client client(running.server.endpoint(), soon());
    CHECK(client.echo(pattern(3000000), soon()));
}

TEST_CASE("server: a handler answers with other bytes", "[server]") {
    const Running running(reversed);
    Connection client = running.client();
    CHECK(ask(client, "abc", 3) == "cba");
    CHECK(ask(client, "de", 2) == "ed");
}

TEST_CASE("server: a handler may answer nothing, or more than a socket takes at once", "[server]") {
    const std::string much = pattern(5000000);
    const Running running([&](std::string_view bytes) { return bytes.ends_with('!') ? much : ""; });
    Connection client = running.client();
    REQUIRE(client.send_all("x", soon()));
    const bool same = ask(client, "!", much.size()) == much;
    CHECK(same);
}

TEST_CASE("server: each client has a handler of its own", "[server]") {
    const Running running(
        [count = 0](std::string_view) mutable { return std::to_string(++count); });
    Connection first = running.client(), second = running.client();
    CHECK(ask(first, "x", 1) == "1");
    CHECK(ask(first, "x", 1) == "2");
    CHECK(ask(second, "x", 1) == "1");
    CHECK(ask(first, "x", 1) == "3");
}

TEST_CASE("server: a handler ends the conversation, behind its last bytes", "[server]") {
    const Running running([](std::string_view) { return Answer("bye\n", true); });
    Connection client = running.client();
    REQUIRE(client.send_all("quit\n", soon()));
    CHECK(rest_of(client) == "bye\n");
}

TEST_CASE("server: a handler that throws ends this conversation only", "[server]") {
    Running running([](std::string_view bytes) -> Answer {
        if (bytes == "bad") throw std::runtime_error("can't do that");
        return bytes;
    });
    Connection bad = running.client(), good = running.client();
    CHECK(ask(good, "good", 4) == "good");
    REQUIRE(bad.send_all("bad", soon()));
    CHECK(rest_of(bad).empty());
    CHECK(ask(good, "again", 5) == "again");
}

TEST_CASE("server: lines in, lines out, however they come", "[server]") {
    const Running running(
        echo::by_line([](std::string_view line) { return "<" + std::string(line) + ">"; }, 5));
    CHECK(conversation(running, "") == "");
    CHECK(conversation(running, "a\nb\r\n\n") == "<a>\n<b>\n<>\n");
    CHECK(conversation(running, "12345\n") == "<12345>\n");
    CHECK(conversation(running, "12345\r\n") == "<12345>\n");
    CHECK(conversation(running, "no end") == "");
    CHECK(conversation(running, "end") == "<end>\n");
    CHECK(conversation(running, "ok\n123456\nnever\n") == "<ok>\n");

    Connection client = running.client();
    for (const char* const piece : {"h", "ell", "o"}) REQUIRE(client.send_all(piece, soon()));
    CHECK(ask(client, "\nx", 8) == "<hello>\n");
    CHECK(ask(client, "y\n", 5) == "<xy>\n");
}

TEST_CASE("server: a line without end is refused as soon as it is too long", "[server]") {
    const Running running(echo::by_line([](std::string_view) { return "never"; }, 5));
    Connection client = running.client();
    REQUIRE(client.send_all("1234567", soon()));
    CHECK(rest_of(client).empty());
}

TEST_CASE("server: a handler for lines ends the conversation", "[server]") {
    const Running running(echo::by_line([](std::string_view line) {
        return Answer(line == "quit" ? "bye" : "ok", line == "quit");
    }));
    CHECK(conversation(running, "a\nquit\nb\n") == "ok\nbye\n");
}

TEST_CASE("server: what comes behind the last line is nobody's business", "[server]") {
    echo::Handler handler = echo::by_line([](std::string_view) { return Answer("bye", true); }, 5);
    const Answer answer = handler.received("quit\nlonger than five");
    CHECK(answer.bytes == "bye\n");
    CHECK(answer.last);
    CHECK(answer.warning.empty());
}

TEST_CASE("server: of several lines that come together, each warning is told", "[server]") {
    echo::Handler handler = echo::by_line([](std::string_view line) {
        Answer answer("ok");
        if (line.starts_with('!')) answer.warning = line;
        return answer;
    });
    const Answer answer = handler.received("!one\ntwo\n!three\nfour\n");
    CHECK(answer.bytes == "ok\nok\nok\nok\n");
    CHECK(answer.warning == "!one; !three");
}

TEST_CASE("server: one more client than there are seats waits for one", "[server]") {
    const std::size_t threads = GENERATE(as<std::size_t>{}, 1, 3);
    const Running running({}, {.threads = threads, .max_clients = 2});
    Connection first = running.client(), second = running.client(), third = running.client();
    CHECK(ask(first, "a", 1) == "a");
    CHECK(ask(second, "b", 1) == "b");
    REQUIRE(third.send_all("c", soon()));
    char byte;
    CHECK(third.recv({&byte, 1}, echo::after(50ms)).status == Status::timed_out);
    first.close();
    CHECK(receive(third, 1) == "c");
}

TEST_CASE("server: a client that moves nothing is let go, and counted", "[server]") {
    Running running({}, {.idle = 50ms});
    Connection idle = running.client();
    char byte;
    CHECK(idle.recv({&byte, 1}, soon()).status == Status::end);
    const ServerSummary done = running.server.stop();
    CHECK(done.let_go == 1);
    CHECK(done.longest_stay >= 50ms);
}

// Its bytes are there when its stretch of time is over, but the server is late, and has not seen them.
TEST_CASE("server: nobody is let go for what the server itself was late for", "[server]") {
    if (!echo::sys::has_poller) SKIP_BECAUSE("here the server's looks are its waits");
    class SeeNothing : public test::ScopedHook {
    public:
        void before(echo::Call& call) override {
            const bool waits = call.name == "epoll_wait" || call.detail == "until one is ready";
            if (waits && sees_nothing && echo::Clock::now() < until) call.error = EINTR;
            if (call.name == "accept") sees_nothing = true;
            if (call.name == "poll" && call.detail.starts_with("1 socket")) sees_nothing = false;
        }
        const echo::Deadline until = echo::after(1s);
        std::atomic<bool> sees_nothing{false};
    } hook;
    Server server(echo::listen(echo::Endpoint::loopback(0)), {}, {.idle = 100ms});
    Connection client = echo::connect(server.endpoint(), soon());
    REQUIRE(client.send_all("x", soon()));
    server.start();
    CHECK(receive(client, 1) == "x");
}

TEST_CASE("server: while it has no descriptors it looks at its door now and then", "[server]") {
    class NoDescriptors : public test::ScopedHook {
    public:
        void before(echo::Call& call) override {
            if (call.name != "accept") return;
            if (echo::Clock::now() < until) call.error = EMFILE;
            ++seen;
        }
        const echo::Deadline until = echo::after(250ms);
        std::atomic<int> seen{0};
    } hook;
    const Running running;
    Connection client = running.client();
    CHECK(ask(client, "x", 1) == "x");
    CHECK(hook.seen <= 5);
}

TEST_CASE("server: several threads serve many clients rightly", "[server]") {
    Running running({}, {.threads = 3});
    constexpr int crowd = 100;
    std::vector<Connection> clients;
    for (int i = 0; i < crowd; ++i) clients.push_back(running.client());
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < crowd; ++i)
            REQUIRE(
                clients[static_cast<std::size_t>(i)].send_all(std::to_string(1000 + i), soon()));
        for (int i = 0; i < crowd; ++i)
            CHECK(receive(clients[static_cast<std::size_t>(i)], 4) == std::to_string(1000 + i));
    }
    clients.clear();
    const ServerSummary done = running.server.stop();
    CHECK(done.clients == crowd);
    CHECK(done.received == crowd * 12);
    CHECK(done.sent == crowd * 12);
}

TEST_CASE("server: what was sent before the stop comes back, then the end", "[server]") {
    Running running;
    const std::string bytes = pattern(200000);
    Connection client = running.client(), silent = running.client();
    REQUIRE(client.send_all(bytes, soon()));
    running.server.request_stop();
    CHECK((rest_of(client) == bytes));
    CHECK(rest_of(silent).empty());
    client.close();
    silent.close();
    const ServerSummary done = running.server.stop();
    CHECK(done.clients == 2);
    CHECK(done.sent == bytes.size());
    CHECK(done.given_up == 0);
    CHECK_THROWS_AS(echo::connect(running.server.endpoint(), soon()), echo::Error);
}

TEST_CASE("server: who reads late gets all that it sent before the stop", "[server]") {
    Running running;
    Connection late = running.client(), silent = running.client();
    const std::size_t sent = fill(late);
    running.server.request_stop();
    CHECK(rest_of(silent).empty());  // so by now the server lets those go who are owed nothing
    CHECK(rest_of(late).size() == sent);
    late.close();
    silent.close();
    CHECK(running.server.stop().given_up == 0);
}

// Its own system may need a moment to send more. So let every look find nothing.
TEST_CASE("server: who was backed up is owed more than a look can tell", "[server]") {
    if (!echo::sys::has_poller) SKIP_BECAUSE("here the server's waits are calls to poll, too");
    const FailLooks find_nothing(EINTR);
    Running running;
    Connection late = running.client(), silent = running.client();
    const std::size_t sent = fill(late);
    running.server.request_stop();
    CHECK(rest_of(silent).empty());
    CHECK(rest_of(late).size() == sent);
}

TEST_CASE("server: who is in line when it is asked to stop is served", "[server]") {
    Server server;
    std::vector<Connection> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(echo::connect(server.endpoint(), soon()));
        REQUIRE(clients.back().send_all("hello", soon()));
    }
    server.request_stop();
    server.start();
    for (Connection& client : clients) CHECK(rest_of(client) == "hello");
    clients.clear();
    CHECK(server.stop().clients == 5);
}

TEST_CASE("server: who is in line at the stop gets a seat, or is refused", "[server]") {
    Running running({}, {.max_clients = 1});
    Connection seated = running.client();
    CHECK(ask(seated, "x", 1) == "x");
    Connection in_line = running.client();
    running.server.request_stop();
    char byte;
    // A reset, so that it does not look like an answer of no bytes.
    const auto refused = in_line.recv({&byte, 1}, soon()).status;
    CHECK(
        (refused == Status::reset || (refused == Status::end && test::resets_look_like_the_end())));
    CHECK(rest_of(seated).empty());
    seated.close();
    CHECK(running.server.stop().refused == 1);
}

TEST_CASE("server: at the end of the drain it gives up who is not done", "[server]") {
    Running running({}, {.drain = 100ms});
    Connection reads_nothing = running.client();
    (void)fill(reads_nothing);
    CHECK(running.server.stop().given_up == 1);
}

TEST_CASE("server: it ends with its block, also when it has never begun", "[server]") {
    { const Server never_begun; }
    echo::Endpoint where;
    {
        Server server;
        server.start();
        where = server.endpoint();
    }
    CHECK_THROWS_AS(echo::connect(where, soon()), echo::Error);
}

TEST_CASE("server: run serves until it is asked to stop", "[server]") {
    Server server;
    std::thread visitor([&] {
        Connection client = echo::connect(server.endpoint(), soon());
        CHECK(ask(client, "hello", 5) == "hello");
        server.request_stop();
        CHECK(rest_of(client).empty());
    });
    const ServerSummary done = server.run();
    visitor.join();
    CHECK(done.clients == 1);
    CHECK(done.received == 5);
}

TEST_CASE("server: a client that can't be kept is closed, and the next one is served", "[server]") {
    if (!echo::sys::has_poller) SKIP_BECAUSE("a poller of this system has no limit");
    const FailChange fail(ENOSPC, 4);
    const Running running;
    Connection unlucky = running.client();
    CHECK(rest_of(unlucky).empty());
    Connection next = running.client();
    CHECK(ask(next, "x", 1) == "x");
}

TEST_CASE("server: a look at one client that fails is not its end", "[server]") {
    if (!echo::sys::has_poller) SKIP_BECAUSE("here the server's waits are calls to poll, too");
    const FailLooks fail(ENOMEM, 1);
    Running running;
    Connection client = running.client();
    CHECK(ask(client, "x", 1) == "x");
    running.server.request_stop();
    CHECK(rest_of(client).empty());
    client.close();
    CHECK(running.server.stop().given_up == 0);
    CHECK(fail.seen > 0);
}

// Of its first calls, which watch the door and the stop, one that fails is one of the setup.
TEST_CASE("server: a poller that can't change what it watches costs one client at most",
          "[server]") {
    if (!echo::sys::has_poller) SKIP_BECAUSE("a poller of this system does not fail");
    const int nth = GENERATE(range(4, 16));
    CAPTURE(nth);
    const FailChange fail(ENOMEM, nth);
    Running running({}, {.max_clients = 1});
    int served = 0;
    for (int i = 0; i < 3; ++i) {
        Connection client = running.client();
        std::string came(1, '?');
        if (client.send_all("x", soon()) && client.recv_exactly(came, soon())) ++served;
    }
    Connection last = running.client();
    REQUIRE(last.send_all("y", soon()));
    running.server.request_stop();
    char byte;
    while (last.recv({&byte, 1}, soon())) continue;
    last.close();
    CHECK(running.server.stop().given_up == 0);
    CHECK(served >= 2);
    CHECK(fail.seen >= nth);
}

TEST_CASE("server: a poller that fails for good ends it, and says why", "[server]") {
    const char* const wait = echo::sys::has_poller ? "epoll_wait" : "poll";
    test::Fail fail(wait, ENOMEM);
    Running running({}, {.threads = 2});
    CHECK_THROWS_AS(running.server.stop(), echo::Error);
}
