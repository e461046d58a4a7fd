#include "lookout.hpp"

#include <fstream>
#include <iterator>

namespace harness {
namespace {

using In = Sleeper::In;

// A send goes on as soon as the test reads, and the test mostly does.
bool is_awake(const Sleeper& thread) { return thread.in == In::awake || thread.in == In::send; }

// The socket call that a thread sleeps in, "recv 4"; of poll the system does not say on what.
std::string call_of(const Sleeper& thread) {
    if (thread.in == In::recv) return "recv " + std::to_string(thread.socket);
    if (thread.in == In::accept) return "accept " + std::to_string(thread.socket);
    return thread.in == In::poll ? "poll" : "";
}

std::string call_of(const TracedCall& call) {
    return call.name == "poll" || call.is_pollers() ? "poll" : call.name + ' ' + call.socket;
}

// The trace and the system tell of the same calls.
bool agree(const std::vector<Sleeper>& threads, const std::vector<TracedCall>& begun) {
    std::vector<std::string> asleep;
    std::vector<std::string> traced;
    for (const Sleeper& thread : threads)
        if (!call_of(thread).empty()) asleep.push_back(call_of(thread));
    for (const TracedCall& call : begun) traced.push_back(call_of(call));
    std::sort(asleep.begin(), asleep.end());
    std::sort(traced.begin(), traced.end());
    return asleep == traced;
}

std::string in_words(In in) {
    switch (in) {
        case In::recv: return "in recv, for bytes that will not come";
        case In::accept: return "in accept, for a client that will not come";
        case In::poll: return "in poll, for something that will not come";
        case In::input: return "for input, which will not come";
        case In::lock: return "for a lock that nobody will open";
        case In::send:
        case In::awake: break;
    }
    return {};
}

// Of several threads one is named: always the same, in whatever order the system lists them, and
// one that waits for the test before one that waits for a lock.
std::string in_words(const std::vector<Sleeper>& threads) {
    const auto named = std::min_element(
        threads.begin(), threads.end(),
        [](const Sleeper& one, const Sleeper& other) { return one.in < other.in; });
    const std::string words = in_words(named->in);
    if (threads.size() == 1) return "the program waits " + words;
    return "all " + std::to_string(threads.size()) + " threads of the program wait, one of them " +
           words;
}

}  // namespace

Lookout::Lookout(const Process& process, std::filesystem::path trace)
    : process_(process), trace_(std::move(trace)) {}

Account& Lookout::connected(std::uint16_t port) {
    accounts_.emplace_back();
    accounts_.back().port = port;
    return accounts_.back();
}

// The program opens its trace before its main. One in another language never does.
bool Lookout::traces() const {
    std::error_code ignored;
    return std::filesystem::exists(trace_, ignored);
}

void Lookout::read_trace() {
    std::ifstream file(trace_, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(trace_read_));
    const std::string more{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    trace_read_ += more.size();
    ledger_.add(more);
}

std::uint64_t Lookout::count_polls() {
    read_trace();
    return ledger_.polls();
}

bool Lookout::is_under_way(const Account& connection) {
    read_trace();
    const Ledger::Entry* entry = ledger_.with_port(connection.port);
    return entry && entry->sent > connection.received;
}

// The trace is read between two looks that are the same. So every thread slept while it was read:
// the trace holds all that the program has done, and the calls that have begun are those that the
// threads sleep in. The look of the time before has to be the same, too: that lets a few
// milliseconds pass for what the program did past its trace.
bool Lookout::nothing_can_come(const Account* connection) {
    const std::vector<Sleeper> threads = process_.threads();
    const bool again = threads == last_;
    last_ = threads;
    read_trace();
    // One that asks this often after the end will not stop, though it does not sleep.
    constexpr std::uint64_t too_often = 1000;
    for (const Ledger::Entry& entry : ledger_.entries()) {
        if (entry.ends < too_often) continue;
        reason_ = "the program goes round: more than a thousand times " + entry.last_end;
        return true;
    }
    if (!again || threads.empty() || process_.threads() != threads) return false;
    if (!all_wait_in_vain(threads) || (connection && !is_silent(*connection))) return false;
    reason_ = in_words(threads);
    return true;
}

bool Lookout::all_wait_in_vain(const std::vector<Sleeper>& threads) const {
    if (std::any_of(threads.begin(), threads.end(), is_awake)) return false;
    if (!traces() || !ledger_.is_whole() || !talks_to_the_test_only()) return false;
    const auto& begun = ledger_.begun();
    return agree(threads, begun) &&
           std::all_of(begun.begin(), begun.end(), [&](const TracedCall& call) {
               return !ledger_.waits_to_write(call) && waits_in_vain(ledger_.waits_to_read(call));
           });
}

// Nothing is known of a call that does not tell its sockets.
bool Lookout::waits_in_vain(const std::vector<std::string>& sockets) const {
    return !sockets.empty() &&
           std::all_of(sockets.begin(), sockets.end(),
                       [&](const std::string& socket) { return has_nothing_to_read(socket); });
}

// A call that waits until there is something on this socket goes on waiting.
bool Lookout::has_nothing_to_read(const std::string& socket) const {
    if (const Ledger::Entry* entry = ledger_.on_socket(socket)) {
        return std::any_of(accounts_.begin(), accounts_.end(), [&](const Account& test) {
            return test.port == entry->port && test.sent == entry->received &&
                   !test.about_to_send && !test.finished;
        });
    }
    // What it has besides is an end of a pipe of its own, as an echo::Stop has: while all its threads
    // sleep nobody writes to that.
    if (!ledger_.is_listener(socket)) return true;
    // Nobody is in line.
    return std::all_of(accounts_.begin(), accounts_.end(),
                       [&](const Account& test) { return ledger_.with_port(test.port); });
}

// Nothing is on its way to the test. A connection that nobody has accepted is silent, too.
bool Lookout::is_silent(const Account& connection) const {
    const Ledger::Entry* entry = ledger_.with_port(connection.port);
    return !entry || (entry->sent == connection.received && !entry->finished);
}

// Of what comes from elsewhere nothing is known. (A client's connection may be one that the test
// has not accepted yet.)
bool Lookout::talks_to_the_test_only() const {
    const auto& entries = ledger_.entries();
    return std::all_of(entries.begin(), entries.end(), [&](const Ledger::Entry& entry) {
        if (entry.socket.empty()) return true;
        return ledger_.with_port(entry.port) == &entry &&
               std::any_of(accounts_.begin(), accounts_.end(),
                           [&](const Account& test) { return test.port == entry.port; });
    });
}

}  // namespace harness
