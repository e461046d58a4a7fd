// Listening and connecting: ports, both families, full houses, refusals.
#include "catch.hpp"
#include "pair.hpp"

#include <vector>

using echo::Endpoint;
using echo::Status;
using test::soon;

TEST_CASE("port 0 lets the system choose, and the listener knows which", "[listener]") {
    const auto listener = echo::listen(Endpoint::loopback(0));
    CHECK(listener.endpoint().address() == "127.0.0.1");
    CHECK(listener.endpoint().port() != 0);
}

TEST_CASE("a port in use is refused, with what to do about it", "[listener]") {
    const auto listener = echo::listen(Endpoint::loopback(0));
    const std::string where = listener.endpoint().text();
    try {
        const auto second = echo::listen(listener.endpoint());
        FAIL("a second server got " << second.endpoint());
    } catch (const echo::Error& error) {
        CHECK(error.code() == std::errc::address_in_use);
        CHECK(error.call() == "bind");
        CHECK(error.subject() == where);
        CHECK(error.what() == "bind " + where +
                                  ": address already in use; another program has "
                                  "that port, stop it or choose another port");
    }
}

TEST_CASE("a server can be started again at once on its port", "[listener]") {
    Endpoint where;
    {
        test::Pair pair;
        where = pair.listener.endpoint();
        pair.server.close();  // the server's side closes first: its end lingers in TIME_WAIT
        CHECK(test::receive_all(pair.client).empty());
    }
    const auto again = echo::listen(where);
    CHECK(again.endpoint() == where);
}

TEST_CASE("listening on a port alone serves IPv4, and IPv6 where there is any", "[listener]") {
    auto listener = echo::listen(0);
    const auto port = listener.endpoint().port();
    const auto v4 = echo::connect("127.0.0.1", port, soon());
    CHECK(listener.accept().peer() == v4.local());  // as plain IPv4, not as ::ffff:127.0.0.1
    if (!listener.endpoint().is_ipv6()) SKIP_BECAUSE("this system has no IPv6");
    const auto v6 = echo::connect("::1", port, soon());
    CHECK(listener.accept().peer() == v6.local());
}

TEST_CASE("a system without IPv6 gets an IPv4 listener", "[listener]") {
    SECTION("no such sockets") {
        test::Fail fail("socket", EAFNOSUPPORT);
        CHECK(echo::listen(0).endpoint().text().substr(0, 8) == "0.0.0.0:");
    }
    SECTION("no such address") {
        test::Fail fail("bind", EADDRNOTAVAIL);
        CHECK(echo::listen(0).endpoint().text().substr(0, 8) == "0.0.0.0:");
    }
    SECTION("none that serve both families") {
        test::Fail fail("setsockopt", EINVAL, 2);
        CHECK(echo::listen(0).endpoint().text().substr(0, 8) == "0.0.0.0:");
    }
}

TEST_CASE("what stops a listener from being set up is an error that names it", "[listener]") {
    struct Row {
        const char* call;
        int error;
        const char* what;
    };
    const auto row = GENERATE(
        Row{"bind", EACCES,
            "bind 127.0.0.1:0: permission denied; ports below 1024 need administrator rights, "
            "choose one from 1024 up"},
        Row{"bind", EADDRNOTAVAIL,
            "bind 127.0.0.1:0: no such address on this machine; use one of this machine's own "
            "addresses, such as 127.0.0.1"},
        Row{"socket", EMFILE,
            "socket 127.0.0.1:0: too many open sockets and files in this program; close some, or "
            "raise the limit (ulimit -n)"},
        Row{"listen", EADDRINUSE,
            "listen 127.0.0.1:0: address already in use; another program has that port, stop it "
            "or choose another port"});
    test::Fail fail(row.call, row.error);
    try {
        const auto listener = echo::listen(Endpoint::loopback(0));
        FAIL("listens on " << listener.endpoint());
    } catch (const echo::Error& error) {
        CHECK(std::string(error.what()) == row.what);
    }
}

