#include "tool.hpp"

#include "json.hpp"
#include "signs.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <utility>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Count = Evidence::Count;

[[noreturn]] void fail(ServerTest& test, Evidence evidence) {
    test.subject().look_and_fail(std::move(evidence));
}

Evidence evidence_of(Wanted wanted, std::string expected, std::string got) {
    Evidence evidence;
    evidence.wanted = wanted;
    evidence.expected_text = std::move(expected);
    evidence.got_text = std::move(got);
    return evidence;
}

// What becomes of one who connects there and says something; empty: it is served.
std::string fate_at(ServerTest& test, const std::string& address) {
    constexpr std::string_view words = "can you hear me?\n";
    const echo::Deadline deadline = echo::after(patience() / 2);
    try {
        echo::Connection client = echo::connect(address, test.subject().program->port(), deadline);
        if (!client.send_all(words, deadline)) return "a connection that is broken";
        std::array<char, words.size()> echo;
        if (!client.recv_exactly(echo, deadline)) return "a connection, and no echo";
        return {};
    } catch (const echo::Error& error) {
        return error.what();
    }
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (!line.empty()) lines.push_back(std::move(line));
    }
    return lines;
}

std::vector<std::string> log_of(ServerTest& test) {
    return lines_of(test.subject().program->process().errors());
}

bool names(std::string_view text, const echo::Endpoint& client) {
    return names_client(text, client.address(), std::to_string(client.port()));
}

// What is wrong with it; empty: nothing.
std::string fault_of_json(const std::string& line) {
    const auto members = json_object(line);
    if (!members) return "a line that is not one object in JSON: " + line;
    for (const char* member : {"time", "level", "message"})
        if (members->count(member) == 0 || members->at(member) == "\"\"")
            return std::string("a line without \"") + member + "\": " + line;
    return {};
}

bool has_peer(const std::string& line, const echo::Endpoint& client) {
    const auto members = json_object(line);
    return members && members->count("peer") > 0 && names(members->at("peer"), client);
}

// How often the number stands there by itself, and not as a part of another one. It may have commas:
// 1,234.
std::size_t times_in(std::string line, std::size_t number) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    std::size_t count = 0;
    for (std::size_t i = 1; i + 3 < line.size(); ++i)
        if (line[i] == ',' && digit(line[i - 1]) && digit(line[i + 1])) line.erase(i, 1);
    const std::string digits = std::to_string(number);
    for (std::size_t at = 0; (at = line.find(digits, at)) != line.npos; ++at) {
        const std::size_t end = at + digits.size();
        const bool begins = at == 0 || !digit(line[at - 1]);
        if (begins && (end == line.size() || !digit(line[end]))) ++count;
    }
    return count;
}

// As often as it speaks of bytes, it says so many: bytes in and bytes out are the same.
bool tells_bytes(const std::string& line, std::size_t bytes) {
    const std::string words = lower_case(line);
    std::size_t count = 0;
    for (std::size_t at = 0; (at = words.find("byte", at)) != words.npos; ++at) ++count;
    return times_in(line, bytes) >= count;
}

// The last line that speaks of clients and of bytes, and not of one client.
std::optional<std::string> summary_in(const std::vector<std::string>& log,
                                      const std::vector<echo::Endpoint>& clients) {
    for (auto line = log.rbegin(); line != log.rend(); ++line) {
        const std::string words = lower_case(*line);
        const bool about_one = std::any_of(clients.begin(), clients.end(),
                                           [&](const auto& one) { return names(*line, one); });
        if (contains(words, "client") && contains(words, "byte") && !about_one) return *line;
    }
    return std::nullopt;
}

}  // namespace

bool has_address(std::string_view address) {
    const bool is_ipv6 = address.find(':') != address.npos;
    const std::string host = is_ipv6 ? '[' + std::string(address) + ']' : std::string(address);
    try {
        (void)echo::listen(echo::Endpoint::parse(host + ":0"));
        return true;
    } catch (const echo::Error&) {
        return false;
    }
}

void expect_reached(ServerTest& test, const std::vector<std::string>& addresses) {
    for (const std::string& address : addresses) {
        if (!has_address(address)) continue;
        test.subject().story.step("the test connected to " + address + ", and said something");
        const std::string fate = fate_at(test, address);
        if (fate.empty()) {
            ++test.subject().past.clients;
            test.subject().story.good();
            continue;
        }
        Evidence evidence = evidence_of(Wanted::reached, "an echo, at " + address, fate);
        evidence.address = address;
        fail(test, std::move(evidence));
    }
}

