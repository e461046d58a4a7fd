#include "run_steps.hpp"

#include <algorithm>
#include <utility>

namespace harness {
namespace {

constexpr std::size_t most_calls = 4;    // in one note
constexpr std::size_t most_shown = 24;   // bytes of a message
constexpr std::size_t widest_data = 48;  // as they are written

using Line = RunLine::Kind;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

RunLine line_of(Line kind, RunCall call) { return {kind, {std::move(call)}}; }
RunLine packet(Line kind, std::string what) { return {kind, {}, std::move(what)}; }

std::string bytes(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " byte" : " bytes");
}

// What failed, in the system's words, without what would end a remark.
std::string reason_of(const TracedCall& call) {
    constexpr std::string_view start = "failed: ";
    std::string reason = call.result.substr(std::min(start.size(), call.result.size()));
    std::erase_if(reason, [](char c) { return c == '(' || c == ')' || c == '"' || c == ';'; });
    return reason;
}

// What the trace quotes, byte by byte: "\n" and "\x00" stand for one.
std::vector<std::string> bytes_in(std::string_view quoted) {
    std::vector<std::string> all;
    while (!quoted.empty()) {
        const bool escaped = quoted[0] == '\\' && quoted.size() > 1;
        const std::size_t length = !escaped ? 1 : quoted[1] == 'x' ? 4 : 2;
        all.emplace_back(quoted.substr(0, length));
        quoted.remove_prefix(std::min(length, quoted.size()));
    }
    return all;
}

// A byte as a diagram can have it: mermaid takes some for its own, and a reader counts quotes.
std::string drawable(const std::string& byte) {
    constexpr std::string_view taken = ";#<>&%$`{}\"";
    const char last = byte.back();
    if (byte.size() == 4 || taken.find(last) == std::string_view::npos) return byte;
    constexpr std::string_view digits = "0123456789abcdef";
    return {'\\', 'x', digits[static_cast<std::size_t>(last) >> 4],
            digits[static_cast<std::size_t>(last) & 15]};
}

std::string drawable(const std::vector<std::string>& all, std::size_t most) {
    std::string text;
    for (std::size_t i = 0; i < std::min(all.size(), most); ++i) text += drawable(all[i]);
    return text;
}

// `send "hello\n"`; of many bytes their number and how they begin.
RunCall send_of(std::string_view quoted, std::size_t count) {
    const std::vector<std::string> all = bytes_in(quoted);
    const std::string whole = drawable(all, count);
    if (all.size() >= count && whole.size() <= widest_data) return {"send \"" + whole + '"', true};
    std::string begin = drawable(all, most_shown);
    for (std::size_t shown = most_shown; begin.size() > widest_data;)
        begin = drawable(all, --shown);
    return {"send " + bytes(count), true, '"' + begin + "...\""};
}

bool has_moved(const TracedCall& call) { return call.moved() > 0; }

bool is_broken(const TracedCall& call) {
    return call.failed() &&
           (contains(call.result, "reset") || contains(call.result, "broken pipe") ||
            contains(call.result, "aborted"));
}

}  // namespace

std::string RunStep::kind() const {
    std::string kind = aside + std::to_string(peer);
    for (const RunLine& line : lines) {
        kind += '|' + std::to_string(static_cast<int>(line.kind)) + line.packet;
        for (const RunCall& call : line.calls)
            kind += ',' + call.text.substr(0, call.text.find_first_of("0123456789\""));
    }
    return kind;
}

RunSteps::RunSteps(bool program_is_client, std::size_t most_peers, Take take)
    : is_client_(program_is_client), most_peers_(most_peers), take_(std::move(take)) {}

