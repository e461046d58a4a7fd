// Lesson 13, finished: the tool echo-server. The server itself is echo::Server; here is what a
// person at a command line needs around it.

#include "diagram.hpp"

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

constexpr std::string_view usage =
    "[options] [port]\n"
    "\n"
    "Sends back every byte that a client sends, until Ctrl-C. Listens at every address of this\n"
    "machine, IPv6 and IPv4, on port 7777 unless told another; 0 lets the system pick one.\n"
    "\n"
    "  --host ADDRESS        listen at this address of this machine only, such as 127.0.0.1\n"
    "  --threads N           use so many threads (1), for many busy clients on many processors\n"
    "  --max-clients N       serve at most N at once (1000); more wait in line until one leaves\n"
    "  --idle DURATION       in each such stretch of time (5m; say 500ms, 30s or 2h) ...\n"
    "  --pace BYTES          ... a client moves so many bytes (1), in or out, or is let go\n"
    "  --drain DURATION      after Ctrl-C, finish what clients are owed, but no longer (5s)\n"
    "  --log-level LEVEL     debug (each message), info, warning, error or none (info)\n"
    "  --log-format FORMAT   text, or json: an object a line\n"
    "  --trace               print every system call of the sockets\n"
    "  --diagram FILE        draw them: at its end write FILE.mmd (mermaid) or FILE.html (a page)\n"
    "  --help, --version\n"
    "\n"
    "The log goes to standard error. A second Ctrl-C ends it at once.\n"
    "Exit codes: 0 stopped when asked to, 1 it can't go on, 2 a bad command line.\n"
    "\n"
    "Examples:\n"
    "  echo-server                          for any machine that can reach this one\n"
    "  echo-server --host 127.0.0.1 4444    for programs on this machine\n"
    "  echo-server --threads 4 --log-level warning --max-clients 10000";

constexpr std::string_view everywhere = "*";
constexpr std::uint16_t default_port = 7777;
constexpr std::size_t most_threads = 256;
constexpr std::size_t most_clients = 100000;  // each costs a descriptor
constexpr std::chrono::milliseconds shortest_idle{10};
constexpr std::chrono::hours longest_idle{24};
constexpr std::uint64_t fastest_pace = 1000000000;
constexpr std::chrono::milliseconds shortest_drain{0};
constexpr std::chrono::hours longest_drain{1};

// Where to listen: everywhere, or at the address that --host names.
echo::Listener listen(std::string_view host, std::uint16_t port) {
    if (host == everywhere) return echo::listen(port);
    const bool is_ipv6 = host.find(':') != host.npos;
    const std::string address = is_ipv6 ? '[' + std::string(host) + ']' : std::string(host);
    try {
        return echo::listen(echo::Endpoint::parse(address + ':' + std::to_string(port)));
    } catch (const echo::Error& error) {
        if (error.code() != std::errc::invalid_argument) throw;
        throw echo::UsageError("--host " + echo::quote(host) +
                               ": not an address; give one of this machine's, such as 127.0.0.1");
    }
}

// Who can reach us, which somebody who only wanted to try it may not expect.
std::string first_line(const echo::Endpoint& where) {
    return "listening on " + where.text() +
           (where.address() == "::" || where.address() == "0.0.0.0"
                ? ", every address of this machine; --host 127.0.0.1 for this machine only"
                : "");
}

// One of the words that an option may have; which one is its place in the list.
template <std::size_t count>
std::size_t choice(echo::Arguments& arguments, std::string_view option,
                   const std::array<std::string_view, count>& words, std::string_view otherwise) {
    const std::string_view word = arguments.value(option, otherwise);
    const auto* const found = std::find(words.begin(), words.end(), word);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    std::string message =
        std::string(option) + ' ' + echo::quote(word) + ": not valid; give one of";
    for (const std::string_view known : words) message.append(" ").append(known);
    throw echo::UsageError(message);
}

// The levels of the log, and one above them all.
constexpr std::array<std::string_view, 5> levels{"debug", "info", "warning", "error", "none"};
constexpr std::array<std::string_view, 2> formats{"text", "json"};

echo::Log log_of(echo::Arguments& arguments) {
    const auto level = static_cast<echo::Level>(choice(arguments, "--log-level", levels, "info"));
    const auto format =
        static_cast<echo::Log::Format>(choice(arguments, "--log-format", formats, "text"));
    return echo::Log(level, format);
}

echo::ServerOptions options_of(echo::Arguments& arguments) {
    echo::ServerOptions options;
    options.threads =
        static_cast<std::size_t>(arguments.number("--threads", options.threads, 1, most_threads));
    options.max_clients = static_cast<std::size_t>(
        arguments.number("--max-clients", options.max_clients, 1, most_clients));
    options.idle = arguments.duration("--idle", options.idle, shortest_idle, longest_idle);
    options.pace = arguments.number("--pace", options.pace, 1, fastest_pace);
    options.drain = arguments.duration("--drain", options.drain, shortest_drain, longest_drain);
    return options;
}

// Nobody counts the milliseconds of a long stay.
std::string text(echo::Clock::duration stay) {
    constexpr std::chrono::seconds long_stay{10};
    return echo::text(stay < long_stay ? stay : std::chrono::floor<std::chrono::seconds>(stay));
}

std::string text(const echo::ServerSummary& done) {
    return "stopped: clients " + std::to_string(done.clients) + ", bytes in " +
           std::to_string(done.received) + ", bytes out " + std::to_string(done.sent) +
           ", longest stay " + text(done.longest_stay) + ", let go " + std::to_string(done.let_go) +
           ", given up " + std::to_string(done.given_up) + ", refused " +
           std::to_string(done.refused);
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, usage, [](echo::Arguments& arguments) -> int {
        const echo::Log log = log_of(arguments);
        echo::ServerOptions options = options_of(arguments);
        options.log = &log;
        const std::string_view host = arguments.value("--host", everywhere);
        const bool traces = arguments.flag("--trace");
        DiagramFile diagram(arguments.value("--diagram", DiagramFile::none));
        const std::uint16_t port = arguments.next_port(default_port);
        arguments.done();

        if (traces) echo::trace(std::cerr);
        diagram.begin();
        echo::Server server(listen(host, port), {}, options);
        server.catch_signals();  // before anybody knows that we are here
        echo::print_line(first_line(server.endpoint()));
        log.write(echo::Level::info, text(server.run()));
        diagram.write();
        return 0;
    });
}