void expect_not_reached(ServerTest& test, const std::vector<std::string>& addresses) {
    for (const std::string& address : addresses) {
        if (!has_address(address)) continue;
        test.subject().story.step("the test looked whether it is reached at " + address, 0);
        if (!fate_at(test, address).empty()) {
            test.subject().story.good();
            continue;
        }
        Evidence evidence = evidence_of(Wanted::not_reached, "nobody who listens at " + address,
                                        "an echo, at " + address);
        evidence.address = address;
        fail(test, std::move(evidence));
    }
}

void expect_told_how_to_restrict(ServerTest& test) {
    test.subject().story.step("the test read the program's first line");
    const std::string output = test.subject().program->process().output();
    const std::string line = output.substr(0, output.find('\n'));
    const bool everywhere = contains(line, "on [::]:") || contains(line, "on 0.0.0.0:");
    if (everywhere && contains(line, "--host")) return test.subject().story.good();
    fail(test, evidence_of(Wanted::first_line,
                           "a first line that says every address, and names --host", line));
}

void expect_many_threads(ServerTest& test) {
    const auto wanted = static_cast<std::size_t>(test.subject().past.threads);
    test.subject().story.step("the test looked how many threads the program has");
    const auto count = [&] {
        const Holdings now = test.subject().program->process().holdings();
        return now.threads.value_or(wanted) + now.children.value_or(0);
    };
    if (test.subject().await(echo::after(patience() / 4), [&] { return count() >= wanted; }))
        return test.subject().story.good();
    fail(test, evidence_of(Wanted::many_threads, "at least " + std::to_string(wanted) + " threads",
                           std::to_string(count())));
}

void end(StoppableServer& test) {
    Process& process = test.subject().program->process();
    const bool asked = test.ask_to_stop(StoppableServer::StopBy::terminate);
    if (asked && test.subject().await_end(echo::after(patience()))) return;
    process.kill();
    (void)process.wait(echo::after(patience()));
}

void expect_json_log(StoppableServer& test, const echo::Endpoint& client) {
    test.subject().story.step("the test read the program's log");
    const std::vector<std::string> log = log_of(test);
    std::string fault;
    for (auto line = log.begin(); line != log.end() && fault.empty(); ++line)
        fault = fault_of_json(*line);
    const bool told = std::any_of(log.begin(), log.end(),
                                  [&](const auto& line) { return has_peer(line, client); });
    if (fault.empty() && !told) fault = "no line with \"peer\": \"" + client.text() + "\"";
    if (fault.empty()) return test.subject().story.good();
    fail(test, evidence_of(Wanted::json_log,
                           "lines that are each an object, with time, level, message, and peer "
                           "where it is about a client",
                           fault));
}

std::size_t lines_about(StoppableServer& test, const echo::Endpoint& client) {
    const std::vector<std::string> log = log_of(test);
    return static_cast<std::size_t>(std::count_if(
        log.begin(), log.end(), [&](const std::string& line) { return names(line, client); }));
}

void expect_more_at_debug(StoppableServer& test, std::size_t at_info, std::size_t at_debug) {
    test.subject().story.step("the test compared what a log at info and one at debug tell");
    if (at_debug >= at_info) return test.subject().story.good();
    fail(test, evidence_of(Wanted::silent_log,
                           "at debug as many lines about a client as at info, " +
                               std::to_string(at_info) + ", or more",
                           std::to_string(at_debug) + " lines"));
}

void expect_silent_log(StoppableServer& test, const std::vector<echo::Endpoint>& clients) {
    test.subject().story.step("the test read the program's log");
    for (const std::string& line : log_of(test))
        for (const echo::Endpoint& client : clients)
            if (names(line, client))
                fail(test, evidence_of(Wanted::silent_log,
                                       "no line about clients that come, talk and go", line));
    test.subject().story.good();
}

void expect_summary(StoppableServer& test, const std::vector<echo::Endpoint>& clients,
                    std::size_t bytes) {
    const std::size_t count = clients.size();
    test.subject().story.step("the test read the program's log");
    const auto line = summary_in(log_of(test), clients);
    Evidence evidence = evidence_of(Wanted::summary,
                                    "a line with the words clients and bytes, and the numbers " +
                                        std::to_string(count) + " and " + std::to_string(bytes),
                                    line.value_or("no such line"));
    if (line && times_in(*line, count) == 0)
        evidence.miscounted = Count::clients;
    else if (line && !tells_bytes(*line, bytes))
        evidence.miscounted = Count::bytes;
    else if (line)
        return test.subject().story.good();
    fail(test, std::move(evidence));
}

}  // namespace harness
