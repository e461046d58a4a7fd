// The client: a conversation with a server that answers, with the echo or in lines.
#include "catch.hpp"
#include "pair.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>

using echo::Client;
using echo::Status;
using test::soon;

namespace {

// A client, and a server for it in a thread of its own.
class Served {
public:
    explicit Served(std::function<void(echo::Connection&)> serve)
        : thread_([this, serve = std::move(serve)] {
              echo::Accepted taken = listener_.try_accept(soon());
              if (taken) serve(taken.connection);
          }) {}
    ~Served() {
        client.connection().close();
        thread_.join();
    }
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;

private:
    echo::Listener listener_ = echo::listen(echo::Endpoint::loopback(0));
    std::thread thread_;

public:
    Client client{listener_.endpoint(), soon()};
};

// Takes a little, and does not go on before that has been sent back.
void echo_all(echo::Connection& connection) {
    char buffer[4096];
    while (const auto got = connection.recv(buffer, soon()))
        if (!connection.send_all(echo::first(buffer, got.bytes), soon())) break;
}

// Takes so many bytes, and answers this instead.
std::function<void(echo::Connection&)> answer(std::size_t count, std::string text,
                                              bool then_waits = true) {
    return [count, text = std::move(text), then_waits](echo::Connection& connection) {
        std::string taken(count, '?');
        (void)connection.recv_exactly(taken, soon()).bytes;
        (void)connection.send_all(text, soon()).bytes;
        char rest[1];
        while (then_waits && connection.recv(rest, soon())) continue;
    };
}

// The system keeps little on the way: megabytes, otherwise.
void keep_little(echo::Connection& connection) {
    echo::sys::set_option(connection.handle(), SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF", 65536);
    echo::sys::set_option(connection.handle(), SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF", 65536);
}

std::string any_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
    return bytes;
}

}  // namespace

TEST_CASE("what a client sends comes back, whatever it is and however much", "[client]") {
    Served served(echo_all);
    for (const std::string& bytes :
         {std::string("hello\n"), std::string(), std::string("\0\xff\r\n", 4), any_bytes(1),
          any_bytes(100000)}) {
        const echo::Echoed echoed = served.client.echo(bytes, soon());
        CHECK(echoed);
        CHECK(echoed.status == Status::ok);
        CHECK(echoed.bytes == bytes.size());
        CHECK(echoed.wrong.empty());
        CHECK(echoed.text() == "ok");
    }
}

TEST_CASE("a client sends and receives at the same time", "[client]") {
    const std::string bytes = any_bytes(2000000);
    SECTION("when the server does not read before its echo has been taken") {
        Served served([](echo::Connection& connection) {
            keep_little(connection);
            echo_all(connection);
        });
        keep_little(served.client.connection());
        CHECK(served.client.echo(bytes, soon()));
    }
    SECTION("when the server reads all before it answers") {
        Served served(answer(bytes.size(), bytes));
        keep_little(served.client.connection());
        CHECK(served.client.echo(bytes, soon()));
    }
}

TEST_CASE("neither signals nor how the system cuts it change an echo", "[client]") {
    class Interrupt : public test::ScopedHook {  // the first wait of this thread
    public:
        void before(echo::Call& call) override {
            if (call.name == "poll" && std::this_thread::get_id() == us_ && !done)
                call.error = EINTR, done = true;
        }
        bool done = false;

    private:
        std::thread::id us_ = std::this_thread::get_id();
    } interrupt;
    const test::Shorten sends("send", 700), receives("recv", 300);
    Served served(echo_all);
    CHECK(served.client.echo(any_bytes(20000), soon()));
    CHECK(interrupt.done);
}

TEST_CASE("a small message costs three calls", "[client]") {
    test::Pair pair;
    Client client(std::move(pair.client));
    (void)client.echo("?", echo::Clock::now()).bytes;  // makes it non-blocking, once for all
    REQUIRE(pair.server.send_all("hello"));
    class Names : public test::ScopedHook {
    public:
        void after(const echo::Call& call) override { text += std::string(call.name) + ' '; }
        std::string text;
    } names;
    CHECK(client.echo("hello", soon()));
    CHECK(names.text == "send poll recv ");
}

TEST_CASE("the first wrong byte is told, and what came in its place", "[client]") {
    struct Row {
        const char *answer, *wrong;
        std::size_t same;
    };
    const Row row = GENERATE(Row{"HELLO", "HELLO", 0}, Row{"helLo", "Lo", 3}, Row{"helo", "o", 3});
    Served served(answer(5, row.answer));
    const echo::Echoed echoed = served.client.echo("hello", soon());
    CHECK_FALSE(echoed);
    CHECK(echoed.status == Status::ok);
    CHECK(echoed.bytes == row.same);
    CHECK(echoed.wrong == row.wrong);
    CHECK(echoed.text() == "wrong bytes");
}

TEST_CASE("of many wrong bytes the beginning is kept", "[client]") {
    Served served(answer(1000, std::string(1000, 'x')));
    CHECK(served.client.echo(std::string(1000, 'y'), soon()).wrong == std::string(32, 'x'));
}

TEST_CASE("what comes unasked is wrong in the next echo", "[client]") {
    Served served(answer(6, "hello\nmore"));
    CHECK(served.client.echo("hello\n", soon()));
    const echo::Echoed echoed = served.client.echo("again\n", soon());
    CHECK(echoed.bytes == 0);
    CHECK(echoed.wrong == "more");
}

TEST_CASE("an echo that does not come whole says why, and how far it came", "[client]") {
    SECTION("the server waits") {
        Served served(answer(5, "hel"));
        const echo::Echoed echoed =
            served.client.echo("hello", echo::after(std::chrono::milliseconds(50)));
        CHECK_FALSE(echoed);
        CHECK(echoed.status == Status::timed_out);
        CHECK(echoed.error == std::errc::timed_out);
        CHECK(echoed.bytes == 3);
        CHECK(echoed.time >= std::chrono::milliseconds(50));
    }
    SECTION("the server takes nothing") {
        test::Pair pair;
        Client client(std::move(pair.client));
        const echo::Echoed echoed =
            client.echo(std::string(20000000, 'x'), echo::after(std::chrono::milliseconds(50)));
        CHECK(echoed.status == Status::timed_out);
        CHECK(echoed.bytes == 0);
    }
    SECTION("the server finishes") {
        Served served(answer(5, "hel", false));
        const echo::Echoed echoed = served.client.echo("hello", soon());
        CHECK(echoed.status == Status::end);
        CHECK(echoed.bytes == 3);
        CHECK(echoed.text() == "end of stream");
    }
    SECTION("the server resets") {
        if (test::resets_look_like_the_end()) SKIP_BECAUSE("this system (Wine) hides resets");
        Served served([](echo::Connection& connection) {
            char byte[1];
            (void)connection.recv(byte, soon()).bytes;
            connection.reset();
        });
        const echo::Echoed echoed = served.client.echo("hello", soon());
        CHECK(echoed.status == Status::reset);
        CHECK(echoed.bytes == 0);
    }
}

TEST_CASE("a wait that fails is told", "[client]") {
    test::Pair pair;
    Client client(std::move(pair.client));
    const test::Fail poll("poll", ENOMEM);
    const echo::Echoed echoed = client.echo("x", soon());
    CHECK(echoed.status == Status::failed);
    CHECK(echoed.error == std::errc::not_enough_memory);
}

TEST_CASE("the round trip is from the first byte out to the last one in", "[client]") {
    Served served([](echo::Connection& connection) {
        char buffer[1];
        (void)connection.recv(buffer, soon()).bytes;
        const auto later = echo::after(std::chrono::milliseconds(20));
        while (echo::Clock::now() < later) std::this_thread::yield();
        (void)connection.send_all("x").bytes;
    });
    const auto start = echo::Clock::now();
    const echo::Echoed echoed = served.client.echo("x", soon());
    const auto took = echo::Clock::now() - start;
    CHECK(echoed);
    CHECK(echoed.time >= std::chrono::milliseconds(20));
    CHECK(echoed.time <= took);
}

TEST_CASE("a client asks line by line", "[client]") {
    Served served([](echo::Connection& connection) {
        (void)connection.send_all("220 welcome\r\n").bytes;
        echo::LineReader lines(connection, 100);
        while (const auto line = lines.next(soon()))
            if (!connection.send_all("you said " + std::string(line.text) + "\r\n")) break;
    });
    const echo::Line greeting = served.client.lines().next(soon());
    REQUIRE(greeting);
    CHECK(greeting.text == "220 welcome");
    for (const char* const text : {"one", "", "three"}) {
        const echo::Line line = served.client.ask(text, soon());
        REQUIRE(line);
        CHECK(line.text == "you said " + std::string(text));
    }
    CHECK_THROWS_AS((void)served.client.ask("two\nlines", soon()), std::logic_error);
}

TEST_CASE("an answer that is no line says why", "[client]") {
    {
        Served served(answer(2, "half", false));
        CHECK(served.client.ask("?", soon()).status == Status::cut_short);
    }
    test::Pair pair;
    Client silent(std::move(pair.client));
    CHECK(silent.ask("?", echo::Clock::now()).status == Status::timed_out);
    const test::Fail send("send", ECONNRESET);
    CHECK(silent.ask("?", soon()).status == Status::reset);
}

TEST_CASE("what is behind a line belongs to the next echo", "[client]") {
    test::Pair pair;
    Client client(std::move(pair.client));
    REQUIRE(pair.server.send_all("line\nhel"));
    CHECK(client.ask("?", soon()).text == "line");
    REQUIRE(pair.server.send_all("lo"));
    CHECK(client.echo("hello", soon()));

    REQUIRE(pair.server.send_all("line\nwrong"));
    CHECK(client.ask("?", soon()).text == "line");
    CHECK(client.echo("hello", soon()).wrong == "wrong");
}

TEST_CASE("a client can be moved, with what it has received", "[client]") {
    test::Pair pair;
    Client before(std::move(pair.client));
    REQUIRE(pair.server.send_all("one\ntwo\n"));
    CHECK(before.lines().next(soon()).text == "one");
    Client client(std::move(before));
    CHECK(client.lines().next(soon()).text == "two");
    CHECK(client.connection().peer() == pair.listener.endpoint());
    CHECK_THROWS_AS((void)before.echo(""), std::logic_error);
}

TEST_CASE("a client's connection waits, before an echo and behind it", "[client]") {
    Served served(echo_all);
    CHECK(served.client.echo("x", soon()));
    REQUIRE(served.client.connection().send_all("y"));
    char byte[1];
    CHECK(served.client.connection().recv(byte).status == Status::ok);
    served.client.connection().set_nonblocking(true);
    CHECK(served.client.echo("x"));
    CHECK(served.client.connection().recv(byte).status == Status::would_block);
}

TEST_CASE("a client's small messages leave at once", "[client]") {
    test::Pair pair;
    const test::Count options("setsockopt");
    const Client client(std::move(pair.client));
    CHECK(options.seen == 1);
}

TEST_CASE("a client that can't connect says so", "[client]") {
    const test::Fail refused("connect", ECONNREFUSED);
    CHECK_THROWS_AS((void)Client("127.0.0.1", 7777, soon()), echo::Error);
}
