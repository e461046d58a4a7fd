// echo.hpp: TCP sockets for C++20, on Linux, macOS, the BSDs and Windows, in one file.
//
// SPDX-License-Identifier: MIT
// Copyright (c) 2026 the echo-server authors
//
// ============================================================================================
//  The manual
// ============================================================================================
//
//  A server that takes one client and sends back every byte it receives:
//
//      #include <echo.hpp>
//      #include <array>
//
//      int main() {
//          auto listener = echo::listen(7777);
//          auto client = listener.accept();
//          std::array<char, 4096> buffer;
//          while (auto got = client.recv(buffer))
//              if (!client.send_all(echo::first(buffer, got.bytes))) break;
//      }
//
//  Copy this file next to your program and build it with C++20; on Windows with MinGW add
//  -lws2_32. There is nothing else to install and nothing to start up.
//
//  THE NOUNS. An Endpoint is an address and a port. A Listener waits for clients. A Connection
//  is one conversation. The last two own a socket: they can be moved but not copied, and close
//  it when they are destroyed.
//
//  THE VERBS carry the names of the system calls they make, so that `man 2 recv` explains more.
//
//  ERRORS come in three kinds. What goes wrong while you set up (a port in use, a host that
//  does not exist) throws Error, whose what() is one line that says what to do. What the other
//  side can cause (it finished, it reset the connection, it is slow) is no exception but a
//  Result to look at: `while (auto got = client.recv(buffer))` goes on as long as bytes come.
//  What only a mistake in the program can cause (a recv on a closed connection) throws
//  std::logic_error.
//
//  TIME. Every call that can wait takes a deadline, a point in time: recv(buffer, after(2s)).
//  Without one it waits for ever. A deadline holds for the whole call, however often the call
//  is interrupted.
//
//  MANY SOCKETS, ONE THREAD. poll() waits for any of an array of sockets that you keep. A Poller
//  does it for thousands, by the system's own means (epoll, kqueue), and can be woken from any
//  thread:
//      poller.watch(client.handle(), echo::Interest::read);
//      for (const auto& event : poller.wait(echo::after(5s))) ...   // event.socket is readable
//      poller.forget(client.handle());                              // before it is closed
//
//  THE END. A Stop makes such waits return: on Ctrl-C, when asked to catch_signals(), or when any
//  thread calls its request(). Watch its handle() like a socket.
//
//  BYTES. recv fills a span, such as a std::array<char, 4096>. send takes a std::string_view:
//  it may hold any byte, zeros too, and a literal sends no zero byte at its end.
//
//  A CLIENT. A Client talks to a server that answers, and sends and receives at the same time, so
//  that no message is too large for it:
//      echo::Client client("localhost", 7777, echo::after(2s));
//      const echo::Echoed echoed = client.echo("hello", echo::after(2s));  // all came back: true
//      const echo::Line answer = client.ask("help", echo::after(2s));      // of a line's server
//
//  LINES. A LineReader takes them one by one: LineReader lines(client, 1000) for lines of at most
//  1000 bytes, then `while (auto line = lines.next(after(5s)))`. Bytes behind a line are kept.
//
//  A WHOLE SERVER. echo::Server(7777).run() serves many clients until Ctrl-C. It echoes, or answers
//  what a function of yours says; with start() it runs beside your program, to test a client with.
//
//  TOOLS. run_tool, Arguments and print_line are the frame of a program for the command line. A
//  Log tells on standard error what happens, a line each, from any thread.
//
//  LOOKING INSIDE. trace(std::cerr) prints every system call from then on, one line each.
//
//  THREADS. Different sockets may be used by different threads at the same time; one socket
//  by one thread at a time, and so a Poller, but for its wake(). A Log may be used by all at once.
//  add_hook and trace are called before any thread is started.
//
//  The rest of this file: the system's headers, the declarations (all there is to know to use
//  it), the platform layer, the implementation.

#ifndef ECHO_HPP
#define ECHO_HPP

#include <cerrno>
#include <climits>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

// For std::chrono's clocks alone: all of <chrono> would cost a compiler more time than the rest of
// this file. <shared_mutex> is the cheapest that has them, and MinGW's does not stand a macro max.
#ifdef _WIN32
#include <mutex>
#else
#include <shared_mutex>
#endif

#ifdef _WIN32
#if defined(_WINSOCKAPI_) && !defined(_WINSOCK2API_)
#ifdef __MINGW32__
#undef _WINSOCKAPI_  // windows.h brought in winsock.h; MinGW's winsock2.h can come after it
#else
#error "windows.h brought in the old winsock.h: include echo.hpp before windows.h"
#endif
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <winsock2.h>  // before windows.h, which would bring in winsock.h
#include <ws2tcpip.h>
#ifdef _MSC_VER
#pragma comment(lib, "ws2_32")
#endif
#else
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

// The system's own means to watch many sockets. ECHO_KQUEUE lets a test choose.
#if defined(ECHO_KQUEUE) || defined(__APPLE__) || defined(__FreeBSD__) || defined(__OpenBSD__) || \
    defined(__NetBSD__) || defined(__DragonFly__)
#include <sys/event.h>
#elif defined(__linux__)
#include <sys/epoll.h>
#endif

namespace echo {

// ============================================================================================
//  The declarations
// ============================================================================================

// A socket as the system numbers it. On Windows it is unsigned and 64 bits wide: compare it
// with invalid_handle, never with zero.
#ifdef _WIN32
using Handle = SOCKET;
inline constexpr Handle invalid_handle = INVALID_SOCKET;
#else
using Handle = int;
inline constexpr Handle invalid_handle = -1;
#endif

// Of this file. The CMake project takes it from here.
inline constexpr std::string_view version = "0.1.0";

// --- Time ------------------------------------------------------------------------------------

using Clock = std::chrono::steady_clock;  // never set back, unlike the clock on the wall
using Deadline = Clock::time_point;

inline constexpr Deadline never = (Deadline::max)();  // no deadline: wait for ever

// The deadline that lies so far in the future: after(std::chrono::seconds(2)).
[[nodiscard]] Deadline after(Clock::duration from_now);

// A length of time from text: a whole number and its unit, "500ms", "30s", "5m" or "2h". Throws
// Error, with the code std::errc::invalid_argument, for anything else ("30", "1.5s", "-1s", "5M").
[[nodiscard]] Clock::duration parse_duration(std::string_view text);

// The same as text, in whole milliseconds and the largest unit that fits: "1500ms", "30s", "5m".
[[nodiscard]] std::string text(Clock::duration duration);

// --- Results and errors ----------------------------------------------------------------------

// How a call went.
enum class Status {
    ok,           // it did what was asked
    end,          // end of stream: the peer has finished sending, and every byte has been read
    would_block,  // a non-blocking socket has nothing to give, or no room, at this moment
    timed_out,    // the deadline came first
    reset,        // the connection is gone: the peer, or this system, has broken it off
    too_long,     // LineReader: more bytes than a line may have, and no end of the line yet
    cut_short,    // LineReader: the stream ended in the middle of a line
    failed,       // anything else, such as a path that broke; the result's error says what
};

// In words: "ok", "end of stream", "would block", "timed out", "reset", "line too long",
// "end in mid-line" or "failed".
[[nodiscard]] std::string_view name(Status status);

// A copy of this costs less than a new one, which has to ask a library for its category.
inline const std::error_code no_error{};

// What recv and send report: a status, how many bytes were moved before it, and the system's
// error code. It counts as true only when the call did what was asked.
struct [[nodiscard]] Result {
    Status status = Status::ok;
    std::size_t bytes = 0;
    std::error_code error = no_error;  // std::generic_category, on Windows too

    explicit operator bool() const noexcept { return status == Status::ok; }
    // In words, without the bytes: "end of stream", "connection reset by peer".
    [[nodiscard]] std::string text() const;
};

// Why something could not be set up. what() is one line that names the call and what it was
// about, gives the reason, and says what to do:
//     bind 127.0.0.1:80: permission denied; ports below 1024 need administrator rights, ...
class Error : public std::system_error {
public:
    // An empty advice means the usual one for that code, where there is one.
    Error(std::string_view call, std::string_view subject, std::error_code code,
          std::string_view advice = {});

    [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
    [[nodiscard]] const std::string& call() const noexcept { return call_; }
    [[nodiscard]] const std::string& subject() const noexcept { return subject_; }

private:
    std::string call_, subject_, message_;
};

// The system's reason in lower-case words, the same on every platform: "connection refused".
[[nodiscard]] std::string reason(std::error_code code);

// --- Endpoints -------------------------------------------------------------------------------

// A port from text: a whole number from 0 to 65535, digits only. Throws Error, with the code
// std::errc::invalid_argument, for anything else ("", "0x50", "70000", " 80").
[[nodiscard]] std::uint16_t parse_port(std::string_view text);

// An IPv4 or IPv6 address and a port. Endpoints can be compared, and be keys of std::map and
// std::unordered_map: IPv4 comes before IPv6, then the address counts, then the port, then the
// network that a link-local address belongs to. ip(7), ipv6(7).
class Endpoint {
public:
    Endpoint() noexcept;  // 0.0.0.0:0

    // 127.0.0.1, which only programs on this machine can reach.
    [[nodiscard]] static Endpoint loopback(std::uint16_t port) noexcept;
    // [::], every address of this machine. listen() makes it serve IPv4 as well.
    [[nodiscard]] static Endpoint any(std::uint16_t port) noexcept;
    // "127.0.0.1:7777" or "[::1]:7777". No name is looked up. Throws Error. getaddrinfo(3).
    [[nodiscard]] static Endpoint parse(std::string_view text);
    // From the system's own structure. An IPv4 address in IPv6's clothes, ::ffff:127.0.0.1,
    // becomes plain IPv4.
    [[nodiscard]] static Endpoint from_native(const sockaddr* address) noexcept;

    [[nodiscard]] bool is_ipv6() const noexcept;
    [[nodiscard]] std::uint16_t port() const noexcept;
    [[nodiscard]] Endpoint with_port(std::uint16_t port) const noexcept;
    [[nodiscard]] std::string address() const;  // "127.0.0.1" or "::1". getnameinfo(3)
    [[nodiscard]] std::string text() const;     // "127.0.0.1:7777" or "[::1]:7777"

    [[nodiscard]] const sockaddr* native() const noexcept { return &address_.any; }
    [[nodiscard]] socklen_t native_size() const noexcept;

    friend bool operator==(const Endpoint& a, const Endpoint& b) noexcept {
        return (a <=> b) == std::strong_ordering::equal;
    }
    friend std::strong_ordering operator<=>(const Endpoint& a, const Endpoint& b) noexcept;
    [[nodiscard]] std::size_t hash() const noexcept;

private:
    [[nodiscard]] std::string_view address_bytes() const noexcept;
    [[nodiscard]] std::uint32_t scope() const noexcept;

    union {
        sockaddr any;
        sockaddr_in v4;
        sockaddr_in6 v6;
    } address_;
};

template <class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                             const Endpoint& endpoint) {
    return out << endpoint.text();
}

}  // namespace echo

template <>
struct std::hash<echo::Endpoint> {
    std::size_t operator()(const echo::Endpoint& endpoint) const noexcept {
        return endpoint.hash();
    }
};

namespace echo {

// The endpoints that a host's name stands for, in the order in which to try them; at least
// one. `for (const Endpoint& candidate : resolve("localhost", 7777))`.
class Endpoints {
public:
    class iterator {
    public:
        explicit iterator(const addrinfo* at) noexcept : at_(at) {}
        Endpoint operator*() const noexcept { return Endpoint::from_native(at_->ai_addr); }
        iterator& operator++() noexcept {
            at_ = at_->ai_next;
            return *this;
        }
        bool operator==(const iterator&) const noexcept = default;

    private:
        const addrinfo* at_;
    };

    explicit Endpoints(addrinfo* list) noexcept : list_(list) {}  // takes ownership
    Endpoints(Endpoints&& other) noexcept : list_(std::exchange(other.list_, nullptr)) {}
    Endpoints& operator=(Endpoints&& other) noexcept;
    ~Endpoints();

    [[nodiscard]] iterator begin() const noexcept { return iterator(list_); }
    [[nodiscard]] iterator end() const noexcept { return iterator(nullptr); }

private:
    addrinfo* list_;
};

// Looks a host up: a name, or an address as text. Makes the call getaddrinfo(3), which may ask
// a name server and wait for it. Throws Error when there is no such host.
[[nodiscard]] Endpoints resolve(std::string_view host, std::uint16_t port);

// --- Sockets ---------------------------------------------------------------------------------

// Owns one handle and closes it. Connection and Listener are built on it.
class Socket {
public:
    Socket() noexcept = default;
    explicit Socket(Handle handle) noexcept : handle_(handle) {}
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&& other) noexcept;
    ~Socket() { close(); }

    [[nodiscard]] Handle handle() const noexcept { return handle_; }
    [[nodiscard]] bool is_open() const noexcept { return handle_ != invalid_handle; }
    void close() noexcept;      // close(2); does nothing the second time
    Handle release() noexcept;  // gives the handle away, without closing it

    // Whether calls on it wait, or fail with "would block". fcntl(2) with O_NONBLOCK.
    void set_nonblocking(bool on);
    [[nodiscard]] bool is_nonblocking() const noexcept { return nonblocking_; }

private:
    friend class Connection;
    friend class Listener;
    int set_mode(bool nonblocking) noexcept;  // an errno value, or 0

    Handle handle_ = invalid_handle;
    bool nonblocking_ = false;
};

namespace detail {
class ServerLoop;
// Throws std::logic_error. Apart, so that whoever calls it stays short.
[[noreturn]] void misused(const char* what, const char* more = "");
}  // namespace detail

// One conversation over TCP. tcp(7), RFC 9293.
class Connection {
public:
    Connection() noexcept = default;  // not open
    Connection(Socket socket, const Endpoint& peer) noexcept;

    // Receives some bytes: at least one, at most as many as fit into the buffer. Waits until
    // there are some. Status::end, with no bytes, when the peer has finished sending; reset
    // when the connection broke. How the peer cut its bytes into sends is not to be seen here.
    // recv(2)
    Result recv(std::span<char> buffer, Deadline deadline = never);

    // Receives until the buffer is full. A status other than ok says why it is not, and bytes
    // how far it is filled. recv(2), as often as it takes.
    Result recv_exactly(std::span<char> buffer, Deadline deadline = never);

    // Gives bytes to the system to send, and says how many it took: it may be only the first
    // part of them. reset when the peer takes no more. Never raises SIGPIPE. send(2)
    Result send(std::string_view bytes, Deadline deadline = never);

    // Sends all of the bytes. A status other than ok says why not, and bytes how many the
    // system took. send(2), as often as it takes.
    Result send_all(std::string_view bytes, Deadline deadline = never);

    // Says that we have finished sending (half-close): the peer reads what is on its way, then
    // end of stream. We can still receive. If the connection is gone already there is nobody
    // to tell, and that is no error. shutdown(2) with SHUT_WR
    void shutdown_send();

    // Breaks the connection off at once: the peer gets a reset, and bytes on their way are
    // lost. close(2) with SO_LINGER set to zero seconds
    void reset();

    // Ends both directions. Bytes already sent still arrive, unless there are received bytes
    // that nobody has read: then the system resets the connection. close(2)
    void close() noexcept { socket_.close(); }
    [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }

    // In non-blocking mode a call without a deadline reports would_block instead of waiting.
    void set_nonblocking(bool on);

    // Whether small sends leave at once. Otherwise the system may hold one back until the one
    // before it has been acknowledged, to put several into one packet (Nagle's algorithm). A wish:
    // if the connection is gone already, nothing happens. setsockopt(2) with TCP_NODELAY, tcp(7),
    // RFC 896
    void set_no_delay(bool on = true);

    // How many bytes the system may keep that it has not begun to send, because the peer does not
    // take them. Otherwise it keeps megabytes, and a socket becomes writable only when a good part
    // of them has gone: so one that reads slowly looks like one that does not read. A wish, as
    // above; Windows knows none. setsockopt(2) with TCP_NOTSENT_LOWAT
    void set_unsent_limit(int bytes);

    [[nodiscard]] Endpoint local() const;  // this side's address and port. getsockname(2)
    [[nodiscard]] Endpoint peer() const noexcept { return peer_; }
    [[nodiscard]] Handle handle() const noexcept { return socket_.handle(); }

private:
    friend class LineReader;
    friend class Client;
    friend class detail::ServerLoop;
    // A pointer and a size, because each place that makes or copies a span costs a compiler dear.
    Result receive(char* into, std::size_t size, Deadline deadline);
    template <class Transfer>
    Result transfer(short event, Deadline deadline, Transfer once);
    Result wait_after(int error, short event, Deadline deadline) const;
    void require_open(const char* call) const {
        if (!is_open()) detail::misused(call, " on a connection that is closed or was moved from");
    }

    Socket socket_;
    Endpoint peer_;
    bool waits_ = true;
    bool finished_sending_ = false;
};

// What LineReader::next reports. It counts as true only when it is a whole line.
struct [[nodiscard]] Line {
    Status status = Status::ok;
    std::string_view text{};  // without its end; good until the next call
    std::error_code error{};

    explicit operator bool() const noexcept { return status == Status::ok; }
};

// Receives lines. A line ends with \n or \r\n. One recv may bring half a line, or several: the
// reader keeps what is behind a line for the next call. It does not own the connection, which has
// to outlive it, and nobody else should receive from that.
class LineReader {
public:
    // longest: how many bytes a line may have, without its end; at least 1. The reader takes
    // little more memory than that, whatever the peer sends.
    explicit LineReader(Connection& connection, std::size_t longest = 8192);

    // The next line. The deadline holds for the whole line, however slowly it comes. What does
    // not give a line:
    //   end, would_block, timed_out, reset, failed   as of recv; a later call goes on where this
    //                                                one stopped, no byte is lost
    //   cut_short   the stream ended behind the bytes in text, without the end of a line
    //   too_long    text is the first `longest` bytes; a later call goes on behind them
    // recv(2), as often as it takes
    Line next(Deadline deadline = never);

private:
    friend class Client;
    LineReader(LineReader&& other, Connection& connection) noexcept;  // goes on with the latter
    std::string_view pending() const noexcept;
    Line take(Status status, std::size_t text, std::size_t end);
    Result receive(Deadline deadline);

    Connection& connection_;
    std::size_t longest_;
    std::string kept_;  // received, of which the first taken_ bytes were given out
    std::size_t taken_ = 0;
};

// Connects to a server. A name may have many addresses, of both families, and one of the families
// may be broken: so they take turns, each has a head start of 250 ms before the next is tried
// beside it, or less if it fails, and the first that answers is taken. Throws Error, of the attempt
// that came furthest: refused, unreachable, timed out. The deadline holds for all of them together.
// socket(2), connect(2), poll(2), on Windows select; getaddrinfo(3) when given a name. RFC 8305
[[nodiscard]] Connection connect(std::string_view host, std::uint16_t port,
                                 Deadline deadline = never);
[[nodiscard]] Connection connect(const Endpoint& where, Deadline deadline = never);

// What Client::echo reports. It counts as true only when every byte came back as it was sent.
struct [[nodiscard]] Echoed {
    Status status = Status::ok;
    std::size_t bytes = 0;   // how many came back as they were sent, from the first on
    std::string wrong{};     // what came in place of the next ones, its beginning; empty: nothing
    Clock::duration time{};  // from the first byte out to the last one in: the round trip
    std::error_code error{};

    explicit operator bool() const noexcept { return status == Status::ok && wrong.empty(); }
    // In words, without the bytes: "ok", "timed out", "wrong bytes".
    [[nodiscard]] std::string text() const;
};

// A conversation with a server that answers. What is sent leaves at once (see set_no_delay).
class Client {
public:
    // Connects, as connect() does. Throw Error.
    explicit Client(std::string_view host, std::uint16_t port, Deadline deadline = never);
    explicit Client(const Endpoint& where, Deadline deadline = never);
    explicit Client(Connection connection);  // one that is open already
    Client(Client&& other) noexcept;

    // Sends these bytes, any and any number of them, and receives as many. It does both at the same
    // time: when each side waited for the other to read, nobody would. Ends at the first wrong byte.
    // ok unless something came first: end, timed_out, reset, failed, as of recv and send. After any
    // of those, or a wrong byte, it is not known what comes next. send(2), poll(2), recv(2)
    Echoed echo(std::string_view bytes, Deadline deadline = never);

    // Sends a line, which is to be given without its end, and receives one: see LineReader::next.
    // If that has timed out, the answer may still come, and the next call would take it for its own.
    // send(2), recv(2)
    Line ask(std::string_view line, Deadline deadline = never);

    // For lines that come unasked, a greeting for one; at most 8192 bytes long.
    [[nodiscard]] LineReader& lines() noexcept { return lines_; }
    // For everything else: who the peer is, to finish sending, to close.
    [[nodiscard]] Connection& connection() noexcept { return connection_; }

private:
    Result send_some(std::string_view bytes, std::size_t& sent);
    Result await(short event, Deadline deadline);
    Result receive_some(std::string_view bytes, Echoed& echoed);