// What only prepares a socket, or asks about it, is no part of the picture.
void RunSteps::add(const TracedCall& call) {
    if (call.only_begun()) return;
    if (call.name == "recv") received_ += call.moved();
    if (call.name == "send") sent_ += call.moved();
    if (call.polls_many()) return add_waiting(call);
    if (call.name == "accept") return add_accept(call);
    if (call.name == "connect" || call.socket == connecting_) return add_connect(call);
    if (call.name == "socket" || call.name == "bind" || call.name == "listen") {
        const std::string remark = call.failed() ? reason_of(call) : "";
        return note(is_client_ ? Phase::opening : Phase::ready, 0,
                    {call.name + (call.failed() ? " failed" : ""), false, remark});
    }
    const auto peer = peers_by_socket_.find(call.socket);
    if (peer != peers_by_socket_.end()) return add_in_conversation(call, peer->second);
    if (call.name == "recv" || call.name == "send") forget_wait();
}

void RunSteps::add_gap() { aside("... a part of the trace is missing"); }

void RunSteps::add_waiting(const TracedCall& call) {
    finish();
    RunCall wait{call.is_pollers() ? "wait" : "poll"};
    if (call.failed()) wait.text += " failed";
    if (call.failed()) wait.remark = reason_of(call);
    if (call.result == "timed out") wait.remark = "nobody is ready";
    step_.lines.push_back(line_of(Line::calls, std::move(wait)));
}

void RunSteps::add_accept(const TracedCall& call) {
    const std::string socket = call.accepted();
    if (call.failed()) return aside("accept failed: " + reason_of(call));
    if (socket.empty()) return;
    peers_by_socket_.erase(socket);  // it was another connection's number
    if (++peers_ > most_peers_) return forget_wait();
    peers_by_socket_.emplace(socket, Peer{peers_});
    before({Line::peers_calls, {{"socket"}, {"connect", true}}});
    step_.peer = peers_;
    before(packet(Line::handshake, "three-way handshake"));
    note(Phase::opening, peers_, {"accept", true});
}

// A connect that can't be done at once is asked about later. The trace does not tell the answer,
// but a socket that is closed then was refused.
void RunSteps::add_connect(const TracedCall& call) {
    if (call.result == "in progress") {
        connecting_ = call.socket;
        was_asked_ = false;
        return;
    }
    if (call.name == "getsockopt") was_asked_ = true;
    if (call.name == "getsockopt" || (call.name != "connect" && !was_asked_)) return;
    connecting_.clear();
    if (call.failed() || call.name == "close")
        return note(Phase::opening, 0, {"connect failed", true, reason_of(call)});
    connected(call.socket);
    if (call.name != "connect") add_in_conversation(call, peers_by_socket_.at(call.socket));
}

void RunSteps::connected(const std::string& socket) {
    peers_by_socket_.insert_or_assign(socket, Peer{++peers_});
    if (peers_ == 1) before({Line::peers_calls, {{"socket"}, {"bind"}, {"listen"}}});
    note(Phase::opening, peers_, {"connect", true});
    after(packet(Line::handshake, "three-way handshake"));
    after(line_of(Line::peers_calls, {"accept", true}));
    finish();
}

void RunSteps::add_in_conversation(const TracedCall& call, Peer& peer) {
    if (call.result == "would block") return would_block(call, peer);
    if (call.name == "recv") return add_recv(call, peer);
    if (call.name == "send") return add_send(call, peer);
    if (call.name == "shutdown") return add_shutdown(call, peer);
    if (call.name == "close") return add_close(call, peer);
    if (call.name == "setsockopt" && call.arguments == "SO_LINGER") peer.resets = true;
    if (call.tells_a_poller() && call.arguments.rfind("change", 0) == 0)
        note(Phase::as_before, peer.number,
             {call.waits_to_write() ? "watch for writing" : "watch for reading", true});
}

void RunSteps::add_recv(const TracedCall& call, Peer& peer) {
    if (is_broken(call)) return broken_off(call, peer);
    if (call.failed())
        return note(Phase::exchange, peer.number, {"recv failed", true, reason_of(call)});
    if (!has_moved(call)) {
        if (!std::exchange(peer.ended, true)) {
            before(line_of(Line::peers_calls, {"shutdown", true, "or close"}));
            before(packet(Line::peers_packet, "FIN"));
        }
        return note(Phase::closing, peer.number, {"recv end of stream", true});
    }
    before(line_of(Line::peers_send, send_of(call.quoted(), call.moved())));
    note(Phase::exchange, peer.number, {"recv " + bytes(call.moved()), true});
}

