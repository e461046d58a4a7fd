#include "ledger.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace harness {
namespace {

// "socket 5 from 127.0.0.1:40213": the 40213.
std::uint16_t port_in(std::string_view endpoint) {
    const std::string_view digits = endpoint.substr(endpoint.rfind(':') + 1);
    std::uint16_t port = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return port;
}

}  // namespace

void Ledger::add(std::string_view more) {
    for (std::size_t end; (end = more.find('\n')) != std::string_view::npos;) {
        line_ += more.substr(0, end);
        if (const auto call = read_trace_line(line_))
            note(*call);
        else
            whole_ = false;
        line_.clear();
        more.remove_prefix(end + 1);
    }
    line_ += more;
}

const Ledger::Entry* Ledger::on_socket(std::string_view socket) const {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& entry) { return entry.socket == socket; });
    return found == entries_.end() ? nullptr : &*found;
}

const Ledger::Entry* Ledger::with_port(std::uint16_t port) const {
    const auto found = std::find_if(entries_.rbegin(), entries_.rend(),
                                    [&](const Entry& entry) { return entry.port == port; });
    return found == entries_.rend() ? nullptr : &*found;
}

// The system gives the number of a closed socket to the next one.
Ledger::Entry& Ledger::open(const std::string& socket) {
    close(socket);
    Entry& entry = entries_.emplace_back();
    entry.socket = socket;
    return entry;
}

void Ledger::close(const std::string& socket) {
    listeners_.erase(socket);
    watched_.erase(socket);
    for (Entry& entry : entries_) {
        if (entry.socket != socket) continue;
        entry.socket.clear();
        entry.finished = true;
    }
}

// The first that a poller watches is its own: an end of its pipe, for those who wake it.
void Ledger::note_poller(const TracedCall& call) {
    if (call.name == "epoll_create1" || call.name == "kqueue") ++pollers_;
    if (call.name == "pipe") wake_end_is_next_ = true;
    if (!call.tells_a_poller() || call.result != "ok") return;
    if (call.arguments == "forget")
        watched_.erase(call.socket);
    else if (!std::exchange(wake_end_is_next_, false))
        watched_[call.socket] = call;
}

// Which of several pollers it is, no line says.
std::vector<std::string> Ledger::waits_to_read(const TracedCall& call) const {
    if (!call.is_pollers()) return call.waits_to_read();
    std::vector<std::string> sockets;
    for (const auto& [socket, told] : watched_)
        if (pollers_ == 1 && !told.waits_to_read().empty()) sockets.push_back(socket);
    return sockets;
}

bool Ledger::waits_to_write(const TracedCall& call) const {
    if (!call.is_pollers()) return call.waits_to_write();
    return std::any_of(watched_.begin(), watched_.end(),
                       [](const auto& one) { return one.second.waits_to_write(); });
}

void Ledger::note(const TracedCall& call) {
    begun_.note(call);
    note_poller(call);
    if (call.polls_many() && !call.only_begun()) ++polls_;
    const bool ok = call.result == "ok";
    if (call.name == "listen" && ok) listeners_.insert(call.socket);
    if (call.name == "connect" && (ok || call.result == "in progress")) open(call.socket);
    if (const std::string socket = call.accepted(); !socket.empty())
        open(socket).port = port_in(call.result);
    if (call.name == "close" && ok) return close(call.socket);
    for (Entry& entry : entries_)
        if (entry.socket == call.socket) note(call, entry);
}

void Ledger::note(const TracedCall& call, Entry& entry) {
    if (call.name == "recv") entry.received += call.moved();
    if (call.name == "send") entry.sent += call.moved();
    if (call.name == "shutdown" && call.result == "ok") entry.finished = true;
    const bool stream_ended = call.name == "recv" && call.result == "end of stream";
    if (!stream_ended && !call.failed()) return;
    ++entry.ends;
    entry.last_end = call.name + (stream_ended ? " has told it of the end" : " has failed");
}

}  // namespace harness