    Connection connection_;
    LineReader lines_;
};

// What try_accept reports. It counts as true only when the connection is open.
struct [[nodiscard]] Accepted {
    Status status = Status::ok;
    Connection connection{};
    std::error_code error{};

    explicit operator bool() const noexcept { return status == Status::ok; }
};

// A socket that clients connect to.
class Listener {
public:
    explicit Listener(Socket socket) noexcept : socket_(std::move(socket)) {}

    // Waits for a client. A client that gave up while it was waiting in line is passed over.
    // Throws Error when the system has no room for another socket. accept(2)
    [[nodiscard]] Connection accept();

    // Takes a client that is waiting, if there is one by then; without a deadline it does not
    // wait. would_block or timed_out when there is none. failed when the system has no room
    // for another socket (std::errc::too_many_files_open, ...): the client stays in line, so
    // leave the listener alone for a moment instead of asking again at once. poll(2), accept(2)
    Accepted try_accept(Deadline deadline = (Deadline::min)());

    [[nodiscard]] Endpoint endpoint() const;  // where it listens. getsockname(2)
    void close() noexcept { socket_.close(); }
    [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }
    [[nodiscard]] Handle handle() const noexcept { return socket_.handle(); }

private:
    Accepted accept_until(Deadline deadline);
    void require_open() const;

    Socket socket_;
};

// Starts to listen at one address of this machine. Port 0 lets the system choose a free one:
// ask endpoint() which. A server can be started again at once on the port it had; a second one
// beside it is refused. Throws Error: in use, permission denied, no such address here.
// socket(2), bind(2), listen(2)
[[nodiscard]] Listener listen(const Endpoint& where);

// The same at every address of this machine: IPv6 and IPv4 with one socket where the system
// allows it, else IPv4.
[[nodiscard]] Listener listen(std::uint16_t port);

// --- Many sockets, one thread ----------------------------------------------------------------

// What a socket is watched for: that there is something to receive or to accept (read), or room to
// send (write). A stream that has ended and a broken connection count as ready: the next call on
// the socket says what it is. With `none` a socket is left alone, whatever happens to it.
enum class Interest { none = 0, read = 1, write = 2, both = 3 };

class Watched;
namespace detail {
class PollArray;
std::size_t poll_all(Watched* sockets, std::size_t count, Deadline deadline);
}  // namespace detail

// A socket in an array for poll(), and what poll() found. It is the system's own structure.
class Watched : pollfd {
public:
    // Throws std::logic_error when the handle is that of a closed Connection or Listener.
    explicit Watched(Handle socket, Interest interest = Interest::read);

    [[nodiscard]] Handle socket() const noexcept;
    void set_interest(Interest interest) noexcept;
    [[nodiscard]] bool readable() const noexcept;
    [[nodiscard]] bool writable() const noexcept;

private:
    friend std::size_t detail::poll_all(Watched* sockets, std::size_t count, Deadline deadline);
    friend class detail::PollArray;
    static std::size_t poll(Watched* sockets, std::size_t count, int milliseconds);
    [[nodiscard]] bool is_ready(short event) const noexcept;
    void require_open() const;
};

// Waits until at least one of these sockets is ready for what it is watched for. Returns how many
// are; 0 when the deadline came first. Throws Error; std::logic_error when one of them is closed.
// poll(2), on Windows WSAPoll
std::size_t poll(std::span<Watched> sockets, Deadline deadline = never);

// Watches many sockets at a cost that does not grow with those that are quiet. It is
// level-triggered: a socket that is ready is told of in each wait, until it is not ready any more.
// One thread uses it; any thread may wake it.
// epoll(7) on Linux; kqueue(2) on macOS and the BSDs; elsewhere poll(2), on Windows WSAPoll
class Poller {
public:
    enum class Backend { system, poll };  // poll: on every system, but dear with many sockets

    // Throws Error. epoll_create1(2), kqueue(2); pipe(2), on Windows a connection with itself
    explicit Poller(Backend backend = Backend::system);
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;
    ~Poller();

    // Begin to watch a socket; watch it for something else; watch it no longer, which has to come
    // before it is closed. Throw Error, and std::logic_error when it is watched already, or is not,
    // or is closed; where it is plain poll that watches, only wait() sees that it is closed.
    // epoll_ctl(2), kevent(2)
    void watch(Handle socket, Interest interest);
    void change(Handle socket, Interest interest);
    void forget(Handle socket);

    // A socket that is ready. One that is ready to read and to write may come as one or as two.
    struct Event {
        Handle socket = invalid_handle;
        bool readable = false;
        bool writable = false;

        [[nodiscard]] bool is_ready() const noexcept { return readable || writable; }
    };

    // What a wait has found: for (const echo::Poller::Event& event : poller.wait()). In its loop
    // any socket may be watched, changed, forgotten and closed: what is not asked for any more does
    // not come, even if a new socket has got a forgotten one's number.
    class Events {
    public:
        class iterator {
        public:
            explicit iterator(const Poller& poller) noexcept : poller_(poller) { skip_withdrawn(); }
            const Event& operator*() const noexcept { return poller_.events_[at_]; }
            iterator& operator++() noexcept {
                ++at_;
                skip_withdrawn();
                return *this;
            }
            bool operator==(std::nullptr_t) const noexcept { return at_ >= poller_.count_; }

        private:
            void skip_withdrawn() noexcept {
                while (at_ < poller_.count_ && !poller_.events_[at_].is_ready()) ++at_;
            }
            const Poller& poller_;
            std::size_t at_ = 0;
        };

        explicit Events(const Poller& poller) noexcept : poller_(poller) {}
        [[nodiscard]] iterator begin() const noexcept { return iterator(poller_); }
        [[nodiscard]] std::nullptr_t end() const noexcept { return nullptr; }

    private:
        const Poller& poller_;
    };

    // Waits until a socket is ready, until wake() is called, or until the deadline, and not a
    // moment less. Finds at most most_events at a time, and the others in the next waits. Throws
    // Error. epoll_wait(2), kevent(2)
    [[nodiscard]] Events wait(Deadline deadline = never);
    static constexpr std::size_t most_events = 256;

    // Makes the wait that is under way return, or else the next one: one wait, however many calls,
    // unless there were tens of thousands. To be called from any thread, and from a signal handler:
    // no hook sees it, errno is kept. write(2)
    void wake() noexcept;

private:
    struct Empty {};
    explicit Poller(Empty) noexcept {}  // what has been made is destroyed if the rest can't be made
    void set(const char* action, Handle socket, Interest interest);
    void withdraw(Handle socket, Interest but) noexcept;
    std::size_t look(int milliseconds);
    bool sort_out() noexcept;

    Socket system_;                       // epoll's or kqueue's descriptor
    detail::PollArray* array_ = nullptr;  // instead, where plain poll does it
    Socket wake_read_, wake_write_;
    Event events_[most_events];
    std::size_t count_ = 0;
};

// Asks loops to end. It has a handle, which becomes readable when a stop is requested and stays so:
// whatever waits for sockets can wait for it too, in a Poller or with poll(), one loop or several.
//     poller.watch(stop.handle(), Interest::read);
class Stop {
public:
    Stop();  // throws Error. pipe(2), on Windows a connection with itself
    Stop(const Stop&) = delete;
    Stop& operator=(const Stop&) = delete;
    ~Stop();  // puts the old handlers back

    // Lets Ctrl-C request it, and whatever else the system asks a program by to end: SIGINT, SIGTERM
    // and, when its terminal is gone, SIGHUP, unless that is ignored (nohup); on Windows the console's
    // events. After the first one the old handlers of SIGINT and SIGTERM are back: a second Ctrl-C
    // ends the program at once. Only one Stop at a time can; std::logic_error for another.
    // sigaction(2), signal(7), on Windows SetConsoleCtrlHandler
    void catch_signals();

    // Requests the stop; again does no harm. To be called from any thread, and from a signal handler:
    // no hook sees it, errno is kept. write(2)
    void request() noexcept;

    // Whether it was requested, or is by the deadline. Throws Error. poll(2)
    [[nodiscard]] bool is_requested() const;
    bool wait(Deadline deadline = never) const;

    [[nodiscard]] Handle handle() const noexcept { return from_.handle(); }

private:
    Socket from_, to_;
    bool catches_signals_ = false;
};

// --- Small helpers ---------------------------------------------------------------------------

// The first so many bytes of a buffer: what a recv has filled. Throws std::out_of_range when
// the buffer is smaller.
[[nodiscard]] std::string_view first(std::span<const char> buffer, std::size_t count);

// Bytes as a person can read them: in quotes, with \n, \x00 and \xff for what can't be printed,
// and ... when there are more than at_most.
[[nodiscard]] std::string quote(std::string_view bytes, std::size_t at_most = 32);

// Lets std::cin and std::cout carry every byte as it is. Windows otherwise makes \r\n of \n and
// takes byte 0x1a for the end; a terminal is left alone there. Elsewhere there is nothing to do.
// _setmode
void use_binary_streams() noexcept;

// --- Tools: what programs for the command line have in common -----------------------------------

// Prints a line on standard output, at once. Throws Error when it can't be written: standard
// output is closed, the disk is full. fwrite(3), fflush(3)
void print_line(std::string_view line);

// Whether a stream such as stderr is a terminal, where a person reads. isatty(3)
[[nodiscard]] bool is_terminal(std::FILE* stream) noexcept;

// What is wrong with a command line. what() is one line.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// The words of a command line behind the program's name. Every question takes its answer away:
// ask for the options first, then for what stands alone, and then for nothing more.
class Arguments {
public:
    // As main gets them. The words taken away are missing in argv, too.
    Arguments(int argc, char** argv) noexcept : words_(argv + 1), count_(argc > 0 ? argc - 1 : 0) {}

    // Whether an option such as "--help" was given.
    bool flag(std::string_view name) noexcept;
    // The text of an option such as "--message hello" or "--message=hello", or `otherwise` when it
    // was not given; given twice, the last one holds.
    std::string_view value(std::string_view option, std::string_view otherwise);
    // The number of an option such as "--max-clients 8". Throws UsageError when it is no whole number
    // from `least` to `most`.
    std::uint64_t number(std::string_view option, std::uint64_t otherwise, std::uint64_t least,
                         std::uint64_t most);
    // The same for an option such as "--idle 30s": see parse_duration.
    Clock::duration duration(std::string_view option, Clock::duration otherwise,
                             Clock::duration least, Clock::duration most);
    // The next word, or `otherwise` when there is none. Throws UsageError when it is an option: by
    // now nobody knows it. "-1" is no option, but a number, if a bad one.
    std::string_view next(std::string_view otherwise);
    // The same for a port. Throws UsageError when the word is none.
    std::uint16_t next_port(std::uint16_t otherwise);
    // Throws UsageError when there are words left.
    void done();

private:
    std::string_view take(int at) noexcept;
    bool take_value(std::string_view option, std::string_view& value);

    char** words_;
    int count_;
};

// The frame of a tool's main:
//     return run_tool(argc, argv, usage, [](echo::Arguments& arguments) -> int { ... });
// --help and -h print "usage: NAME " and the usage, such as "[port]"; --version prints "NAME " and
// the version of this file. Whatever is thrown becomes one line on standard error, "NAME: ...", and
// the exit code: 2 for a UsageError, 1 for any other exception. Else it is what `body` returns. NAME
// is the program's file's.
template <class Body>
int run_tool(int argc, char** argv, std::string_view usage, Body body);

// --- The log ---------------------------------------------------------------------------------

enum class Level { debug, info, warning, error };

// "debug", "info", "warning" or "error".
[[nodiscard]] std::string_view name(Level level);

// Tells on standard error what happens, a line each: when (in UTC), how grave, who, what, and how
// many bytes it was about:
//     2026-11-25T12:31:07.042Z info 127.0.0.1:48418 end of stream, 6 bytes
// or, for programs that read it, as JSON (RFC 8259), a line each:
//     {"time":"2026-11-25T12:31:07.042Z","level":"info","peer":"127.0.0.1:48418",
//      "message":"end of stream","bytes":6}
// Any thread may write at any time; lines do not mix. What can't be printed is escaped, as quote()
// does it, so that no text of a stranger's can begin a line of its own or change the terminal.
// The log never waits, throws or raises SIGPIPE. A line that standard error does not take at once
// (its disk is full, its reader sleeps or has gone) is lost, and a later line says how many were.
// poll(2), write(2)
class Log {
public:
    enum class Format { text, json };

    // Leaves out what is less grave than `least`.
    explicit Log(Level least = Level::info, Format format = Format::text) noexcept
        : least_(least), format_(format) {}

    // Whether it has lines of this level.
    [[nodiscard]] bool has(Level level) const noexcept { return level >= least_; }
    void write(Level level, std::string_view what) const;
    void write(Level level, const Endpoint& peer, std::string_view what) const;
    void write(Level level, const Endpoint& peer, std::string_view what, std::uint64_t bytes) const;

private:
    // Of what it is, peer and bytes may be missing.
    void write(Level level, const Endpoint* peer, std::string_view what,
               const std::uint64_t* bytes) const;

    Level least_;
    Format format_;
};

// --- A whole server ----------------------------------------------------------------------------

// What a handler gives back. A std::string or a literal becomes one by itself.
struct Answer {
    Answer() = default;
    Answer(std::string to_send, bool is_last = false) : bytes(std::move(to_send)), last(is_last) {}
    Answer(std::string_view to_send, bool is_last = false) : bytes(to_send), last(is_last) {}
    Answer(const char* to_send, bool is_last = false) : bytes(to_send), last(is_last) {}

    std::string bytes;    // to send; may be none
    bool last = false;    // after them, end the conversation
    std::string warning;  // for the log; none when empty
};

namespace detail {
struct AnyHandler;
}

// What a server answers. It is called with what a client has sent, in the pieces in which it comes:
//     [](std::string_view bytes) { return std::string(bytes.rbegin(), bytes.rend()); }
// Each client gets a copy of its own, so what it keeps in itself (a mutable lambda does) is that
// client's. What is shared by reference is called from several threads, if the server has several.
// An exception it throws goes to the log, and ends that conversation.
class Handler {
public:
    Handler() noexcept = default;  // sends back what comes
    template <class Function,
              class = decltype(Answer(std::declval<Function&>()(std::string_view())))>
    Handler(Function function);
    Handler(const Handler& other);
    Handler(Handler&& other) noexcept : handler_(std::exchange(other.handler_, nullptr)) {}
    Handler& operator=(Handler other) noexcept;
    ~Handler();

    explicit operator bool() const noexcept { return handler_ != nullptr; }
    Answer received(std::string_view bytes);
    Answer ended();  // the client has finished sending

private:
    detail::AnyHandler* handler_ = nullptr;
};

// The same for lines: it is called with each line, without its end, and its answer is sent with \n
// behind it. A last line without an end counts too. Before a line of more than `longest` bytes the
// conversation ends.
//     echo::by_line([](std::string_view line) { return "you said " + std::string(line); })
template <class Function>
Handler by_line(Function function, std::size_t longest = 8192);

struct ServerOptions {
    std::size_t threads = 1;         // loops, each in a thread of its own; 1 to 1024
    std::size_t max_clients = 1000;  // in all; more wait in line until one leaves
    Clock::duration idle = std::chrono::minutes(5);  // in each such stretch of time a client ...
    std::uint64_t pace = 1;  // ... moves so many bytes, in and out, or is let go
    Clock::duration drain = std::chrono::seconds(5);  // from the stop to the end, at most
    const Log* log = nullptr;  // tells who comes and goes; it has to outlive the server
};

// What a server has done.
struct ServerSummary {
    std::uint64_t clients = 0;       // who have been served
    std::uint64_t received = 0;      // bytes
    std::uint64_t sent = 0;          // bytes
    std::uint64_t let_go = 0;        // clients who moved too little
    std::uint64_t given_up = 0;      // clients who were not done when the drain was over
    std::uint64_t refused = 0;       // clients in line, for whom there was no seat at the stop
    Clock::duration longest_stay{};  // of one client
};

namespace detail {
struct ServerPlan;
struct Worker;
}  // namespace detail

// A server for as many clients as it has seats, with all that the lessons have built. Three lines
// are a program; Ctrl-C ends it:
//     int main() {
//         echo::Server(7777).run();
//     }
// And a server to test a client against, on a free port, which ends with the block:
//     echo::Server server;
//     server.start();
//     auto client = echo::connect(server.endpoint());
// Poller, Stop, accept(2), recv(2), send(2), shutdown(2)
class Server {
public:
    // Listens from here on: at a free port of 127.0.0.1; at every address of this machine, see
    // listen(); or wherever this listener does. Throws Error.
    Server();
    explicit Server(std::uint16_t port, Handler handler = {}, const ServerOptions& options = {});
    explicit Server(Listener listener, Handler handler = {}, const ServerOptions& options = {});
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();  // as stop()

    [[nodiscard]] Endpoint endpoint() const noexcept { return endpoint_; }

    // Serves until Ctrl-C, another signal to end (see Stop::catch_signals), or request_stop(), and
    // until each client has got what it is owed, or the drain is over. Throws what a poller throws.
    ServerSummary run();

    // Serves in threads of its own, and returns at once. It does not look for signals. A server serves
    // once. Throws Error when there can't be so many threads.
    void start();
    // Stops, drains, and waits for the end of what start() has begun. Throws as run().
    ServerSummary stop();

    // From any thread, and from a signal handler: begins the end of run() and of start().
    void request_stop() noexcept { stop_.request(); }
    // Catches signals already before run(), so that none is missed; see Stop.
    void catch_signals() { stop_.catch_signals(); }

private:
    static void begin(detail::Worker& worker);
    ServerSummary join();
    void dismiss() noexcept;

    Endpoint endpoint_;
    Stop stop_;
    detail::ServerPlan* plan_ = nullptr;
};

// --- The seam: watching and changing system calls ----------------------------------------------

// One system call, as a hook sees it before and after it is made.
struct Call {
    std::string_view name;               // as in its man page: "recv"
    Handle socket = invalid_handle;      // on which socket; invalid where there is none yet
    std::string_view detail{};           // an option's name, what poll waits for, a host
    const Endpoint* endpoint = nullptr;  // bind and connect: where; accept: who, afterwards
    const char* data = nullptr;          // recv and send: the bytes; poll of many: who is ready
    std::size_t length = 0;              // recv and send: how many are asked for
    long long result = 0;                // afterwards: bytes, or the new handle; -1: failed
    int error = 0;                       // an errno value, on Windows too
};

// Sees every system call that this library makes. before() may lower call.length, or set
// call.error: then the call is not made, and fails with that error. (But close is made all the
// same: where it fails, the handle is gone too.)
struct Hook {
    virtual ~Hook() = default;
    virtual void before(Call&) {}
    virtual void after(const Call&) {}
    Hook* next = nullptr;
};

// Puts a hook in front of the others. Before any thread is started; the hook has to outlive
// every socket.
void add_hook(Hook& hook);

// Prints every system call from now on to a stream such as std::cerr, one line each:
//     socket 4: recv at most 4096 bytes -> 6 bytes "hello\n"
template <class Stream>
void trace(Stream& out);

// One call as a line of the trace, without the line's end.
[[nodiscard]] std::string describe(const Call& call);
// The first half of that line, which before() knows already: "socket 4: recv at most 4096 bytes".
[[nodiscard]] std::string describe_request(const Call& call);

// ============================================================================================
//  The platform layer
//
//  Every system call is made here and nowhere else. Each function is a leaf: it makes one call,
//  through the seam, and knows how the platforms differ about it. Errors come out as errno
//  values on every platform.
// ============================================================================================

