// The state diagrams are true: lessons' solutions are led into every state, and the calls that they
// make for a connection are a way through the diagram.
#include "diagram.hpp"
#include "played.hpp"
#include "resets.hpp"
#include "states.hpp"

#include "catch.hpp"
#include "program.hpp"

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

using course::Machine;
using Calls = std::vector<std::string>;

// A client can wait so long for a server that says goodbye for two seconds.
echo::Deadline soon() { return echo::after(harness::patience() + std::chrono::seconds(2)); }

void send(echo::Connection& client, const std::string& bytes) {
    REQUIRE(client.send_all(bytes, soon()));
}

void recv(echo::Connection& client, std::size_t bytes) {
    std::string buffer(bytes, '\0');
    REQUIRE(client.recv_exactly(buffer, soon()));
}

void recv_end(echo::Connection& client) {
    std::array<char, 1> buffer{};
    REQUIRE(client.recv(buffer, soon()).status == echo::Status::end);
}

void send_hello(echo::Connection& client) { send(client, "hello\n"); }

// As most clients: one line there and back.
void talk(echo::Connection& client) {
    send_hello(client);
    recv(client, 6);
}

// The server says goodbye, after a send that failed.
void hear_goodbye(echo::Connection& client) {
    send_hello(client);
    recv_end(client);
}

void leave(echo::Connection& client) {
    client.shutdown_send();
    recv_end(client);
}

// More than the server drops after its goodbye; it closes in the middle of it.
void flood(echo::Connection& client) {
    hear_goodbye(client);
    const std::string much(std::size_t{1} << 20, 'x');
    for (int megabytes = 0; megabytes < 64; ++megabytes)
        if (!client.send_all(much, soon())) return;
}

// What a client does, and what goes wrong meanwhile.
struct Scenario {
    std::string faults;
    std::function<void(echo::Connection&)> act;
    bool resets = false;
    std::vector<std::string> arguments{};
};

const std::string fails = "send:ENOBUFS@1";

std::vector<Scenario> of_all_lessons() {
    return {
        {"", [](auto& client) { talk(client), leave(client); }},
        {"", [](auto& client) { talk(client), client.reset(); }, true},
        {fails, [](auto& client) { hear_goodbye(client), send_hello(client), leave(client); }},
        {fails, [](auto& client) { hear_goodbye(client), client.reset(); }, true},
        {fails, hear_goodbye},  // and then it is silent for more than two seconds
        {fails, flood},
    };
}

// What a server that never blocks can meet, too.
std::vector<Scenario> of_a_queue() {
    return {
        {"send:EAGAIN@1", [](auto& client) { talk(client), talk(client), leave(client); }},
        {"send:EAGAIN@1; send:EAGAIN@3; send:short=3",
         [](auto& client) { talk(client), leave(client); }},
        {"send:EAGAIN@1; send:ENOBUFS@2",
         [](auto& client) { hear_goodbye(client), leave(client); }},
    };
}

// One who talks, and then is silent for more than a stretch: it is let go.
std::vector<Scenario> of_deadlines() {
    return {{"", [](auto& client) { talk(client), recv_end(client); }, false, {"--idle", "500ms"}}};
}

std::vector<Scenario> scenarios(const std::string& lesson) {
    std::vector<Scenario> all = of_all_lessons();
    const auto add = [&](std::vector<Scenario> more) {
        std::move(more.begin(), more.end(), std::back_inserter(all));
    };
    if (lesson >= "10") add(of_a_queue());
    if (lesson >= "11") add(of_deadlines());
    return all;
}

// The calls of the server for its only client, from accept to close.
Calls run(const std::string& lesson, const Scenario& scenario) {
    harness::set_default_program(ECHO_BUILD_DIR "/solutions/" + lesson + "/server");
    harness::Program server =
        harness::Program::server({.faults = scenario.faults, .arguments = scenario.arguments});
    echo::Connection client = echo::connect(
        echo::Endpoint::parse(server.host() + ':' + std::to_string(server.port())), soon());
    scenario.act(client);
    const echo::Deadline deadline = soon();
    Calls calls;
    do {
        calls = course::connection_calls(server.trace());
    } while ((calls.empty() || calls.back() != "close") && echo::Clock::now() < deadline &&
             !server.process().wait(echo::after(std::chrono::milliseconds(5))));
    return calls;
}

