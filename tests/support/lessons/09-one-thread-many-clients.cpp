// Lesson 09: what goes wrong when one thread waits for all clients at once.

#include "../causes.hpp"
#include "../signs.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;

constexpr std::string_view row_threads = "as many threads as clients, or as many processes";
constexpr std::string_view row_busy = "a processor is busy, and nobody says anything";
constexpr std::string_view row_ignored = "a processor is busy, and somebody waits";
constexpr std::string_view row_gone = "one hangs up, and a processor is busy from then on";
constexpr std::string_view row_waits = "one client is quiet, and all others wait";
constexpr std::string_view row_short = "no room for one more, and all others wait";
constexpr std::string_view row_wrong = "one client leaves, and another one's connection ends";
constexpr std::string_view row_left_out = "one client leaves, and another one is never answered";

bool ended(const Evidence& e) { return e.ending && !crashed(*e.ending); }
bool in_company(const Evidence& e) { return server(e) && e.past.clients > 1; }
bool somebody_left(const Evidence& e) { return in_company(e) && e.past.left > 0; }
bool unanswered(const Evidence& e) { return in_company(e) && is_silent(e); }

// --- Threads and processes ----------------------------------------------------------------------

constexpr std::size_t a_crowd = 40;  // no event loop has so many
bool many_threads(const Evidence& e) { return server(e) && e.threads.value_or(0) >= a_crowd; }
bool many_processes(const Evidence& e) { return server(e) && e.children.value_or(0) >= a_crowd; }

// --- What it was doing at the end, by its trace ------------------------------------------------

struct Doing {
    std::set<std::string> clients;  // the sockets of its conversations
    std::set<std::string> ready;    // whom the last poll of many has found
    bool polls = false;             // it has polled an array at all
    Begun begun;

    void note(const TracedCall& call) {
        if (const std::string client = call.accepted(); !client.empty()) clients.insert(client);
        if (call.name == "close") clients.erase(call.socket);
        if (!call.polls_many()) return;
        polls = true;
        const auto found = call.ready();
        ready = {found.begin(), found.end()};
    }
};

Doing doing(const Evidence& e) {
    Doing now;
    for (const TracedCall& call : e.calls) now.note(call);
    now.begun = begun_in(e.trace);
    return now;
}

// The call that it waits in. Of several threads nobody knows which one is to blame.
std::optional<TracedCall> waits_in(const Doing& now) {
    if (now.begun.calls().size() != 1) return std::nullopt;
    return now.begun.calls().front();
}

// It waits for one client alone, whom the last poll has found ready, or has not.
bool waits_for_one(const Evidence& e, bool that_was_ready) {
    if (!unanswered(e)) return false;
    const Doing now = doing(e);
    const auto call = waits_in(now);
    return call && call->name == "recv" && now.polls &&
           (now.ready.count(call->socket) > 0) == that_was_ready;
}

bool tells_of_polls(const Evidence& e) {
    return std::any_of(e.calls.begin(), e.calls.end(),
                       [](const TracedCall& call) { return call.polls_many(); });
}

// Where there is no trace: only when all others had left it was answered, by one thread alone.
bool others_held_it_up(const Evidence& e) {
    return unanswered(e) && answered_after(e, "alone") && e.threads.value_or(0) <= 2 &&
           !tells_of_polls(e);
}

// The same as the system tells it, of a program that has one thread and writes no trace.
bool sleeps_in(const Evidence& e, Sleeper::In call) {
    return is_silent(e) && e.sleeps_in == call && !tells_of_polls(e);
}

// Clients are there, and it waits for one more.
bool waits_in_accept(const Evidence& e) {
    if (!is_silent(e)) return false;
    const auto call = waits_in(doing(e));
    return sleeps_in(e, Sleeper::In::accept) ||
           (tells_of_polls(e) && call && call->name == "accept");
}

// It waits in poll, and not for all of its clients.
bool leaves_one_out(const Evidence& e) {
    if (!unanswered(e)) return false;
    const Doing now = doing(e);
    const auto call = waits_in(now);
    if (!call || !call->polls_many()) return false;
    const auto sockets = call->waits_to_read();
    const std::set<std::string> watched(sockets.begin(), sockets.end());
    return !watched.empty() &&
           !std::includes(watched.begin(), watched.end(), now.clients.begin(), now.clients.end());
}