namespace sys {

// What a system call returned, and its error, or 0.
struct Outcome {
    long long value;
    int error;
};

inline Hook* hooks = nullptr;  // the newest first; null unless someone watches

#ifdef _WIN32

// Winsock has error numbers of its own. std::errc does not know them on MinGW, so they are
// turned into errno's here. One without a counterpart stays as it is (10000 and more).
inline int to_errno(int code) noexcept {
    switch (code) {
        case WSAEINTR: return EINTR;
        case WSAEBADF: return EBADF;
        case WSAEACCES: return EACCES;
        case WSAEFAULT: return EFAULT;
        case WSAEINVAL: return EINVAL;
        case WSAEMFILE: return EMFILE;
        case WSAEWOULDBLOCK: return EWOULDBLOCK;
        case WSAEINPROGRESS: return EINPROGRESS;
        case WSAEALREADY: return EALREADY;
        case WSAENOTSOCK: return ENOTSOCK;
        case WSAEDESTADDRREQ: return EDESTADDRREQ;
        case WSAEMSGSIZE: return EMSGSIZE;
        case WSAEPROTOTYPE: return EPROTOTYPE;
        case WSAENOPROTOOPT: return ENOPROTOOPT;
        case WSAEPROTONOSUPPORT: return EPROTONOSUPPORT;
        case WSAEOPNOTSUPP: return EOPNOTSUPP;
        case WSAEAFNOSUPPORT: return EAFNOSUPPORT;
        case WSAEADDRINUSE: return EADDRINUSE;
        case WSAEADDRNOTAVAIL: return EADDRNOTAVAIL;
        case WSAENETDOWN: return ENETDOWN;
        case WSAENETUNREACH: return ENETUNREACH;
        case WSAENETRESET: return ENETRESET;
        case WSAECONNABORTED: return ECONNABORTED;
        case WSAECONNRESET: return ECONNRESET;
        case WSAENOBUFS: return ENOBUFS;
        case WSAEISCONN: return EISCONN;
        case WSAENOTCONN: return ENOTCONN;
        case WSAESHUTDOWN: return EPIPE;
        case WSAETIMEDOUT: return ETIMEDOUT;
        case WSAECONNREFUSED: return ECONNREFUSED;
        case WSAEHOSTUNREACH: return EHOSTUNREACH;
        default: return code;
    }
}

inline int last_error() noexcept { return to_errno(::WSAGetLastError()); }

// Winsock has to be started once in a process; C++ makes sure of the once. It is never
// stopped: sockets may outlive main, and the end of the process cleans up.
inline void start_up() {
    static const int error = [] {
        WSADATA unused;
        return ::WSAStartup(MAKEWORD(2, 2), &unused);
    }();
    if (error != 0) throw Error("WSAStartup", "2.2", {error, std::system_category()});
}

using IoSize = int;
inline constexpr int send_flags = 0;
inline constexpr int end_of_sending = SD_SEND;

#else

inline int to_errno(int code) noexcept { return code; }
inline int last_error() noexcept { return errno; }
inline void start_up() noexcept {}

using IoSize = std::size_t;
#ifdef MSG_NOSIGNAL
inline constexpr int send_flags = MSG_NOSIGNAL;  // no SIGPIPE; where it is missing, prepare()
#else
inline constexpr int send_flags = 0;
#endif
inline constexpr int end_of_sending = SHUT_WR;

#endif

// Keeps threads from talking at the same time. The system's own lock: std::mutex is dear to
// include, and MinGW has none with its other thread model. pthread_mutex_lock(3)
class Lock {
public:
    Lock() = default;
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
#ifdef _WIN32
    void lock() noexcept { ::AcquireSRWLockExclusive(&native_); }
    void unlock() noexcept { ::ReleaseSRWLockExclusive(&native_); }

private:
    SRWLOCK native_ = SRWLOCK_INIT;
#else
    void lock() noexcept { ::pthread_mutex_lock(&native_); }
    void unlock() noexcept { ::pthread_mutex_unlock(&native_); }

private:
    pthread_mutex_t native_ = PTHREAD_MUTEX_INITIALIZER;
#endif
};

// Holds a Lock from here to the end of the block.
class Locked {
public:
    explicit Locked(Lock& lock) noexcept : lock_(lock) { lock_.lock(); }
    ~Locked() { lock_.unlock(); }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;

private:
    Lock& lock_;
};

// A thread, the system's own: <thread> is dear to include, and MinGW has none with its other thread
// model. pthread_create(3), _beginthreadex
class Thread {
public:
    Thread() = default;
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;
    ~Thread() { join(); }