// The ways that no run has taken.
std::vector<std::string> untaken(const Machine& machine, const std::set<int>& taken) {
    std::vector<std::string> found;
    for (const course::Transition& transition : machine.transitions)
        for (const course::Way& way : transition.ways)
            if (taken.count(way.line) == 0)
                found.push_back(machine.at(way.line) +
                                ": no run goes this way: " + transition.text);
    return found;
}

// What runs say of a diagram, a sentence each.
std::vector<std::string> differences(const Machine& machine, const std::vector<Calls>& runs) {
    std::vector<std::string> found = machine.mistakes;
    std::set<int> taken;
    for (const Calls& calls : runs) {
        const std::string stuck = course::follow(machine, calls, taken);
        if (!stuck.empty()) found.push_back(stuck);
    }
    if (found.empty()) return untaken(machine, taken);
    return found;
}

struct Run {
    std::string name, source;
    std::vector<Calls> runs;
};

// Every state diagram with the runs of its lesson's solution.
std::vector<Run> run_all() {
    std::vector<Run> all;
    for (const std::string& name : course::diagram_names()) {
        const std::string source = course::read_source("diagrams/" + name + ".mmd");
        if (source.find("\nstateDiagram-v2\n") == std::string::npos) continue;
        const std::string lesson = course::parse_diagram(name, source).lesson;
        all.push_back({name, source, {}});
        for (const Scenario& scenario : scenarios(lesson))
            all.back().runs.push_back(run(lesson, scenario));
    }
    REQUIRE(all.size() >= 3);
    return all;
}

using Lines = std::vector<std::string>;

// What is found in a wrong diagram says in which one, and this.
void check_found(const Run& run, const Lines& wrong, const std::string& what) {
    const Machine machine = course::parse_machine(run.name, course::joined(wrong));
    const std::string found = course::joined(differences(machine, run.runs));
    INFO("found:\n" << found);
    CHECK(found.find("diagrams/" + run.name + ".mmd") == 0);
    CHECK(found.find(what) != std::string::npos);
}

// Without the arrow in this line, or when it leads elsewhere, or when nobody says what it means.
void check_wrong_arrow(const Run& run, const Lines& lines, std::size_t arrow) {
    INFO("diagrams/" << run.name << ".mmd:" << arrow + 1 << ": " << lines[arrow]);
    std::size_t first = arrow;  // of what is said of it
    while (lines[first - 1].find("%%") != std::string::npos) --first;
    const auto at = [](Lines& of, std::size_t i) {
        return of.begin() + static_cast<std::ptrdiff_t>(i);
    };
    Lines wrong = lines;
    wrong.erase(at(wrong, first), at(wrong, arrow + 1));
    check_found(run, wrong, ": in the state ");
    wrong = lines;
    const std::size_t to = lines[arrow].find(" --> ") + 5;
    wrong[arrow].replace(to, lines[arrow].find(':') - to, "elsewhere");
    check_found(run, wrong, ": in the state ");
    wrong = lines;
    wrong.erase(at(wrong, first), at(wrong, arrow));
    check_found(run, wrong, ":" + std::to_string(first + 1) + ": no %%= above this arrow");
}

void check_wrong_arrows(const Run& run) {
    const Lines lines = course::lines_of(run.source);
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (lines[i].find(" --> ") != std::string::npos) check_wrong_arrow(run, lines, i);
    // An arrow that no run goes along.
    Lines more = lines;
    more.insert(more.end(), {"    %%= close", "    gone --> talking: comes back"});
    const std::string line = std::to_string(lines.size() + 1);
    check_found(run, more, ":" + line + ": no run goes this way: gone --> talking: comes back");
}

}  // namespace

TEST_CASE("a state diagram has an arrow for what a run does, and no other", "[diagrams][states]") {
    if (std::getenv("ECHO_PROGRAM"))
        SKIP_BECAUSE("ECHO_PROGRAM is set; this is about our own programs");
    if (course::hides_resets()) SKIP_BECAUSE("Wine hides resets");
    const std::vector<Run> all = run_all();
    for (const Run& one : all)
        CHECK(course::joined(differences(course::parse_machine(one.name, one.source), one.runs)) ==
              "");
    for (const Run& one : all) check_wrong_arrows(one);
}