// More often than not its polls have found somebody ready.
bool polls_find_somebody(const Evidence& e) {
    long found = 0;
    for (const TracedCall& call : e.calls)
        if (call.polls_many()) found += call.ready().empty() ? -1 : 1;
    return found > 0;
}

// A socket that poll after poll has found ready, and that the program never turned to in between.
std::string ignored(const Evidence& e) {
    constexpr int often = 100;
    std::map<std::string, int> polls;
    for (const TracedCall& call : e.calls) {
        if (!call.polls_many()) {
            polls.erase(call.socket);
            continue;
        }
        for (const std::string& socket : call.ready())
            if (++polls[socket] > often) return socket;
    }
    return {};
}

// One in line, and not one who has left: then it is the listener that is ignored.
bool ignores_the_line(const Evidence& e) {
    const std::string socket = ignored(e);
    return !socket.empty() && std::any_of(e.calls.begin(), e.calls.end(), [&](const auto& call) {
        return call.name == "listen" && call.socket == socket;
    });
}

// Somebody has left, and only since then it is busy.
bool busy_with_the_gone(const Evidence& e) {
    const bool idle_once = tells_of_polls(e) ? polls_find_somebody(e) : true;
    return keeps_awake(e) && e.past.left > 0 && idle_once && !ignores_the_line(e);
}
// Somebody waits for it, and it goes round without turning to that one.
bool ignores_somebody(const Evidence& e) {
    return is_silent(e) ? !ignored(e).empty() : keeps_awake(e) && ignores_the_line(e);
}
// On one and the same socket recv has told of the end, or has failed, again and again.
bool reads_past_the_end(const Evidence& e) {
    constexpr int often = 100;
    std::map<std::string, int> ends;
    return somebody_left(e) &&
           std::any_of(e.calls.begin(), e.calls.end(), [&](const TracedCall& call) {
               if (call.name == "close") ends.erase(call.socket);
               return call.name == "recv" && call.result == "end of stream" &&
                      ++ends[call.socket] > often;
           });
}

// --- What came ----------------------------------------------------------------------------------

// In what came is a word of another client: each names its own port.
bool anothers_words(const Evidence& e) {
    constexpr std::string_view sign = ", on port ";
    if (!in_company(e) || !(wrong(e) || more(e))) return false;
    const std::string_view got = e.got;
    for (std::size_t at = got.find(sign); at != got.npos; at = got.find(sign, at + 1))
        if (!contains(e.expected, got.substr(at, got.find('\n', at) - at))) return true;
    return false;
}

// Its connection has ended, and it had given no reason.
bool turned_out(const Evidence& e) {
    return somebody_left(e) && !e.finished_sending && e.stream != Stream::open && cut(e) &&
           !e.ending;
}