    // Returns an errno value, or 0. What the body throws ends the program.
    int start(void (*body)(void*), void* argument) noexcept {
        body_ = body;
        argument_ = argument;
#ifdef _WIN32
        native_ = reinterpret_cast<HANDLE>(::_beginthreadex(nullptr, 0, run, this, 0, nullptr));
        return native_ ? 0 : errno;
#else
        const int error = ::pthread_create(&native_, nullptr, run, this);
        runs_ = error == 0;
        return error;
#endif
    }

#ifdef _WIN32
    // Waits for its end; does nothing if it was not started, or the second time.
    void join() noexcept {
        if (!native_) return;
        ::WaitForSingleObject(native_, INFINITE);
        ::CloseHandle(std::exchange(native_, nullptr));
    }

private:
    static unsigned __stdcall run(void* self) {
        static_cast<Thread*>(self)->body_(static_cast<Thread*>(self)->argument_);
        return 0;
    }
    HANDLE native_ = nullptr;
#else
    void join() noexcept {
        if (std::exchange(runs_, false)) ::pthread_join(native_, nullptr);
    }

private:
    static void* run(void* self) {
        static_cast<Thread*>(self)->body_(static_cast<Thread*>(self)->argument_);
        return nullptr;
    }
    pthread_t native_{};
    bool runs_ = false;
#endif
    void (*body_)(void*) = nullptr;
    void* argument_ = nullptr;
};

// The seam, first half: shows the call to the hooks, and says whether to make it.
inline bool begin(Call& call) {
    for (Hook* hook = hooks; hook; hook = hook->next) hook->before(call);
    return call.error == 0;
}

// The seam, second half: notes how the call went, and shows that to the hooks.
template <class Value>
Outcome finish(Call& call, Value returned, int error) {
    call.result = static_cast<long long>(returned);
    call.error = error;
    for (Hook* hook = hooks; hook; hook = hook->next) hook->after(call);
    return {call.result, call.error};
}

// The same for the calls, nearly all, that say by -1 that the error is to be asked for.
template <class Value>
Outcome finish(Call& call, Value returned) {
    const bool ask = static_cast<long long>(returned) == -1 && call.error == 0;
    return finish(call, returned, ask ? last_error() : call.error);
}

// Windows takes lengths as int, and macOS refuses any above INT_MAX.
inline IoSize io_size(std::size_t length) noexcept {
    constexpr std::size_t most = INT_MAX;
    return static_cast<IoSize>(length < most ? length : most);
}

// The two calls that a server makes for each message have a short way past the seam, for when nobody
// watches.
template <class Value>
Outcome outcome_of(Value returned) noexcept {
    return {static_cast<long long>(returned), returned == -1 ? last_error() : 0};
}

inline Outcome watched_recv(Handle socket, char* into, std::size_t length) {
    Call call{.name = "recv", .socket = socket, .data = into, .length = length};
    const auto got = begin(call) ? ::recv(socket, into, io_size(call.length), 0) : -1;
    call.length = length;  // a hook that lowered it plays the system; this was asked for
    return finish(call, got);
}

inline Outcome recv(Handle socket, char* into, std::size_t length) {
    if (hooks) [[unlikely]]
        return watched_recv(socket, into, length);
    return outcome_of(::recv(socket, into, io_size(length), 0));
}

inline Outcome watched_send(Handle socket, const char* from, std::size_t length) {
    Call call{.name = "send", .socket = socket, .data = from, .length = length};
    const auto took = begin(call) ? ::send(socket, from, io_size(call.length), send_flags) : -1;
    call.length = length;
    return finish(call, took);
}

inline Outcome send(Handle socket, const char* from, std::size_t length) {
    if (hooks) [[unlikely]]
        return watched_send(socket, from, length);
    return outcome_of(::send(socket, from, io_size(length), send_flags));
}

inline Outcome set_option(Handle socket, int level, int option, std::string_view option_name,
                          const void* value, std::size_t size) {
    Call call{.name = "setsockopt", .socket = socket, .detail = option_name};
    if (!begin(call)) return finish(call, -1);
    const auto* const bytes = static_cast<const char*>(value);  // Windows takes no void*
    return finish(call, ::setsockopt(socket, level, option, bytes, static_cast<socklen_t>(size)));
}

inline Outcome set_option(Handle socket, int level, int option, std::string_view option_name,
                          int value) {
    return set_option(socket, level, option, option_name, &value, sizeof value);
}

// A program that was started with a standard stream closed gets that stream's number, 0, 1 or 2,
// for its first socket, and would then print into it. So a socket never keeps such a number.
inline Handle above_standard_streams(Handle socket) {
#ifdef _WIN32
    return socket;  // sockets and streams have numbers of their own
#else
    if (socket < 0 || socket > 2) return socket;
    const Handle above = ::fcntl(socket, F_DUPFD_CLOEXEC, 3);
    const int error = errno;
    ::close(socket);
    errno = error;
    return above;
#endif
}

// What a new socket needs before anything else.
inline void prepare([[maybe_unused]] Handle socket) {
#ifdef _WIN32
    // A child process must not inherit it: the port would stay taken after we have gone.
    ::SetHandleInformation(reinterpret_cast<HANDLE>(socket), HANDLE_FLAG_INHERIT, 0);
#else
#ifndef SOCK_CLOEXEC
    ::fcntl(socket, F_SETFD, FD_CLOEXEC);  // the same, where socket() can't do it itself
#endif
#ifdef SO_NOSIGPIPE
    // macOS's way to have no SIGPIPE. It fails when the peer has gone already: never mind.
    set_option(socket, SOL_SOCKET, SO_NOSIGPIPE, "SO_NOSIGPIPE", 1);
#endif
#endif
}

inline Handle new_socket(int family) {
#ifdef _WIN32
    return ::WSASocketW(family, SOCK_STREAM, IPPROTO_TCP, nullptr, 0,
                        WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
#elif defined(SOCK_CLOEXEC)
    return ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
#else
    return ::socket(family, SOCK_STREAM, 0);
#endif
}

inline Outcome socket(int family) {
    start_up();
    Call call{.name = "socket", .detail = family == AF_INET6 ? "IPv6" : "IPv4"};
    const Handle socket = begin(call) ? new_socket(family) : invalid_handle;
    const Outcome made = finish(call, above_standard_streams(socket));
    if (made.error == 0) prepare(static_cast<Handle>(made.value));
    return made;
}

inline Outcome close(Handle socket) {
    Call call{.name = "close", .socket = socket};
    const bool fails = !begin(call);
#ifdef _WIN32
    const int closed = ::closesocket(socket);
#else
    const int closed = ::close(socket);  // not again after EINTR: the handle is gone already
#endif
    return finish(call, fails ? -1 : closed);
}

inline Outcome set_nonblocking(Handle socket, bool on) {
    Call call{.name = "fcntl", .socket = socket, .detail = on ? "non-blocking" : "blocking"};
    if (!begin(call)) return finish(call, -1);
#ifdef _WIN32
    u_long mode = on;
    return finish(call, ::ioctlsocket(socket, static_cast<long>(FIONBIO), &mode));
#else
    const int flags = ::fcntl(socket, F_GETFL);
    if (flags == -1) return finish(call, -1);
    return finish(call, ::fcntl(socket, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
#endif
}

// Accepts a client; the new socket is in blocking mode on every platform. Linux never hands
// the listener's mode on, the others do.
inline Outcome accept(Handle listener, Endpoint& peer) {
    Call call{.name = "accept", .socket = listener, .endpoint = &peer};
    if (!begin(call)) return finish(call, -1);
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    auto* const address = reinterpret_cast<sockaddr*>(&from);
#if !defined(_WIN32) && defined(SOCK_CLOEXEC)
    const Handle accepted = ::accept4(listener, address, &size, SOCK_CLOEXEC);
#else
    const Handle accepted = ::accept(listener, address, &size);
#endif
    const Handle taken = above_standard_streams(accepted);
    if (taken != invalid_handle) peer = Endpoint::from_native(address);
    const Outcome outcome = finish(call, taken);
    if (taken == invalid_handle) return outcome;
    prepare(taken);
#if defined(_WIN32) || !defined(SOCK_CLOEXEC)
    set_nonblocking(taken, false);
#endif
    return outcome;
}

inline Outcome bind(Handle socket, const Endpoint& where) {
    Call call{.name = "bind", .socket = socket, .endpoint = &where};
    if (!begin(call)) return finish(call, -1);
    const int bound = ::bind(socket, where.native(), where.native_size());
    int error = bound == -1 ? last_error() : 0;
#ifdef _WIN32
    // Who has a port for itself alone denies it to others. No port needs special rights there.
    if (error == EACCES) error = EADDRINUSE;
#endif
    return finish(call, bound, error);
}

inline Outcome listen(Handle socket) {
    Call call{.name = "listen", .socket = socket};
    return finish(call, begin(call) ? ::listen(socket, SOMAXCONN) : -1);
}

inline Outcome connect(Handle socket, const Endpoint& where) {
    Call call{.name = "connect", .socket = socket, .endpoint = &where};
    if (!begin(call)) return finish(call, -1);
    const int connected = ::connect(socket, where.native(), where.native_size());
    if (connected == -1) call.error = last_error();
    if (call.error == EWOULDBLOCK) call.error = EINPROGRESS;  // Winsock's word for it
    return finish(call, connected);
}

inline Outcome shutdown_send(Handle socket) {
    Call call{.name = "shutdown", .socket = socket, .detail = "sending"};
    return finish(call, begin(call) ? ::shutdown(socket, end_of_sending) : -1);
}

// Who may have a port. POSIX: a server may take its port back while connections of its last
// run are still winding down. Windows does that by itself, and its SO_REUSEADDR would let a
// second server steal the port of a running one: there it is asked to refuse that.
inline Outcome claim_port(Handle socket) {
#ifdef _WIN32
    return set_option(socket, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, "SO_EXCLUSIVEADDRUSE", 1);
#else
    return set_option(socket, SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR", 1);
#endif
}

inline Outcome set_no_delay(Handle socket, bool on) {
    return set_option(socket, IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY", on);
}

inline Outcome set_unsent_limit([[maybe_unused]] Handle socket, [[maybe_unused]] int bytes) {
#ifdef TCP_NOTSENT_LOWAT
    return set_option(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, "TCP_NOTSENT_LOWAT", bytes);
#else
    return {-1, ENOPROTOOPT};
#endif
}

// Lets an IPv6 socket serve IPv4 clients too. OpenBSD refuses; Windows needs to be asked.
inline Outcome serve_both_families(Handle socket) {
    return set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, "IPV6_V6ONLY", 0);
}

inline Outcome reset_on_close(Handle socket) {
    linger at_once{};
    at_once.l_onoff = 1;
    at_once.l_linger = 0;
    return set_option(socket, SOL_SOCKET, SO_LINGER, "SO_LINGER", &at_once, sizeof at_once);
}

// The error that a connection attempt has left behind, or 0.
inline int pending_error(Handle socket) {
    Call call{.name = "getsockopt", .socket = socket, .detail = "SO_ERROR"};
    if (!begin(call)) return finish(call, -1).error;
    int pending = 0;
    socklen_t size = sizeof pending;
    auto* const bytes = reinterpret_cast<char*>(&pending);
    const auto asked = finish(call, ::getsockopt(socket, SOL_SOCKET, SO_ERROR, bytes, &size));
    return asked.error != 0 ? asked.error : to_errno(pending);
}

inline Outcome local_endpoint(Handle socket, Endpoint& local) {
    Call call{.name = "getsockname", .socket = socket};
    if (!begin(call)) return finish(call, -1);
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* const address = reinterpret_cast<sockaddr*>(&storage);
    const Outcome asked = finish(call, ::getsockname(socket, address, &size));
    if (asked.error == 0) local = Endpoint::from_native(address);
    return asked;
}

// Waits until a socket is ready (poll's POLLIN, POLLOUT or both), at most so many milliseconds, or
// for ever when they are -1. The value is 0 when it is not. A hang-up or an error counts as
// ready: the next call on the socket then says what it is. Not select: it can't take a
// descriptor of 1024 or more.
inline Outcome poll(Handle socket, short event, int milliseconds) {
    const char* const awaited = event == POLLOUT  ? "until writable"
                                : event == POLLIN ? "until readable"
                                                  : "until either";
    Call call{.name = "poll", .socket = socket, .detail = awaited};
    if (!begin(call)) return finish(call, -1);
    pollfd watched{};
    watched.fd = socket;
    watched.events = event;
#ifdef _WIN32
    return finish(call, ::WSAPoll(&watched, 1, milliseconds));
#else
    return finish(call, ::poll(&watched, 1, milliseconds));
#endif
}

#ifdef _WIN32
// WSAPoll as poll is elsewhere: it refuses an array in which there is nothing to watch, or no
// socket that is open.
inline int poll_array(pollfd* sockets, std::size_t count, int milliseconds) noexcept {
    const pollfd* const end = sockets + count;
    const pollfd* watched = sockets;
    while (watched != end && watched->events == 0) ++watched;
    if (watched == end) {
        ::Sleep(milliseconds < 0 ? INFINITE : static_cast<DWORD>(milliseconds));
        return 0;
    }
    const int ready = ::WSAPoll(sockets, static_cast<ULONG>(count), milliseconds);
    const int error = ready == -1 ? ::WSAGetLastError() : 0;
    if (error != WSAEINVAL && error != WSAENOTSOCK) return ready;
    while (sockets != end) (sockets++)->revents = POLLNVAL;
    return static_cast<int>(count);
}
#endif

// For a trace: the numbers of the sockets of an array with any of these bits, ": 4 5". Nothing when
// nobody watches, or when there are too many to read.
inline std::string list_sockets(const pollfd* sockets, std::size_t count, short pollfd::*events,
                                short bits) {
    std::string list;
    for (std::size_t i = 0; hooks && count <= 512 && i < count; ++i)
        if (sockets[i].events != 0 && (sockets[i].*events & bits) != 0)
            list.append(list.empty() ? ": " : " ").append(std::to_string(sockets[i].fd));
    return list;
}

// The same for a whole array. The value is above 0 when one is ready, or closed.
inline Outcome poll_all(pollfd* sockets, std::size_t count, int milliseconds) {
    const std::string reading = list_sockets(sockets, count, &pollfd::events, POLLIN);
    const std::string writing = list_sockets(sockets, count, &pollfd::events, POLLOUT);
    std::string watched;
    if (hooks) watched = std::to_string(count) + (count == 1 ? " socket" : " sockets");
    if (!reading.empty()) watched += ", until readable" + reading;
    if (!writing.empty()) watched += ", until writable" + writing;
    Call call{.name = "poll", .detail = watched};
    if (!begin(call)) return finish(call, -1);
#ifdef _WIN32
    const int found = poll_array(sockets, count, milliseconds);
#else
    const int found = ::poll(sockets, static_cast<nfds_t>(count), milliseconds);
#endif
    if (found <= 0) return finish(call, found);
    const std::string ready = list_sockets(sockets, count, &pollfd::revents, -1);
    call.data = ready.data();
    call.length = ready.size();
    return finish(call, found);
}

inline bool wants(Interest interest, Interest what) noexcept {
    return (static_cast<int>(interest) & static_cast<int>(what)) != 0;
}

// What to do with a socket of a poller's, as a trace tells it.
inline constexpr char watch[] = "watch", change[] = "change", forget[] = "forget";

inline std::string_view in_words(const char* action, Interest interest) noexcept {
    static constexpr std::string_view words[2][4] = {
        {"watch, for nothing", "watch, until readable", "watch, until writable",
         "watch, until either"},
        {"change, for nothing", "change, until readable", "change, until writable",
         "change, until either"}};
    if (action == forget) return forget;
    return words[action == change ? 1 : 0][static_cast<int>(interest)];
}

// The end of a poller's wait. Whoever watches is told whom it has found: "5 7".
inline Outcome finish_wait(Call& call, const Poller::Event* events, int count) {
    std::string found;
    for (int i = 0; hooks && i < count; ++i)
        found.append(found.empty() ? "" : " ").append(std::to_string(events[i].socket));
    call.data = found.data();
    return finish(call, count);
}

#if defined(EVFILT_READ)  // of <sys/event.h>: kqueue

inline Outcome open_poller() {
    Call call{.name = "kqueue"};
    if (!begin(call)) return finish(call, -1);
    const Handle poller = above_standard_streams(::kqueue());
    if (poller != invalid_handle) ::fcntl(poller, F_SETFD, FD_CLOEXEC);
    return finish(call, poller);
}

// Fields, not EV_SET: their types and the macro differ from system to system.
inline struct kevent kqueue_filter(Handle socket, bool writes, int flags) noexcept {
    struct kevent filter {};
    filter.ident = static_cast<std::uintptr_t>(socket);
    filter.filter = writes ? EVFILT_WRITE : EVFILT_READ;
    filter.flags = static_cast<decltype(filter.flags)>(flags);
    return filter;
}

// kqueue itself does not mind if one is added twice. A change without any flag changes nothing, but
// fails where there is nothing to change.
inline bool is_watched(Handle poller, Handle socket) noexcept {
    const struct kevent nothing = kqueue_filter(socket, false, 0);
    return ::kevent(poller, &nothing, 1, nullptr, 0, nullptr) == 0;
}

// A socket has two filters, for reading and for writing. One that is disabled says nothing.
inline Outcome set_interest(Handle poller, const char* action, Handle socket, Interest interest) {
    Call call{.name = "kevent", .socket = socket, .detail = in_words(action, interest)};
    if (!begin(call)) return finish(call, -1);
    if (action == watch && is_watched(poller, socket)) return finish(call, -1, EEXIST);
    const auto flags = [&](Interest what) {
        if (action == forget) return EV_DELETE;
        return (action == watch ? EV_ADD : 0) | (wants(interest, what) ? EV_ENABLE : EV_DISABLE);
    };
    const struct kevent changes[] = {kqueue_filter(socket, false, flags(Interest::read)),
                                     kqueue_filter(socket, true, flags(Interest::write))};
    return finish(call, ::kevent(poller, changes, 2, nullptr, 0, nullptr));
}

// Waits, and puts what is ready into `events`. The value is how many there are.
inline Outcome await_events(Handle poller, Poller::Event (&events)[Poller::most_events],
                            int milliseconds) {
    Call call{.name = "kevent", .socket = poller, .detail = "until one is ready"};
    if (!begin(call)) return finish(call, -1);
    const timespec limit{milliseconds / 1000, milliseconds % 1000 * 1000000L};
    struct kevent ready[Poller::most_events];
    const int count = ::kevent(poller, nullptr, 0, ready, static_cast<int>(Poller::most_events),
                               milliseconds < 0 ? nullptr : &limit);
    for (int i = 0; i < count; ++i)
        events[i] = {static_cast<Handle>(ready[i].ident), ready[i].filter == EVFILT_READ,
                     ready[i].filter == EVFILT_WRITE};
    return finish_wait(call, events, count);
}

#elif defined(__linux__)

inline Outcome open_poller() {
    Call call{.name = "epoll_create1"};
    if (!begin(call)) return finish(call, -1);
    return finish(call, above_standard_streams(::epoll_create1(EPOLL_CLOEXEC)));
}

// The kernel tells of a hang-up even where nothing was asked for, and again in each wait; with
// EPOLLET only once. What a socket is watched for comes back with its events.
inline Outcome set_interest(Handle poller, const char* action, Handle socket, Interest interest) {
    Call call{.name = "epoll_ctl", .socket = socket, .detail = in_words(action, interest)};
    if (!begin(call)) return finish(call, -1);
    epoll_event event{};
    if (wants(interest, Interest::read)) event.events |= EPOLLIN;
    if (wants(interest, Interest::write)) event.events |= EPOLLOUT;
    if (interest == Interest::none) event.events = EPOLLET;
    event.data.u64 = static_cast<std::uint64_t>(interest) << 32 | static_cast<unsigned>(socket);
    const int operation = action == watch    ? EPOLL_CTL_ADD
                          : action == change ? EPOLL_CTL_MOD
                                             : EPOLL_CTL_DEL;
    return finish(call, ::epoll_ctl(poller, operation, socket, &event));
}

// Waits, and puts what is ready into `events`. The value is how many there are.
inline Outcome await_events(Handle poller, Poller::Event (&events)[Poller::most_events],
                            int milliseconds) {
    Call call{.name = "epoll_wait", .socket = poller, .detail = "until one is ready"};
    if (!begin(call)) return finish(call, -1);
    epoll_event ready[Poller::most_events];
    const int count =
        ::epoll_wait(poller, ready, static_cast<int>(Poller::most_events), milliseconds);
    for (int i = 0; i < count; ++i) {
        const auto interest = static_cast<Interest>(ready[i].data.u64 >> 32);
        const auto has = [&](unsigned bits) { return (ready[i].events & bits) != 0; };
        events[i] = {static_cast<Handle>(ready[i].data.u64 & 0xffffffff),
                     wants(interest, Interest::read) && has(EPOLLIN | EPOLLHUP | EPOLLERR),
                     wants(interest, Interest::write) && has(EPOLLOUT | EPOLLHUP | EPOLLERR)};
    }
    return finish_wait(call, events, count);
}

#else  // nothing but poll: a poller never gets here

inline Outcome open_poller() noexcept { return {-1, ENOSYS}; }
inline Outcome set_interest(Handle, const char*, Handle, Interest) noexcept { return {-1, ENOSYS}; }
inline Outcome await_events(Handle, Poller::Event (&)[Poller::most_events], int) noexcept {
    return {-1, ENOSYS};
}

#endif

#if defined(EVFILT_READ) || defined(__linux__)
inline constexpr bool has_poller = true;
#else
inline constexpr bool has_poller = false;
#endif

// Gives an owner to what a call has made. Returns the call's error.
inline int own(const Outcome& made, Socket& owner) noexcept {
    if (made.error == 0) owner = Socket(static_cast<Handle>(made.value));
    return made.error;
}

// Two ends: what is written to one makes the other readable. Returns an errno value, or 0.
#ifdef _WIN32

// Any program on this machine may have been quicker to connect, so look who it is.
inline Handle accept_from(Handle listener, const sockaddr_in& us) noexcept {
    for (;;) {
        sockaddr_in peer{};
        int size = sizeof peer;
        const Handle socket = ::accept(listener, reinterpret_cast<sockaddr*>(&peer), &size);
        const bool ours =
            peer.sin_port == us.sin_port && peer.sin_addr.s_addr == us.sin_addr.s_addr;
        if (socket == invalid_handle || ours) return socket;
        ::closesocket(socket);
    }
}

inline bool connect_ends(Handle listener, Handle to, Handle& from) noexcept {
    sockaddr_in where{}, us{};
    auto* const there = reinterpret_cast<sockaddr*>(&where);
    auto* const here = reinterpret_cast<sockaddr*>(&us);
    int size = sizeof where;
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    if (::bind(listener, there, size) != 0 || ::listen(listener, 1) != 0) return false;
    if (::getsockname(listener, there, &size) != 0 || ::connect(to, there, size) != 0) return false;
    if (::getsockname(to, here, &size) != 0) return false;
    from = accept_from(listener, us);
    return from != invalid_handle;
}

// There are no pipes that poll knows, so it is a connection with ourselves. For a hook it is one
// call, as elsewhere: these sockets are nobody's business.
inline int open_wake_ends(Socket& from, Socket& to) {
    start_up();
    Call call{.name = "pipe"};
    if (!begin(call)) return finish(call, -1).error;
    Handle end = invalid_handle;
    to = Socket(new_socket(AF_INET));
    const Handle listener = new_socket(AF_INET);
    const bool connected =
        listener != invalid_handle && to.is_open() && connect_ends(listener, to.handle(), end);
    const int error = connected ? 0 : last_error();
    ::closesocket(listener);
    from = Socket(end);
    const int at_once = 1;  // or a wake waits for the last one
    ::setsockopt(to.handle(), IPPROTO_TCP, TCP_NODELAY, reinterpret_cast<const char*>(&at_once),
                 sizeof at_once);
    prepare(end);
    return finish(call, connected ? 0 : -1, error).error;
}

inline void write_wake(Handle to) noexcept { ::send(to, "", 1, 0); }

// Until there are no more; but not for ever, since others may wake it all the time.
inline void read_wakes(Handle from) noexcept {
    char bytes[1024];
    for (int i = 0; i < 100 && ::recv(from, bytes, sizeof bytes, 0) > 0; ++i) continue;
}

#else

inline int new_pipe(Handle (&ends)[2]) noexcept {
#ifdef SOCK_CLOEXEC
    return ::pipe2(ends, O_CLOEXEC);
#else
    if (::pipe(ends) == -1) return -1;
    for (const Handle end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}

inline int open_wake_ends(Socket& from, Socket& to) {
    Call call{.name = "pipe"};
    Handle ends[2] = {invalid_handle, invalid_handle};
    const Outcome made = finish(call, begin(call) ? new_pipe(ends) : -1);
    if (made.error != 0) return made.error;
    from = Socket(above_standard_streams(ends[0]));
    to = Socket(above_standard_streams(ends[1]));
    return from.is_open() && to.is_open() ? 0 : EMFILE;
}

// When there is no room for another byte, the poller will wake anyway.
inline void write_wake(Handle to) noexcept {
    const int kept = errno;
    [[maybe_unused]] const auto written = ::write(to, "", 1);
    errno = kept;
}

// Until there are no more; but not for ever, since others may wake it all the time.
inline void read_wakes(Handle from) noexcept {
    char bytes[1024];
    for (int i = 0; i < 100 && ::read(from, bytes, sizeof bytes) > 0; ++i) continue;
}

#endif

// What asks a program to end. A handler is given nothing but a number, so there is one for the whole
// process, and what it needs is here.
#ifdef _WIN32

struct Signals {
    Lock lock;                      // guards what follows
    Handle wakes = invalid_handle;  // to write to; invalid: nobody has asked
    bool requested = false;
    bool closing = false;
};
inline Signals signals;

// Runs in a thread of its own. FALSE passes the event on, in the end to the system, which ends the
// program. It does so too when we return from the end of the console, so there we never do: main
// has some seconds for its own end.
inline BOOL WINAPI on_console_event(DWORD event) {
    const bool closing = event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT;
    {
        const Locked alone(signals.lock);
        if (signals.wakes == invalid_handle) return FALSE;
        if (std::exchange(signals.requested, true) && !closing) return FALSE;
        signals.closing = signals.closing || closing;
        write_wake(signals.wakes);
    }
    if (closing) ::Sleep(INFINITE);
    return TRUE;
}

// False when somebody has done so before.
inline bool catch_signals(Handle wakes) noexcept {
    {
        const Locked alone(signals.lock);
        if (signals.wakes != invalid_handle) return false;
        signals.wakes = wakes;
        signals.requested = false;
    }
    ::SetConsoleCtrlHandler(on_console_event, TRUE);
    return true;
}

inline void release_signals() noexcept {
    {
        const Locked alone(signals.lock);
        signals.wakes = invalid_handle;
        if (signals.closing) return;  // our handler sleeps, perhaps with the system's own lock held
    }
    ::SetConsoleCtrlHandler(on_console_event, FALSE);
}

#else

inline constexpr int stop_signals[] = {SIGINT, SIGTERM, SIGHUP};

// A handler interrupts any thread at any place, so no lock can guard these: each access is atomic.
// (All compilers for these systems know the functions; <atomic> is dear to include.)
struct Signals {
    Handle wakes = invalid_handle;  // to write to; invalid: nobody has asked
    int running = 0;                // handlers, at this moment
    struct sigaction before[3] = {};
};
inline Signals signals;

inline void on_stop_signal(int) noexcept;

inline void put_back(int which) noexcept {
    struct sigaction now {};
    ::sigaction(stop_signals[which], nullptr, &now);
    if (now.sa_handler == on_stop_signal)
        ::sigaction(stop_signals[which], &signals.before[which], nullptr);
}

// A terminal that goes away may say so twice, so a second SIGHUP is no second Ctrl-C.
inline void on_stop_signal(int) noexcept {
    const int kept = errno;
    __atomic_fetch_add(&signals.running, 1, __ATOMIC_SEQ_CST);
    const Handle wakes = __atomic_load_n(&signals.wakes, __ATOMIC_SEQ_CST);
    if (wakes != invalid_handle) {
        write_wake(wakes);
        put_back(0);
        put_back(1);
    }
    __atomic_fetch_sub(&signals.running, 1, __ATOMIC_SEQ_CST);
    errno = kept;
}

// False when somebody has done so before.
inline bool catch_signals(Handle wakes) noexcept {
    Handle nobody = invalid_handle;
    if (!__atomic_compare_exchange_n(&signals.wakes, &nobody, wakes, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        return false;
    struct sigaction ours {};
    ours.sa_handler = on_stop_signal;
    ours.sa_flags = SA_RESTART;  // other calls of the program need not notice
    sigemptyset(&ours.sa_mask);
    // nohup ignores SIGHUP, and means it. A script's shell ignores SIGINT for what it starts in the
    // background, and still somebody may send it.
    for (int i = 0; i < 3; ++i) {
        ::sigaction(stop_signals[i], nullptr, &signals.before[i]);
        const bool is_ignored = signals.before[i].sa_handler == SIG_IGN;
        if (!is_ignored || stop_signals[i] != SIGHUP) ::sigaction(stop_signals[i], &ours, nullptr);
    }
    return true;
}

// In the end no handler runs any more, in no thread, that might still write to what is closed next.
inline void release_signals() noexcept {
    for (int i = 0; i < 3; ++i) put_back(i);
    __atomic_store_n(&signals.wakes, invalid_handle, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&signals.running, __ATOMIC_SEQ_CST) != 0) ::sched_yield();
}

#endif

inline constexpr std::size_t most_attempts = 16;  // select on Windows takes 64 sockets

// Waits until one of these connection attempts has an outcome: its revents is not 0 then.
inline Outcome poll_connects(pollfd* attempts, std::size_t count, int milliseconds) {
#ifdef _WIN32
    // WSAPoll did not report a refused attempt before Windows 10 2004; select always did.
    const Handle socket = count == 1 ? attempts->fd : invalid_handle;
    Call call{.name = "select", .socket = socket, .detail = "until connected"};
    if (!begin(call)) return finish(call, -1);
    fd_set connected, refused;
    connected.fd_count = refused.fd_count = static_cast<u_int>(count);
    for (std::size_t i = 0; i < count; ++i)
        connected.fd_array[i] = refused.fd_array[i] = attempts[i].fd;
    timeval limit{milliseconds / 1000, milliseconds % 1000 * 1000};
    timeval* const at_most = milliseconds < 0 ? nullptr : &limit;
    const int found = ::select(0, nullptr, &connected, &refused, at_most);
    const auto is_in = [](Handle attempt, fd_set& set) { return FD_ISSET(attempt, &set) != 0; };
    for (pollfd* at = attempts; found > 0 && at != attempts + count; ++at)
        at->revents = is_in(at->fd, connected) || is_in(at->fd, refused) ? POLLOUT : 0;
    return finish(call, found);
#else
    return poll_all(attempts, count, milliseconds);
#endif
}

// The same for a single one.
inline Outcome poll_connect(Handle socket, [[maybe_unused]] short event, int milliseconds) {
#ifdef _WIN32
    pollfd attempt{};
    attempt.fd = socket;
    return poll_connects(&attempt, 1, milliseconds);
#else
    return poll(socket, event, milliseconds);
#endif
}

// getaddrinfo says "look at errno" by a code of its own.
inline int lookup_error([[maybe_unused]] int code) noexcept {
#ifdef EAI_SYSTEM
    if (code == EAI_SYSTEM) return last_error();
#endif
    return 0;
}

// Looks a name up. The value is 0 or one of getaddrinfo's own error codes, of which -1 may be one.
inline Outcome getaddrinfo(const std::string& host, std::uint16_t port, int flags,
                           addrinfo*& found) {
    start_up();
    Call call{.name = "getaddrinfo", .detail = host};
    if (!begin(call)) return finish(call, -1);
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_protocol = IPPROTO_TCP;
    hints.ai_flags = flags | AI_NUMERICSERV;
    const std::string service = std::to_string(port);
    const int code = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &found);
    return finish(call, code, lookup_error(code));
}

inline void use_binary_streams() noexcept {
#ifdef _WIN32
    for (const int stream : {0, 1})
        if (!::_isatty(stream)) ::_setmode(stream, _O_BINARY);
#endif
}

inline bool is_terminal(std::FILE* stream) noexcept {
#ifdef _WIN32
    return ::_isatty(::_fileno(stream)) != 0;
#else
    return ::isatty(::fileno(stream)) == 1;
#endif
}

#ifndef _WIN32
// While it lives, a write of this thread to a pipe that nobody reads any more raises no SIGPIPE:
// for files there is no MSG_NOSIGNAL. Other threads, and the process's handlers, are left alone.
// pthread_sigmask(3), sigpending(2), sigwait(3)
class NoBrokenPipe {
public:
    NoBrokenPipe() noexcept {
        sigemptyset(&broken_pipe_);  // a macro on macOS, and so are the next ones: no ::
        sigaddset(&broken_pipe_, SIGPIPE);
        was_pending_ = is_pending();
        ::pthread_sigmask(SIG_BLOCK, &broken_pipe_, &before_);
    }
    ~NoBrokenPipe() {
        int taken = 0;
        if (!was_pending_ && is_pending()) ::sigwait(&broken_pipe_, &taken);
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    NoBrokenPipe(const NoBrokenPipe&) = delete;
    NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;

private:
    static bool is_pending() noexcept {
        sigset_t pending;
        ::sigpending(&pending);
        return sigismember(&pending, SIGPIPE) == 1;
    }

    sigset_t broken_pipe_, before_;
    bool was_pending_;
};
#endif

// Writes to standard error, if it takes something at once.
inline Outcome write_error(std::string_view text) {
    Call call{
        .name = "write", .detail = "a line of the log", .data = text.data(), .length = text.size()};
    if (!begin(call)) return finish(call, -1);
    const auto length = static_cast<unsigned>(call.length);  // of a few lines
    call.length = text.size();
#ifdef _WIN32
    DWORD written = 0;
    const HANDLE file = ::GetStdHandle(STD_ERROR_HANDLE);
    const bool done = ::WriteFile(file, text.data(), length, &written, nullptr);
    return finish(call, done ? static_cast<long long>(written) : -1);
#else
    pollfd file{2, POLLOUT, 0};
    if (::poll(&file, 1, 0) == 0) return finish(call, -1, EAGAIN);
    const NoBrokenPipe no_signal;
    return finish(call, ::write(2, text.data(), length));
#endif
}

// The date and the time of day in UTC.
inline std::tm utc(std::time_t seconds) noexcept {
    std::tm parts{};
#ifdef _WIN32
    ::gmtime_s(&parts, &seconds);
#else
    ::gmtime_r(&seconds, &parts);
#endif
    return parts;
}

// The address as text. No system call, so not through the seam.
inline std::string numeric_host(const Endpoint& endpoint) {
    start_up();
    char text[NI_MAXHOST] = "";
    ::getnameinfo(endpoint.native(), endpoint.native_size(), text, sizeof text, nullptr, 0,
                  NI_NUMERICHOST);
    return text;
}

}  // namespace sys

// ============================================================================================
//  Chapter 1: errors, in words
// ============================================================================================

namespace detail {

// One text of several. A chain of + costs whoever compiles this more.
inline std::string concat(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts) text += part;
    return text;
}

// Always from a const char*: for each other kind of pointer whoever compiles this would have to find
// out that it is an iterator, which takes a hundred templates.
inline std::string_view view(const char* bytes, std::size_t count) { return {bytes, count}; }

struct Words {
    std::errc code;
    const char* reason;
    const char* advice;
};

// The system's own messages differ from platform to platform, and say nothing about a cure.
inline constexpr Words words[] = {
    {std::errc::invalid_argument, "not valid", ""},
    {std::errc::permission_denied, "permission denied",
     "ports below 1024 need administrator rights, choose one from 1024 up"},
    {std::errc::address_in_use, "address already in use",
     "another program has that port, stop it or choose another port"},
    {std::errc::address_not_available, "no such address on this machine",
     "use one of this machine's own addresses, such as 127.0.0.1"},
    {std::errc::connection_refused, "connection refused",
     "nothing listens there, start the server or check the host and the port"},
    {std::errc::timed_out, "timed out",
     "no answer came, check the host, the port and the firewalls between"},
    {std::errc::host_unreachable, "host unreachable", "check the address and the network"},
    {std::errc::network_unreachable, "network unreachable", "check the address and the network"},
    {std::errc::address_family_not_supported, "this system does not know that kind of address",
     "use an IPv4 address, such as 127.0.0.1"},
    {std::errc::too_many_files_open, "too many open sockets and files in this program",
     "close some, or raise the limit (ulimit -n)"},
    {std::errc::too_many_files_open_in_system, "too many open sockets and files on this system",
     "close some programs"},
    {std::errc::no_buffer_space, "no buffer space", "the system is short of memory"},
    {std::errc::not_enough_memory, "not enough memory", "the system is short of memory"},
    {std::errc::connection_reset, "connection reset by peer", ""},
    {std::errc::connection_aborted, "connection aborted", ""},
    {std::errc::broken_pipe, "broken pipe, the peer takes no more", ""},
    {std::errc::bad_file_descriptor, "not open", ""},
    {std::errc::no_space_on_device, "no space left", ""},
    {std::errc::not_connected, "not connected", ""},
    {std::errc::interrupted, "interrupted by a signal", ""},
    {std::errc::operation_in_progress, "in progress", ""},
    {std::errc::operation_would_block, "would block", ""},
    {std::errc::resource_unavailable_try_again, "would block", ""},
};

inline const Words* words_for(std::error_code code) noexcept {
    if (&code.category() != &std::generic_category()) return nullptr;
    for (const Words& entry : words)
        if (code.value() == static_cast<int>(entry.code)) return &entry;
    return nullptr;
}

// getaddrinfo's error codes are numbers of their own, so they get a category of their own.
struct LookupCategory : std::error_category {
    [[nodiscard]] const char* name() const noexcept override { return "getaddrinfo"; }
    [[nodiscard]] std::string message(int code) const override {
        if (code == EAI_NONAME) return "no such host";
        if (code == EAI_AGAIN) return "the name server does not answer";
        return concat({"can't be looked up (getaddrinfo's code ", std::to_string(code), ")"});
    }
};

inline const std::error_category& lookup_category() {
    static const LookupCategory category;
    return category;
}

// From an errno value. A code of Winsock's that has no errno goes to the system's category.
inline std::error_code error_code(int error) {
    if (error >= 10000) return {error, std::system_category()};
    return {error, std::generic_category()};
}

inline bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

inline Status status_of(int error) noexcept {
    switch (error) {
        case ECONNRESET:
        case ECONNABORTED:
        case EPIPE:
        case EPROTOTYPE:  // macOS, for a send while the connection is being torn down
        case ENETRESET: return Status::reset;
        default: return would_block(error) ? Status::would_block : Status::failed;
    }
}

inline Result failure(int error) { return {status_of(error), 0, error_code(error)}; }

// From what wait() returns.
inline Result outcome_of_wait(int error) {
    if (error == ETIMEDOUT) return {Status::timed_out, 0, error_code(error)};
    return error == 0 ? Result() : failure(error);
}

}  // namespace detail

inline std::string_view name(Status status) {
    switch (status) {
        case Status::ok: return "ok";
        case Status::end: return "end of stream";
        case Status::would_block: return "would block";
        case Status::timed_out: return "timed out";
        case Status::reset: return "reset";
        case Status::too_long: return "line too long";
        case Status::cut_short: return "end in mid-line";
        case Status::failed: break;
    }
    return "failed";
}

inline std::string Result::text() const {
    return error ? reason(error) : std::string(name(status));
}

inline std::string reason(std::error_code code) {
    const detail::Words* known = detail::words_for(code);
    return known ? known->reason : code.message();
}

inline Error::Error(std::string_view call, std::string_view subject, std::error_code code,
                    std::string_view advice)
    : std::system_error(code), call_(call), subject_(subject) {
    const detail::Words* known = detail::words_for(code);
    if (advice.empty() && known) advice = known->advice;
    message_ = detail::concat({call_, " ", subject_, ": ", reason(code)});
    if (!advice.empty()) message_ = detail::concat({message_, "; ", advice});
}

// ============================================================================================
//  Chapter 2: time
// ============================================================================================

namespace detail {
inline constexpr Deadline at_once = (Deadline::min)();  // a call that would block does not wait
inline bool is_over(Deadline deadline) { return deadline != never && Clock::now() >= deadline; }
}  // namespace detail

inline Deadline after(Clock::duration from_now) {
    const Deadline now = Clock::now();
    return from_now >= never - now ? never : now + from_now;
}

namespace detail {

// Not std::chrono's units below: a clock's own is converted once, by whoever compiles this.
inline constexpr Clock::duration millisecond = std::chrono::milliseconds(1);
inline constexpr Clock::duration hour = std::chrono::hours(1);

// How long poll may wait: rounded up, so that it does not wake just before the deadline and
// find nothing to do. At most an hour at a time, which is far from an int's limit.
inline int poll_timeout(Deadline deadline) {
    if (deadline == never) return -1;
    const Deadline now = Clock::now();
    if (deadline <= now) return 0;
    const Clock::duration left = deadline - now < hour ? deadline - now : hour;
    return static_cast<int>((left + millisecond - Clock::duration(1)) / millisecond);
}

// Waits with one of the platform layer's poll calls. 0 when ready, else an errno value:
// ETIMEDOUT when the deadline came first. Goes back to waiting when a signal interrupts.
inline int wait(Handle socket, short event, Deadline deadline,
                sys::Outcome (*poll)(Handle, short, int) = sys::poll) {
    for (;;) {
        const sys::Outcome outcome = poll(socket, event, poll_timeout(deadline));
        if (outcome.error != 0 && outcome.error != EINTR) return outcome.error;
        if (outcome.error == 0 && outcome.value > 0) return 0;
        if (is_over(deadline)) return ETIMEDOUT;
    }
}

// A whole number up to `most`, digits only. False: it is none.
inline bool parse_number(std::string_view text, std::uint64_t most, std::uint64_t& number) {
    number = 0;
    for (const char character : text) {
        const auto digit = static_cast<unsigned char>(character - '0');
        if (digit > 9 || digit > most || number > (most - digit) / 10) return false;
        number = number * 10 + digit;
    }
    return !text.empty();
}

struct Unit {
    std::string_view name;
    Clock::duration length;
};

// "ms" before "m" and "s", for those are its ends.
inline constexpr Unit units[] = {
    {"ms", millisecond}, {"s", hour / 3600}, {"m", hour / 60}, {"h", hour}};

// A whole number and a unit. False: it is none, or longer than a clock can tell.
inline bool parse_duration(std::string_view text, Clock::duration& duration) {
    for (const Unit& unit : units) {
        if (!text.ends_with(unit.name)) continue;
        text.remove_suffix(unit.name.size());
        std::uint64_t number = 0;
        const auto most = static_cast<std::uint64_t>((Clock::duration::max)() / unit.length);
        if (!parse_number(text, most, number)) return false;
        duration = unit.length * static_cast<std::int64_t>(number);
        return true;
    }
    return false;
}

}  // namespace detail

inline Clock::duration parse_duration(std::string_view text) {
    Clock::duration duration{};
    if (!detail::parse_duration(text, duration))
        throw Error("duration", quote(text), std::make_error_code(std::errc::invalid_argument),
                    "give a whole number and its unit, such as 500ms, 30s, 5m or 2h");
    return duration;
}

inline std::string text(Clock::duration duration) {
    const Clock::duration whole = duration - duration % detail::millisecond;
    const detail::Unit* fits = &detail::units[0];
    for (const detail::Unit& unit : detail::units)
        if (whole >= unit.length && whole % unit.length == whole.zero()) fits = &unit;
    return detail::concat({std::to_string(whole / fits->length), fits->name});
}

// ============================================================================================
//  Chapter 3: endpoints
// ============================================================================================

inline std::uint16_t parse_port(std::string_view text) {
    std::uint64_t value = 0;
    if (!detail::parse_number(text, 65535, value))
        throw Error("port", quote(text), std::make_error_code(std::errc::invalid_argument),
                    "give a whole number from 0 to 65535, such as 7777");
    return static_cast<std::uint16_t>(value);
}

inline Endpoint::Endpoint() noexcept {
    std::memset(&address_, 0, sizeof address_);
    address_.v4.sin_family = AF_INET;
}

inline Endpoint Endpoint::loopback(std::uint16_t port) noexcept {
    Endpoint endpoint;
    endpoint.address_.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return endpoint.with_port(port);
}

inline Endpoint Endpoint::any(std::uint16_t port) noexcept {
    Endpoint endpoint;  // all zeros is [::] already
    endpoint.address_.v6.sin6_family = AF_INET6;
    return endpoint.with_port(port);
}

inline Endpoint Endpoint::with_port(std::uint16_t port) const noexcept {
    Endpoint copy = *this;
    if (is_ipv6())
        copy.address_.v6.sin6_port = htons(port);
    else
        copy.address_.v4.sin_port = htons(port);
    return copy;
}

inline bool Endpoint::is_ipv6() const noexcept { return address_.any.sa_family == AF_INET6; }

inline std::uint16_t Endpoint::port() const noexcept {
    return ntohs(is_ipv6() ? address_.v6.sin6_port : address_.v4.sin_port);
}

inline socklen_t Endpoint::native_size() const noexcept {
    return is_ipv6() ? sizeof address_.v6 : sizeof address_.v4;
}

// Not the whole structure: some systems keep its length in it, and nobody says what its unused
// bytes hold.
inline std::string_view Endpoint::address_bytes() const noexcept {
    if (is_ipv6()) return {reinterpret_cast<const char*>(&address_.v6.sin6_addr), sizeof(in6_addr)};
    return {reinterpret_cast<const char*>(&address_.v4.sin_addr), sizeof(in_addr)};
}

inline std::uint32_t Endpoint::scope() const noexcept {
    return is_ipv6() ? address_.v6.sin6_scope_id : 0;
}

inline std::strong_ordering operator<=>(const Endpoint& a, const Endpoint& b) noexcept {
    if (a.is_ipv6() != b.is_ipv6()) return a.is_ipv6() <=> b.is_ipv6();
    const int addresses = a.address_bytes().compare(b.address_bytes());
    if (addresses != 0) return addresses <=> 0;
    if (a.port() != b.port()) return a.port() <=> b.port();
    return a.scope() <=> b.scope();
}

inline std::size_t Endpoint::hash() const noexcept {
    const std::size_t address = std::hash<std::string_view>()(address_bytes());
    return address * 31 + std::hash<std::uint64_t>()(std::uint64_t{scope()} << 16 | port());
}

inline Endpoint Endpoint::from_native(const sockaddr* address) noexcept {
    Endpoint endpoint;
    if (address->sa_family != AF_INET6) {
        std::memcpy(&endpoint.address_.v4, address, sizeof endpoint.address_.v4);
        return endpoint;
    }
    sockaddr_in6 v6;
    std::memcpy(&v6, address, sizeof v6);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {  // the IPv4 address is in the last four bytes
        std::memcpy(&endpoint.address_.v4.sin_addr, v6.sin6_addr.s6_addr + 12, 4);
        endpoint.address_.v4.sin_port = v6.sin6_port;
    } else {
        endpoint.address_.v6 = v6;
    }
    return endpoint;
}

inline std::string Endpoint::address() const { return sys::numeric_host(*this); }

inline std::string Endpoint::text() const {
    const std::string port_text = std::to_string(port());
    if (is_ipv6()) return detail::concat({"[", address(), "]:", port_text});
    return detail::concat({address(), ":", port_text});
}

namespace detail {
// That the system could not look says nothing of the host.
inline void check_lookup(const sys::Outcome& outcome, std::string_view host) {
    if (outcome.error != 0) throw Error("getaddrinfo", host, error_code(outcome.error));
}
}  // namespace detail

inline Endpoint Endpoint::parse(std::string_view text) {
    const Error wrong("address", quote(text), std::make_error_code(std::errc::invalid_argument),
                      "write an address and a port, such as 127.0.0.1:7777 or [::1]:7777");
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos) throw wrong;
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (host.empty() || (host.find(':') != host.npos) != bracketed) throw wrong;
    if (host.find('\0') != host.npos) throw wrong;  // the system would not see what is behind it

    addrinfo* found = nullptr;
    const std::uint16_t port = parse_port(text.substr(colon + 1));
    const auto outcome = sys::getaddrinfo(std::string(host), port, AI_NUMERICHOST, found);
    detail::check_lookup(outcome, host);
    if (outcome.value != 0) throw wrong;
    const Endpoint endpoint = *Endpoints(found).begin();
    // A system takes "127.1" for an address too, and "010.0.0.1" for 8.0.0.1.
    if (!bracketed && endpoint.address() != host) throw wrong;
    return endpoint;
}

inline Endpoints& Endpoints::operator=(Endpoints&& other) noexcept {
    std::swap(list_, other.list_);
    return *this;
}

inline Endpoints::~Endpoints() {
    if (list_) ::freeaddrinfo(list_);
}

inline Endpoints resolve(std::string_view host, std::uint16_t port) {
    addrinfo* found = nullptr;
    const std::string text(host);
    const bool usable = !text.empty() && text.find('\0') == text.npos;
    const auto outcome =
        usable ? sys::getaddrinfo(text, port, 0, found) : sys::Outcome{EAI_NONAME, 0};
    detail::check_lookup(outcome, text);
    if (outcome.value == 0) return Endpoints(found);
    throw Error("host", quote(text, 80),
                {static_cast<int>(outcome.value), detail::lookup_category()},
                "check the spelling, or use an address");
}

// ============================================================================================
//  Chapter 4: the socket
// ============================================================================================

inline Socket::Socket(Socket&& other) noexcept
    : handle_(other.release()), nonblocking_(std::exchange(other.nonblocking_, false)) {}

inline Socket& Socket::operator=(Socket&& other) noexcept {
    if (this == &other) return *this;
    close();
    nonblocking_ = std::exchange(other.nonblocking_, false);
    handle_ = other.release();
    return *this;
}

inline void Socket::close() noexcept {
    if (is_open()) sys::close(release());
}

inline Handle Socket::release() noexcept { return std::exchange(handle_, invalid_handle); }

inline int Socket::set_mode(bool nonblocking) noexcept {
    if (nonblocking == nonblocking_) return 0;
    const int error = sys::set_nonblocking(handle_, nonblocking).error;
    if (error == 0) nonblocking_ = nonblocking;
    return error;
}

inline void Socket::set_nonblocking(bool on) {
    const int error = set_mode(on);
    if (error != 0)
        throw Error("fcntl", on ? "non-blocking" : "blocking", detail::error_code(error));
}

namespace detail {

inline void misused(const char* what, const char* more) {
    throw std::logic_error(std::string(what) + more);
}

inline std::string number_of(Handle socket) {
    return socket == invalid_handle ? "-" : std::to_string(socket);
}

inline void check(const sys::Outcome& outcome, std::string_view call, const Endpoint& where) {
    if (outcome.error != 0) throw Error(call, where.text(), error_code(outcome.error));
}

// Returns an errno value, or 0.
inline int make_socket(const Endpoint& where, Socket& socket) {
    return sys::own(sys::socket(where.is_ipv6() ? AF_INET6 : AF_INET), socket);
}

inline Endpoint local_endpoint(const Socket& socket, const char* of) {
    if (!socket.is_open()) throw std::logic_error(detail::concat({of, " is not open"}));
    Endpoint local;
    const sys::Outcome asked = sys::local_endpoint(socket.handle(), local);
    if (asked.error != 0) throw Error("getsockname", of, error_code(asked.error));
    return local;
}

}  // namespace detail

// ============================================================================================
//  Chapter 5: the connection
// ============================================================================================

inline Connection::Connection(Socket socket, const Endpoint& peer) noexcept
    : socket_(std::move(socket)), peer_(peer) {}

// The worker behind recv and send: makes the call `once`, and again after a signal or a wait. A
// deadline makes the socket non-blocking from then on, because a blocking call could outlast it.
template <class Transfer>
inline Result Connection::transfer(short event, Deadline deadline, Transfer once) {
    if (deadline != never)
        if (const int error = socket_.set_mode(true)) return detail::failure(error);
    sys::Outcome outcome = once();
    while (outcome.error != 0) {
        const Result waited = wait_after(outcome.error, event, deadline);
        if (!waited) return waited;
        outcome = once();
    }
    return {Status::ok, static_cast<std::size_t>(outcome.value)};
}

// After a call that failed: waits for as long as the mode and the deadline allow. A connection that
// is meant to wait, but is non-blocking for a deadline's sake, waits here, in poll. Ok: the call is
// worth another try.
inline Result Connection::wait_after(int error, short event, Deadline deadline) const {
    if (error == EINTR) return {};
    const bool waits = deadline != detail::at_once && (waits_ || deadline != never);
    if (!detail::would_block(error) || !waits) return detail::failure(error);
    return detail::outcome_of_wait(detail::wait(handle(), event, deadline));
}

inline Result Connection::receive(char* into, std::size_t size, Deadline deadline) {
    require_open("recv");
    if (size == 0) detail::misused("recv into an empty buffer: 0 bytes would look like the end");
    Result got = transfer(POLLIN, deadline, [&] { return sys::recv(handle(), into, size); });
    if (got && got.bytes == 0) got.status = Status::end;
    return got;
}

inline Result Connection::recv(std::span<char> buffer, Deadline deadline) {
    return receive(buffer.data(), buffer.size(), deadline);
}

inline Result Connection::recv_exactly(std::span<char> buffer, Deadline deadline) {
    std::size_t filled = 0;
    while (filled < buffer.size()) {
        const Result got = receive(buffer.data() + filled, buffer.size() - filled, deadline);
        filled += got.bytes;
        if (!got) return {got.status, filled, got.error};
    }
    return {Status::ok, filled};
}

inline Result Connection::send(std::string_view bytes, Deadline deadline) {
    require_open("send");
    if (finished_sending_) detail::misused("send after shutdown_send");
    return transfer(POLLOUT, deadline,
                    [&] { return sys::send(handle(), bytes.data(), bytes.size()); });
}

inline Result Connection::send_all(std::string_view bytes, Deadline deadline) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const Result took = send(bytes.substr(sent), deadline);
        sent += took.bytes;
        if (!took) return {took.status, sent, took.error};
    }
    return {Status::ok, sent};
}

inline void Connection::shutdown_send() {
    require_open("shutdown_send");
    if (!std::exchange(finished_sending_, true)) sys::shutdown_send(handle());
}

inline void Connection::reset() {
    if (!is_open()) return;
    sys::reset_on_close(handle());
    close();
}

inline void Connection::set_nonblocking(bool on) {
    require_open("set_nonblocking");
    socket_.set_nonblocking(on);
    waits_ = !on;
}

inline void Connection::set_no_delay(bool on) {
    require_open("set_no_delay");
    sys::set_no_delay(handle(), on);
}

inline void Connection::set_unsent_limit(int bytes) {
    require_open("set_unsent_limit");
    sys::set_unsent_limit(handle(), bytes);
}

inline Endpoint Connection::local() const {
    return detail::local_endpoint(socket_, "the connection");
}

// --- Lines -----------------------------------------------------------------------------------

inline LineReader::LineReader(Connection& connection, std::size_t longest)
    : connection_(connection), longest_(longest) {
    if (longest == 0) throw std::logic_error("a LineReader for lines of no bytes");
}

inline LineReader::LineReader(LineReader&& other, Connection& connection) noexcept
    : connection_(connection),
      longest_(other.longest_),
      kept_(std::move(other.kept_)),
      taken_(std::exchange(other.taken_, 0)) {}

inline std::string_view LineReader::pending() const noexcept {
    return std::string_view(kept_).substr(taken_);
}

// Gives out so many bytes, and goes on behind `end` next time.
inline Line LineReader::take(Status status, std::size_t text, std::size_t end) {
    const Line line{status, pending().substr(0, text), {}};
    taken_ += end;
    return line;
}

// More bytes behind those that are pending, which move to the front first.
inline Result LineReader::receive(Deadline deadline) {
    kept_.erase(0, std::exchange(taken_, 0));
    char piece[4096];
    const Result got = connection_.receive(piece, sizeof piece, deadline);
    kept_.append(piece, got.bytes);
    return got;
}

inline Line LineReader::next(Deadline deadline) {
    for (std::size_t searched = 0;;) {
        const std::string_view bytes = pending();
        const std::size_t end = bytes.find('\n', searched);
        std::size_t size = end != bytes.npos ? end : bytes.size();
        searched = size;
        if (size > 0 && bytes[size - 1] == '\r') --size;  // of the line's end, if there is one
        if (size > longest_) return take(Status::too_long, longest_, longest_);
        if (end != bytes.npos) return take(Status::ok, size, end + 1);

        const Result got = receive(deadline);
        if (got) continue;
        if (got.status == Status::end && !pending().empty())
            return take(Status::cut_short, pending().size(), pending().size());
        return {got.status, {}, got.error};
    }
}

// --- Connecting ------------------------------------------------------------------------------

namespace detail {

inline bool is_under_way(int error) noexcept { return error == EINPROGRESS || error == EINTR; }

// Returns an errno value, or 0. An interrupted connect goes on in the background: a second
// call would only say that it does, so wait for its outcome instead.
inline int try_connect(Socket& socket, const Endpoint& where, Deadline deadline) {
    socket.set_nonblocking(deadline != never);
    int error = sys::connect(socket.handle(), where).error;
    if (is_under_way(error)) {
        error = wait(socket.handle(), POLLOUT, deadline, sys::poll_connect);
        if (error == 0) error = sys::pending_error(socket.handle());
    }
    if (error == 0) socket.set_nonblocking(false);
    return error;
}

// Which call failed, to where, and its errno value.
struct Failure {
    const char* call = "connect";
    Endpoint where{};
    int error = 0;
};

// How far an attempt came. Of several that failed, the one that came furthest tells most: that a
// host has no such port is news, that this machine has no IPv6 is not.
inline int reach_of(int error) noexcept {
    switch (error) {
        case ECONNREFUSED:
        case ECONNRESET: return 5;    // the host itself answered
        case EHOSTUNREACH: return 4;  // a router did
        case ETIMEDOUT: return 3;     // nobody did
        case ENETUNREACH:
        case EADDRNOTAVAIL:
        case EAFNOSUPPORT: return 1;  // it did not leave this machine
        default: return 2;
    }
}

inline bool is_end(const Endpoints::iterator& at) noexcept {
    return at == Endpoints::iterator(nullptr);
}

// The addresses of a host in the order of RFC 8305, section 4: the families take turns, so that
// one that is broken costs one attempt, not as many as it has addresses. The resolver says which
// comes first.
class Candidates {
public:
    explicit Candidates(Endpoints::iterator all) noexcept
        : ipv6_first_((*all).is_ipv6()), next_{all, all} {
        skip(1);
    }
    [[nodiscard]] bool is_empty() const noexcept { return is_end(next_[0]) && is_end(next_[1]); }
    Endpoint take() noexcept {
        const int family = is_end(next_[turn_]) ? 1 - turn_ : turn_;
        const Endpoint where = *next_[family];
        ++next_[family];
        skip(family);
        turn_ = 1 - family;
        return where;
    }

private:
    // Passes over those that are of the other family.
    void skip(int family) noexcept {
        const bool ipv6 = ipv6_first_ == (family == 0);
        while (!is_end(next_[family]) && (*next_[family]).is_ipv6() != ipv6) ++next_[family];
    }

    bool ipv6_first_;
    Endpoints::iterator next_[2];  // of the first family, and of the other
    int turn_ = 0;
};

// Connects to whichever of several addresses answers first: RFC 8305, section 5. Each attempt has
// a head start of a quarter of a second, unless it fails before; then it may go on beside the next.
class Race {
public:
    Race(Endpoints::iterator all, Deadline deadline) noexcept
        : candidates_(all), deadline_(deadline) {}

    // Not open when all have failed, or the deadline came.
    Connection run() {
        do {
            while (may_start() && next_start_ <= Clock::now()) start();
            if (winner_.is_open() || count_ == 0) return std::move(winner_);
            await();
        } while (!is_over(deadline_));
        for (std::size_t i = 0; i < count_; ++i) note("connect", attempts_[i].where, ETIMEDOUT);
        return std::move(winner_);
    }
    [[nodiscard]] const Failure& failure() const noexcept { return failure_; }

private:
    struct Attempt {
        Socket socket{};
        Endpoint where{};
    };

    bool may_start() const noexcept {
        return !candidates_.is_empty() && count_ < sys::most_attempts && !winner_.is_open();
    }

    void start() {
        Attempt attempt{{}, candidates_.take()};
        const int failed = make_socket(attempt.where, attempt.socket);
        if (failed != 0) return note("socket", attempt.where, failed);
        attempt.socket.set_nonblocking(true);
        const int error = sys::connect(attempt.socket.handle(), attempt.where).error;
        if (!is_under_way(error)) return conclude(std::move(attempt), error);
        attempts_[count_++] = std::move(attempt);
        next_start_ = after(head_start());
    }

    // Before a near deadline the others need their time, too.
    Clock::duration head_start() const {
        constexpr Clock::duration usual = std::chrono::milliseconds(250);
        if (deadline_ == never) return usual;
        const Clock::duration half = (deadline_ - Clock::now()) / 2;
        return half < usual ? half : usual;
    }

    // Until an attempt has an outcome, or the next is to be started.
    void await() {
        pollfd watched[sys::most_attempts] = {};
        for (std::size_t i = 0; i < count_; ++i) {
            watched[i].fd = attempts_[i].socket.handle();
            watched[i].events = POLLOUT;
        }
        const int timeout = poll_timeout(may_start() ? next_start_ : deadline_);
        const sys::Outcome found = sys::poll_connects(watched, count_, timeout);
        if (found.error == EINTR) return;
        check(found, "poll", attempts_[0].where);
        if (found.value > 0) settle(watched);
    }

    // When two have connected, the one that was started first is taken.
    void settle(const pollfd* watched) {
        const std::size_t count = std::exchange(count_, 0);
        for (std::size_t i = 0; i < count; ++i) {
            Attempt attempt = std::move(attempts_[i]);
            if (watched[i].revents == 0)
                attempts_[count_++] = std::move(attempt);
            else if (!winner_.is_open())
                conclude(std::move(attempt), sys::pending_error(watched[i].fd));
        }
    }

    void conclude(Attempt attempt, int error) {
        if (error != 0) return note("connect", attempt.where, error);
        attempt.socket.set_nonblocking(false);
        winner_ = Connection(std::move(attempt.socket), attempt.where);
    }

    // The next may start at once.
    void note(const char* call, const Endpoint& where, int error) noexcept {
        next_start_ = (Deadline::min)();
        const bool more = failure_.error == 0 || reach_of(error) >= reach_of(failure_.error);
        if (more) failure_ = {call, where, error};
    }

    Candidates candidates_;
    const Deadline deadline_;
    Deadline next_start_ = (Deadline::min)();
    Attempt attempts_[sys::most_attempts];  // those under way, in the order of their starts
    std::size_t count_ = 0;
    Connection winner_;
    Failure failure_;
};

// The two below return a connection that is not open when it could not be made.
inline Connection connect_to(const Endpoint& where, Deadline deadline, Failure& why) {
    Socket socket;
    why = {"socket", where, make_socket(where, socket)};
    if (why.error == 0) why = {"connect", where, try_connect(socket, where, deadline)};
    return why.error == 0 ? Connection(std::move(socket), where) : Connection();
}

inline Connection connect_to_any(Endpoints::iterator all, Deadline deadline, Failure& why) {
    Endpoints::iterator second = all;
    if (is_end(++second)) return connect_to(*all, deadline, why);
    Race race(all, deadline);
    Connection winner = race.run();
    why = race.failure();
    return winner;
}

[[noreturn]] inline void fail(const Failure& why, const std::string& subject) {
    const bool forbidden = why.error == EACCES || why.error == EPERM;
    throw Error(why.call, subject, error_code(why.error),
                forbidden ? "a firewall on this machine may forbid it" : "");
}

}  // namespace detail

inline Connection connect(const Endpoint& where, Deadline deadline) {
    detail::Failure why;
    Connection made = detail::connect_to(where, deadline, why);
    if (!made.is_open()) detail::fail(why, where.text());
    return made;
}

inline Connection connect(std::string_view host, std::uint16_t port, Deadline deadline) {
    const Endpoints found = resolve(host, port);
    detail::Failure why;
    Connection made = detail::connect_to_any(found.begin(), deadline, why);
    if (made.is_open()) return made;
    const std::string where = why.where.text();
    const bool same = host == why.where.address();
    detail::fail(why, same ? where : detail::concat({host, " (", where, ")"}));
}

// --- The client ------------------------------------------------------------------------------

inline std::string Echoed::text() const {
    if (!wrong.empty()) return "wrong bytes";
    return Result{status, bytes, error}.text();
}

inline Client::Client(Connection connection)
    : connection_(std::move(connection)), lines_(connection_) {
    connection_.set_no_delay();
}

inline Client::Client(std::string_view host, std::uint16_t port, Deadline deadline)
    : Client(connect(host, port, deadline)) {}

inline Client::Client(const Endpoint& where, Deadline deadline)
    : Client(connect(where, deadline)) {}

inline Client::Client(Client&& other) noexcept
    : connection_(std::move(other.connection_)), lines_(std::move(other.lines_), connection_) {}

namespace detail {

// Where there is nothing to do at this moment, one waits.
inline Result unless_blocked(const Result& result) {
    return result.status == Status::would_block ? Result() : result;
}

// Notes how many of the bytes that came are those that were expected, and what came instead.
inline void compare(std::string_view came, std::string_view expected, Echoed& echoed) {
    std::size_t same = 0;
    if (expected.starts_with(came)) same = came.size();  // by far the most often, and quicker
    while (same < came.size() && came[same] == expected[same]) ++same;
    echoed.bytes += same;
    echoed.wrong = came.substr(same, 32);
}

}  // namespace detail

inline Result Client::send_some(std::string_view bytes, std::size_t& sent) {
    if (sent == bytes.size()) return {};
    const Result took = connection_.send(bytes.substr(sent), detail::at_once);
    sent += took.bytes;
    return detail::unless_blocked(took);
}

// What a line's reader has kept is there already.
inline Result Client::await(short event, Deadline deadline) {
    if (!lines_.pending().empty()) return {};
    return detail::outcome_of_wait(detail::wait(connection_.handle(), event, deadline));
}

// At most what is missing. What a line's reader has kept came first.
inline Result Client::receive_some(std::string_view bytes, Echoed& echoed) {
    const std::string_view missing = bytes.substr(echoed.bytes);
    if (const std::string_view kept = lines_.pending(); !kept.empty()) {
        const std::size_t size = kept.size() < missing.size() ? kept.size() : missing.size();
        detail::compare(lines_.take(Status::ok, size, size).text, missing, echoed);
        return {};
    }
    char piece[16384];
    const std::size_t room = missing.size() < sizeof piece ? missing.size() : sizeof piece;
    const Result got = connection_.receive(piece, room, detail::at_once);
    detail::compare(detail::view(piece, got.bytes), missing, echoed);
    return detail::unless_blocked(got);
}

inline Echoed Client::echo(std::string_view bytes, Deadline deadline) {
    connection_.require_open("echo");
    const Deadline start = Clock::now();
    Echoed echoed;
    Result last;
    for (std::size_t sent = 0; last && echoed.wrong.empty() && echoed.bytes < bytes.size();) {
        last = send_some(bytes, sent);
        if (last) last = await(sent < bytes.size() ? POLLIN | POLLOUT : POLLIN, deadline);
        if (last) last = receive_some(bytes, echoed);
    }
    echoed.status = last.status;
    echoed.error = last.error;
    echoed.time = Clock::now() - start;
    return echoed;
}

inline Line Client::ask(std::string_view line, Deadline deadline) {
    if (line.find('\n') != line.npos)
        throw std::logic_error("ask: the line has an end of line inside");
    const Result sent = connection_.send_all(std::string(line) + '\n', deadline);
    if (!sent) return {sent.status, {}, sent.error};
    return lines_.next(deadline);
}

// ============================================================================================
//  Chapter 6: the listener
// ============================================================================================

namespace detail {

// Errors that belong to the one client that was next in line, not to the listener: accept(2)
// says to treat them like a client that is not there.
inline bool is_of_the_client(int error) noexcept {
    switch (error) {
        case EINTR:
        case ECONNABORTED:
        case EPROTO:
        case ENETDOWN:
        case ENOPROTOOPT:
        case EHOSTUNREACH:
        case EOPNOTSUPP:
        case ENETUNREACH:
        case ECONNRESET:             // Windows, for a client that has gone again
        case ENOTCONN: return true;  // the same under Wine
        default: return false;
    }
}

}  // namespace detail

// The worker behind accept and try_accept.
inline Accepted Listener::accept_until(Deadline deadline) {
    for (;;) {
        Endpoint peer;
        const sys::Outcome taken = sys::accept(handle(), peer);
        if (taken.error == 0)
            return {Status::ok, {Socket(static_cast<Handle>(taken.value)), peer}, {}};
        if (detail::is_of_the_client(taken.error)) continue;
        int error = taken.error;
        if (detail::would_block(error) && deadline != detail::at_once) {
            error = detail::wait(handle(), POLLIN, deadline);
            if (error == 0) continue;
        }
        const Status status = error == ETIMEDOUT ? Status::timed_out : detail::status_of(error);
        return {status, {}, detail::error_code(error)};
    }
}

inline Connection Listener::accept() {
    require_open();
    socket_.set_nonblocking(false);
    Accepted taken = accept_until(never);
    if (!taken) throw Error("accept", endpoint().text(), taken.error);
    return std::move(taken.connection);
}

inline Accepted Listener::try_accept(Deadline deadline) {
    require_open();
    if (const int error = socket_.set_mode(true))
        return {Status::failed, {}, detail::error_code(error)};
    return accept_until(deadline);
}

inline void Listener::require_open() const {
    if (!is_open()) throw std::logic_error("accept on a listener that is closed or was moved from");
}

inline Endpoint Listener::endpoint() const {
    return detail::local_endpoint(socket_, "the listener");
}

inline Listener listen(const Endpoint& where) {
    Socket socket;
    const int failed = detail::make_socket(where, socket);
    if (failed != 0) throw Error("socket", where.text(), detail::error_code(failed));
    detail::check(sys::claim_port(socket.handle()), "setsockopt", where);
    if (where.is_ipv6() && where == Endpoint::any(where.port()))
        detail::check(sys::serve_both_families(socket.handle()), "setsockopt", where);
    detail::check(sys::bind(socket.handle(), where), "bind", where);
    detail::check(sys::listen(socket.handle()), "listen", where);
    return Listener(std::move(socket));
}

inline Listener listen(std::uint16_t port) {
    try {
        return listen(Endpoint::any(port));
    } catch (const Error& error) {
        // A port that is taken is taken for IPv4 too. Anything else: this system has no IPv6,
        // or will not serve both with one socket.
        if (error.call() == "bind" && error.code() != std::errc::address_not_available) throw;
        return listen(Endpoint().with_port(port));
    }
}

// ============================================================================================
//  Chapter 7: many sockets, one thread
// ============================================================================================

// poll passes over a negative number: the complement of the socket's own.
inline Handle Watched::socket() const noexcept {
    return events == 0 ? static_cast<Handle>(~fd) : fd;
}

inline Watched::Watched(Handle socket, Interest interest) : pollfd{} {
    if (socket == invalid_handle)
        throw std::logic_error("to watch a socket that is closed or was moved from");
    fd = socket;
    events = POLLIN;
    set_interest(interest);
}

inline void Watched::set_interest(Interest interest) noexcept {
    const Handle number = socket();
    events = 0;
    if (sys::wants(interest, Interest::read)) events |= POLLIN;
    if (sys::wants(interest, Interest::write)) events |= POLLOUT;
    fd = events == 0 ? static_cast<Handle>(~number) : number;
    revents = 0;
}

inline bool Watched::is_ready(short event) const noexcept {
    return (events & event) != 0 && (revents & (event | POLLHUP | POLLERR | POLLNVAL)) != 0;
}
inline bool Watched::readable() const noexcept { return is_ready(POLLIN); }
inline bool Watched::writable() const noexcept { return is_ready(POLLOUT); }

// Windows marks one that it passed over as not valid, too.
inline void Watched::require_open() const {
    if (events != 0 && (revents & POLLNVAL) != 0)
        throw std::logic_error(
            detail::concat({"poll on a socket that is closed: number ", std::to_string(socket())}));
}

// One look, at most so many milliseconds long. The system does not count alike everywhere.
inline std::size_t Watched::poll(Watched* sockets, std::size_t count, int milliseconds) {
    static_assert(sizeof(Watched) == sizeof(pollfd), "an array of the one is one of the other");
    for (std::size_t i = 0; i < count; ++i) sockets[i].revents = 0;  // in case that the call fails
    const sys::Outcome found = sys::poll_all(sockets, count, milliseconds);
    if (found.error != 0 && found.error != EINTR)
        throw Error("poll", detail::concat({std::to_string(count), " sockets"}),
                    detail::error_code(found.error));
    std::size_t ready = 0;
    for (std::size_t i = 0; found.error == 0 && i < count; ++i) {
        sockets[i].require_open();
        if (sockets[i].readable() || sockets[i].writable()) ++ready;
    }
    return ready;
}

// The worker behind poll. To make a span of them costs whoever compiles this a hundred templates.
inline std::size_t detail::poll_all(Watched* sockets, std::size_t count, Deadline deadline) {
    for (;;) {
        const std::size_t ready = Watched::poll(sockets, count, poll_timeout(deadline));
        if (ready > 0 || is_over(deadline)) return ready;
    }
}

inline std::size_t poll(std::span<Watched> sockets, Deadline deadline) {
    return detail::poll_all(sockets.data(), sockets.size(), deadline);
}

namespace detail {

// What a poller has where the system has nothing better than poll: an array.
class PollArray {
public:
    PollArray() = default;
    PollArray(const PollArray&) = delete;
    PollArray& operator=(const PollArray&) = delete;
    ~PollArray() { std::free(sockets_); }

    // Returns an errno value, those that the system's own means have.
    int set(const char* action, Handle socket, Interest interest) {
        Watched* const at = find(socket);
        if (action == sys::watch) return at ? EEXIST : add(Watched(socket, interest));
        if (!at) return ENOENT;
        if (action == sys::change) at->set_interest(interest);
        if (action == sys::forget) *at = sockets_[--size_];
        return 0;
    }

    // Begins behind the last one that was put into `events`: none starves behind the others.
    std::size_t await(Poller::Event (&events)[Poller::most_events], int milliseconds) {
        std::size_t count = 0;
        std::size_t left = Watched::poll(sockets_, size_, milliseconds);
        for (std::size_t i = 0; i < size_ && left > 0 && count < Poller::most_events; ++i) {
            if (++next_ >= size_) next_ = 0;
            const Watched& at = sockets_[next_];
            if (!at.readable() && !at.writable()) continue;
            events[count++] = {at.socket(), at.readable(), at.writable()};
            --left;
        }
        return count;
    }

private:
    Watched* find(Handle socket) noexcept {
        for (std::size_t i = 0; i < size_; ++i)
            if (sockets_[i].socket() == socket) return &sockets_[i];
        return nullptr;
    }

    int add(const Watched& socket) {
        if (size_ == capacity_) {
            const std::size_t larger = capacity_ * 2 + 16;
            void* const moved = std::realloc(static_cast<void*>(sockets_), larger * sizeof socket);
            if (!moved) return ENOMEM;
            sockets_ = static_cast<Watched*>(moved);
            capacity_ = larger;
        }
        sockets_[size_++] = socket;
        return 0;
    }

    Watched* sockets_ = nullptr;
    std::size_t size_ = 0, capacity_ = 0, next_ = 0;
};

}  // namespace detail

inline Poller::Poller(Backend backend) : Poller(Empty()) {
    int error = sys::open_wake_ends(wake_read_, wake_write_);
    const bool plain = backend == Backend::poll || !sys::has_poller;
    if (error == 0 && !plain) error = sys::own(sys::open_poller(), system_);
    if (error != 0) throw Error("open", "a poller", detail::error_code(error));
    if (plain) array_ = new detail::PollArray;
    wake_read_.set_nonblocking(true);
    wake_write_.set_nonblocking(true);
    set(sys::watch, wake_read_.handle(), Interest::read);
}

inline Poller::~Poller() { delete array_; }

inline void Poller::set(const char* action, Handle socket, Interest interest) {
    int error = EBADF;
    if (socket != invalid_handle)
        error = array_ ? array_->set(action, socket, interest)
                       : sys::set_interest(system_.handle(), action, socket, interest).error;
    if (error == 0) return;
    const std::string which = detail::concat({"socket ", detail::number_of(socket)});
    const char* const misuse = error == EEXIST   ? "watched already"
                               : error == ENOENT ? "not watched"
                               : error == EBADF  ? "closed; forget a socket before"
                                                 : nullptr;
    if (misuse) throw std::logic_error(detail::concat({action, " ", which, ": it is ", misuse}));
    throw Error(action, which, detail::error_code(error));
}

// What this batch still has for a socket, but for what is asked for, does not come.
inline void Poller::withdraw(Handle socket, Interest but) noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
        Event& event = events_[i];
        if (event.socket != socket) continue;
        event.readable = event.readable && sys::wants(but, Interest::read);
        event.writable = event.writable && sys::wants(but, Interest::write);
    }
}

