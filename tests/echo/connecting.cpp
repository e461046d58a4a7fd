// Connecting to a host with several addresses, of which some do not answer: RFC 8305.
#include "catch.hpp"
#include "pair.hpp"

#include <chrono>
#include <list>
#include <string>
#include <vector>

using echo::Endpoint;
using test::soon;
using namespace std::chrono_literals;

namespace {

// What a resolver might say. Here a host's addresses may have a port each.
class Addresses {
public:
    explicit Addresses(const std::vector<Endpoint>& all) : endpoints_(all.begin(), all.end()) {
        for (const Endpoint& endpoint : endpoints_) {
            addrinfo* const before = list_.empty() ? nullptr : &list_.back();
            addrinfo* const at = &list_.emplace_back();
            at->ai_addr = const_cast<sockaddr*>(endpoint.native());
            if (before) before->ai_next = at;
        }
    }
    [[nodiscard]] echo::Endpoints::iterator begin() const {
        return echo::Endpoints::iterator(&list_.front());
    }

private:
    std::list<Endpoint> endpoints_;
    std::list<addrinfo> list_;
};

echo::Connection connect(const std::vector<Endpoint>& all, echo::detail::Failure& why,
                         echo::Deadline deadline = soon()) {
    return echo::detail::connect_to_any(Addresses(all).begin(), deadline, why);
}

echo::Connection connect(const std::vector<Endpoint>& all, echo::Deadline deadline = soon()) {
    echo::detail::Failure unused;
    return connect(all, unused, deadline);
}

// A port that is taken, but nobody listens.
class Refusing {
public:
    Refusing() : socket_(static_cast<echo::Handle>(echo::sys::socket(AF_INET).value)) {
        (void)echo::sys::bind(socket_.handle(), Endpoint::loopback(0));
        (void)echo::sys::local_endpoint(socket_.handle(), where_);
    }
    [[nodiscard]] const Endpoint& where() const { return where_; }

protected:
    echo::Socket socket_;
    Endpoint where_;
};

// A port whose line of clients is full: the system drops what knocks there, as a firewall does.
class Silent : public Refusing {
public:
    Silent() {
        if (::listen(socket_.handle(), 0) != 0) FAIL("no listener");
        for (int i = 0; i < 5; ++i) {
            in_line_.emplace_back(static_cast<echo::Handle>(echo::sys::socket(AF_INET).value));
            in_line_.back().set_nonblocking(true);
            (void)echo::sys::connect(in_line_.back().handle(), where_);
        }
        const auto last = echo::sys::poll_connect(in_line_.back().handle(), POLLOUT, 50);
        if (last.value != 0) SKIP_BECAUSE("this system answers everyone in a full line");
    }

private:
    std::vector<echo::Socket> in_line_;
};

// The addresses that were tried, in their order; each fails with its error.
class Tried : public test::ScopedHook {
public:
    explicit Tried(std::vector<int> errors = {}) : errors_(std::move(errors)) {}
    void before(echo::Call& call) override {
        if (call.name != "connect") return;
        call.error = where.size() < errors_.size() ? errors_[where.size()] : ECONNREFUSED;
        where.push_back(call.endpoint->address());
    }
    std::vector<std::string> where;

private:
    std::vector<int> errors_;
};

std::vector<Endpoint> endpoints(const std::vector<std::string>& addresses) {
    std::vector<Endpoint> all;
    for (const std::string& address : addresses) all.push_back(*echo::resolve(address, 80).begin());
    return all;
}

}  // namespace

