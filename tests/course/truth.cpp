// The diagrams are true: a lesson's solution is run, the other side of its diagram is acted out,
// and the calls that the program made are compared with its rows.
#include "diagram.hpp"

#include "catch.hpp"
#include "program.hpp"
#include "resets.hpp"
#include "trace_reader.hpp"

#include <echo.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using course::Diagram;
using course::DrawnCall;
using course::Row;

echo::Deadline soon() { return echo::after(harness::patience()); }

// Calls, one after the other, in a form in which drawn ones and traced ones can be compared, and
// read.
class Sequence {
public:
    void add(const std::string& name, const std::string& outcome, std::size_t bytes) {
        const std::string what = outcome.empty() ? name : name + ' ' + outcome;
        // Where a stream is cut is chance, so receives one after the other count as one.
        if (what == "recv" && !calls_.empty() && calls_.back().what == what)
            calls_.back().bytes += bytes;
        else
            calls_.push_back({what, bytes});
    }
    // One a line: "recv 6".
    std::string text() const {
        std::string lines;
        for (const auto& [what, bytes] : calls_)
            lines += what + (bytes > 0 ? ' ' + std::to_string(bytes) : "") + '\n';
        return lines;
    }

private:
    struct One {
        std::string what;
        std::size_t bytes;
    };
    std::vector<One> calls_;
};

// All that a program calls, in order. Of threads only each one's own calls have an order: those that
// accept, and those of each conversation, which are told apart by the order of their accepts.
class Calls {
public:
    explicit Calls(bool threads) : threads_(threads) {}

    void accept(const std::string& conversation) { numbers_[conversation] = ++accepted_; }
    void add(const std::string& conversation, const std::string& name, const std::string& outcome,
             std::size_t bytes) {
        const auto number = numbers_.find(conversation);
        const bool apart = threads_ && name != "accept" && number != numbers_.end();
        sequences_[apart ? number->second : 0].add(name, outcome, bytes);
    }
    bool knows(const std::string& conversation) const { return numbers_.count(conversation) > 0; }
    // A socket's number may be used again.
    void forget(const std::string& conversation) { numbers_.erase(conversation); }
    std::string text() const {
        std::string text;
        for (const auto& [number, sequence] : sequences_) {
            if (number > 0) text += "client " + std::to_string(number) + ":\n";
            text += sequence.text();
        }
        return text;
    }

private:
    const bool threads_;
    std::size_t accepted_ = 0;
    std::map<std::string, std::size_t> numbers_;
    std::map<std::size_t, Sequence> sequences_;
};

// Where a poller has plain poll behind it, no call tells it what to watch.
bool can_be_seen(const DrawnCall& call) {
    return call.name != "killed" && call.name != "SIGTERM" &&
           (call.name != "watch" || echo::sys::has_poller);
}

// A poller's wait is a call of another name on each system, and a reset is a close.
std::string name_of(const DrawnCall& call) {
    if (call.name == "reset") return "close";
    return call.name == "wait" ? "poll" : call.name;
}

std::string name_of(const harness::TracedCall& call) {
    if (call.is_pollers()) return "poll";
    return call.tells_a_poller() ? "watch" : call.name;
}

std::string drawn_calls(const Diagram& diagram) {
    Calls calls(diagram.threads);
    for (const Row& row : diagram.rows) {
        if (row.actor != diagram.program()) continue;
        for (const DrawnCall& call : row.calls) {
            if (call.name == "accept") calls.accept(call.peer);
            if (can_be_seen(call)) calls.add(call.peer, name_of(call), call.outcome, call.bytes);
        }
    }
    return calls.text();
}

// About a client; what it is watched for at first is not drawn.
bool changes_its_mind(const harness::TracedCall& call, const Calls& calls) {
    return call.arguments.rfind("change", 0) == 0 && calls.knows(call.socket);
}