TEST_CASE("a client that gave up in line is passed over", "[listener]") {
    const int error = GENERATE(EINTR, ECONNABORTED, EPROTO, ENETDOWN, ECONNRESET, ENOTCONN);
    auto listener = echo::listen(Endpoint::loopback(0));
    const auto client = echo::connect(listener.endpoint(), soon());
    test::Fail fail("accept", error);
    CHECK(listener.accept().peer() == client.local());
    CHECK(fail.seen == 2);
}

TEST_CASE("no room for another socket is said, and the client stays in line", "[listener]") {
    const int error = GENERATE(EMFILE, ENFILE, ENOBUFS, ENOMEM);
    auto listener = echo::listen(Endpoint::loopback(0));
    const auto client = echo::connect(listener.endpoint(), soon());
    SECTION("accept throws") {
        test::Fail fail("accept", error);
        CHECK_THROWS_AS((void)listener.accept(), echo::Error);
        CHECK(fail.seen == 1);
    }
    SECTION("try_accept reports") {
        test::Fail fail("accept", error);
        const auto taken = listener.try_accept(soon());
        CHECK(taken.status == Status::failed);
        CHECK(taken.error.value() == error);
        CHECK_FALSE(taken.connection.is_open());
    }
    CHECK(listener.accept().peer() == client.local());
}

TEST_CASE("try_accept reports that it can't have a mode in which it does not wait", "[listener]") {
    auto listener = echo::listen(Endpoint::loopback(0));
    const auto client = echo::connect(listener.endpoint(), soon());
    test::Fail fail("fcntl", EPERM);
    const auto taken = listener.try_accept(soon());
    CHECK(taken.status == Status::failed);
    CHECK(taken.error == std::errc::operation_not_permitted);
    CHECK(listener.try_accept(soon()).connection.peer() == client.local());
}

TEST_CASE("try_accept does not wait, or only until its deadline", "[listener]") {
    auto listener = echo::listen(Endpoint::loopback(0));
    CHECK(listener.try_accept().status == Status::would_block);
    const auto start = echo::Clock::now();
    CHECK(listener.try_accept(echo::after(std::chrono::milliseconds(30))).status ==
          Status::timed_out);
    CHECK(echo::Clock::now() - start >= std::chrono::milliseconds(30));
    const auto client = echo::connect(listener.endpoint(), soon());
    const auto taken = listener.try_accept(soon());
    REQUIRE(taken);
    CHECK(taken.connection.peer() == client.local());
    // accept sets the listener back: it waits in the system again, not in poll.
    const auto next = echo::connect(listener.endpoint());
    test::Count fcntl("fcntl");
    CHECK(listener.accept().peer() == next.local());
    CHECK(fcntl.seen >= 1);
}

TEST_CASE("an accepted connection waits, whatever the listener's mode", "[listener]") {
    auto listener = echo::listen(Endpoint::loopback(0));
    CHECK(listener.try_accept().status == Status::would_block);  // now it is non-blocking
    auto client = echo::connect(listener.endpoint(), soon());
    auto taken = listener.try_accept(soon());
    REQUIRE(taken);
    REQUIRE(client.send_all("x"));
    test::Count poll("poll");
    char buffer[1];
    CHECK(taken.connection.recv(buffer).status == Status::ok);
    CHECK(poll.seen == 0);
}

TEST_CASE("a closed listener is not asked for clients", "[listener]") {
    auto listener = echo::listen(Endpoint::loopback(0));
    listener.close();
    CHECK_FALSE(listener.is_open());
    CHECK_THROWS_AS((void)listener.accept(), std::logic_error);
    CHECK_THROWS_AS((void)listener.try_accept().status, std::logic_error);
}

// --- Connecting ------------------------------------------------------------------------------

namespace {

// A port that nobody listens on: it was free a moment ago, and this keeps it from others.
struct DeafPort {
    echo::Socket socket{static_cast<echo::Handle>(echo::sys::socket(AF_INET).value)};
    Endpoint where;