TEST_CASE("the families take turns, and the resolver says which begins", "[connect]") {
    struct Row {
        std::vector<std::string> resolved, tried;
    };
    const Row row = GENERATE(
        Row{{"2001:db8::1", "2001:db8::2", "2001:db8::3", "1.2.3.4", "1.2.3.5"},
            {"2001:db8::1", "1.2.3.4", "2001:db8::2", "1.2.3.5", "2001:db8::3"}},
        Row{{"1.2.3.4", "1.2.3.5", "1.2.3.6", "2001:db8::1"},
            {"1.2.3.4", "2001:db8::1", "1.2.3.5", "1.2.3.6"}},
        Row{{"1.2.3.4", "2001:db8::1", "2001:db8::2"}, {"1.2.3.4", "2001:db8::1", "2001:db8::2"}},
        Row{{"1.2.3.4", "1.2.3.5"}, {"1.2.3.4", "1.2.3.5"}});
    Tried tried;
    CHECK_FALSE(connect(endpoints(row.resolved)).is_open());
    CHECK(tried.where == row.tried);
}

TEST_CASE("an address that does not answer costs a quarter of a second", "[connect]") {
    const Silent silent;
    const auto listener = echo::listen(Endpoint::loopback(0));
    const auto deadline =
        GENERATE(as<echo::Deadline>{}, echo::never, echo::after(std::chrono::seconds(5)));
    const test::Count close("close"), fcntl("fcntl");
    const auto start = echo::Clock::now();
    const auto connection = connect({silent.where(), listener.endpoint()}, deadline);
    const auto took = echo::Clock::now() - start;
    REQUIRE(connection.is_open());
    CHECK(connection.peer() == listener.endpoint());
    CHECK(took >= 250ms);
    CHECK(took < 900ms);  // the system would knock again after a second
    CHECK(close.seen == 1);
    CHECK(fcntl.seen == 3);  // the one that connected is blocking again
}

TEST_CASE("after a failure the next address is tried at once", "[connect]") {
    const Refusing refusing;
    const Silent silent;
    const auto listener = echo::listen(Endpoint::loopback(0));
    class Waits : public test::ScopedHook {
    public:
        void after(const echo::Call& call) override {
            if ((call.name == "poll" || call.name == "select") && call.result == 0) ++timed_out;
        }
        int timed_out = 0;
    } waits;
    SECTION("of the first") {
        CHECK(connect({refusing.where(), listener.endpoint()}).is_open());
        CHECK(waits.timed_out == 0);
    }
    SECTION("of one beside another that goes on") {
        CHECK(connect({silent.where(), refusing.where(), listener.endpoint()}).is_open());
        CHECK(waits.timed_out == 1);
    }
    SECTION("of as many as there are") {
        std::vector<Endpoint> all(100, refusing.where());
        all.push_back(listener.endpoint());
        CHECK(connect(all).is_open());
        CHECK(waits.timed_out == 0);
    }
    SECTION("for lack of a socket, too") {
        const test::Fail fail("socket", EAFNOSUPPORT);
        CHECK(connect({Endpoint::any(1), listener.endpoint()}).is_open());
        CHECK(waits.timed_out == 0);
    }
}

TEST_CASE("before a near deadline each address has its share of the time", "[connect]") {
    const Silent silent;
    const auto listener = echo::listen(Endpoint::loopback(0));
    CHECK(connect({silent.where(), listener.endpoint()}, echo::after(240ms)).is_open());
}

TEST_CASE("an attempt goes on beside the next, and may win", "[connect]") {
    // The first connects, and the hook plays that the answer needs longer than the head start.
    class Late : public test::ScopedHook {
    public:
        void before(echo::Call& call) override {
            if (call.name == "connect" && connects++ == 0) {
                (void)::connect(call.socket, call.endpoint->native(), call.endpoint->native_size());
                call.error = EINTR;
            } else if ((call.name == "poll" || call.name == "select") && connects == 1) {
                const auto until = echo::after(251ms);
                while (echo::Clock::now() < until) continue;
                call.error = EINTR;
            }
        }
        int connects = 0;
    };
    const Silent silent;
    const auto listener = echo::listen(Endpoint::loopback(0));
    Late late;
    const test::Count close("close");
    const auto connection = connect({listener.endpoint(), silent.where()});
    CHECK(connection.is_open());
    CHECK(connection.peer() == listener.endpoint());
    CHECK(late.connects == 2);
    CHECK(close.seen == 1);
}

