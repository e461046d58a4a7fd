// Lesson 13: what goes wrong with the finished tool, its options and its log.

#include "../causes.hpp"
#include "../json.hpp"
#include "../signs.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Refusal = Evidence::Refusal;
using Count = Evidence::Count;

constexpr std::string_view row_option =
    "the server does not start with `--threads 4` or `--log-format json`";
constexpr std::string_view row_value = "`--threads 0` or `--host \"\"` is accepted, or not named";
constexpr std::string_view row_reach = "nobody reaches it from elsewhere, or not by IPv6";
constexpr std::string_view row_line = "the first line does not say who can reach it";
constexpr std::string_view row_host = "with `--host` it is reached elsewhere, too";
constexpr std::string_view row_threads = "`--threads 4`, and it has one thread";
constexpr std::string_view row_awake = "it has several threads, nobody talks, and it is busy";
constexpr std::string_view row_seats = "with several threads more are served than `--max-clients`";
constexpr std::string_view row_json = "a line of the log is no object in JSON";
constexpr std::string_view row_level = "`--log-level warning`, and its log tells who came";
constexpr std::string_view row_summary = "the summary is missing, or does not add up";

bool refused_at_start(const Evidence& e) {
    return e.past.options && start(e, "ended before it said");
}

bool unreached(const Evidence& e) { return e.wanted == Wanted::reached && !e.ending; }
// Another address of the same family, or its own words, tell it.
bool at_home_only(const Evidence& e) {
    const bool says_so = contains_any(e.output, {"on 127.0.0.1:", "on [::1]:", "on localhost:"});
    return unreached(e) && !e.past.options && (e.address == "127.0.0.2" || says_so);
}

bool refusal_of(const Evidence& e, Refusal what) {
    return e.wanted == Wanted::refusal && e.refusal == what;
}

bool any_line(std::string_view log, bool (*is_so)(const std::string&)) {
    std::istringstream lines{std::string(log)};
    for (std::string line; std::getline(lines, line);)
        if (!line.empty() && is_so(line)) return true;
    return false;
}
bool is_text(const std::string& line) { return line.front() != '{'; }
bool is_broken(const std::string& line) { return !json_object(line); }
bool is_a_part(const std::string& line) { return line == "{" || line == "[" || line.back() == '['; }