std::string traced_calls(std::string_view trace, bool threads) {
    // What only prepares a socket or asks about it is no part of the conversation.
    static const std::set<std::string> drawn = {"socket",   "bind",  "listen", "accept",
                                                "connect",  "poll",  "recv",   "send",
                                                "shutdown", "close", "watch"};
    Calls calls(threads);
    std::string listener;
    for (const harness::TracedCall& call : harness::read_trace(trace)) {
        const std::string name = name_of(call);
        if (drawn.count(name) == 0 || call.result == "would block") continue;
        // A poll of one socket belongs to the call that has a deadline.
        if (call.name == "poll" && !call.polls_many()) continue;
        // A signal ends a wait only if it comes in time.
        if (name == "poll" && call.result == "failed: interrupted by a signal") continue;
        if (name == "watch" && !changes_its_mind(call, calls)) continue;
        if (call.name == "listen") listener = call.socket;
        // Of a server's closes those that end a conversation are drawn: not that of its listener, and
        // what else it holds goes when the picture is over.
        if (call.name == "close" && !listener.empty() && !calls.knows(call.socket)) continue;
        const bool moved = (call.name == "recv" || call.name == "send") &&
                           call.result.find(" byte") != std::string::npos;
        const std::string outcome = call.failed()                    ? "failed"
                                    : call.result == "end of stream" ? call.result
                                    : name != "watch"                ? ""
                                    : call.waits_to_write()          ? "for writing"
                                                                     : "for reading";
        const std::string accepted = call.accepted();
        if (!accepted.empty()) calls.accept(accepted);
        calls.add(call.socket, name, outcome, moved ? std::stoul(call.result) : 0);
        if (call.name == "close") calls.forget(call.socket);
    }
    return calls.text();
}

// Everything that a participant sends to another, one after the other.
std::string sent(const Diagram& diagram, const std::string& who, const std::string& to) {
    std::string bytes;
    for (const Row& row : diagram.rows)
        if (row.actor == who)
            for (const DrawnCall& call : row.calls)
                if (call.peer == to) bytes += call.data;
    return bytes;
}

// Acts out one participant of the diagram that is not the program.
class Actor {
public:
    Actor(const Diagram& diagram, const std::string& who)
        : expected_(sent(diagram, diagram.program(), who)) {}

    void connect_to(const harness::Program& server) {
        endpoint_ = echo::Endpoint::parse(server.host() + ':' + std::to_string(server.port()));
    }
    std::uint16_t listen() {
        listener_.emplace(echo::listen(echo::Endpoint::loopback(0)));
        return listener_->endpoint().port();
    }

    void play(const DrawnCall& call) {
        if (call.name == "connect") connection_ = echo::connect(endpoint_, soon());
        if (call.name == "accept") accept();
        if (call.name == "send") REQUIRE(connection_.send_all(call.data, soon()));
        if (call.name == "recv") recv(call);
        if (call.name == "shutdown") connection_.shutdown_send();
        if (call.name == "close") connection_.close();
        if (call.name == "reset") connection_.reset();
    }

private:
    void accept() {
        echo::Accepted accepted = listener_->try_accept(soon());
        REQUIRE(accepted);
        connection_ = std::move(accepted.connection);
    }

    void recv(const DrawnCall& call) {
        std::string bytes((std::max)(call.bytes, std::size_t{1}), '\0');
        const echo::Result got = connection_.recv_exactly(bytes, soon());
        if (call.outcome == "end of stream") {
            CHECK(got.status == echo::Status::end);
            CHECK(got.bytes == 0);
            return;
        }
        REQUIRE(got);
        CHECK(bytes == expected_.substr(0, bytes.size()));
        expected_.erase(0, bytes.size());
    }

    std::string expected_;
    echo::Endpoint endpoint_;
    std::optional<echo::Listener> listener_;
    echo::Connection connection_;
};

// Waits until the program has got as far as this, or ends.
void await_calls(harness::Program& program, const Diagram& diagram) {
    const std::string drawn = drawn_calls(diagram);
    const echo::Deadline deadline = soon();
    while (!program.process().wait(echo::after(std::chrono::milliseconds(5))) &&
           traced_calls(program.trace(), diagram.threads) != drawn && echo::Clock::now() < deadline)
        continue;
}

// The picture up to a row.
Diagram above(const Row& row, Diagram diagram) {
    while (!diagram.rows.empty() && diagram.rows.back().line >= row.line) diagram.rows.pop_back();
    return diagram;
}

using Actors = std::map<std::string, Actor>;

// From the top to the bottom: everyone does what is theirs, and the program whatever it does. Once
// it was asked to stop, whoever sends waits until the program has got as far as that: it may find
// several things at once, and in which order would be chance. False: here nobody can ask it.
bool play(const Diagram& diagram, Actors& actors, harness::Program& program) {
    bool asked = false;
    for (const Row& row : diagram.rows) {
        INFO("diagrams/" << diagram.name << ".mmd:" << row.line << ": " << row.text);
        for (const DrawnCall& call : row.calls) {
            if (call.name == "killed") {
                await_calls(program, above(row, diagram));
                program.process().kill();
            }
            if (call.name == "SIGTERM") {
                await_calls(program, above(row, diagram));
                asked = program.process().ask_to_stop(harness::Process::StopBy::terminate);
                if (!asked) return false;
            }
            const auto actor = actors.find(row.actor);
            if (actor == actors.end()) continue;  // the program itself
            if (asked && call.name == "send") await_calls(program, above(row, diagram));
            actor->second.play(call);
        }
    }
    return true;
}

