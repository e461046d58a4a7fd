// Lesson 13: the echo server, the finished tool. echo::Server is lesson 12's server, for any number
// of threads: read it at the end of echo.hpp. What a person at a command line needs around it is
// yours. The TODO numbers are the same in README.md.

#include <echo.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

constexpr std::string_view usage =
    "[--max-clients N] [--idle DURATION] [--pace BYTES] [--drain DURATION] [port]";

constexpr std::uint16_t default_port = 7777;
constexpr std::size_t most_clients = 100000;  // each costs a descriptor
constexpr std::chrono::milliseconds shortest_idle{10};
constexpr std::chrono::hours longest_idle{24};
constexpr std::uint64_t fastest_pace = 1000000000;
constexpr std::chrono::milliseconds shortest_drain{0};
constexpr std::chrono::hours longest_drain{1};

// TODO 2: take --threads N (1): so many loops, and so many threads.
echo::ServerOptions options_of(echo::Arguments& arguments) {
    echo::ServerOptions options;
    options.max_clients = static_cast<std::size_t>(
        arguments.number("--max-clients", options.max_clients, 1, most_clients));
    options.idle = arguments.duration("--idle", options.idle, shortest_idle, longest_idle);
    options.pace = arguments.number("--pace", options.pace, 1, fastest_pace);
    options.drain = arguments.duration("--drain", options.drain, shortest_drain, longest_drain);
    return options;
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, usage, [](echo::Arguments& arguments) -> int {
        // TODO 3: take --log-level (debug, info, warning, error or none) and --log-format (text or
        // json), and give both to the log.
        const echo::Log log;
        echo::ServerOptions options = options_of(arguments);
        options.log = &log;
        const std::uint16_t port = arguments.next_port(default_port);
        arguments.done();

        // TODO 1: listen at every address of this machine, or at the one that --host names; and when
        // it is every address, say so in the first line, and name the option.
        echo::Server server(echo::listen(echo::Endpoint::loopback(port)), {}, options);
        server.catch_signals();  // before anybody knows that we are here
        echo::print_line("listening on " + server.endpoint().text());

        // TODO 4: at the end say what it did: so many clients, bytes in, bytes out, in one line of
        // the log.
        // TODO 5: measure it beside the four shapes (README.md says how), and explain the figures.
        (void)server.run();
        return 0;
    });
}