TEST_CASE("of several failures the one that came furthest is told", "[connect]") {
    struct Row {
        std::vector<int> errors;
        int told;
        const char* address;
    };
    const Row row = GENERATE(Row{{ECONNREFUSED, ENETUNREACH}, ECONNREFUSED, "2001:db8::1"},
                             Row{{ENETUNREACH, ECONNREFUSED}, ECONNREFUSED, "1.2.3.4"},
                             Row{{EHOSTUNREACH, ETIMEDOUT}, EHOSTUNREACH, "2001:db8::1"},
                             Row{{ETIMEDOUT, ECONNREFUSED}, ECONNREFUSED, "1.2.3.4"},
                             Row{{ENETUNREACH, ETIMEDOUT}, ETIMEDOUT, "1.2.3.4"},
                             Row{{EADDRNOTAVAIL, EHOSTUNREACH}, EHOSTUNREACH, "1.2.3.4"},
                             Row{{ECONNREFUSED, ECONNREFUSED}, ECONNREFUSED, "1.2.3.4"});
    const Tried tried(row.errors);
    echo::detail::Failure why;
    CHECK_FALSE(connect(endpoints({"2001:db8::1", "1.2.3.4"}), why).is_open());
    CHECK(why.error == row.told);
    CHECK(why.where.address() == row.address);
    CHECK(why.call == std::string("connect"));
}

TEST_CASE("at the deadline those without an answer have timed out", "[connect]") {
    const Silent one, two;
    const Refusing refusing;
    echo::detail::Failure why;
    const test::Count socket("socket"), close("close");
    CHECK_FALSE(connect({one.where(), two.where()}, why, echo::after(40ms)).is_open());
    CHECK(why.error == ETIMEDOUT);
    CHECK(close.seen == socket.seen);
    CHECK_FALSE(connect({refusing.where(), two.where()}, why, echo::after(40ms)).is_open());
    CHECK(why.error == ECONNREFUSED);
    CHECK(why.where == refusing.where());
    // In the past: whoever answers at once is taken all the same.
    CHECK_FALSE(connect({one.where(), two.where()}, why, echo::Clock::now()).is_open());
    CHECK(why.error == ETIMEDOUT);
}

TEST_CASE("a signal does not end the race, but a wait that fails does", "[connect]") {
#ifdef _WIN32
    constexpr const char* wait = "select";
#else
    constexpr const char* wait = "poll";
#endif
    const Silent silent;
    const auto listener = echo::listen(Endpoint::loopback(0));
    {
        const test::Fail interrupted(wait, EINTR);
        CHECK(connect({silent.where(), listener.endpoint()}).is_open());
        CHECK(interrupted.seen > 1);
    }
    const test::Fail fail(wait, ENOMEM);
    const test::Count close("close");
    CHECK_THROWS_AS((void)connect({silent.where(), listener.endpoint()}), echo::Error);
    CHECK(close.seen == 1);
}

TEST_CASE("with one address there is no race, and not one call more", "[connect]") {
    class Names : public test::ScopedHook {
    public:
        void after(const echo::Call& call) override { text += std::string(call.name) + ' '; }
        std::string text;
    } names;
    const auto listener = echo::listen(Endpoint::loopback(0));
    const Endpoint where = listener.endpoint();
    names.text.clear();
    const auto connection = connect({where}, echo::never);
    CHECK(names.text == "socket connect ");
}

TEST_CASE("what a firewall on this machine forbids has nothing to do with small ports",
          "[connect]") {
    const Tried tried({EACCES});
    try {
        (void)echo::connect(Endpoint::loopback(80));
        FAIL("connected");
    } catch (const echo::Error& error) {
        CHECK(std::string(error.what()) ==
              "connect 127.0.0.1:80: permission denied; a firewall on "
              "this machine may forbid it");
    }
}
