#include "calls.hpp"

#include "trace_reader.hpp"

#include <echo.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace course {
namespace {

// A poller's wait is a call of another name on each system, and a reset is a close.
std::string name_in_trace(const std::string& name) {
    if (name == "reset") return "close";
    return name == "wait" ? "poll" : name;
}

// One after the other, as they come, to where they belong.
class Collector {
public:
    explicit Collector(bool threads) : threads_(threads) {}

    void add(ProgramCall call) {
        if (call.call.name == "accept" && call.call.outcome.empty())
            numbers_[call.call.peer] = ++accepted_;
        const auto number = numbers_.find(call.call.peer);
        const bool apart = threads_ && call.call.name != "accept" && number != numbers_.end();
        std::vector<ProgramCall>& calls = calls_[apart ? number->second : 0];
        const bool joins = call.call.name == "recv" && call.call.outcome.empty();
        if (!joins || calls.empty() || !calls.back().is_like(call))
            return calls.push_back(std::move(call));
        calls.back().call.bytes += call.call.bytes;
        calls.back().places.insert(calls.back().places.end(), call.places.begin(),
                                   call.places.end());
    }

    Calls take() { return std::move(calls_); }

private:
    const bool threads_;
    std::size_t accepted_ = 0;
    std::map<std::string, std::size_t> numbers_;  // of whom it has accepted
    Calls calls_;
};

// Reads a trace, and tells whose conversation each call is about: a server's clients are accepted
// in the order in which they have connected.
class TraceCalls {
public:
    explicit TraceCalls(const Diagram& diagram) : diagram_(diagram), collector_(diagram.threads) {
        for (const Row& row : diagram.rows)
            for (const DrawnCall& call : row.calls)
                if (call.name == "connect" && row.actor != diagram.program())
                    in_line_.push_back(row.actor);
    }

    Calls read(std::string_view trace) {
        for (const harness::TracedCall& call : harness::read_trace(trace))
            if (is_drawn(call)) add(call);
        return collector_.take();
    }

private:
    // About a client; what it is watched for at first is not drawn.
    bool changes_its_mind(const harness::TracedCall& call) const {
        return call.arguments.rfind("change", 0) == 0 && peers_.count(call.socket) != 0;
    }

    bool is_drawn(const harness::TracedCall& call) {
        // What only prepares a socket or asks about it is no part of the conversation.
        static const std::set<std::string> drawn = {"socket",  "bind", "listen", "accept",
                                                    "connect", "recv", "send",   "shutdown"};
        if (call.name == "listen") listener_ = call.socket;
        if (call.result == "would block") return false;
        if (call.tells_a_poller()) return changes_its_mind(call);
        // A poll of one socket belongs to the call that has a deadline. A signal ends a wait only
        // if it comes in time.
        if (call.name == "poll" || call.is_pollers())
            return call.polls_many() && call.result != "failed: interrupted by a signal";
        // Of a server's closes those that end a conversation are drawn: not that of its listener,
        // and what else it holds goes when the picture is over.
        if (call.name == "close") return listener_.empty() || peers_.count(call.socket) != 0;
        return drawn.count(call.name) != 0;
    }

    void add(const harness::TracedCall& traced) {
        ProgramCall made;
        DrawnCall& call = made.call;
        call.name = traced.name;
        if (traced.is_pollers()) call.name = "wait";
        if (traced.tells_a_poller()) call.name = "watch";
        if (call.name == "watch")
            call.outcome = traced.waits_to_write() ? "for writing" : "for reading";
        if (traced.failed()) call.outcome = "failed";
        if (traced.result == "end of stream") call.outcome = "end of stream";
        if (call.outcome.empty() && (call.name == "recv" || call.name == "send"))
            add_bytes(call, traced);
        call.peer = peer_of(traced);
        if (call.name == "close") peers_.erase(traced.socket);  // its number may be used again
        collector_.add(std::move(made));
    }

    // What a trace quotes of a long send is only its begin.
    static void add_bytes(DrawnCall& call, const harness::TracedCall& traced) {
        call.bytes = traced.moved();
        if (call.name != "send") return;
        call.data = unescape(traced.quoted()).substr(0, call.bytes);
        if (call.data.size() < call.bytes) call.data.clear();
    }

