// cause: json-lacks-a-member
// not on Windows: its log is looked at in the end, and under Wine nobody can ask it to stop
// Its own JSON says what, and not when, nor of whom.

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>

namespace {

constexpr std::array<std::string_view, 5> levels{"debug", "info", "warning", "error", "none"};
constexpr std::array<std::string_view, 2> formats{"text", "json"};

// Which one of these words the option has.
template <class Words>
std::size_t choice(echo::Arguments& arguments, std::string_view option, const Words& words,
                   std::string_view otherwise) {
    const std::string_view word = arguments.value(option, otherwise);
    const auto found = std::find(words.begin(), words.end(), word);
    if (found == words.end())
        throw echo::UsageError(std::string(option) + ' ' + echo::quote(word) + ": not valid");
    return static_cast<std::size_t>(found - words.begin());
}

echo::Listener listen(std::string_view host, std::uint16_t port) {
    if (host == "*") return echo::listen(port);
    if (host.empty()) throw echo::UsageError("--host: no address");
    const bool is_ipv6 = host.find(':') != host.npos;
    const std::string address = is_ipv6 ? '[' + std::string(host) + ']' : std::string(host);
    return echo::listen(echo::Endpoint::parse(address + ':' + std::to_string(port)));
}

echo::ServerOptions options_of(echo::Arguments& arguments) {
    using namespace std::chrono_literals;
    echo::ServerOptions options;
    options.threads = arguments.number("--threads", 1, 1, 256);
    options.max_clients = arguments.number("--max-clients", 1000, 1, 100000);
    options.idle = arguments.duration("--idle", 5min, 10ms, 24h);
    options.pace = arguments.number("--pace", 1, 1, 1000000);
    options.drain = arguments.duration("--drain", 5s, 0ms, 1h);
    return options;
}

std::string text(const echo::ServerSummary& done) {
    return "stopped: clients " + std::to_string(done.clients) + ", bytes in " +
           std::to_string(done.received) + ", bytes out " + std::to_string(done.sent);
}

}  // namespace

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[options] [port]", [](echo::Arguments& arguments) -> int {
        const auto level = choice(arguments, "--log-level", levels, "info");
        const auto format = choice(arguments, "--log-format", formats, "text");
        const echo::Log log(static_cast<echo::Level>(level),
                            static_cast<echo::Log::Format>(format));
        echo::ServerOptions options = options_of(arguments);
        if (format == 0) options.log = &log;
        const std::string_view host = arguments.value("--host", "*");
        const std::uint16_t port = arguments.next_port(7777);
        arguments.done();
        echo::Server server(listen(host, port), {}, options);
        server.catch_signals();
        const std::string who = host == "*" ? ", every address; --host restricts it" : "";
        echo::print_line("listening on " + server.endpoint().text() + who);
        const std::string words = text(server.run());
        if (format == 0) log.write(echo::Level::info, words);
        if (format == 1)
            std::cerr << R"({"level":"info","message":")" + words + "\"}\n" << std::flush;
        return 0;
    });
}
