// One conversation: bytes there and back, its ends, its deadlines, and what goes wrong.
#include "catch.hpp"
#include "pair.hpp"

#include <array>
#include <thread>

using echo::Status;
using test::Pair;
using test::soon;

TEST_CASE("bytes arrive as they were sent, whatever their values", "[connection]") {
    Pair pair;
    std::string every_byte;
    for (int value = 0; value < 256; ++value) every_byte += static_cast<char>(value);
    const auto sent = pair.client.send_all(every_byte);
    CHECK(sent.status == Status::ok);
    CHECK(sent.bytes == 256);
    std::string came(256, '?');
    const auto got = pair.server.recv_exactly(came, soon());
    CHECK(got.status == Status::ok);
    CHECK(got.bytes == 256);
    CHECK(came == every_byte);
}

TEST_CASE("a literal sends no zero byte at its end", "[connection]") {
    Pair pair;
    REQUIRE(pair.client.send_all("hello\n"));
    pair.client.close();
    CHECK(test::receive_all(pair.server) == "hello\n");
}

TEST_CASE("recv takes what has come, at most the buffer", "[connection]") {
    Pair pair;
    std::array<char, 4> buffer{};
    REQUIRE(pair.client.send_all("abcdef"));
    const auto got = pair.server.recv(buffer, soon());
    REQUIRE(got.status == Status::ok);
    CHECK(got.bytes >= 1);
    CHECK(got.bytes <= 4);
    CHECK(echo::first(buffer, got.bytes) == std::string("abcdef").substr(0, got.bytes));
}

TEST_CASE("half-close: one side has finished, the other still talks", "[connection]") {
    Pair pair;
    REQUIRE(pair.client.send_all("question"));
    pair.client.shutdown_send();
    CHECK(test::receive_all(pair.server) == "question");
    char buffer[1];
    const auto after_the_end = pair.server.recv(buffer, soon());
    CHECK(after_the_end.status == Status::end);
    CHECK(after_the_end.bytes == 0);
    CHECK_FALSE(after_the_end);
    REQUIRE(pair.server.send_all("answer"));
    pair.server.close();
    CHECK(test::receive_all(pair.client) == "answer");
}

TEST_CASE("recv_exactly says how far it came when the stream ends early", "[connection]") {
    Pair pair;
    REQUIRE(pair.client.send_all("abc"));
    pair.client.close();
    std::array<char, 8> buffer{};
    const auto got = pair.server.recv_exactly(buffer, soon());
    CHECK(got.status == Status::end);
    CHECK(got.bytes == 3);
    CHECK_FALSE(got);
}

TEST_CASE("recv_exactly puts a stream together that comes a byte at a time", "[connection]") {
    Pair pair;
    REQUIRE(pair.client.send_all("abcdefgh"));
    test::Shorten shorten("recv", 1);
    std::array<char, 8> buffer{};
    REQUIRE(pair.server.recv_exactly(buffer, soon()));
    CHECK(shorten.seen >= 8);
    CHECK(echo::first(buffer, 8) == "abcdefgh");
}

TEST_CASE("send may take only a part, send_all goes on until all is gone", "[connection]") {
    Pair pair;
    test::Shorten shorten("send", 3);
    const auto part = pair.client.send("abcdefgh");
    CHECK(part.status == Status::ok);
    CHECK(part.bytes == 3);
    const auto all = pair.client.send_all("ABCDEFGH");
    CHECK(all.bytes == 8);
    CHECK(shorten.seen == 1 + 3);
    pair.client.close();
    CHECK(test::receive_all(pair.server) == "abcABCDEFGH");
}

TEST_CASE("a send_all that fails half-way says how much went", "[connection]") {
    Pair pair;
    test::Shorten shorten("send", 3);
    test::Fail fail("send", ENOBUFS, 3);
    const auto sent = pair.client.send_all("abcdefgh");
    CHECK(sent.status == Status::failed);
    CHECK(sent.bytes == 6);
    CHECK(sent.error == std::errc::no_buffer_space);
    CHECK_FALSE(sent);
}

TEST_CASE("to send nothing is no error", "[connection]") {
    Pair pair;
    const auto sent = pair.client.send_all("");
    CHECK(sent.status == Status::ok);
    CHECK(sent.bytes == 0);
}

