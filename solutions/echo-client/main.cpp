// The tool echo-client: lesson 02's client grown up. It talks to an echo server line by line,
// checks whether there is one, measures how quick it is, and puts it under load.
//
// options.hpp   what the command line asks for
// outcome.hpp   what may be found out, as an exit code
// lines.cpp     lines from standard input
// message.cpp   one message
// ping.cpp      messages one after the other
// load.cpp      many connections at once
// exchange.hpp  one connection of those two; histogram.hpp, json.hpp: what they report

#include "modes.hpp"
#include "outcome.hpp"

#include <exception>
#include <iostream>

namespace {

void run(const Options& options, Json& report) {
    switch (options.mode) {
        case Options::Mode::lines: return talk_in_lines(options, report);
        case Options::Mode::message: return send_message(options, report);
        case Options::Mode::ping: return ping(options, report);
        case Options::Mode::load: return put_under_load(options, report);
    }
}

Outcome complain(Json& report, Outcome outcome, std::string_view what) {
    report.text("error", what);
    std::cerr << "echo-client: " + std::string(what) + '\n';
    return outcome;
}

Outcome judge(const Options& options, Json& report) {
    try {
        run(options, report);
        return Outcome::fine;
    } catch (const Trouble& trouble) {
        return complain(report, trouble.outcome(), trouble.what());
    } catch (const echo::Error& error) {
        return complain(report, outcome_of(error), error.what());
    } catch (const std::exception& error) {
        return complain(report, Outcome::failed, error.what());
    }
}

}  // namespace

echo::Connection connect(const Options& options, Json& report) {
    auto server = echo::connect(options.host, options.port, echo::after(options.timeout));
    report.text("address", server.peer().text());
    return server;
}

int main(int argc, char** argv) {
    // The C library's own buffering is in the way: std::cin has to know what is here already.
    std::ios::sync_with_stdio(false);
    echo::use_binary_streams();

    return echo::run_tool(argc, argv, usage, [](echo::Arguments& arguments) -> int {
        const Options options = read_options(arguments);
        Json report;
        report.text("mode", name(options.mode));
        report.text("host", options.host).number("port", std::uint64_t{options.port});
        const Outcome outcome = judge(options, report);
        const int exit_code = static_cast<int>(outcome);
        report.text("status", name(outcome)).number("exit_code", std::uint64_t(exit_code));
        if (options.json) echo::print_line(report.finished());
        return exit_code;
    });
}