void RunSteps::add_send(const TracedCall& call, Peer& peer) {
    if (is_broken(call)) return broken_off(call, peer);
    if (call.failed())
        return note(Phase::exchange, peer.number, {"send failed", true, reason_of(call)});
    finish();
    RunCall send = send_of(call.quoted(), call.moved());
    if (call.moved() < call.asked()) {
        const std::string part = std::to_string(call.moved()) + " of " + bytes(call.asked());
        send.remark = send.remark.empty() ? part : part + ", " + send.remark;
    }
    step_.phase = Phase::exchange;
    step_.peer = peer.number;
    after(line_of(Line::send, std::move(send)));
    finish();
}

void RunSteps::add_shutdown(const TracedCall& call, Peer& peer) {
    if (call.failed())
        return note(Phase::closing, peer.number, {"shutdown failed", true, reason_of(call)});
    note(Phase::closing, peer.number, {"shutdown", true});
    if (!std::exchange(peer.finished, true) && !peer.broken_off) after(packet(Line::packet, "FIN"));
}

void RunSteps::add_close(const TracedCall& call, Peer& peer) {
    const bool breaks_off = peer.resets && !peer.broken_off;
    note(Phase::closing, peer.number, {breaks_off ? "reset" : "close", true});
    if (breaks_off)
        after(packet(Line::packet, "RST"));
    else if (!peer.finished && !peer.broken_off)
        after(packet(Line::packet, "FIN"));
    peers_by_socket_.erase(call.socket);
}

// As in the lessons: a send that would block is a remark on what was received.
void RunSteps::would_block(const TracedCall& call, const Peer& peer) {
    if (call.name != "send" || step_.peer != peer.number || noted_ == 0) return;
    step_.lines.back().calls.back().remark = "send would block";
}

void RunSteps::broken_off(const TracedCall& call, Peer& peer) {
    // Who has finished and sends all the same gets a broken pipe from its own system.
    const bool by_peer = call.name == "recv" || !peer.finished;
    if (by_peer && !std::exchange(peer.broken_off, true)) {
        before(line_of(Line::peers_calls, {"reset", true}));
        before(packet(Line::peers_packet, "RST"));
    }
    note(Phase::closing, peer.number, {call.name + " failed", true, reason_of(call)});
}

// It was for a client that is not told of.
void RunSteps::forget_wait() {
    if (noted_ == 0) step_ = {};
}

// One more call in the note, or in a new one.
void RunSteps::note(Phase phase, std::size_t peer, RunCall call) {
    const bool same_phase = phase == Phase::as_before || phase == step_.phase;
    const bool fits =
        noted_ == 0 || (step_.lines.back().kind == Line::calls && same_phase &&
                        step_.peer == peer && step_.lines.back().calls.size() < most_calls);
    if (!fits) finish();
    if (step_.lines.empty() || step_.lines.back().kind != Line::calls)
        step_.lines.push_back({Line::calls});
    if (call.text != "socket") ++noted_;  // which is nothing yet that somebody else could see
    step_.lines.back().calls.push_back(std::move(call));
    if (phase != Phase::as_before) step_.phase = phase;
    step_.peer = peer;
}

// What the next call followed from. It comes before a wait, which waited for it.
void RunSteps::before(RunLine line) {
    if (noted_ > 0) finish();
    const bool waits = !step_.lines.empty() && step_.lines.back().kind == Line::calls;
    step_.lines.insert(waits ? step_.lines.end() - 1 : step_.lines.end(), std::move(line));
}

void RunSteps::after(RunLine line) {
    step_.lines.push_back(std::move(line));
    ++noted_;
}

void RunSteps::aside(const std::string& text) {
    finish();
    take_({Phase::aside, 0, {}, text});
}

void RunSteps::finish() {
    if (!step_.lines.empty()) take_(std::move(step_));
    step_ = {};
    noted_ = 0;
}

}  // namespace harness
