// The diagrams are true: a lesson's solution is run, the other side of its diagram is acted out,
// and the calls that the program made are compared with its rows.
#include "diagram.hpp"

#include "catch.hpp"
#include "program.hpp"
#include "trace_reader.hpp"

#include <echo.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
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

// Calls in a form in which drawn ones and traced ones can be compared, and read.
class Calls {
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

std::string drawn_calls(const Diagram& diagram) {
    Calls calls;
    for (const Row& row : diagram.rows)
        if (row.actor == diagram.program())
            for (const DrawnCall& call : row.calls) calls.add(call.name, call.outcome, call.bytes);
    return calls.text();
}

std::string traced_calls(std::string_view trace) {
    // What only prepares a socket or asks about it is no part of the conversation.
    static const std::set<std::string> drawn = {"socket", "bind", "listen",   "accept", "connect",
                                                "recv",   "send", "shutdown", "close"};
    Calls calls;
    std::string listener;
    for (const harness::TracedCall& call : harness::read_trace(trace)) {
        if (drawn.count(call.name) == 0 || call.result == "would block") continue;
        if (call.name == "listen") listener = call.socket;
        // The program's last call: the picture ends with the conversation.
        if (call.name == "close" && call.socket == listener) continue;
        const bool moved = (call.name == "recv" || call.name == "send") &&
                           call.result.find(" byte") != std::string::npos;
        const std::string outcome = call.failed()                    ? "failed"
                                    : call.result == "end of stream" ? call.result
                                                                     : "";
        calls.add(call.name, outcome, moved ? std::stoul(call.result) : 0);
    }
    return calls.text();
}

// Everything that a participant sends, one after the other.
std::string sent_by(const Diagram& diagram, const std::string& who) {
    std::string bytes;
    for (const Row& row : diagram.rows)
        if (row.actor == who)
            for (const DrawnCall& call : row.calls) bytes += call.data;
    return bytes;
}

// Acts out the side of the diagram that is not the program.
class Actor {
public:
    explicit Actor(const Diagram& diagram)
        : diagram_(diagram), expected_(sent_by(diagram, diagram.program())) {}

    void connect_to(const harness::Program& server) {
        endpoint_ = echo::Endpoint::parse(server.host() + ':' + std::to_string(server.port()));
    }
    std::uint16_t listen() {
        listener_.emplace(echo::listen(echo::Endpoint::loopback(0)));
        return listener_->endpoint().port();
    }

    void play() {
        for (const Row& row : diagram_.rows) {
            if (row.actor != diagram_.other()) continue;
            INFO("diagrams/" << diagram_.name << ".mmd:" << row.line << ": " << row.text);
            for (const DrawnCall& call : row.calls) play(call);
        }
    }

private:
    void play(const DrawnCall& call) {
        if (call.name == "connect") connection_ = echo::connect(endpoint_, soon());
        if (call.name == "accept") accept();
        if (call.name == "send") REQUIRE(connection_.send_all(call.data, soon()));
        if (call.name == "recv") recv(call);
        if (call.name == "shutdown") connection_.shutdown_send();
        if (call.name == "close") connection_.close();
    }

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

    const Diagram& diagram_;
    std::string expected_;
    echo::Endpoint endpoint_;
    std::optional<echo::Listener> listener_;
    echo::Connection connection_;
};

void check_calls(const Diagram& diagram, harness::Program& program) {
    REQUIRE(program.process().wait(soon()));
    INFO("the trace:\n" << program.trace());
    CHECK(traced_calls(program.trace()) == drawn_calls(diagram));
}

std::string solution(const Diagram& diagram) {
    return ECHO_BUILD_DIR "/solutions/" + diagram.name +
           (diagram.has_server() ? "/server" : "/client");
}

void check_server(const Diagram& diagram) {
    harness::Program server = harness::Program::server(diagram.faults);
    Actor client(diagram);
    client.connect_to(server);
    client.play();
    check_calls(diagram, server);
}

void check_client(const Diagram& diagram) {
    Actor server(diagram);
    const std::uint16_t port = server.listen();
    harness::Program client = harness::Program::client("127.0.0.1", port, diagram.faults);
    client.process().write_input(sent_by(diagram, diagram.program()));
    client.process().close_input();
    server.play();
    check_calls(diagram, client);
}

}  // namespace

TEST_CASE("each diagram shows what its lesson's solution does", "[diagrams][truth]") {
    if (std::getenv("ECHO_PROGRAM"))
        SKIP_BECAUSE("ECHO_PROGRAM is set; this is about our own programs");
    for (const std::string& name : course::diagram_names()) {
        const Diagram diagram = course::read_diagram(name);
        CAPTURE(name);
        REQUIRE(diagram.mistakes.empty());
        harness::set_default_program(solution(diagram));
        if (diagram.has_server())
            check_server(diagram);
        else
            check_client(diagram);
    }
}

TEST_CASE("a diagram that leaves a call out is found", "[diagrams][truth]") {
    const Diagram diagram = course::read_diagram("01-one-client");
    const std::string calls = drawn_calls(diagram);
    for (std::size_t i = 0; i < diagram.rows.size(); ++i) {
        if (diagram.rows[i].actor != diagram.program() || diagram.rows[i].calls.empty()) continue;
        Diagram shorter = diagram;
        shorter.rows.erase(shorter.rows.begin() + static_cast<std::ptrdiff_t>(i));
        CHECK(drawn_calls(shorter) != calls);
    }
}