TEST_CASE("a peer that resets is a result, for recv and for send", "[connection]") {
    if (test::resets_look_like_the_end()) SKIP_BECAUSE("this system (Wine) hides resets");
    Pair pair;
    pair.client.reset();
    CHECK_FALSE(pair.client.is_open());
    char buffer[16];
    const auto got = pair.server.recv(buffer, soon());
    CHECK(got.status == Status::reset);
    CHECK(got.bytes == 0);
    // After the reset has been seen, a send meets a broken pipe: a result too, and no SIGPIPE.
    CHECK(pair.server.send("x").status == Status::reset);
}

TEST_CASE("closing with unread bytes resets the connection", "[connection]") {
    if (test::resets_look_like_the_end()) SKIP_BECAUSE("this system (Wine) hides resets");
    Pair pair;
    REQUIRE(pair.client.send_all("never read"));
    char buffer[1];
    REQUIRE(pair.server.recv(buffer, soon()));  // so the bytes have arrived
    pair.server.close();
    CHECK(pair.client.recv(buffer, soon()).status == Status::reset);
}

TEST_CASE("what the system reports becomes a status", "[connection]") {
    struct Row {
        int error;
        Status status;
    };
    const auto row = GENERATE(Row{ECONNRESET, Status::reset}, Row{EPIPE, Status::reset},
                              Row{ECONNABORTED, Status::reset}, Row{EPROTOTYPE, Status::reset},
                              Row{ENOBUFS, Status::failed}, Row{ENOMEM, Status::failed});
    Pair pair;
    test::Fail fail("send", row.error);
    const auto sent = pair.client.send("x");
    CHECK(sent.status == row.status);
    CHECK(sent.error.value() == row.error);
    CHECK(sent.error.category() == std::generic_category());
}

TEST_CASE("a mode that can't be set for a deadline is a result, too", "[connection]") {
    Pair pair;
    char buffer[1];
    test::Fail fail("fcntl", EPERM);
    const auto got = pair.server.recv(buffer, soon());
    CHECK(got.status == Status::failed);
    CHECK(got.error == std::errc::operation_not_permitted);
    CHECK(pair.client.send("x", soon()));
    CHECK(pair.server.recv(buffer, soon()));
}

TEST_CASE("calls that a signal interrupts are made again", "[connection]") {
    Pair pair;
    test::Fail send("send", EINTR), recv("recv", EINTR);
    REQUIRE(pair.client.send_all("abc"));
    char buffer[3];
    REQUIRE(pair.server.recv_exactly(buffer));
    CHECK(send.seen == 2);
    CHECK(recv.seen >= 2);
    CHECK(echo::first(buffer, 3) == "abc");
}

TEST_CASE("a recv that nobody answers ends at its deadline", "[connection]") {
    Pair pair;
    char buffer[16];
    test::Count poll("poll");
    const auto start = echo::Clock::now();
    const auto got = pair.server.recv(buffer, echo::after(std::chrono::milliseconds(30)));
    CHECK(poll.seen <= 3);  // it sleeps; it does not spin through the last millisecond
    CHECK(got.status == Status::timed_out);
    CHECK(got.error == std::errc::timed_out);
    CHECK(echo::Clock::now() - start >= std::chrono::milliseconds(30));
    // And the connection can still be used, with a deadline or without.
    REQUIRE(pair.client.send_all("late"));
    CHECK(pair.server.recv(buffer, soon()).status == Status::ok);
    pair.client.close();
    CHECK(pair.server.recv(buffer).status == Status::end);
}

TEST_CASE("a send that nobody takes ends at its deadline", "[connection]") {
    Pair pair;
    test::fill(pair.client);
    const auto sent = pair.client.send_all("x", echo::after(std::chrono::milliseconds(30)));
    CHECK(sent.status == Status::timed_out);
    CHECK(sent.bytes == 0);
}

TEST_CASE("a deadline in the past still takes what is there", "[connection]") {
    Pair pair;
    REQUIRE(pair.client.send_all("x"));
    char buffer[16];
    REQUIRE(pair.server.recv(buffer, soon()));
    REQUIRE(pair.client.send_all("y"));
    pair.client.close();
    CHECK(echo::detail::wait(pair.server.handle(), POLLIN, soon()) == 0);
    CHECK(pair.server.recv(buffer, echo::Clock::now()).status == Status::ok);
}