const std::vector<Rule> rules = {
    {"watches-a-closed-socket", Basis::ending, "the server ends after somebody has left",
     [](const Evidence& e) {
         return somebody_left(e) && ended(e) &&
                contains_any(e.errors,
                             {"poll on a socket that is closed", "EBADF", "Bad file descriptor",
                              "negative integer", "is already registered"});
     },
     "the program goes on to watch a socket that it has closed. Whoever leaves is removed from "
     "both lists at once: the connections, and those that are watched."},

    {"a-thread-each", Basis::deeds, row_threads, many_threads,
     "the program has a thread for each client, or for each that may come. One is enough: let it "
     "wait in poll for all clients at once, and talk to those that are ready."},
    {"a-process-each", Basis::deeds, row_threads,
     [](const Evidence& e) { return many_processes(e) && !many_threads(e); },
     "the program has a process for each client, which costs even more than a thread. One thread "
     "is enough: let it wait in poll for all clients at once."},
    {"busy-waiting", Basis::deeds, row_busy,
     [](const Evidence& e) {
         return keeps_awake(e) && !busy_with_the_gone(e) && !ignores_somebody(e);
     },
     "nobody says anything, and the program does not sleep: it asks again and again who is ready. "
     "Let poll wait until somebody is, and give it no deadline that is over."},
    {"ignores-who-is-ready", Basis::deeds, row_ignored, ignores_somebody,
     "poll has found a socket ready, again and again, and the program does nothing with it. Is it "
     "looked for at its place? The listener has place 0, so client i is at i + 1. And whom you do "
     "not want now, such as the listener in a full house, is watched with Interest::none."},
    {"keeps-the-slot", Basis::deeds, row_gone, busy_with_the_gone,
     "one has left, and poll tells of it again and again, because the program does not turn to it, "
     "or keeps its place. readable() holds for a hang-up too: receive, and then remove it."},
    {"keeps-the-slot", Basis::deeds, row_gone,
     [](const Evidence& e) { return !keeps_awake(e) && reads_past_the_end(e); },
     "one has left, and the program receives from it again and again. Remove it from both lists as "
     "soon as recv has told of the end."},
    {"skips-a-slot", Basis::deeds, "of two who are ready, one has to wait for the next pass",
     [](const Evidence& e) { return e.wanted == Wanted::fairness; },
     "when a client is removed, those behind it move up by one place, and the loop goes on to the "
     "next place: the one in between has been left out. Go through the array from its end."},
    {"waits-for-one", Basis::deeds, row_waits,
     [](const Evidence& e) { return waits_for_one(e, true); },
     "poll has said that a client is ready, and the program receives from it more than once: now "
     "it waits for that one alone. Receive once a pass, and then ask poll again."},
    {"asks-one-who-is-not-ready", Basis::deeds, row_waits,
     [](const Evidence& e) { return waits_for_one(e, false); },
     "the program receives from a client of whom poll has not said that it is ready, and waits "
     "for it alone. After a removal the two lists are in different orders, or it goes by what poll "
     "has said of another one."},
    {"waits-for-one", Basis::deeds, row_waits,
     [](const Evidence& e) {
         return in_company(e) && sleeps_in(e, Sleeper::In::recv) && e.past.left == 0;
     },
     "the one thread waits in recv for one client alone, who is quiet. Receive once from each whom "
     "poll has found ready, whether or not the buffer is full or the line complete, and then ask "
     "poll again."},
    {"asks-one-who-is-not-ready", Basis::deeds, row_waits,
     [](const Evidence& e) { return sleeps_in(e, Sleeper::In::recv) && e.past.left > 0; },
     "somebody left, and now the one thread waits in recv for one client alone, who is quiet. "
     "After "
     "a removal the two lists are in different orders, or it goes by what poll has said of another "
     "one."},
    {"sleeps-in-accept", Basis::deeds, row_short,
     [](const Evidence& e) { return e.wanted == Wanted::service; },
     "accept failed, because the system had no room, and nobody was served before it was tried "
     "again: the one thread sleeps there. Note when to try again, let poll wait until then at "
     "most, and watch the listener with Interest::none meanwhile."},
    {"waits-in-accept", Basis::deeds, row_waits, waits_in_accept,
     "the one thread waits in accept, and nobody is in line. Accept once when poll has found the "
     "listener ready, or make the listener non-blocking: a client may have gone meanwhile."},
    {"left-out", Basis::deeds, row_left_out, leaves_one_out,
     "the program waits in poll, and one of its clients is not among those that it watches. "
     "Whoever comes is added to both lists, also where it gets the place of one who left."},

    {"waits-for-one", Basis::experiment, row_waits,
     [](const Evidence& e) { return others_held_it_up(e) && e.past.left == 0; },
     "this client was answered only after the others had left: the one thread waited for one of "
     "them alone. Receive once from each whom poll has found ready, and then ask poll again."},
    {"asks-one-who-is-not-ready", Basis::experiment, row_waits,
     [](const Evidence& e) { return others_held_it_up(e) && e.past.left > 0; },
     "somebody left, and then this client was answered only after all others had left, too: the "
     "one thread waited for one of them alone. After a removal the two lists are in different "
     "orders, "
     "or it goes by what poll has said of another one."},

    {"bytes-of-another", Basis::bytes, "a client gets bytes that another one has sent",
     anothers_words,
     "in the echo are bytes that another client sent. What belongs to a client, a buffer too, has "
     "to move with it when places change, or to be done with before the next one's turn."},
    {"removes-the-wrong-one", Basis::shape, row_wrong, turned_out,
     "a client that had not finished has lost its connection, after another one had left. When one "
     "is removed, those behind it move up: places that were noted before are wrong then, and a new "
     "socket may get the number of an old one."},
    {"quiet-ones-stop-it", Basis::failure, row_waits, unanswered,
     "other clients are connected and quiet, and this one is not answered. Wait for all of them at "
     "once, with poll, and receive only from those that are ready."},
};

const LessonCauses lesson{"09-one-thread-many-clients", rules};
const Known known(lesson);

}  // namespace
}  // namespace harness
