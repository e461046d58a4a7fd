// Lesson 07: what goes wrong with many clients at once, each served by a thread.

#include "../causes.hpp"
#include "../signs.hpp"
#include "../talk.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Holding = Evidence::Holding;
using Stream = Evidence::Stream;

constexpr std::string_view row_in_turn = "the newest client waits until the others leave";
constexpr std::string_view row_pile = "threads pile up, or processes";
constexpr std::string_view row_astray =
    "a client is let go without an answer, or its echo goes to another one";
constexpr std::string_view row_exception = "`terminate called`, and the server is gone";
constexpr std::string_view row_few = "`Resource temporarily unavailable`, and the server is gone";

// Nothing came for this client, and nothing ended it, while others were there.
bool left_alone(const Evidence& e) {
    return server(e) && e.others.count > 0 && cut(e) && e.stream == Stream::open && !e.ending;
}
// A thread used a connection that had been moved away, and ended the program or its conversation.
bool used_what_was_moved(const Evidence& e) {
    return server(e) && e.past.clients > 1 && contains(e.errors, "closed or was moved from");
}
// Of two threads that end the program at the same time neither gets to say why. Then it is known by
// what became of a client: its connection was closed before anybody had received from it.
bool fell_twice_at_once(const Evidence& e) {
    if (!server(e) || !contains(e.errors, "recursively")) return false;
    std::set<std::string> unread;
    for (const TracedCall& call : e.calls) {
        if (call.name == "close" && unread.count(call.socket) > 0) return true;
        if (call.name == "recv" || call.name == "close") unread.erase(call.socket);
        if (!call.accepted().empty()) unread.insert(call.accepted());
    }
    return false;
}

bool alone_it_is_served(const Evidence& e) { return left_alone(e) && answered_after(e, "alone"); }

// The socket on which the program accepted this client; empty: it did not, or has no trace.
std::string socket_of(const Evidence& e) {
    const std::string from = ":" + e.port;
    for (const TracedCall& call : e.calls) {
        if (call.accepted().empty()) continue;
        if (call.result.size() > from.size() &&
            call.result.compare(call.result.size() - from.size(), from.size(), from) == 0)
            return call.accepted();
    }
    return {};
}

// It has taken the client, and no thread has begun to receive from it.
bool accepted_and_not_read(const Evidence& e) {
    const std::string socket = socket_of(e);
    return !socket.empty() && !contains(e.trace, "\nsocket " + socket + ": recv");
}

// Of those that were connected some were closed, and nobody had received from them.
bool closed_and_not_read(const Evidence& e) {
    return server(e) && e.others.count > 0 && e.got.empty() && cut(e) && e.stream != Stream::open &&
           !e.ending && accepted_and_not_read(e);
}

// It ended, or broke off with one whom it served, because it could not have another thread.
bool fell_with_a_thread(const Evidence& e) {
    return server(e) && e.past.few_threads &&
           (e.ending || e.wanted == Wanted::connection || cut(e) || e.stream == Stream::reset);
}

// By std::terminate, or as another language says it.
bool left_a_thread(const Evidence& e) {
    return server(e) && !e.past.few_threads && e.past.clients > 1 && e.ending &&
           (aborted(*e.ending) || contains_any(e.errors, {"terminate called", "libc++abi: term"}));
}

// The bytes that came instead are those of another client that is connected.
bool another_ones_bytes(const Evidence& e) {
    constexpr std::size_t proof = 8;
    if (!server(e) || e.others.count == 0 || !(wrong(e) || more(e))) return false;
    const std::string_view came = rest(e).substr(0, proof);
    return came.size() >= std::min(proof, e.others.sent.size()) && contains(e.others.sent, came);
}

bool went_astray(const Evidence& e) {
    return left_alone(e) && !e.others.astray.empty() && !missing(e).empty() &&
           contains(e.others.astray, missing(e).substr(0, 8));
}

bool holds_more(const Evidence& e, Holding what) {
    return e.wanted == Wanted::holdings && e.holding == what;
}