inline void Poller::watch(Handle socket, Interest interest) {
    set(sys::watch, socket, interest);
    withdraw(socket, Interest::none);  // of one that was closed without being forgotten
}

inline void Poller::change(Handle socket, Interest interest) {
    set(sys::change, socket, interest);
    withdraw(socket, interest);
}

inline void Poller::forget(Handle socket) {
    withdraw(socket, Interest::none);
    set(sys::forget, socket, Interest::none);
}

// One look. Returns how many events there are.
inline std::size_t Poller::look(int milliseconds) {
    if (array_) return array_->await(events_, milliseconds);
    const sys::Outcome found = sys::await_events(system_.handle(), events_, milliseconds);
    if (found.error == EINTR) return 0;
    if (found.error != 0) throw Error("wait", "for many sockets", detail::error_code(found.error));
    return static_cast<std::size_t>(found.value);
}

// Takes out of the batch what is for us. Returns whether there is a reason to end the wait.
inline bool Poller::sort_out() noexcept {
    bool ends = false;
    for (std::size_t i = 0; i < count_; ++i) {
        ends = ends || events_[i].is_ready();
        if (events_[i].socket != wake_read_.handle()) continue;
        sys::read_wakes(wake_read_.handle());
        events_[i] = {};
    }
    return ends;
}