TEST_CASE("an interrupted wait keeps its deadline", "[connection]") {
    Pair pair;
    test::Fail poll("poll", EINTR);
    char buffer[1];
    const auto start = echo::Clock::now();
    CHECK(pair.server.recv(buffer, echo::after(std::chrono::milliseconds(30))).status ==
          Status::timed_out);
    CHECK(echo::Clock::now() - start >= std::chrono::milliseconds(30));
    CHECK(poll.seen >= 2);
}

TEST_CASE("a poll that fails is reported, not waited for", "[connection]") {
    Pair pair;
    test::Fail poll("poll", ENOMEM);
    char buffer[1];
    const auto got = pair.server.recv(buffer, soon());
    CHECK(got.status == Status::failed);
    CHECK(got.error == std::errc::not_enough_memory);
}

TEST_CASE("non-blocking mode reports would_block instead of waiting", "[connection]") {
    Pair pair;
    pair.server.set_nonblocking(true);
    char buffer[16];
    const auto got = pair.server.recv(buffer);
    CHECK(got.status == Status::would_block);
    CHECK_FALSE(got);
    // A deadline waits even so.
    CHECK(pair.server.recv(buffer, echo::after(std::chrono::milliseconds(1))).status ==
          Status::timed_out);
    const std::size_t sent = test::fill(pair.client);
    CHECK(sent > 0);
    pair.client.set_nonblocking(true);
    CHECK(pair.client.send("x").status == Status::would_block);
    CHECK(pair.server.recv(buffer, soon()).status == Status::ok);
    pair.server.set_nonblocking(false);
    std::string rest(sent - 16, '?');
    CHECK(pair.server.recv_exactly(rest, soon()).status == Status::ok);
}

TEST_CASE("a call without a deadline makes no call but its own", "[connection]") {
    Pair pair;
    test::Count poll("poll"), fcntl("fcntl"), recv("recv");
    REQUIRE(pair.client.send_all("x"));
    char buffer[16];
    REQUIRE(pair.server.recv(buffer));
    CHECK(recv.seen == 1);
    CHECK(poll.seen == 0);
    CHECK(fcntl.seen == 0);
}

TEST_CASE("a connection can be moved; the one it was moved from is closed", "[connection]") {
    Pair pair;
    echo::Connection moved = std::move(pair.client);
    CHECK(moved.is_open());
    CHECK_FALSE(pair.client.is_open());
    CHECK(pair.client.handle() == echo::invalid_handle);
    REQUIRE(moved.send_all("x"));
    {
        test::Count close("close");
        moved = echo::Connection();
        CHECK(close.seen == 1);
    }
    CHECK(test::receive_all(pair.server) == "x");
}

TEST_CASE("the mode moves along with the connection", "[connection]") {
    Pair pair;
    pair.client.set_nonblocking(true);
    char buffer[1];
    CHECK(pair.client.recv(buffer).status == Status::would_block);
    pair.server = std::move(pair.client);
    CHECK(pair.server.recv(buffer).status == Status::end);  // its peer, the old one, was closed
    test::Count fcntl("fcntl");
    pair.server.set_nonblocking(false);
    CHECK(fcntl.seen == 1);
}

TEST_CASE("each socket is closed exactly once", "[connection]") {
    test::Count close("close");
    {
        Pair pair;
        pair.client.close();
        pair.client.close();
        echo::Connection elsewhere = std::move(pair.server);
    }
    CHECK(close.seen == 3);  // the listener and both ends
}

TEST_CASE("use of a connection that is not open is a mistake in the program", "[connection]") {
    echo::Connection none;
    char buffer[1];
    CHECK_THROWS_AS((void)none.recv(buffer), std::logic_error);
    CHECK_THROWS_AS((void)none.send("x"), std::logic_error);
    CHECK_THROWS_AS(none.shutdown_send(), std::logic_error);
    CHECK_THROWS_AS(none.set_nonblocking(true), std::logic_error);
    CHECK_THROWS_AS((void)none.local(), std::logic_error);
    none.close();  // closing it again is none
    none.reset();
}