const std::vector<Rule> rules = {
    {"no-thread-no-server", Basis::ending, row_few, fell_with_a_thread,
     "the system had no room for another thread, and that ended the server, or a client that it "
     "served. std::thread's constructor throws std::system_error: catch it where you start the "
     "thread, and go on with those that run. If it was for one client, let that one go, and accept "
     "the next.",
     "exception-leaves-a-thread"},
    {"exception-leaves-a-thread", Basis::ending, row_exception, left_a_thread,
     "an exception left a thread, or nobody joined a thread before its std::thread was destroyed. "
     "Either ends the whole program, with all its clients. Catch everything in the function that "
     "the thread runs."},

    {"refers-to-the-loop", Basis::ending, row_astray,
     [](const Evidence& e) { return used_what_was_moved(e) || fell_twice_at_once(e); },
     "a thread used a connection that had been moved away meanwhile: it has a reference to the "
     "loop's variable, which belongs to the next client by now. Move the connection into the "
     "thread.",
     "exception-leaves-a-thread"},
    {"refers-to-the-loop", Basis::deeds, row_astray, closed_and_not_read,
     "the server let this client go, and no thread had received from it. Does the thread have a "
     "reference to the loop's variable, which belongs to the next client by now? Move the "
     "connection into the thread."},

    {"waits-for-a-lock", Basis::deeds, row_in_turn,
     [](const Evidence& e) { return left_alone(e) && accepted_and_not_read(e); },
     "the server has accepted this client, and no thread receives from it while others are "
     "connected. A lock is held while one is served, or there are fewer threads than clients: "
     "hold no lock around a conversation.",
     "one-at-a-time"},
    {"one-at-a-time", Basis::experiment, row_in_turn, alone_it_is_served,
     "this client was answered only after the others had left: the server serves one after the "
     "other, or not enough at once. Give each client a thread, and accept the next one at once: "
     "no join, no lock around a conversation."},

    {"goes-to-another-client", Basis::bytes, row_astray, went_astray,
     "what this client sent went to another client. Their threads share the variable that says "
     "whom to answer, such as the loop's own, by reference. Move the connection into its thread."},
    {"shared-buffer", Basis::bytes, "the bytes of one client are in another one's echo",
     another_ones_bytes,
     "in the echo are bytes that another client sent: two threads use the same buffer. Each "
     "conversation needs its own, a local variable of the function that the thread runs."},

    {"lost-client", Basis::shape, row_astray,
     [](const Evidence& e) {
         return left_alone(e) && e.got.empty() && !e.trials.empty() &&
                std::all_of(e.trials.begin(), e.trials.end(), [](const Evidence::Trial& trial) {
                    return trial.came.empty() && !trial.ended;
                });
     },
     "nobody answers this client, not even when all others have left. Nobody accepts it, or its "
     "thread looks at another client's connection, through a reference to the loop's variable. "
     "Move the connection into its thread."},

    {"threads-never-end", Basis::shape, row_pile,
     [](const Evidence& e) { return holds_more(e, Holding::threads); },
     "the clients have left, and their threads are still there. A thread ends when its function "
     "returns: see what it waits for after the end of its client's stream."},
    {"leaves-processes", Basis::shape, row_pile,
     [](const Evidence& e) { return holds_more(e, Holding::processes); },
     "the clients have left, and their processes are still there. One that has ended stays until "
     "its parent has asked how (waitpid), and one that does not exit goes on with the parent's "
     "code."},
    {"keeps-memory", Basis::shape, "memory grows with each client that has been",
     [](const Evidence& e) { return holds_more(e, Holding::memory); },
     "the clients have left, and what the server keeps of them grows with each. Let what belongs "
     "to a client end with it: its buffer, its entry in a list."},
    {"hoards-threads", Basis::shape, "hardly any thread runs, and addresses run out",
     [](const Evidence& e) { return holds_more(e, Holding::reserved); },
     "the threads have ended, and nobody has joined them, so the system keeps the stack of each. "
     "Join those that are done each time that you accept, and take them out of the list."},
};

// --- What a test tries when the program is silent ------------------------------------------------

std::string all_others_leave(Talk& talk) { return talk.try_alone(); }
bool there_are_others(const Talk& talk) { return talk.has_others(); }

const std::vector<Experiment> experiments = {
    {"alone", Experiment::Cost::the_end, "all other clients of the test left", all_others_leave,
     there_are_others, 1},
};

const LessonCauses lesson{"07-two-at-once", rules, experiments};
const Known known(lesson);

}  // namespace
}  // namespace harness
