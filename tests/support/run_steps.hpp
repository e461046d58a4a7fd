// What happened in a run, step by step, on both sides of its connections: from a program's trace,
// which tells of one side only. Of the other side it has what follows from that, and no more:
//   - who was accepted has asked for a connection, and the systems have shaken hands;
//   - bytes that were received have been sent;
//   - an end of stream came from a shutdown or a close, a reset from one who broke off.
#pragma once

#include "trace_reader.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

// One call as a diagram has it: "recv 6 bytes".
struct RunCall {
    std::string text;
    bool of_peer = false;  // it belongs to a conversation
    std::string remark{};
};

// A line of a diagram: a note with calls of one side, an arrow, or packets.
struct RunLine {
    enum class Kind { calls, peers_calls, send, peers_send, packet, peers_packet, handshake };
    Kind kind;
    std::vector<RunCall> calls{};  // of a note or an arrow
    std::string packet{};
};

// Lines that belong together: some calls of the program, what they followed from, and what they
// made the system send.
struct RunStep {
    enum class Phase { as_before, ready, opening, exchange, closing, aside };
    Phase phase = Phase::as_before;
    std::size_t peer = 0;  // with whom, counted from 1; 0: with nobody
    std::vector<RunLine> lines{};
    std::string aside{};  // instead of lines: a remark

    // The same for steps that differ in nothing but their bytes.
    std::string kind() const;
};

class RunSteps {
public:
    using Take = std::function<void(RunStep)>;

    // Gives each step to `take` as soon as it is complete. Clients beyond `most_peers` are counted,
    // and not told of.
    RunSteps(bool program_is_client, std::size_t most_peers, Take take);

    void add(const TracedCall& call);
    // A part of the trace is missing.
    void add_gap();
    // The step that is not complete yet; it may have no lines.
    const RunStep& open() const { return step_; }

    std::size_t peers() const { return peers_; }  // all of them
    std::size_t received() const { return received_; }
    std::size_t sent() const { return sent_; }

private:
    using Phase = RunStep::Phase;
    using Line = RunLine::Kind;

    // The other end of a connection.
    struct Peer {
        std::size_t number;
        bool ended = false;       // its stream has
        bool broken_off = false;  // it was
        bool finished = false;    // the program has nothing more to send
        bool resets = false;      // a close would break it off
    };

    void add_waiting(const TracedCall& call);
    void add_accept(const TracedCall& call);
    void add_connect(const TracedCall& call);
    void connected(const std::string& socket);
    void add_in_conversation(const TracedCall& call, Peer& peer);
    void add_recv(const TracedCall& call, Peer& peer);
    void add_send(const TracedCall& call, Peer& peer);
    void add_shutdown(const TracedCall& call, Peer& peer);
    void add_close(const TracedCall& call, Peer& peer);
    void would_block(const TracedCall& call, const Peer& peer);
    void broken_off(const TracedCall& call, Peer& peer);

    void note(Phase phase, std::size_t peer, RunCall call);
    void before(RunLine line);
    void after(RunLine line);
    void finish();
    void aside(const std::string& text);
    void forget_wait();

    const bool is_client_;
    const std::size_t most_peers_;
    Take take_;
    std::map<std::string, Peer> peers_by_socket_;
    std::string connecting_;  // the socket that is, and is asked later
    bool was_asked_ = false;  // it was
    std::size_t peers_ = 0, received_ = 0, sent_ = 0;

    // The step that is not complete. Its note is the last of its lines, and may get more calls.
    RunStep step_;
    std::size_t noted_ = 0;  // how many calls besides waits
};

}  // namespace harness