inline Poller::Events Poller::wait(Deadline deadline) {
    for (;;) {
        count_ = 0;  // of the last batch nothing comes any more, even if this look fails
        count_ = look(detail::poll_timeout(deadline));
        if (sort_out() || detail::is_over(deadline)) return Events(*this);
    }
}

inline void Poller::wake() noexcept { sys::write_wake(wake_write_.handle()); }

// ============================================================================================
//  Chapter 8: stopping
// ============================================================================================

inline Stop::Stop() {
    const int error = sys::open_wake_ends(from_, to_);
    if (error != 0) throw Error("open", "a stop", detail::error_code(error));
    to_.set_nonblocking(true);  // the first byte is enough, whatever comes later
}

inline Stop::~Stop() {
    if (catches_signals_) sys::release_signals();
}

inline void Stop::catch_signals() {
    if (catches_signals_) return;
    if (!sys::catch_signals(to_.handle()))
        throw std::logic_error("catch_signals: another Stop catches them already");
    catches_signals_ = true;
}

inline void Stop::request() noexcept { sys::write_wake(to_.handle()); }

inline bool Stop::wait(Deadline deadline) const {
    Watched watched(handle());
    return detail::poll_all(&watched, 1, deadline) > 0;
}

inline bool Stop::is_requested() const { return wait(Clock::now()); }

// ============================================================================================
//  Chapter 9: helpers
// ============================================================================================

inline std::string_view first(std::span<const char> buffer, std::size_t count) {
    if (count > buffer.size()) throw std::out_of_range("first: the buffer is smaller than that");
    return detail::view(buffer.data(), count);
}

inline void use_binary_streams() noexcept { sys::use_binary_streams(); }

namespace detail {

inline std::string count_bytes(std::uint64_t count) {
    return concat({std::to_string(count), count == 1 ? " byte" : " bytes"});
}

inline constexpr char hex_digits[] = "0123456789abcdef";

inline void append_quoted(std::string& text, char byte) {
    const auto value = static_cast<unsigned char>(byte);
    if (byte == '\n')
        text += "\\n";
    else if (byte == '\r')
        text += "\\r";
    else if (byte == '\t')
        text += "\\t";
    else if (byte == '"' || byte == '\\')
        (text += '\\') += byte;
    else if (value >= 0x20 && value < 0x7f)
        text += byte;
    else
        ((text += "\\x") += hex_digits[value >> 4]) += hex_digits[value & 15];
}

}  // namespace detail