TEST_CASE("a walk through a state diagram", "[states]") {
    const Machine machine = course::parse_machine("10-never-block-states",
                                                  "stateDiagram-v2\n"
                                                  "%%= accept\n"
                                                  "[*] --> talking: accept\n"
                                                  "state talking {\n"
                                                  "%%= recv, send\n"
                                                  "calm: calm\n"
                                                  "%%= recv, send?, send would block\n"
                                                  "calm --> busy: no room\n"
                                                  "%%= send\n"
                                                  "busy --> calm: room\n"
                                                  "}\n"
                                                  "%%= recv end of stream\n"
                                                  "talking --> gone: end\n"
                                                  "%%= nothing\n"
                                                  "%%= close\n"
                                                  "gone --> [*]: close\n");
    REQUIRE(course::joined(machine.mistakes) == "");
    std::set<int> taken;
    const auto walk = [&](const Calls& calls) {
        taken.clear();
        return course::follow(machine, calls, taken);
    };
    CHECK(walk({"accept", "recv", "send", "recv end of stream", "close"}) == "");
    CHECK(taken == std::set<int>{2, 5, 12, 15});
    CHECK(walk({"accept", "recv", "send", "send would block", "send", "recv end of stream"}) == "");
    CHECK(taken == std::set<int>{2, 7, 9, 12, 14});
    CHECK(walk({"accept", "recv", "send would block", "recv end of stream"}) == "");
    CHECK(walk({"accept", "recv", "close"}) ==
          "diagrams/10-never-block-states.mmd: in the state calm, after accept, the run has recv, "
          "and no arrow says so");
    CHECK_FALSE(walk({"accept", "recv", "send"}).empty());
    CHECK_FALSE(walk({"recv", "send"}).empty());
    CHECK_FALSE(walk({}).empty());

    const auto mistakes = [](const std::string& source) {
        return course::joined(course::parse_machine("x", source).mistakes);
    };
    CHECK(mistakes("%%= recv, sned\na --> b: x\n") ==
          "diagrams/x.mmd:1: no call that a trace tells of: 'sned'\n");
    CHECK(mistakes("a --> b: x\n") ==
          "diagrams/x.mmd:1: no %%= above this arrow says which calls it means: a --> b: x\n");
    CHECK(mistakes("%%= recv\n") == "diagrams/x.mmd:1: this %%= has no arrow or state below it\n");
}

TEST_CASE("what a trace tells of a connection", "[states]") {
    CHECK(course::connection_calls("socket 3: listen -> ok\n"
                                   "socket -: poll 1 socket, until readable: 3 -> timed out\n"
                                   "socket 3: accept -> socket 4 from 127.0.0.1:51234\n"
                                   "socket 4: recv at most 9 bytes -> 4 bytes \"one\\n\"\n"
                                   "socket 3: accept -> socket 5 from 127.0.0.1:51235\n"
                                   "socket 5: recv at most 9 bytes -> 4 bytes \"two\\n\"\n"
                                   "socket 4: send 4 bytes \"one\\n\" -> 3 bytes\n"
                                   "socket 4: send 1 byte \"\\n\" -> 1 byte\n"
                                   "socket -: poll 3 sockets, until readable: 3 4 5 -> timed out\n"
                                   "socket 4: recv at most 9 bytes -> would block\n"
                                   "socket -: poll 1 socket, until readable: 4 -> timed out\n"
                                   "socket 4: send 1 byte \"x\" -> would block\n"
                                   "socket 4: send 1 byte \"x\" -> failed: no buffer space\n"
                                   "socket 4: recv at most 9 bytes -> end of stream\n"
                                   "socket 4: close -> ok\n"
                                   "socket 3: accept -> socket 4 from 127.0.0.1:51236\n") ==
          Calls{"accept", "recv", "send", "wait timed out", "poll", "send would block",
                "send failed", "recv end of stream", "close"});
}
