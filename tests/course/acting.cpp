#include "acting.hpp"

#include "calls.hpp"

#include <echo.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

namespace course {
namespace {

echo::Deadline soon() { return echo::after(harness::patience()); }

// Everything that a participant sends to another, one after the other.
std::string sent(const Diagram& diagram, const std::string& who, const std::string& to) {
    std::string bytes;
    for (const Row& row : diagram.rows)
        if (row.actor == who)
            for (const DrawnCall& call : row.calls)
                if (call.peer == to) bytes += call.data;
    return bytes;
}

// Nobody can go on.
class Stuck : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

void need(bool holds, const std::string& otherwise) {
    if (!holds) throw Stuck(otherwise);
}

// One participant of the diagram that is not the program.
class Actor {
public:
    explicit Actor(std::string program) : program_(std::move(program)) {}

    void connect_to(const harness::Program& server) {
        endpoint_ = echo::Endpoint::parse(server.host() + ':' + std::to_string(server.port()));
    }
    std::uint16_t listen() {
        listener_.emplace(echo::listen(echo::Endpoint::loopback(0)));
        return listener_->endpoint().port();
    }

    // What the call has come to: usually what is drawn. Throws Stuck.
    std::vector<DrawnCall> play(const DrawnCall& call) {
        if (call.name == "recv") return recv(call);
        if (call.name == "connect") connection_ = echo::connect(endpoint_, soon());
        if (call.name == "accept") accept();
        if (call.name == "send") {
            const echo::Result sent = connection_.send_all(call.data, soon());
            need(sent.status == echo::Status::ok, "a send is not possible: " + sent.text());
        }
        if (call.name == "shutdown") connection_.shutdown_send();
        if (call.name == "close") connection_.close();
        if (call.name == "reset") connection_.reset();
        return {call};
    }

private:
    void accept() {
        echo::Accepted accepted = listener_->try_accept(soon());
        need(accepted.status == echo::Status::ok, program_ + " does not connect");
        connection_ = std::move(accepted.connection);
    }

    std::vector<DrawnCall> recv(const DrawnCall& drawn) {
        return drawn.bytes > 0 ? recv_bytes(drawn) : recv_end(drawn);
    }

    std::vector<DrawnCall> recv_bytes(const DrawnCall& drawn) {
        std::string bytes(drawn.bytes, '\0');
        const echo::Result got = connection_.recv_exactly(bytes, soon());
        if (got.bytes > 0) return {bytes_of(drawn, got.bytes)};  // its end is told the next time
        need(got.status != echo::Status::timed_out, "nothing comes from " + program_);
        return ending(drawn, got);
    }

    // The end of the stream, or a failure; and what comes before it, though it is not drawn.
    std::vector<DrawnCall> recv_end(const DrawnCall& drawn) {
        const echo::Deadline deadline = soon();
        std::array<char, 4096> buffer{};
        std::size_t rest = 0;
        echo::Result got = connection_.recv(buffer, deadline);
        for (; got && rest < most_rest; got = connection_.recv(buffer, deadline)) rest += got.bytes;
        std::vector<DrawnCall> calls;
        if (rest > 0) calls.push_back(bytes_of(drawn, rest));
        if (got || got.status == echo::Status::timed_out) {
            need(rest > 0, program_ + " does not end its stream");
            return calls;
        }
        for (const DrawnCall& end : ending(drawn, got)) calls.push_back(end);
        return calls;
    }

    // Which is told only once.
    std::vector<DrawnCall> ending(DrawnCall call, const echo::Result& got) {
        if (std::exchange(has_ended_, true)) return {};
        call.bytes = 0;
        call.outcome = got.status == echo::Status::end ? "end of stream" : "failed";
        return {call};
    }

    static DrawnCall bytes_of(DrawnCall call, std::size_t bytes) {
        call.bytes = bytes;
        call.outcome.clear();
        return call;
    }

    static constexpr std::size_t most_rest = std::size_t{1} << 20;

    std::string program_;
    echo::Endpoint endpoint_;
    std::optional<echo::Listener> listener_;
    echo::Connection connection_;
    bool has_ended_ = false;
};

// The picture up to a row.
Diagram above(const Row& row, Diagram diagram) {
    while (!diagram.rows.empty() && diagram.rows.back().line >= row.line) diagram.rows.pop_back();
    return diagram;
}

bool is_same(const DrawnCall& one, const DrawnCall& other) {
    return one.name == other.name && one.outcome == other.outcome && one.bytes == other.bytes;
}

class Play {
public:
    Play(const Diagram& diagram, const Audience& audience)
        : diagram_(diagram), audience_(audience) {
        for (const std::string& who : diagram.others()) actors_.try_emplace(who, diagram.program());
    }