inline std::string quote(std::string_view bytes, std::size_t at_most) {
    std::string text = "\"";
    for (const char byte : bytes.substr(0, at_most)) detail::append_quoted(text, byte);
    text += '"';
    if (bytes.size() > at_most) text += "...";
    return text;
}

// ============================================================================================
//  Chapter 10: tools
// ============================================================================================

inline void print_line(std::string_view line) {
    const std::string text = detail::concat({line, "\n"});
    const bool printed =
        std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    if (!printed)
        throw Error("write", "to standard output", detail::error_code(errno),
                    "it has to be a terminal, a file with room, or a program that reads");
}

inline bool is_terminal(std::FILE* stream) noexcept { return sys::is_terminal(stream); }

inline std::string_view Arguments::take(int at) noexcept {
    const std::string_view word = words_[at];
    --count_;
    for (int i = at; i < count_; ++i) words_[i] = words_[i + 1];
    return word;
}

inline bool Arguments::flag(std::string_view name) noexcept {
    for (int i = 0; i < count_; ++i)
        if (words_[i] == name) return take(i), true;
    return false;
}

// The word behind an option, or what follows its '='. False when the option was not given.
inline bool Arguments::take_value(std::string_view option, std::string_view& value) {
    for (int i = 0; i < count_; ++i) {
        const std::string_view word = words_[i];
        if (!word.starts_with(option)) continue;
        const bool joined = word.size() > option.size() && word[option.size()] == '=';
        if (!joined && word != option) continue;
        if (!joined && i + 1 == count_)
            throw UsageError(detail::concat({option, " wants a value behind it"}));
        (void)take(i);
        value = joined ? word.substr(option.size() + 1) : take(i);
        return true;
    }
    return false;
}

inline std::string_view Arguments::value(std::string_view option, std::string_view otherwise) {
    std::string_view value = otherwise;
    while (take_value(option, value)) continue;
    return value;
}

inline std::uint64_t Arguments::number(std::string_view option, std::uint64_t otherwise,
                                       std::uint64_t least, std::uint64_t most) {
    std::uint64_t number = otherwise;
    for (std::string_view value; take_value(option, value);) {
        if (detail::parse_number(value, most, number) && number >= least) continue;
        throw UsageError(
            detail::concat({option, " ", quote(value), ": not valid; give a whole number from ",
                            std::to_string(least), " to ", std::to_string(most)}));
    }
    return number;
}

inline Clock::duration Arguments::duration(std::string_view option, Clock::duration otherwise,
                                           Clock::duration least, Clock::duration most) {
    Clock::duration duration = otherwise;
    for (std::string_view value; take_value(option, value);) {
        if (detail::parse_duration(value, duration) && duration >= least && duration <= most)
            continue;
        throw UsageError(
            detail::concat({option, " ", quote(value),
                            ": not valid; give a whole number and its unit (ms, s, m, h), from ",
                            text(least), " to ", text(most)}));
    }
    return duration;
}

inline std::string_view Arguments::next(std::string_view otherwise) {
    if (count_ == 0) return otherwise;
    const std::string_view word = take(0);
    const bool number = word.size() > 1 && word[1] >= '0' && word[1] <= '9';
    if (word.size() > 1 && word[0] == '-' && !number)
        throw UsageError(
            detail::concat({"unknown option ", quote(word), "; --help tells which there are"}));
    return word;
}

inline std::uint16_t Arguments::next_port(std::uint16_t otherwise) {
    if (count_ == 0) return otherwise;
    try {
        return parse_port(next({}));
    } catch (const Error& error) {
        throw UsageError(error.what());
    }
}

inline void Arguments::done() {
    if (count_ == 0) return;
    throw UsageError(detail::concat(
        {"unexpected argument ", quote(next({})), "; --help tells which there are"}));
}

namespace detail {

// "echo-server" from "build/echo-server" or "build\\echo-server.exe".
inline std::string_view program_name(int argc, char** argv) {
    std::string_view name = argc > 0 && argv[0] ? argv[0] : "";
    name.remove_prefix(name.find_last_of("/\\") + 1);  // npos + 1 is 0
    if (name.ends_with(".exe")) name.remove_suffix(4);
    return name;
}

// In one piece: standard error is not buffered.
inline int complain(std::string_view name, const char* what, int exit_code) {
    const std::string line = concat({name, ": ", what, "\n"});
    std::fwrite(line.data(), 1, line.size(), stderr);
    return exit_code;
}

}  // namespace detail

template <class Body>
int run_tool(int argc, char** argv, std::string_view usage, Body body) {
    static_assert(std::is_same_v<decltype(body(std::declval<Arguments&>())), int>,
                  "the function has to return the exit code: write [](echo::Arguments&) -> int");
    const std::string_view name = detail::program_name(argc, argv);
    try {
        Arguments arguments(argc, argv);
        if (arguments.flag("--help") || arguments.flag("-h"))
            print_line(detail::concat({"usage: ", name, " ", usage}));
        else if (arguments.flag("--version"))
            print_line(detail::concat({name, " ", version}));
        else
            return body(arguments);
        return 0;
    } catch (const UsageError& error) {
        return detail::complain(name, error.what(), 2);
    } catch (const std::exception& error) {
        return detail::complain(name, error.what(), 1);
    }
}

// ============================================================================================
//  Chapter 11: the log
// ============================================================================================

inline std::string_view name(Level level) {
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::warning: return "warning";
        case Level::error: break;
    }
    return "error";
}

namespace detail {

// Standard error is one for the whole process, however many logs there are.
struct LogState {
    sys::Lock lock;          // guards what follows
    std::uint64_t lost = 0;  // lines, since the last one that was written
    bool cut_off = false;    // of the last line only a part was written
};
inline LogState log_state;

// "2026-11-25T12:31:07.042Z", as RFC 3339 has it. The clock on the wall, to compare with others.
inline std::string time_text(std::chrono::system_clock::time_point when) {
    using std::chrono::milliseconds;
    const auto since_1970 =
        std::chrono::duration_cast<milliseconds>(when.time_since_epoch()).count();
    const std::tm utc = sys::utc(static_cast<std::time_t>(since_1970 / 1000));
    char text[80];
    std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                  utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                  static_cast<int>(since_1970 % 1000));
    return text;
}

// What a line of the log tells.
struct LogEntry {
    Level level;
    const Endpoint* peer;
    std::string_view what;
    const std::uint64_t* bytes;
};

// A pipe takes 512 bytes in one piece on every system; a text of a stranger's has an end.
inline constexpr std::size_t longest_log_text = 400;

inline std::string text_line(const LogEntry& entry) {
    std::string what(entry.what);
    if (entry.peer) what = concat({entry.peer->text(), " ", what});
    if (entry.bytes) what = concat({what, ", ", count_bytes(*entry.bytes)});
    std::string line =
        concat({time_text(std::chrono::system_clock::now()), " ", name(entry.level), " "});
    for (const char byte : what) {
        if (line.size() >= longest_log_text) return concat({line, "...\n"});
        append_quoted(line, byte);
    }
    return line + '\n';
}

// JSON knows no bytes, only characters. What is not ASCII is written as if it were Latin-1.
inline void append_json(std::string& text, char byte) {
    const auto value = static_cast<unsigned char>(byte);
    if (byte == '"' || byte == '\\')
        (text += '\\') += byte;
    else if (value >= 0x20 && value < 0x7f)
        text += byte;
    else
        ((text += "\\u00") += hex_digits[value >> 4]) += hex_digits[value & 15];
}

inline std::string json_line(const LogEntry& entry) {
    std::string line = concat({"{\"time\":\"", time_text(std::chrono::system_clock::now()),
                               "\",\"level\":\"", name(entry.level)});
    if (entry.peer) line = concat({line, "\",\"peer\":\"", entry.peer->text()});
    line = concat({line, "\",\"message\":\""});
    for (std::size_t i = 0; i < entry.what.size() && line.size() < longest_log_text; ++i)
        append_json(line, entry.what[i]);
    line += '"';
    if (entry.bytes) line = concat({line, ",\"bytes\":", std::to_string(*entry.bytes)});
    return concat({line, "}\n"});
}

inline std::string log_line(Log::Format format, const LogEntry& entry) {
    return format == Log::Format::json ? json_line(entry) : text_line(entry);
}

}  // namespace detail

inline void Log::write(Level level, const Endpoint* peer, std::string_view what,
                       const std::uint64_t* bytes) const {
    if (!has(level)) return;
    detail::LogState& state = detail::log_state;
    const sys::Locked one_at_a_time(state.lock);
    std::string text = state.cut_off ? "\n" : "";
    if (state.lost > 0) {
        const std::string lost = detail::concat(
            {std::to_string(state.lost),
             state.lost == 1 ? " line of the log was lost" : " lines of the log were lost"});
        text += detail::log_line(format_, {Level::warning, nullptr, lost, nullptr});
    }
    text += detail::log_line(format_, {level, peer, what, bytes});
    const sys::Outcome written = sys::write_error(text);
    const bool whole = written.value == static_cast<long long>(text.size());
    if (written.value > 0) state.cut_off = !whole;
    state.lost = whole ? 0 : state.lost + 1;
}

inline void Log::write(Level level, std::string_view what) const {
    write(level, nullptr, what, nullptr);
}

inline void Log::write(Level level, const Endpoint& peer, std::string_view what) const {
    write(level, &peer, what, nullptr);
}

inline void Log::write(Level level, const Endpoint& peer, std::string_view what,
                       std::uint64_t bytes) const {
    write(level, &peer, what, &bytes);
}

// ============================================================================================
//  Chapter 12: the trace
// ============================================================================================

inline void add_hook(Hook& hook) {
    hook.next = sys::hooks;
    sys::hooks = &hook;
}

namespace detail {

// What was asked: "recv at most 4096 bytes", "bind 127.0.0.1:7777".
inline std::string request(const Call& call) {
    if (call.name == "recv") return concat({"recv at most ", count_bytes(call.length)});
    if (call.name == "send")
        return concat({"send ", count_bytes(call.length), " ", quote({call.data, call.length})});
    if (call.endpoint && call.name != "accept")
        return concat({call.name, " ", call.endpoint->text()});
    return concat({call.name, call.detail.empty() ? "" : " ", call.detail});
}

// What came of it: "6 bytes "hello\n"", "end of stream", "failed: connection refused".
inline std::string outcome(const Call& call) {
    if (would_block(call.error)) return "would block";
    if (call.error == EINPROGRESS) return "in progress";
    if (call.error != 0) return concat({"failed: ", reason(error_code(call.error))});
    const auto count = static_cast<std::size_t>(call.result);
    if (call.name == "recv" && count == 0) return "end of stream";
    if (call.name == "recv") return concat({count_bytes(count), " ", quote({call.data, count})});
    if (call.name == "send") return count_bytes(count);
    if (call.name == "accept")
        return concat({"socket ", std::to_string(count), " from ", call.endpoint->text()});
    if (call.name == "poll" || call.name == "select")
        return count == 0 ? "timed out" : concat({"ready", call.data ? call.data : ""});
    if (call.detail == "until one is ready")
        return count == 0 ? "timed out" : concat({"ready: ", call.data});
    if (call.name == "getaddrinfo" && count != 0)
        return concat({"failed: ", lookup_category().message(static_cast<int>(call.result))});
    return "ok";
}

template <class Stream>
struct Trace : Hook {
    explicit Trace(Stream& stream) : out(stream) {}

    void after(const Call& call) override {
        const std::string line = concat({describe(call), "\n"});
        const sys::Locked one_at_a_time(lock);
        out << line;  // in one piece: nothing else gets in between
        out.flush();
    }

    Stream& out;
    sys::Lock lock;
};

}  // namespace detail

inline std::string describe_request(const Call& call) {
    const bool made = call.name == "socket" && call.result > 0;
    const Handle socket = made ? static_cast<Handle>(call.result) : call.socket;
    return detail::concat({"socket ", detail::number_of(socket), ": ", detail::request(call)});
}

inline std::string describe(const Call& call) {
    return detail::concat({describe_request(call), " -> ", detail::outcome(call)});
}

template <class Stream>
void trace(Stream& out) {
    add_hook(*new detail::Trace<Stream>(out));  // never deleted: a socket may outlive main
}

// ============================================================================================
//  Chapter 13: a whole server
//
//  Lesson 12's server, with three things more: a handler may say what is sent back, several loops
//  may share the work, and it counts what it does.
// ============================================================================================

// --- What it answers ---------------------------------------------------------------------------

namespace detail {

struct AnyHandler {
    virtual ~AnyHandler() = default;
    [[nodiscard]] virtual AnyHandler* copy() const = 0;
    virtual Answer received(std::string_view bytes) = 0;
    virtual Answer ended() = 0;
};

template <class Function>
struct HandlerOf : AnyHandler {
    explicit HandlerOf(Function given) : function(std::move(given)) {}
    [[nodiscard]] AnyHandler* copy() const override { return new HandlerOf(*this); }
    Answer received(std::string_view bytes) override { return function(bytes); }
    Answer ended() override {
        if constexpr (requires { function.ended(); })
            return function.ended();
        else
            return {};
    }
    Function function;
};

// Makes lines of what comes, and keeps what is not a whole line yet.
template <class Function>
class Lines {
public:
    Lines(Function function, std::size_t longest)
        : function_(std::move(function)), longest_(longest) {}

    Answer operator()(std::string_view bytes) {
        Answer answers;
        kept_ += bytes;
        std::size_t begin = 0;
        for (std::size_t end; (end = kept_.find('\n', begin)) != kept_.npos; begin = end + 1)
            answer(std::string_view(kept_).substr(begin, end - begin), answers);
        kept_.erase(0, begin);
        const bool too_long = kept_.size() > longest_ + 1;  // the one more may be a \r
        if (too_long && !answers.last) refuse(answers);
        return answers;
    }

    Answer ended() {
        Answer answers;
        if (!kept_.empty()) answer(kept_, answers);
        return answers;
    }

private:
    void answer(std::string_view line, Answer& answers) {
        if (answers.last) return;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.size() > longest_) return refuse(answers);
        const Answer one = function_(line);
        answers.bytes.append(one.bytes).append("\n");
        answers.last = one.last;
        if (!one.warning.empty()) warn(answers, one.warning);
    }

    void refuse(Answer& answers) const {
        answers.last = true;
        warn(answers, "a line of more than " + count_bytes(longest_));
    }

    // There may be one about each of several lines.
    static void warn(Answer& answers, const std::string& text) {
        answers.warning.append(answers.warning.empty() ? "" : "; ").append(text);
    }

    Function function_;
    std::size_t longest_;
    std::string kept_;
};

}  // namespace detail

template <class Function, class>
Handler::Handler(Function function)
    : handler_(new detail::HandlerOf<Function>(std::move(function))) {}

inline Handler::Handler(const Handler& other)
    : handler_(other.handler_ ? other.handler_->copy() : nullptr) {}

inline Handler& Handler::operator=(Handler other) noexcept {
    std::swap(handler_, other.handler_);
    return *this;
}

inline Handler::~Handler() { delete handler_; }

inline Answer Handler::received(std::string_view bytes) {
    return handler_ ? handler_->received(bytes) : Answer(bytes);
}
inline Answer Handler::ended() { return handler_ ? handler_->ended() : Answer(); }

template <class Function>
Handler by_line(Function function, std::size_t longest) {
    return detail::Lines<Function>(std::move(function), longest);
}

// --- One client, and where to find it ----------------------------------------------------------

namespace detail {

// Of an echo that a client does not take, the system keeps this much, and not megabytes, so that we
// see soon whether it takes something.
inline constexpr int most_unsent = 16 * 1024;

// More than the two systems hold on the way between them.
inline constexpr std::size_t most_in_flight = std::size_t{16} * 1024 * 1024;

inline constexpr std::chrono::milliseconds longest_flight{200};  // of bytes, before the stop
inline constexpr std::chrono::seconds longest_goodbye{2};
inline constexpr std::chrono::milliseconds retry_pause{100};  // for lack of descriptors

inline Deadline earlier(Deadline a, Deadline b) noexcept { return b < a ? b : a; }
inline void lengthen(Clock::duration& longest, Clock::duration other) noexcept {
    if (other > longest) longest = other;
}

struct ServedClient {
    enum class State { receiving, sending, leaving, gone };

    ServedClient(Connection accepted, const Handler& prototype)
        : connection(std::move(accepted)), handler(prototype) {
        connection.set_nonblocking(true);
        connection.set_no_delay();
        connection.set_unsent_limit(most_unsent);
    }
    [[nodiscard]] Interest interest() const noexcept {
        return state == State::sending ? Interest::write : Interest::read;
    }
    [[nodiscard]] bool is_talking() const noexcept {
        return state == State::receiving || state == State::sending;
    }
    [[nodiscard]] Handle socket() const noexcept { return connection.handle(); }

    Connection connection;
    Handler handler;
    State state = State::receiving;
    bool last = false;        // what is in the queue is the last that it gets
    std::string queue;        // to be sent; while there is something, nothing is received
    std::uint64_t sent = 0;   // bytes
    std::uint64_t moved = 0;  // bytes in and out, since it was looked at
    std::size_t late = 0;     // bytes in, since the stop
    bool backed_up = false;   // more was on its way, in or out, than one side had room for
    std::uint64_t moved_before = UINT64_MAX;  // sent and late, when we last thought of a goodbye
    std::size_t drained = 0;                  // bytes in, since our goodbye
    Deadline due = never;                     // to be looked at; leaving: to be gone
    Deadline since = Clock::now();
    ServedClient *before = nullptr, *behind = nullptr;  // in its list
};

// Clients in the order in which they are due: all have the same time. It owns them. (What <list> and
// <unordered_map> can do more is dear to include.)
class ClientList {
public:
    ClientList() = default;
    ClientList(const ClientList&) = delete;
    ClientList& operator=(const ClientList&) = delete;
    ~ClientList() {
        while (first_) delete take(*first_);
    }

    [[nodiscard]] ServedClient* first() const noexcept { return first_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    void append(ServedClient* client) noexcept {
        client->before = std::exchange(last_, client);
        client->behind = nullptr;
        (client->before ? client->before->behind : first_) = client;
        ++size_;
    }
    // Out of the list; it is the caller's then.
    ServedClient* take(ServedClient& client) noexcept {
        (client.before ? client.before->behind : first_) = client.behind;
        (client.behind ? client.behind->before : last_) = client.before;
        --size_;
        return &client;
    }

private:
    ServedClient *first_ = nullptr, *last_ = nullptr;
    std::size_t size_ = 0;
};

// Finds a client by its socket: a hash table. A client is in the place of its number, or behind it
// with no empty place between.
class ClientTable {
public:
    ClientTable() = default;
    ClientTable(const ClientTable&) = delete;
    ClientTable& operator=(const ClientTable&) = delete;
    ~ClientTable() { delete[] places_; }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] ServedClient& find(Handle socket) const noexcept { return **place(socket); }

    // For one more, so that to add it can't fail.
    void make_room() {
        if (size_ * 2 >= capacity_) grow();
    }
    void add(ServedClient& client) noexcept {
        *place(client.socket()) = &client;
        ++size_;
    }
    // Those behind it might not be found any more with a gap before them: so each is put in anew.
    void erase(Handle socket) noexcept {
        ServedClient** at = place(socket);
        *at = nullptr;
        --size_;
        for (at = next(at); *at; at = next(at)) {
            ServedClient* const moved = std::exchange(*at, nullptr);
            *place(moved->socket()) = moved;
        }
    }

private:
    // Where it is, or the empty place where it could be. At least half of the places are empty.
    [[nodiscard]] ServedClient** place(Handle socket) const noexcept {
        ServedClient** at = places_ + (static_cast<std::size_t>(socket) & (capacity_ - 1));
        while (*at && (*at)->socket() != socket) at = next(at);
        return at;
    }
    [[nodiscard]] ServedClient** next(ServedClient** at) const noexcept {
        return ++at == places_ + capacity_ ? places_ : at;
    }
    void grow() {
        const std::size_t old_capacity = capacity_;
        ServedClient** const old = std::exchange(places_, new ServedClient*[old_capacity * 2]());
        capacity_ = old_capacity * 2;
        for (std::size_t i = 0; i < old_capacity; ++i)
            if (old[i]) *place(old[i]->socket()) = old[i];
        delete[] old;
    }

    std::size_t capacity_ = 64;  // a power of two
    ServedClient** places_ = new ServedClient*[64]();
    std::size_t size_ = 0;
};

// --- What the loops share ----------------------------------------------------------------------

// The listener and the free seats. Each loop takes clients from here, and whoever is not busy comes
// first: so the work spreads by itself.
class Door {
public:
    Door(Listener listener, std::size_t seats, std::size_t loops)
        : listener_(std::move(listener)), seats_(seats), loops_(loops) {}

    [[nodiscard]] Handle socket() const noexcept { return listener_.handle(); }