    DeafPort() {
        (void)echo::sys::bind(socket.handle(), Endpoint::loopback(0));
        (void)echo::sys::local_endpoint(socket.handle(), where);
    }
};

}  // namespace

TEST_CASE("nobody listening: connection refused, with a deadline and without", "[connect]") {
    const DeafPort deaf;
    const auto deadline =
        GENERATE(as<echo::Deadline>{}, echo::never, echo::after(std::chrono::seconds(5)));
    try {
        const auto connection = echo::connect(deaf.where, deadline);
        FAIL("connected to " << connection.peer());
    } catch (const echo::Error& error) {
        CHECK(error.code() == std::errc::connection_refused);
        CHECK(error.what() == "connect " + deaf.where.text() +
                                  ": connection refused; nothing listens there, start the server "
                                  "or check the host and the port");
    }
}

TEST_CASE("an error of connect names the host as it was given", "[connect]") {
    const DeafPort deaf;
    try {
        const auto connection = echo::connect("localhost", deaf.where.port(), soon());
        FAIL("connected to " << connection.peer());
    } catch (const echo::Error& error) {
        CHECK(error.subject().substr(0, 11) == "localhost (");
    }
}

TEST_CASE("every address of a host is tried in turn", "[connect]") {
    auto listener = echo::listen(0);
    std::size_t addresses = 0;
    for (const Endpoint& candidate : echo::resolve("localhost", 1)) {
        (void)candidate;
        ++addresses;
    }
    if (addresses < 2) SKIP_BECAUSE("this system's localhost has one address only");
    const auto all_but_the_last = static_cast<int>(addresses) - 1;
    class FailFirst : public test::ScopedHook {
    public:
        explicit FailFirst(int count) : left(count) {}
        void before(echo::Call& call) override {
            if (call.name == "connect" && left-- > 0) call.error = ECONNREFUSED;
        }
        int left;
    } fail(all_but_the_last);
    CHECK(echo::connect("localhost", listener.endpoint().port(), soon()).is_open());
    CHECK(fail.left == -1);
}

TEST_CASE("a server that does not answer: timed out at the deadline", "[connect]") {
    // A line of length zero that is full: the system drops whoever knocks then.
    DeafPort full;
    REQUIRE(::listen(full.socket.handle(), 0) == 0);
    std::vector<echo::Connection> in_line;
    std::string what;
    for (int i = 0; i < 5 && what.empty(); ++i) {
        try {
            const auto deadline = echo::after(std::chrono::milliseconds(300));
            in_line.push_back(echo::connect(full.where, deadline));
        } catch (const echo::Error& error) {
            what = error.what();
        }
    }
    CHECK(what == "connect " + full.where.text() +
                      ": timed out; no answer came, check the host, "
                      "the port and the firewalls between");
}

TEST_CASE("a connect that a signal interrupts is waited for, not made again", "[connect]") {
    // The hook plays a signal that comes while the real call is under way.
    class InterruptAfter : public test::ScopedHook {
    public:
        void before(echo::Call& call) override {
            if (call.name != "connect") return;
            ++seen;
            (void)::connect(call.socket, call.endpoint->native(), call.endpoint->native_size());
            call.error = EINTR;
        }
        int seen = 0;
    } interrupt;
    auto listener = echo::listen(Endpoint::loopback(0));
    auto client = echo::connect(listener.endpoint());
    CHECK(interrupt.seen == 1);
    CHECK(listener.accept().peer() == client.local());
}

TEST_CASE("a connection made with a deadline waits afterwards without polling", "[connect]") {
    auto listener = echo::listen(Endpoint::loopback(0));
    test::Count fcntl("fcntl");
    auto client = echo::connect(listener.endpoint(), soon());
    CHECK(fcntl.seen == 2);  // non-blocking while it connects, then blocking again
    auto server = listener.accept();
    REQUIRE(server.send_all("x"));
    test::Count poll("poll");
    char buffer[1];
    CHECK(client.recv(buffer).status == Status::ok);
    CHECK(poll.seen == 0);
}
