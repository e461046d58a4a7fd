// Everything that makes system calls, each of which fails in every way, the first, the second and the
// third time: then it works all the same, or it says that error, as it says all errors. It leaves no
// descriptor open, and works the next time.
#include "catch.hpp"
#include "many.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <iostream>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using echo::Interest;
using echo::Status;
using test::Pair;
using test::soon;

namespace {

// What it said: no error, or that of a result.
using Said = std::error_code;

constexpr int errors[] = {
    EACCES,       EADDRINUSE,   EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN,       EBADF,    EFAULT,
    ECONNABORTED, ECONNREFUSED, ECONNRESET,    EEXIST,       EHOSTUNREACH, EINTR,    EINVAL,
    EIO,          ELOOP,        EMFILE,        ENETDOWN,     ENETUNREACH,  ENFILE,   ENOBUFS,
    ENOENT,       ENOMEM,       ENOPROTOOPT,   ENOSPC,       ENOTCONN,     ENOTSOCK, EOPNOTSUPP,
    EPERM,        EPIPE,        EPROTO,        EPROTOTYPE,   ETIMEDOUT};

template <class Result>
Said said(const Result& result) {
    if (result || result.error) return result.error;
    return test::code_of(std::errc::protocol_error);  // no error, and not done
}

Said connect_to_two(Pair& pair) {
    const echo::Endpoint where = pair.listener.endpoint();
    std::array<addrinfo, 2> addresses{};
    for (addrinfo& one : addresses) one.ai_addr = const_cast<sockaddr*>(where.native());
    addresses[0].ai_next = &addresses[1];
    echo::detail::Failure why;
    const echo::Endpoints::iterator all(addresses.data());
    const bool made = echo::detail::connect_to_any(all, soon(), why).is_open();
    return {made ? 0 : why.error, std::generic_category()};
}

Said watch(echo::Poller::Backend backend, Pair& pair) {
    echo::Poller poller(backend);
    poller.watch(pair.server.handle(), Interest::read);
    poller.change(pair.server.handle(), Interest::both);
    for (const auto& event : poller.wait(soon()))
        if (event.socket != pair.server.handle()) return test::code_of(std::errc::protocol_error);
    poller.forget(pair.server.handle());
    poller.wake();
    (void)poller.wait(soon());
    return {};
}

// The client's end, for as long as that takes.
template <class Talk>
Said as_client(Pair& pair, Talk talk) {
    echo::Client client(std::move(pair.client));
    const Said what = talk(client);
    pair.client = std::move(client.connection());
    return what;
}

struct Use {
    const char* what;
    Said (*make)(Pair&);
};

// Both ends of a conversation are there already, and more clients are in line.
const Use to_connect[] = {
    {"listen, everywhere", [](Pair&) { return (void)echo::listen(0), Said(); }},
    {"listen, at one address",
     [](Pair&) { return (void)echo::listen(echo::Endpoint::loopback(0)).endpoint(), Said(); }},
    {"accept", [](Pair& pair) { return (void)pair.listener.accept(), Said(); }},
    {"try_accept", [](Pair& pair) { return said(pair.listener.try_accept(soon())); }},
    {"connect",
     [](Pair& pair) { return (void)echo::connect(pair.listener.endpoint(), soon()), Said(); }},
    {"connect, without a deadline",
     [](Pair& pair) { return (void)echo::connect(pair.listener.endpoint()), Said(); }},
    {"connect, to a name",
     [](Pair& pair) {
         return (void)echo::connect("127.0.0.1", pair.listener.endpoint().port(), soon()), Said();
     }},
    {"connect, to a host with two addresses", connect_to_two},
    {"Endpoint::parse", [](Pair&) { return (void)echo::Endpoint::parse("[::1]:80"), Said(); }},
    {"local", [](Pair& pair) { return (void)pair.client.local(), Said(); }},
};

const Use to_talk[] = {
    {"send, recv",
     [](Pair& pair) {
         const echo::Result sent = pair.client.send("x", soon());
         std::array<char, 8> buffer;
         return sent ? said(pair.server.recv(buffer, soon())) : said(sent);
     }},
    {"send_all, recv_exactly",
     [](Pair& pair) {
         const echo::Result sent = pair.client.send_all("xyz");
         std::array<char, 3> buffer;
         return sent ? said(pair.server.recv_exactly(buffer)) : said(sent);
     }},
    {"recv that has to wait",
     [](Pair& pair) {
         std::array<char, 1> byte;
         const echo::Result got = pair.server.recv(byte, echo::Clock::now());
         return got.status == Status::timed_out ? Said() : said(got);
     }},
    {"LineReader",
     [](Pair& pair) {
         const echo::Result sent = pair.client.send("a line\r\n", soon());
         return sent ? said(echo::LineReader(pair.server).next(soon())) : said(sent);
     }},
    {"a Client that asks",
     [](Pair& pair) {
         const echo::Result sent = pair.server.send_all("the answer\n");
         return sent ? as_client(pair,
                                 [](echo::Client& client) {
                                     return said(client.ask("a question", soon()));
                                 })
                     : said(sent);
     }},
    {"a Client to whom something comes back",
     [](Pair& pair) {
         const echo::Result sent = pair.server.send_all("hello");
         return sent ? as_client(
                           pair,
                           [](echo::Client& client) { return said(client.echo("hello", soon())); })
                     : said(sent);
     }},
    {"what is no error, or a wish",
     [](Pair& pair) {
         pair.client.set_no_delay();
         pair.client.set_unsent_limit(4096);
         pair.client.shutdown_send();
         echo::connect(pair.listener.endpoint()).reset();
         echo::connect(pair.listener.endpoint()).close();
         return Said();
     }},
    {"set_nonblocking",
     [](Pair& pair) {
         pair.client.set_nonblocking(true);
         pair.client.set_nonblocking(false);
         return Said();
     }},
};

const Use to_wait[] = {
    {"poll",
     [](Pair& pair) {
         echo::Watched watched(pair.server.handle(), Interest::write);
         return (void)echo::poll(std::span(&watched, 1), soon()), Said();
     }},
    {"a Poller", [](Pair& pair) { return watch(echo::Poller::Backend::system, pair); }},
    {"a Poller with poll", [](Pair& pair) { return watch(echo::Poller::Backend::poll, pair); }},
    {"a Stop",
     [](Pair&) {
         echo::Stop stop;
         stop.request();
         return stop.wait(soon()) ? Said() : test::code_of(std::errc::timed_out);
     }},
    {"a Server", [](Pair&) { return (void)echo::Server(), Said(); }},
    {"a Server everywhere, of three loops",
     [](Pair&) { return (void)echo::Server(0, {}, {.threads = 3}), Said(); }},
};

// How often it makes each call.
class Counts : public test::ScopedHook {
public:
    void before(echo::Call& call) override { ++calls[std::string(call.name)]; }
    std::map<std::string, int> calls;
};

// Said, or thrown. Anything else that is thrown is a failure of the test.
Said said_by(const Use& use, Pair& pair) {
    try {
        return use.make(pair);
    } catch (const echo::Error& error) {
        return error.code();
    }
}

// What only a mistake in the program can cause; see Poller::watch.
bool is_logic_error(const std::string& call, int error) {
    const bool is_poller = call == "epoll_ctl" || call == "kevent";
    return is_poller && (error == EEXIST || error == ENOENT || error == EBADF);
}

// A connect that a signal interrupts goes on; one that a hook keeps from being made does not.
bool can_be(const std::string& call, int error) {
    return call != "connect" || (error != EINTR && error != EAGAIN);
}

// A wait or a transfer that a signal interrupts, or that would have to wait, is made again.
bool is_harmless(const std::string& call, int error) {
    if (error != EINTR) return false;
    for (const char* one : {"accept", "recv", "send", "poll", "select", "epoll_wait"})
        if (call == one) return true;
    return false;
}

void live_through(const Use& use, const std::string& call, int error, int nth) {
    const int descriptors = test::open_descriptors();
    {
        Pair pair;
        const echo::Connection in_line = echo::connect(pair.listener.endpoint());
        const echo::Connection next_in_line = echo::connect(pair.listener.endpoint());
        Said what;
        {
            const test::Fail fail(call, error, nth);
            if (is_logic_error(call, error))
                CHECK_THROWS_AS(said_by(use, pair), std::logic_error);
            else
                what = said_by(use, pair);
            CHECK(fail.seen >= nth);
        }
        CHECK((!what || (what.value() == error && !is_harmless(call, error))));
        what = said_by(use, pair);
        CHECK_FALSE(what);
    }
    CHECK(test::open_descriptors() == descriptors);
}

// How often each of its calls is made, up to three times. Where no descriptors are counted, once is
// enough: a call takes much longer under Wine.
std::map<std::string, int> calls_of(const Use& use) {
    Pair pair;
    const echo::Connection in_line = echo::connect(pair.listener.endpoint());
    Counts counts;
    REQUIRE_FALSE(said_by(use, pair));
    const int most = test::open_descriptors() > 0 ? 3 : 1;
    for (auto& [call, count] : counts.calls) count = (std::min)(count, most);
    return counts.calls;
}

template <std::size_t count>
void try_all(const Use (&uses)[count]) {
    int cells = 0;
    for (const Use& use : uses)
        for (const auto& [call, times] : calls_of(use))
            for (const int error : errors)
                for (int nth = 1; nth <= times && can_be(call, error); ++nth, ++cells) {
                    INFO(use.what << ": " << call << ", time " << nth
                                  << ", fails: " << echo::reason({error, std::generic_category()}));
                    live_through(use, call, error, nth);
                }
    std::cout << cells << " cells\n";
    CHECK(cells > 400);
}

}  // namespace

TEST_CASE("faults: to listen and to connect", "[faults]") { try_all(to_connect); }
TEST_CASE("faults: to send and to receive", "[faults]") { try_all(to_talk); }
TEST_CASE("faults: to wait, and to be a server", "[faults]") { try_all(to_wait); }