    // The next client in line, if there is a seat: would_block if not. Says if all seats are taken.
    Accepted take(bool& is_full) {
        const sys::Locked one_at_a_time(lock_);
        Accepted taken{Status::would_block, {}, error_code(EAGAIN)};
        if (seats_ > 0) taken = listener_.try_accept();
        if (taken) --seats_;
        is_full = seats_ == 0;
        return taken;
    }
    [[nodiscard]] bool has_seat() noexcept {
        const sys::Locked one_at_a_time(lock_);
        return seats_ > 0;
    }
    // Whether there was none before.
    [[nodiscard]] bool give_back() noexcept {
        const sys::Locked one_at_a_time(lock_);
        return seats_++ == 0;
    }
    [[nodiscard]] bool begins_to_close() noexcept {
        const sys::Locked one_at_a_time(lock_);
        return !std::exchange(closes_, true);
    }
    // A loop takes nobody any more. The last one refuses those who are still in line, and all who
    // come later. Returns how many it has refused.
    std::uint64_t close() {
        const sys::Locked one_at_a_time(lock_);
        if (--loops_ > 0) return 0;
        std::uint64_t refused = 0;
        constexpr std::uint64_t longest_line = 10000;
        for (Accepted next; refused < longest_line && (next = listener_.try_accept());) {
            next.connection.reset();
            ++refused;
        }
        listener_.close();
        return refused;
    }

private:
    sys::Lock lock_;  // guards what follows
    Listener listener_;
    std::size_t seats_, loops_;
    bool closes_ = false;
};

// What a server was told, and who does it, for all its loops.
struct ServerPlan {
    ServerOptions options;
    Handler handler;
    Stop& stop;
    Door door;
    Worker* first = nullptr;
};

void wake_all(ServerPlan& plan) noexcept;

// --- One loop ----------------------------------------------------------------------------------

class ServerLoop {
public:
    explicit ServerLoop(ServerPlan& plan) : plan_(plan), options_(plan.options) {
        poller_.watch(plan_.door.socket(), accepts_);
        poller_.watch(plan_.stop.handle(), Interest::read);
    }

    void run();
    void wake() noexcept { poller_.wake(); }
    [[nodiscard]] const ServerSummary& summary() const noexcept { return summary_; }

private:
    using State = ServedClient::State;

    void look_into(Handle socket);
    void serve(ServedClient& client);
    void step(ServedClient& client);
    bool settle(ServedClient& client, State before);
    void receive(ServedClient& client);
    void end_or_nothing(ServedClient& client, int error);
    void note_late(ServedClient& client, std::size_t bytes) noexcept;
    void answer(ServedClient& client, std::string_view bytes);
    void reply(ServedClient& client, const Answer& answer);
    void end_of_stream(ServedClient& client);
    void send_or_queue(ServedClient& client, std::string_view bytes);
    void queue_rest(ServedClient& client, std::string_view bytes, const sys::Outcome& took);
    void send_queue(ServedClient& client);
    std::size_t conclude_send(ServedClient& client, std::size_t bytes, const sys::Outcome& took);
    void count_sent(ServedClient& client, std::size_t bytes);
    bool stop_sending(ServedClient& client, int error);
    void say_goodbye(ServedClient& client);
    void drain(ServedClient& client);
    void remove(ClientList& from, ServedClient& client);
    bool change(Handle socket, Interest interest);
    void forget(Handle socket);

    [[nodiscard]] Deadline next_deadline() const noexcept;
    void do_what_is_due();
    void look_at(ServedClient& client);
    [[nodiscard]] static bool is_ready(const ServedClient& client);
    void let_go(ServedClient& client);
    void begin_stretch(ServedClient& client);

    bool accept();
    void admit(Connection connection);
    void give_seat_back() noexcept;
    void watch_door();

    void begin_to_stop();
    void all_landed();
    [[nodiscard]] static bool is_owed(const ServedClient& client);
    void finish(ServedClient& client);
    void give_up();

    void log(Level level, const std::string& what) const;
    void log(Level level, const ServedClient& client, std::string_view what) const;

    ServerPlan& plan_;
    const ServerOptions& options_;
    const bool logs_messages_ = options_.log && options_.log->has(Level::debug);
    ServerSummary summary_;

    Poller poller_;
    ClientList clients_, leaving_;
    ClientTable by_socket_;

    Interest accepts_ = Interest::read;
    bool is_full_ = false;  // as far as we know
    Deadline accepts_again_ = never;
    bool is_short_ = false;  // of descriptors, and has said so

    bool stops_ = false, has_landed_ = false;
    Deadline lands_ = never, gives_up_ = never;

    char buffer_[65536];
};

// Only the poller's wait ever waits.
inline void ServerLoop::run() {
    while (!stops_ || by_socket_.size() > 0) {
        for (const Poller::Event& event : poller_.wait(next_deadline())) look_into(event.socket);
        do_what_is_due();
        watch_door();
    }
}

inline void ServerLoop::look_into(Handle socket) {
    if (socket == plan_.stop.handle()) return begin_to_stop();
    if (socket == plan_.door.socket()) return void(accept());
    serve(by_socket_.find(socket));
}

inline void ServerLoop::serve(ServedClient& client) {
    const State before = client.state;
    step(client);
    if (client.state != before || has_landed_) settle(client, before);
}

// Each of these makes calls that return at once, and sets the state that follows.
inline void ServerLoop::step(ServedClient& client) {
    switch (client.state) {
        case State::receiving: return receive(client);
        case State::sending: return send_queue(client);
        case State::leaving: return drain(client);
        case State::gone: return;
    }
}

// Lets the poller and the lists follow a client's state. One that the poller can't follow is removed:
// nobody would see what it does. Returns whether the client is still there.
inline bool ServerLoop::settle(ServedClient& client, State before) {
    if (has_landed_ && client.is_talking() && !is_owed(client)) finish(client);
    if (client.state == before) return true;
    const bool leaves = client.state == State::leaving;
    if (leaves) leaving_.append(clients_.take(client));
    const bool stays = client.state != State::gone && change(client.socket(), client.interest());
    if (!stays) remove(leaves || before == State::leaving ? leaving_ : clients_, client);
    return stays;
}

// Its queue is empty, so whatever comes can be answered at once, as far as the system takes it. This
// is what a server does most often, and nearly always the system takes all: so it is a straight line,
// with the platform layer's own calls. An interrupted one is made when the poller tells again.
inline void ServerLoop::receive(ServedClient& client) {
    const sys::Outcome got = sys::recv(client.socket(), buffer_, sizeof buffer_);
    if (got.value <= 0) return end_or_nothing(client, got.error);
    const std::string_view bytes = view(buffer_, static_cast<std::size_t>(got.value));
    client.moved += bytes.size();
    summary_.received += bytes.size();
    if (stops_) note_late(client, bytes.size());
    if (client.handler) return answer(client, bytes);
    const sys::Outcome took = sys::send(client.socket(), bytes.data(), bytes.size());
    if (took.value != got.value) return queue_rest(client, bytes, took);
    count_sent(client, bytes.size());
}

inline void ServerLoop::end_or_nothing(ServedClient& client, int error) {
    if (would_block(error) || error == EINTR) return;
    const Result ended = error == 0 ? Result{Status::end} : failure(error);
    log(error == 0 ? Level::info : Level::warning, client, ended.text());
    if (error == 0 && client.handler) return end_of_stream(client);
    client.state = State::gone;  // of what it sent nothing is unread
}

inline void ServerLoop::note_late(ServedClient& client, std::size_t bytes) noexcept {
    client.late += bytes;
    client.backed_up = client.backed_up || bytes == sizeof buffer_;
}

inline void ServerLoop::answer(ServedClient& client, std::string_view bytes) try {
    reply(client, client.handler.received(bytes));
} catch (const std::exception& error) {
    log(Level::warning, client, error.what());
    say_goodbye(client);
}

// The handler may have something to say to that, too.
inline void ServerLoop::end_of_stream(ServedClient& client) try {
    Answer answer = client.handler.ended();
    answer.last = true;
    reply(client, answer);
} catch (const std::exception& error) {
    log(Level::warning, client, error.what());
    say_goodbye(client);
}

inline void ServerLoop::reply(ServedClient& client, const Answer& answer) {
    if (!answer.warning.empty()) log(Level::warning, client, answer.warning);
    client.last = answer.last;
    send_or_queue(client, answer.bytes);
}

inline void ServerLoop::send_or_queue(ServedClient& client, std::string_view bytes) {
    const bool any = !bytes.empty();  // a handler may have nothing to say
    queue_rest(client, bytes,
               any ? sys::send(client.socket(), bytes.data(), bytes.size()) : sys::Outcome{});
}

// Only what the system did not take is copied.
inline void ServerLoop::queue_rest(ServedClient& client, std::string_view bytes,
                                   const sys::Outcome& took) try {
    const std::size_t sent = conclude_send(client, bytes.size(), took);
    if (client.state == State::sending) client.queue = bytes.substr(sent);
} catch (const std::exception& error) {
    log(Level::warning, client, error.what());
    say_goodbye(client);
}

// There is room again for some of the queue, or the connection is broken.
inline void ServerLoop::send_queue(ServedClient& client) {
    const std::string& queue = client.queue;
    const sys::Outcome took = sys::send(client.socket(), queue.data(), queue.size());
    client.queue.erase(0, conclude_send(client, queue.size(), took));
    if (client.queue.empty()) client.queue.shrink_to_fit();  // thousands may have had one
}

// Sets what follows when the system was given so many bytes, and returns how many it took.
inline std::size_t ServerLoop::conclude_send(ServedClient& client, std::size_t bytes,
                                             const sys::Outcome& took) {
    if (took.value < 0 && stop_sending(client, took.error)) return 0;
    const std::size_t sent = took.value < 0 ? 0 : static_cast<std::size_t>(took.value);
    count_sent(client, sent);
    const bool all = sent == bytes;
    client.state = all ? State::receiving : State::sending;
    client.backed_up = !all || (client.backed_up && stops_);
    if (all && client.last) finish(client);
    return sent;
}

inline void ServerLoop::count_sent(ServedClient& client, std::size_t bytes) {
    client.sent += bytes;
    client.moved += bytes;
    summary_.sent += bytes;
    if (logs_messages_) options_.log->write(Level::debug, client.connection.peer(), "sent", bytes);
}

// Unless there is only no room at the moment.
inline bool ServerLoop::stop_sending(ServedClient& client, int error) {
    if (would_block(error) || error == EINTR) return false;
    log(Level::warning, client, reason(error_code(error)));
    say_goodbye(client);
    return true;
}

// Closing a socket with bytes unread sends a reset, and a reset can destroy what the client has not
// read yet. So end our stream, and read what is still on its way before we close.
inline void ServerLoop::say_goodbye(ServedClient& client) {
    client.connection.shutdown_send();
    client.state = State::leaving;
    client.due = after(longest_goodbye);
}

inline void ServerLoop::drain(ServedClient& client) {
    const Result got = client.connection.receive(buffer_, sizeof buffer_, never);
    client.drained += got.bytes;
    const bool goes_on = got || got.status == Status::would_block;
    if (!goes_on || client.drained >= most_in_flight) client.state = State::gone;
}

// Closes its connection. A socket has to be forgotten before: its number may come again.
inline void ServerLoop::remove(ClientList& from, ServedClient& client) {
    lengthen(summary_.longest_stay, Clock::now() - client.since);
    forget(client.socket());
    by_socket_.erase(client.socket());
    delete from.take(client);
    give_seat_back();
}

// The poller may be out of memory. That is not the end of the server.
inline bool ServerLoop::change(Handle socket, Interest interest) try {
    poller_.change(socket, interest);
    return true;
} catch (const std::exception& error) {
    log(Level::error, error.what());
    return false;
}

// If that fails, the system forgets it when it is closed.
inline void ServerLoop::forget(Handle socket) try {
    poller_.forget(socket);
} catch (const std::exception& error) {
    log(Level::error, error.what());
}

// --- Deadlines ---------------------------------------------------------------------------------

// In each list the first is the first that is due, however many there are.
inline Deadline ServerLoop::next_deadline() const noexcept {
    Deadline next = earlier(accepts_again_, earlier(lands_, gives_up_));
    if (clients_.first()) next = earlier(next, clients_.first()->due);
    if (leaving_.first()) next = earlier(next, leaving_.first()->due);
    return next;
}

inline void ServerLoop::do_what_is_due() {
    const Deadline now = Clock::now();
    if (accepts_again_ <= now) accepts_again_ = never;
    while (clients_.first() && clients_.first()->due <= now) look_at(*clients_.first());
    while (leaving_.first() && leaving_.first()->due <= now) remove(leaving_, *leaving_.first());
    if (lands_ <= now) all_landed();
    if (gives_up_ <= now) give_up();
}

// We may be late ourselves. So before a client is blamed, we look whether it waits for us.
inline void ServerLoop::look_at(ServedClient& client) {
    const State before = client.state;
    if (client.moved < options_.pace && is_ready(client)) step(client);
    if (client.is_talking()) client.moved < options_.pace ? let_go(client) : begin_stretch(client);
    settle(client, before);
}

// Asks the system about this one alone, and does not wait. Where it can't say, there may be something.
inline bool ServerLoop::is_ready(const ServedClient& client) try {
    Watched watched(client.socket(), client.interest());
    return poll_all(&watched, 1, Clock::now()) > 0;
} catch (const Error&) {
    return true;
}

inline void ServerLoop::let_go(ServedClient& client) {
    log(Level::warning, client, "too slow, let go");
    ++summary_.let_go;
    client.state = State::gone;
}

// Who is due last goes to the end, so the order stays as it is, and nobody has to search.
inline void ServerLoop::begin_stretch(ServedClient& client) {
    client.moved = 0;
    client.due = after(options_.idle);
    clients_.append(clients_.take(client));
}

// --- Who comes in ------------------------------------------------------------------------------

// When the system has no room for another socket, the client stays in line, and we look there again
// after a while.
inline bool ServerLoop::accept() {
    Accepted taken = plan_.door.take(is_full_);
    if (taken) {
        is_short_ = false;
        admit(std::move(taken.connection));
    } else if (taken.status != Status::would_block) {
        if (!std::exchange(is_short_, true)) log(Level::error, "accept: " + reason(taken.error));
        accepts_again_ = after(retry_pause);
    }
    return bool(taken);
}

// Whom we can't keep, for lack of memory or because the poller watches as many as it may, is closed.
inline void ServerLoop::admit(Connection connection) {
    ServedClient* client = nullptr;
    try {
        by_socket_.make_room();
        client = new ServedClient(std::move(connection), plan_.handler);
        poller_.watch(client->socket(), Interest::read);
    } catch (const std::exception& error) {
        log(Level::error, error.what());
        delete client;
        return give_seat_back();
    }
    ++summary_.clients;
    if (options_.log) options_.log->write(Level::info, client->connection.peer(), "connected");
    if (is_full_) log(Level::warning, "full house: new clients wait in line");
    by_socket_.add(*client);
    clients_.append(client);
    begin_stretch(*client);
}

// In a full house no loop looks at the door, so they are told when there is a seat again.
inline void ServerLoop::give_seat_back() noexcept {
    accepts_again_ = never;
    if (plan_.door.give_back()) wake_all(plan_);
}

inline void ServerLoop::watch_door() {
    if (stops_) return;
    if (is_full_) is_full_ = !plan_.door.has_seat();
    const bool looks = !is_full_ && accepts_again_ == never;
    const Interest interest = looks ? Interest::read : Interest::none;
    if (interest == accepts_) return;
    if (change(plan_.door.socket(), interest))
        accepts_ = interest;
    else
        accepts_again_ = after(retry_pause);
}

// --- The stop ----------------------------------------------------------------------------------

// Who is in line has been connected by the system, and may have sent something already: so as long
// as there are seats it gets one.
inline void ServerLoop::begin_to_stop() {
    forget(plan_.stop.handle());  // if that fails, we are told again, and try again
    if (std::exchange(stops_, true)) return;
    if (plan_.door.begins_to_close()) log(Level::info, "stopping");
    while (accept()) continue;
    forget(plan_.door.socket());
    summary_.refused += plan_.door.close();
    accepts_again_ = never;
    lands_ = after(longest_flight);
    gives_up_ = after(options_.drain);
}

// From here on a client gets its goodbye as soon as all that it sent has been answered. Again and
// again we look at those who were backed up.
inline void ServerLoop::all_landed() {
    has_landed_ = true;
    for (ServedClient *client = clients_.first(), *next; client; client = next) {
        next = client->behind;
        const bool stays = settle(*client, client->state);
        if (stays) client->moved_before = client->sent + client->late;
    }
    lands_ = clients_.first() ? after(longest_flight) : never;
}

// Its queue is empty only while it is receiving. If there is more to receive then, that may have
// been sent in time; unless so much has come since that it can't have been. Who was backed up may
// have more in its own system, which needs a moment to send it: so that one has to be quiet for as
// long as bytes may fly.
inline bool ServerLoop::is_owed(const ServedClient& client) {
    if (client.state == State::sending) return true;
    if (client.late >= most_in_flight) return false;
    if (client.backed_up && client.moved_before != client.sent + client.late) return true;
    return is_ready(client);
}

inline void ServerLoop::finish(ServedClient& client) {
    log(Level::info, client, "finished");
    say_goodbye(client);
}

// Those who got their goodbye have got everything; the others have not.
inline void ServerLoop::give_up() {
    summary_.given_up += clients_.size();
    while (ServedClient* const client = clients_.first()) {
        log(Level::warning, *client, "given up");
        remove(clients_, *client);
    }
    while (leaving_.first()) remove(leaving_, *leaving_.first());
}

inline void ServerLoop::log(Level level, const std::string& what) const {
    if (options_.log) options_.log->write(level, what);
}

inline void ServerLoop::log(Level level, const ServedClient& client, std::string_view what) const {
    if (options_.log) options_.log->write(level, client.connection.peer(), what, client.sent);
}

// --- All loops together ------------------------------------------------------------------------

struct Worker {
    Worker(ServerPlan& shared, Worker* others) : plan(shared), loop(shared), next(others) {}

    // One that fails takes the others with it.
    void work() noexcept try { loop.run(); } catch (...) {
        failure = std::current_exception();
        plan.stop.request();
    }

    ServerPlan& plan;
    ServerLoop loop;
    sys::Thread thread;
    std::exception_ptr failure;
    Worker* next;
};

inline void wake_all(ServerPlan& plan) noexcept {
    for (Worker* one = plan.first; one; one = one->next) one->loop.wake();
}

inline void add(ServerSummary& sum, const ServerSummary& one) noexcept {
    sum.clients += one.clients;
    sum.received += one.received;
    sum.sent += one.sent;
    sum.let_go += one.let_go;
    sum.given_up += one.given_up;
    sum.refused += one.refused;
    lengthen(sum.longest_stay, one.longest_stay);
}

}  // namespace detail

inline Server::Server() : Server(listen(Endpoint::loopback(0))) {}

inline Server::Server(std::uint16_t port, Handler handler, const ServerOptions& options)
    : Server(listen(port), std::move(handler), options) {}

inline Server::Server(Listener listener, Handler handler, const ServerOptions& options)
    : endpoint_(listener.endpoint()) {
    const std::size_t loops = options.threads > 0 ? options.threads : 1;
    plan_ = new detail::ServerPlan{
        options, std::move(handler), stop_, {std::move(listener), options.max_clients, loops}};
    try {
        for (std::size_t i = 0; i < loops; ++i)
            plan_->first = new detail::Worker(*plan_, plan_->first);
    } catch (...) {
        dismiss();
        throw;
    }
}

inline Server::~Server() { dismiss(); }

// None of them goes before the last one has ended: they wake each other.
inline void Server::dismiss() noexcept {
    request_stop();
    for (detail::Worker* one = plan_->first; one; one = one->next) one->thread.join();
    while (detail::Worker* const one = plan_->first) {
        plan_->first = one->next;
        delete one;
    }
    delete plan_;
}

// One thread has its work already: that which calls run().
inline ServerSummary Server::run() {
    catch_signals();
    for (detail::Worker* one = plan_->first->next; one; one = one->next) begin(*one);
    plan_->first->work();
    return join();
}

inline void Server::start() {
    for (detail::Worker* one = plan_->first; one; one = one->next) begin(*one);
}

inline ServerSummary Server::stop() {
    request_stop();
    return join();
}

inline void Server::begin(detail::Worker& worker) {
    const int error =
        worker.thread.start([](void* one) { static_cast<detail::Worker*>(one)->work(); }, &worker);
    if (error != 0)
        throw Error("start", "a thread of the server", detail::error_code(error),
                    "let it have fewer threads");
}

inline ServerSummary Server::join() {
    ServerSummary sum;
    for (detail::Worker* one = plan_->first; one; one = one->next) {
        one->thread.join();
        detail::add(sum, one->loop.summary());
    }
    for (const detail::Worker* one = plan_->first; one; one = one->next)
        if (one->failure) std::rethrow_exception(one->failure);
    return sum;
}

}  // namespace echo

#endif  // ECHO_HPP