const std::vector<Rule> rules = {
    {"does-not-know-the-option", Basis::ending, row_option, refused_at_start,
     "the server ended at once when it was started with options behind its port. Take --host, "
     "--threads, --log-level and --log-format from the command line, and keep those it had."},
    {"refuses-a-good-value", Basis::ending, row_option,
     [](const Evidence& e) {
         return refused_at_start(e) &&
                contains_any(e.errors, {"--host", "--threads", "--log-level", "--log-format"}) &&
                contains_any(e.errors, {"not valid", "not an address", "invalid"});
     },
     "the server knows this option, and refuses a value that it has to take: \"{error}\". An IPv6 "
     "address takes brackets before its port: [::1]:7777.",
     "does-not-know-the-option"},

    {"bad-option-accepted", Basis::deeds, row_value,
     [](const Evidence& e) { return refusal_of(e, Refusal::bad_option) && !e.ending; },
     "the server runs, although an option has a value that it can't have, or none. Somebody has "
     "mistyped it, or a variable of a script was empty: refuse it, and say what there is."},
    {"option-not-named", Basis::shape, row_value,
     [](const Evidence& e) {
         return refusal_of(e, Refusal::bad_option) && e.ending && !crashed(*e.ending) &&
                e.ending->code == 2 && !e.errors.empty();
     },
     "the server refuses a value, and does not say in one line whose: name the option, and what it "
     "was given."},

    {"only-this-machine", Basis::deeds, row_reach, at_home_only,
     "the server is reached at 127.0.0.1 and nowhere else: that is what Endpoint::loopback means. "
     "echo::listen(port) listens at every address of the machine."},
    {"only-one-family", Basis::deeds, row_reach,
     [](const Evidence& e) { return unreached(e) && !e.past.options && !at_home_only(e); },
     "clients of IPv4 reach the server, and those of IPv6 do not, or the other way round. "
     "echo::listen(port) takes both with one socket, at [::] and with IPV6_V6ONLY switched off."},
    {"not-at-its-host", Basis::deeds, row_host,
     [](const Evidence& e) { return unreached(e) && e.past.options; },
     "--host names an address, and the server can't be reached there. Listen at that address: "
     "echo::listen(echo::Endpoint::parse(...))."},
    {"host-ignored", Basis::deeds, row_host,
     [](const Evidence& e) { return e.wanted == Wanted::not_reached; },
     "--host names one address, and the server is reached at others, too. Whoever writes it relies "
     "on it: listen at this address alone."},
    {"host-ignored", Basis::deeds, row_host,
     [](const Evidence& e) {
         return refusal_of(e, Refusal::failed_call) && !e.ending && !e.refused_word.empty();
     },
     "--host names an address that this machine does not have, and the server runs. Listen at that "
     "address: the system refuses it."},
    {"does-not-say-who", Basis::deeds, row_line,
     [](const Evidence& e) { return e.wanted == Wanted::first_line; },
     "the server listens at every address, and its first line does not say so, or not how to "
     "restrict it. Whoever only tries it has opened a port to the whole network: name --host."},

    {"threads-ignored", Basis::deeds, row_threads,
     [](const Evidence& e) { return e.wanted == Wanted::many_threads; },
     "the server has fewer threads than --threads says, so one processor does all of the work. "
     "Give "
     "the number to ServerOptions::threads."},
    {"threads-never-sleep", Basis::deeds, row_awake,
     [](const Evidence& e) { return e.past.threads > 1 && keeps_awake(e); },
     "nobody says anything, and the threads wake again and again to look: for a client, a seat or "
     "the stop. Let each of them wait for all that it waits for in one call."},
    {"seats-for-each-thread", Basis::deeds, row_seats,
     [](const Evidence& e) {
         return e.wanted == Wanted::no_seat && e.past.threads > 1 && e.past.seated > e.past.seats &&
                e.past.seated <= e.past.seats * e.past.threads;
     },
     "each thread counts its own clients, and takes as many as --max-clients says, so together "
     "they "
     "take a multiple of it. Share one count among them, guarded by a lock, as echo's Door does."},

    {"log-is-text", Basis::deeds, row_json,
     [](const Evidence& e) { return e.wanted == Wanted::json_log && any_line(e.errors, is_text); },
     "with --log-format json there are lines that are none: a program that reads the log stumbles. "
     "Give the format to the log, and write nothing beside it.",
     "broken-json"},
    {"objects-over-lines", Basis::deeds, row_json,
     [](const Evidence& e) {
         return e.wanted == Wanted::json_log && any_line(e.errors, is_a_part);
     },
     "an object, or a list of them, is spread over lines. Whoever reads a log takes a line at a "
     "time: put each object into a line of its own.",
     "log-is-text"},
    {"broken-json", Basis::deeds, row_json,
     [](const Evidence& e) {
         return e.wanted == Wanted::json_log && any_line(e.errors, is_broken);
     },
     "a line looks like JSON and is not valid. In a string a quote, a backslash and each control "
     "character have to be escaped, whoever has sent them."},
    {"json-lacks-a-member", Basis::deeds, row_json,
     [](const Evidence& e) {
         return e.wanted == Wanted::json_log && !any_line(e.errors, is_broken);
     },
     "the lines are valid JSON, and something is not in them: each has time, level and message, "
     "and "
     "peer where it is about a client."},
    {"level-ignored", Basis::deeds, row_level,
     [](const Evidence& e) { return e.wanted == Wanted::silent_log; },
     "--log-level leaves out what is less grave than it says, and the log tells something else. "
     "Give the level to the log, write all lines through it, and keep its levels in order: debug, "
     "info, warning, error, none."},

    {"no-summary", Basis::deeds, row_summary,
     [](const Evidence& e) { return e.wanted == Wanted::summary && e.miscounted == Count::none; },
     "the server has stopped, and no line says what it did. Server::run() returns it: write the "
     "clients and the bytes into one line of the log."},
    {"miscounts-clients", Basis::deeds, row_summary,
     [](const Evidence& e) { return e.miscounted == Count::clients; },
     "the summary's number of clients is another one. Each counts once, when it is accepted, "
     "however it leaves, or if it is still there; and those of all threads count."},
    {"miscounts-bytes", Basis::deeds, row_summary,
     [](const Evidence& e) { return e.miscounted == Count::bytes; },
     "the summary's number of bytes is another one. Add up what recv and send return, for all "
     "clients of all threads, those too that are still there or have broken off."},
};

const LessonCauses lesson{"13-the-echo-server", rules};
const Known known(lesson);

}  // namespace
}  // namespace harness
