#include "options.hpp"

namespace {

using namespace std::chrono_literals;
using echo::UsageError;

constexpr std::string_view default_host = "127.0.0.1";
constexpr std::uint16_t default_port = 7777;
constexpr std::size_t default_size = 64;
constexpr std::size_t largest_size = std::size_t{16} * 1024 * 1024;
constexpr std::size_t most_connections = 100000;  // each costs a descriptor
constexpr std::uint64_t most_messages = 1000000000;
constexpr echo::Clock::duration not_given = -1ms;

// "4444" alone is a port that somebody has written without a host.
bool is_host(std::string_view word) {
    return word.find_first_not_of("0123456789") != std::string_view::npos;
}

// Not given: 0, -1 ms, or no text at all.
struct Given {
    std::string_view message;
    std::uint64_t count, connections, size;
    echo::Clock::duration interval, duration;
};

Given read_modes(echo::Arguments& arguments) {
    Given given{};
    given.message = arguments.value("--message", {});
    given.count = arguments.number("--count", 0, 1, most_messages);
    given.interval = arguments.duration("--interval", not_given, 0ms, 1h);
    given.connections = arguments.number("--connections", 0, 1, most_connections);
    given.duration = arguments.duration("--duration", not_given, 10ms, 24h);
    given.size = arguments.number("--size", 0, 1, largest_size);
    return given;
}

void check(const Given& given) {
    const bool message = given.message.data() != nullptr;
    const bool ping = given.count != 0, load = given.connections != 0;
    if (message + ping + load > 1)
        throw UsageError("--message, --count and --connections exclude each other; give one");
    if (given.interval != not_given && !ping)
        throw UsageError("--interval goes with --count; add --count, such as --count 5");
    if (given.duration != not_given && !load)
        throw UsageError(
            "--duration goes with --connections; add --connections, such as "
            "--connections 10");
    if (given.size != 0 && !ping && !load)
        throw UsageError("--size goes with --count or --connections; add one of them");
}

void fill_in(Options& options, const Given& given) {
    using Mode = Options::Mode;
    options.mode = given.message.data() ? Mode::message
                   : given.count        ? Mode::ping
                   : given.connections  ? Mode::load
                                        : Mode::lines;
    options.message = std::string(given.message) + '\n';
    options.count = given.count;
    options.interval = given.interval != not_given ? given.interval : 1s;
    options.connections = static_cast<std::size_t>(given.connections);
    options.duration = given.duration != not_given ? given.duration : 10s;
    options.size = given.size ? static_cast<std::size_t>(given.size) : default_size;
}

}  // namespace

const std::string_view usage =
    "[options] [host] [port]\n"
    "\n"
    "Talks to an echo server, at 127.0.0.1, port 7777, unless told another host or port.\n"
    "Without options it sends what it reads from standard input, line by line, and prints what\n"
    "comes back; the end of the input (Ctrl-D, on Windows Ctrl-Z and Enter) ends it.\n"
    "\n"
    "  --message TEXT        sends TEXT and the end of a line, and prints the echo\n"
    "  --count N             sends N messages, one after the other, and measures round trips\n"
    "    --interval DURATION   so far apart (1s; say 0ms, 500ms, 2m)\n"
    "  --connections N       keeps N connections busy at once, and measures all of them\n"
    "    --duration DURATION   for so long (10s)\n"
    "    --size BYTES          with both: how long a message is (64)\n"
    "  --timeout DURATION    how long to wait for a connection, and for each echo (10s)\n"
    "  --json                prints nothing but one JSON object, at the end\n"
    "  --help, --version\n"
    "\n"
    "With the first three every byte that comes back is compared with what was sent. Ctrl-C ends\n"
    "--count and --connections early, with the figures so far.\n"
    "\n"
    "examples:\n"
    "  echo-client 192.0.2.7 4444                        type lines, see their echoes\n"
    "  echo-client --message hello --timeout 2s HOST     one answer: is there a way?\n"
    "  echo-client --count 5 --interval 200ms HOST 4444  how long is it?\n"
    "  echo-client --connections 50 --duration 5s HOST   how much goes through?\n"
    "\n"
    "exit codes:\n"
    "  0  every byte came back as it was sent (without options: as many as were sent)\n"
    "  1  something else went wrong on this side\n"
    "  2  the command line\n"
    "  3  refused: the host is there, nothing listens on the port\n"
    "  4  no answer to the attempt to connect: a firewall may drop it\n"
    "  5  unreachable: the network knows no way to the host\n"
    "  6  no such host\n"
    "  7  connected, but the echo does not come in time, or the connection ends\n"
    "  8  connected, but what comes back is not what was sent\n"
    "\n"
    "fields of the JSON object:\n"
    "  mode (lines, message, ping, load), host, port, status (ok, or as above), exit_code;\n"
    "  error, if there is one: in words;  address: who answered, once connected;\n"
    "  lines: bytes_sent, bytes_received;  message: sent, received, round_trip_ms;\n"
    "  ping: size, sent, received, round_trip_ms;\n"
    "  load: connections, failed, size, seconds, messages, messages_per_second,\n"
    "  bytes_per_second, round_trip_ms, histogram: a list of {up_to_ms, count}.\n"
    "  round_trip_ms of ping and load: {min, mean, p50, p90, p99, p999, max}, when there is one.\n"
    "  A byte that is not ASCII is written as the character with its number, \\u0080 to \\u00ff.";

std::string_view name(Options::Mode mode) {
    switch (mode) {
        case Options::Mode::message: return "message";
        case Options::Mode::ping: return "ping";
        case Options::Mode::load: return "load";
        case Options::Mode::lines: break;
    }
    return "lines";
}

Options read_options(echo::Arguments& arguments) {
    Options options;
    const Given given = read_modes(arguments);  // first: a text may look like an option
    options.timeout = arguments.duration("--timeout", 10s, 1ms, 24h);
    options.json = arguments.flag("--json");
    options.host = arguments.next(default_host);
    options.port = arguments.next_port(default_port);
    arguments.done();
    check(given);
    if (!is_host(options.host))
        throw UsageError("not a host: " + echo::quote(options.host) +
                         "; the host comes first, then the port");
    fill_in(options, given);
    return options;
}