TEST_CASE("so are a recv into nothing and a send after the half-close", "[connection]") {
    Pair pair;
    CHECK_THROWS_AS((void)pair.client.recv(std::span<char>()), std::logic_error);
    pair.client.shutdown_send();
    pair.client.shutdown_send();  // to finish twice is harmless
    CHECK_THROWS_AS((void)pair.client.send("x"), std::logic_error);
}

TEST_CASE("to finish sending on a connection that is gone is no error", "[connection]") {
    if (test::resets_look_like_the_end()) SKIP_BECAUSE("this system (Wine) hides resets");
    Pair pair;
    pair.client.reset();
    char buffer[1];
    CHECK(pair.server.recv(buffer, soon()).status == Status::reset);
    pair.server.shutdown_send();
    CHECK(pair.server.is_open());
}

TEST_CASE("small sends leave at once where that is asked for", "[connection]") {
    test::Pair pair;
    const auto no_delay = [&] {
        char value[sizeof(int)] = {};
        socklen_t size = sizeof value;
        REQUIRE(::getsockopt(pair.client.handle(), IPPROTO_TCP, TCP_NODELAY, value, &size) == 0);
        return std::string_view(value, sizeof value) != std::string_view("\0\0\0\0", 4);
    };
    CHECK_FALSE(no_delay());
    pair.client.set_no_delay();
    CHECK(no_delay());
    pair.client.set_no_delay(false);
    CHECK_FALSE(no_delay());
    pair.client.close();
    CHECK_THROWS_AS(pair.client.set_no_delay(), std::logic_error);
}

TEST_CASE("with a limit on what is unsent a send would block sooner", "[connection]") {
    Pair usual, limited;
    if (echo::sys::set_unsent_limit(limited.client.handle(), 16 * 1024).error != 0)
        SKIP_BECAUSE("this system has no such limit");
    limited.server.set_unsent_limit(16 * 1024);
    const std::size_t less = test::fill(limited.server);
    CHECK(less * 2 < test::fill(usual.server));
    std::string bytes(less, '?');
    REQUIRE(limited.client.recv_exactly(bytes, soon()));
    echo::Watched room(limited.server.handle(), echo::Interest::write);
    CHECK(echo::poll({&room, 1}, soon()) == 1);
    limited.server.close();
    CHECK_THROWS_AS(limited.server.set_unsent_limit(1), std::logic_error);
}

TEST_CASE("both ends know both endpoints", "[connection]") {
    Pair pair;
    CHECK(pair.client.peer() == pair.listener.endpoint());
    CHECK(pair.server.local() == pair.listener.endpoint());
    CHECK(pair.server.peer() == pair.client.local());
    CHECK(pair.client.local().address() == "127.0.0.1");
}

TEST_CASE("first is the part of the buffer that was filled", "[connection]") {
    const std::array<char, 4> buffer{'a', '\0', 'c', 'd'};
    CHECK(echo::first(buffer, 0).empty());
    CHECK(echo::first(buffer, 3) == std::string("a\0c", 3));
    CHECK(echo::first(buffer, 4).size() == 4);
    CHECK_THROWS_AS((void)echo::first(buffer, 5), std::out_of_range);
}

TEST_CASE("two threads, a megabyte each way at once", "[connection]") {
    Pair pair;
    std::string block(1 << 20, '?');
    for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<char>(i * 7 + i / 251);
    std::thread echoing([&] {
        char buffer[4096];
        while (const auto got = pair.server.recv(buffer, soon()))
            if (!pair.server.send_all(echo::first(buffer, got.bytes), soon())) break;
        pair.server.close();
    });
    // A socket is used by one thread at a time, so this one sends and receives in turn.
    pair.client.set_nonblocking(true);
    std::string came(block.size(), '?');
    std::size_t sent = 0, received = 0;
    const echo::Deadline deadline = soon();
    while (received < came.size() && echo::Clock::now() < deadline) {
        const std::string_view rest = std::string_view(block).substr(sent);
        if (!rest.empty()) sent += pair.client.send(rest).bytes;
        received += pair.client.recv(std::span(came).subspan(received)).bytes;
    }
    pair.client.shutdown_send();
    echoing.join();
    CHECK(came == block);
}