    std::string peer_of(const harness::TracedCall& traced) {
        if (!diagram_.has_server()) return is_of_none(traced.name) ? "" : diagram_.others().front();
        if (const std::string accepted = traced.accepted(); !accepted.empty()) {
            const std::string number = std::to_string(++accepted_);
            peers_[accepted] =
                accepted_ <= in_line_.size() ? in_line_[accepted_ - 1] : "client " + number;
            return peers_[accepted];
        }
        const auto peer = peers_.find(traced.socket);
        return peer == peers_.end() ? "" : peer->second;
    }

    const Diagram& diagram_;
    Collector collector_;
    std::string listener_;
    std::vector<std::string> in_line_;
    std::map<std::string, std::string> peers_;  // "4" -> "A"
    std::size_t accepted_ = 0;
};

// "the picture has recv 6 bytes, the run has recv 5 bytes"
std::string part(const Diagram& diagram, const std::vector<ProgramCall>& drawn,
                 const std::vector<ProgramCall>& traced, std::size_t i) {
    const std::string run =
        i < traced.size() ? "has " + text_of(diagram, traced[i].call) : "has nothing more";
    if (i == drawn.size()) return "after this the run " + run + ", the picture nothing";
    return "the picture has " + text_of(diagram, drawn[i].call) + ", the run " + run;
}

// The row of the i-th call, or where there is none of the last before it.
const Row& row_of(const Diagram& diagram, const std::vector<ProgramCall>& drawn, std::size_t i) {
    if (drawn.empty()) return diagram.rows.front();
    return diagram.rows[drawn[(std::min)(i, drawn.size() - 1)].places.front().row];
}

}  // namespace

// Where a poller has plain poll behind it, no call tells it what to watch.
bool can_be_seen(const DrawnCall& call) {
    return call.name != "killed" && call.name != "SIGTERM" &&
           (call.name != "watch" || echo::sys::has_poller);
}

std::string text_of(const Diagram& diagram, const DrawnCall& call) {
    std::string text = call.name;
    if (!call.outcome.empty()) text += ' ' + call.outcome;
    if (!call.data.empty())
        text += ' ' + echo::quote(call.data, call.data.size());
    else if (call.bytes > 0)
        text += ' ' + std::to_string(call.bytes) + (call.bytes == 1 ? " byte" : " bytes");
    const bool say_whose =
        diagram.participants.size() > 2 && !call.peer.empty() && call.peer != diagram.program();
    return say_whose ? text + " (" + call.peer + ')' : text;
}

bool ProgramCall::is_like(const ProgramCall& other) const {
    return name_in_trace(call.name) == name_in_trace(other.call.name) &&
           call.outcome == other.call.outcome && call.peer == other.call.peer;
}

bool ProgramCall::operator==(const ProgramCall& other) const {
    const bool both = !call.data.empty() && !other.call.data.empty();
    return is_like(other) && call.bytes == other.call.bytes &&
           (!both || call.data == other.call.data);
}

Calls drawn_calls(const Diagram& diagram) {
    Collector collector(diagram.threads);
    for (std::size_t row = 0; row < diagram.rows.size(); ++row) {
        if (diagram.rows[row].actor != diagram.program()) continue;
        const std::vector<DrawnCall>& calls = diagram.rows[row].calls;
        for (std::size_t i = 0; i < calls.size(); ++i)
            if (can_be_seen(calls[i])) collector.add({calls[i], {{row, i}}});
    }
    return collector.take();
}

Calls traced_calls(const Diagram& diagram, std::string_view trace) {
    return TraceCalls(diagram).read(trace);
}

std::string difference(const Diagram& diagram, std::string_view trace) {
    Calls drawn = drawn_calls(diagram), traced = traced_calls(diagram, trace);
    for (const auto& [thread, calls] : traced) drawn[thread];
    for (const auto& [thread, calls] : drawn) {
        const std::vector<ProgramCall>& run = traced[thread];
        const auto [at, in_run] = std::mismatch(calls.begin(), calls.end(), run.begin(), run.end());
        if (at == calls.end() && in_run == run.end()) continue;
        const auto i = static_cast<std::size_t>(at - calls.begin());
        return diagram.at(row_of(diagram, calls, i)) + ": " + part(diagram, calls, run, i);
    }
    return {};
}

}  // namespace course