// A program that goes on when the picture is over has time to get as far as the picture.
void check_calls(const Diagram& diagram, harness::Program& program) {
    await_calls(program, diagram);
    INFO("the trace:\n" << program.trace());
    CHECK(traced_calls(program.trace(), diagram.threads) == drawn_calls(diagram));
}

// Somebody in it breaks a connection off.
bool breaks_off(const Diagram& diagram) {
    const auto is_reset = [](const DrawnCall& call) { return call.name == "reset"; };
    return std::any_of(diagram.rows.begin(), diagram.rows.end(), [&](const Row& row) {
        return std::any_of(row.calls.begin(), row.calls.end(), is_reset);
    });
}

std::string solution(const Diagram& diagram) {
    return ECHO_BUILD_DIR "/solutions/" + diagram.lesson +
           (diagram.has_server() ? "/server" : "/client");
}

void check_server(const Diagram& diagram) {
    harness::Program server =
        harness::Program::server({.faults = diagram.faults, .arguments = diagram.arguments});
    Actors clients;
    for (const std::string& who : diagram.others())
        clients.try_emplace(who, diagram, who).first->second.connect_to(server);
    if (play(diagram, clients, server)) return check_calls(diagram, server);
    std::cout << "note: " << diagram.name
              << " is not looked at, for nobody can ask a program to stop\n";
}

void check_client(const Diagram& diagram) {
    const std::string who = diagram.others().front();
    Actors servers;
    const std::uint16_t port = servers.try_emplace(who, diagram, who).first->second.listen();
    harness::Program client = harness::Program::client("127.0.0.1", port, diagram.faults);
    client.process().write_input(sent(diagram, diagram.program(), who));
    client.process().close_input();
    (void)play(diagram, servers, client);
    check_calls(diagram, client);
}

}  // namespace

TEST_CASE("each diagram shows what its lesson's solution does", "[diagrams][truth]") {
    if (std::getenv("ECHO_PROGRAM"))
        SKIP_BECAUSE("ECHO_PROGRAM is set; this is about our own programs");
    for (const Diagram& diagram : course::sequence_diagrams()) {
        CAPTURE(diagram.name);
        REQUIRE(diagram.mistakes.empty());
        if (breaks_off(diagram) && course::hides_resets()) {
            std::cout << "note: " << diagram.name << " is not looked at, for Wine hides resets\n";
            continue;
        }
        harness::set_default_program(solution(diagram));
        if (diagram.has_server())
            check_server(diagram);
        else
            check_client(diagram);
    }
}

TEST_CASE("a diagram that leaves a call out is found", "[diagrams][truth]") {
    for (const Diagram& diagram : course::sequence_diagrams()) {
        const std::string calls = drawn_calls(diagram);
        for (std::size_t i = 0; i < diagram.rows.size(); ++i) {
            const Row& row = diagram.rows[i];
            INFO(diagram.name << ".mmd:" << row.line);
            if (row.actor != diagram.program() || row.calls.empty()) continue;
            if (!can_be_seen(row.calls.front())) continue;
            Diagram shorter = diagram;
            shorter.rows.erase(shorter.rows.begin() + static_cast<std::ptrdiff_t>(i));
            CHECK(drawn_calls(shorter) != calls);
        }
    }
}

TEST_CASE("of threads each conversation has its order, and no call is lost", "[truth]") {
    const std::string listening =
        "socket 3: listen -> ok\n"
        "socket 3: accept -> socket 4 from 127.0.0.1:51234\n"
        "socket 3: accept -> socket 5 from 127.0.0.1:51235\n";
    const std::string one = "socket 4: recv at most 9 bytes -> 4 bytes \"one\\n\"\n";
    const std::string answer = "socket 4: send 4 bytes \"one\\n\" -> 4 bytes\n";
    const std::string two = "socket 5: recv at most 9 bytes -> 4 bytes \"two\\n\"\n";
    const auto threads = [&](const std::string& trace) {
        return traced_calls(listening + trace, true);
    };
    const auto in_turn = [&](const std::string& trace) {
        return traced_calls(listening + trace, false);
    };
    CHECK(threads(one + answer + two) == threads(two + one + answer));
    CHECK(in_turn(one + answer + two) != in_turn(two + one + answer));
    CHECK(threads(one + answer + two) != threads(answer + one + two));
    CHECK(threads(one + answer + two) != threads(one + answer));
    CHECK(threads(one) != threads(two));
    // The number of a closed socket is another connection's next.
    const std::string again =
        "socket 4: close -> ok\n"
        "socket 3: accept -> socket 4 from 127.0.0.1:51236\n";
    CHECK(threads(one + again + answer) != threads(one + answer + again));
}