    Performance with_server() {
        harness::Program server =
            harness::Program::server({.faults = diagram_.faults, .arguments = diagram_.arguments});
        for (auto& [who, actor] : actors_) actor.connect_to(server);
        if (audience_.begins) audience_.begins(server.port());
        return with(server);
    }

    Performance with_client() {
        const std::uint16_t port = actors_.begin()->second.listen();
        if (audience_.begins) audience_.begins(port);
        harness::Program client = harness::Program::client("127.0.0.1", port, diagram_.faults);
        client.process().write_input(sent(diagram_, diagram_.program(), actors_.begin()->first));
        client.process().close_input();
        return with(client);
    }

private:
    Performance with(harness::Program& program) {
        for (row_ = 0; row_ < diagram_.rows.size(); ++row_)
            if (!act(program, diagram_.rows[row_])) break;
        // A program that goes on when the picture is over has time to get as far as the picture.
        await(program, diagram_);
        if (audience_.is_over) audience_.is_over();
        return std::move(performance_);
    }

    // False: nobody can go on.
    bool act(harness::Program& program, const Row& row) {
        try {
            for (std::size_t i = 0; i < row.calls.size(); ++i) {
                if (row.actor == diagram_.program())
                    disturb(program, row.calls[i]);
                else
                    act(program, row.calls[i], i);
            }
        } catch (const std::runtime_error& why) {
            performance_.stuck = diagram_.at(row) + ": " + row.text + ": " + why.what();
        }
        return performance_.stuck.empty() && performance_.can_stop;
    }

    // What the program can't help.
    void disturb(harness::Program& program, const DrawnCall& call) {
        if (call.name != "killed" && call.name != "SIGTERM") return;
        await(program, above(diagram_.rows[row_], diagram_));
        if (call.name == "killed") return program.process().kill();
        asked_ = program.process().ask_to_stop(harness::Process::StopBy::terminate);
        performance_.can_stop = asked_;
    }

    // Once the program was asked to stop, whoever sends waits until it has got as far as that: it
    // may find several things at once, and in which order would be chance.
    void act(harness::Program& program, const DrawnCall& call, std::size_t number) {
        const Row& row = diagram_.rows[row_];
        if (asked_ && call.name == "send") await(program, above(row, diagram_));
        std::vector<DrawnCall> done = actors_.at(row.actor).play(call);
        if (done.size() != 1 || !is_same(done.front(), call))
            performance_.surprises.push_back({row_, number, std::move(done)});
    }

    // Waits until the program has got as far as this, or ends.
    void await(harness::Program& program, const Diagram& as_far) {
        const echo::Deadline deadline = soon();
        bool goes_on = true;
        do {
            goes_on = !program.process().wait(echo::after(std::chrono::milliseconds(5)));
            performance_.trace = program.trace();
        } while (goes_on && !difference(as_far, performance_.trace).empty() &&
                 echo::Clock::now() < deadline);
    }

    const Diagram& diagram_;
    const Audience& audience_;
    std::map<std::string, Actor> actors_;
    Performance performance_;
    std::size_t row_ = 0;
    bool asked_ = false;
};

// "the picture has recv 6 bytes, the run has recv 3 bytes, recv end of stream"
std::string told(const Diagram& diagram, const Surprise& surprise) {
    const Row& row = diagram.rows[surprise.row];
    std::string run;
    for (const DrawnCall& call : surprise.instead)
        run += (run.empty() ? "" : ", ") + text_of(diagram, call);
    return diagram.at(row) + ": the picture has " + text_of(diagram, row.calls[surprise.call]) +
           ", the run has " + (run.empty() ? "nothing" : run);
}

}  // namespace

Performance perform(const Diagram& diagram, const Audience& audience) {
    Play play(diagram, audience);
    return diagram.has_server() ? play.with_server() : play.with_client();
}

std::string solution_of(const Diagram& diagram) {
    return ECHO_BUILD_DIR "/solutions/" + diagram.lesson +
           (diagram.has_server() ? "/server" : "/client");
}

std::vector<std::string> differences(const Diagram& diagram, const Performance& performance) {
    std::vector<std::string> all;
    const std::string parts = difference(diagram, performance.trace);
    if (!parts.empty()) all.push_back(parts);
    for (const Surprise& surprise : performance.surprises) all.push_back(told(diagram, surprise));
    if (!performance.stuck.empty()) all.push_back(performance.stuck);
    return all;
}

}  // namespace course
