// Lesson 10: what goes wrong when one client takes more than its share: of the one thread's time, or
// of its memory.

#include "../causes.hpp"
#include "../signs.hpp"
#include "../talk.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;

constexpr std::string_view row_held_up = "one client does not read, and nobody else is answered";
constexpr std::string_view row_busy = "a processor is busy as soon as a client is there";
constexpr std::string_view row_full = "one client does not read, and a processor is busy";
constexpr std::string_view row_stalls = "a client reads again, and nothing more comes";
constexpr std::string_view row_holes = "after a short send bytes are missing in the middle";
constexpr std::string_view row_slow = "a client is slow to read, and its connection ends";
constexpr std::string_view row_forget = "on another system it ends as soon as a client has left";
constexpr std::string_view row_order = "after a short send bytes come in another order";

// Another client does not read what comes to it.
bool beside_a_slow_reader(const Evidence& e) { return is_silent(e) && e.past.not_reading > 0; }

// It wakes because its time is over: nobody was found.
bool wakes_for_nobody(const Evidence& e) {
    return !e.calls.empty() && e.calls.back().polls_many() && e.calls.back().result == "timed out";
}

// --- By the trace ------------------------------------------------------------------------------

// It waits until there is room for one client: in send, or in a poll of this one alone.
bool waits_for_room(const Evidence& e) {
    const Begun now = begun_in(e.trace);
    return now.calls().size() == 1 && !now.calls().front().polls_many() &&
           (now.calls().front().name == "send" || now.calls().front().waits_to_write());
}

// The last that it did was to try the same send, and no poll of many was between.
bool tries_again(const Evidence& e) {
    constexpr std::ptrdiff_t often = 6;
    const auto& calls = e.calls;
    return static_cast<std::ptrdiff_t>(calls.size()) > often &&
           std::all_of(calls.end() - often, calls.end(), [&](const TracedCall& call) {
               return call.name == "send" && call.result == "would block" &&
                      call.socket == calls.back().socket;
           });
}

bool answered_when_others_read(const Evidence& e) {
    return beside_a_slow_reader(e) && answered_after(e, "others read");
}

// A poller goes on to find one and the same socket, which it watches for writing, and nothing is
// sent there.
bool goes_round_for_room(const Evidence& e) {
    constexpr int often = 100;
    std::map<std::string, bool> for_room;
    std::map<std::string, int> found;
    for (const TracedCall& call : e.calls) {
        if (call.tells_a_poller()) for_room[call.socket] = call.waits_to_write();
        if (call.name == "send") found[call.socket] = 0;
        for (const std::string& socket : call.ready())
            if (for_room[socket] && ++found[socket] > often) return true;
    }
    return false;
}

// A send or recv that would block was the last thing before the goodbye, or the close.
bool ends_where_it_would_block(const Evidence& e) {
    std::map<std::string, bool> would_block;
    for (const TracedCall& call : e.calls) {
        const bool ends = call.name == "shutdown" || call.name == "close";
        if (ends && would_block[call.socket]) return true;
        if (call.name == "send" || call.name == "recv")
            would_block[call.socket] = call.result == "would block";
        else
            would_block.erase(call.accepted());
    }
    return false;
}

// --- By the bytes ------------------------------------------------------------------------------

// What is missing here comes after what should have come later.
bool comes_later(const Evidence& e) {
    constexpr std::size_t proof = 12;
    return server(e) && wrong(e) && missing(e).size() >= proof &&
           rest(e).find(missing(e).substr(0, proof), 1) != std::string_view::npos;
}

// What was sent now comes, and what was due before does not.
bool only_news_come(const Evidence& e) {
    return is_silent(e) &&
           std::any_of(e.trials.begin(), e.trials.end(), [&](const Evidence::Trial& trial) {
               return !trial.sent.empty() && !trial.came.empty() &&
                      trial.sent.find(trial.came.substr(0, 64)) != std::string::npos &&
                      !starts_with(missing(e), trial.came.substr(0, 64));
           });
}

// More than goes at once, or the test has seen to it that it does not.
bool many_bytes(const Evidence& e) {
    return e.expected.size() > 65536 || contains(e.faults, "send:EAGAIN");
}

// Something is queued, and sent only when the client gives reason to turn to it.
bool stalls_until_more_comes(const Evidence& e) {
    return is_silent(e) && many_bytes(e) && !only_news_come(e) &&
           (answered_after(e, "newline") || answered_after(e, "many bytes"));
}

const std::vector<Rule> rules = {
    {"event-after-close", Basis::ending, "a client breaks off, and the server ends",
     [](const Evidence& e) { return server(e) && e.past.left > 0 && ended_unasked(e); },
     "a client broke off, and that ended the server. An end may come to light in a send as well as "
     "in a recv: after either has closed a client, nothing else may be done with it in that pass, "
     "and nothing that the same wait has told of it."},

    {"takes-would-block-for-the-end", Basis::deeds, row_slow,
     [](const Evidence& e) {
         return server(e) && cut(e) && e.stream != Stream::open && ends_where_it_would_block(e);
     },
     "a call said that it would block, and the program took that for the end of the connection. It "
     "means: not now. Keep what send has left, watch for writing, and go on."},
    {"closes-without-forgetting", Basis::deeds, row_forget,
     [](const Evidence& e) { return e.wanted == Wanted::forgetting; },
     "a socket was closed while the poller still watched it. Linux forgives that; elsewhere the "
     "poller goes on to watch that number, which a new client may get. Call forget, and then "
     "close."},
    {"closes-without-forgetting", Basis::ending, row_forget,
     [](const Evidence& e) {
         return server(e) && e.ending && contains(e.errors, "forget a socket before");
     },
     "a socket was closed, and then the poller was told to forget it: by then its number may be a "
     "new client's. Call forget, and then close.",
     "event-after-close"},
    {"unbounded-queue", Basis::deeds, "one client does not read, and memory grows",
     [](const Evidence& e) { return e.wanted == Wanted::bounds; },
     "a client sends and does not read, and the program keeps all of that. As long as something is "
     "queued for a client, or as much as a bound allows, receive nothing from it: then TCP tells "
     "it to wait."},
    {"watches-though-full", Basis::deeds, row_full,
     [](const Evidence& e) { return keeps_awake(e) && e.past.not_reading > 0; },
     "a client does not read, so nothing is received from it; and the program is told again and "
     "again that there is something to receive. Watch it for writing only, until its queue is "
     "sent.",
     "watches-for-writing"},
    {"watches-for-writing", Basis::deeds, row_busy,
     [](const Evidence& e) {
         return keeps_awake(e) && e.past.clients > 0 && e.past.left == 0 && !wakes_for_nobody(e);
     },
     "the program sleeps as long as no client is there, and is busy then: nearly always there is "
     "room to send, so who is watched for writing is always ready. Watch for it only while "
     "something is queued."},
    {"watches-for-writing", Basis::deeds, row_busy,
     [](const Evidence& e) { return is_silent(e) && goes_round_for_room(e); },
     "all that was queued is sent, and the client is still watched for writing, not for reading: "
     "so the program goes round, and receives nothing. When the queue is empty, watch for reading "
     "again."},
    {"retries-in-a-loop", Basis::deeds, row_held_up,
     [](const Evidence& e) { return beside_a_slow_reader(e) && (tries_again(e) || e.busy); },
     "there is no room for one client's bytes, and the program tries the same send again and "
     "again, so that nobody else is answered. Keep what is left in a queue, watch for writing, and "
     "go on with the others.",
     "waits-in-send"},
    {"waits-in-send", Basis::deeds, row_held_up,
     [](const Evidence& e) { return beside_a_slow_reader(e) && waits_for_room(e); },
     "a client does not read, and the program waits in send until there is room, so that nobody "
     "else is answered. Make its sockets non-blocking, and keep in a queue what send does not "
     "take."},
    {"serves-one-for-ever", Basis::deeds, "one client sends and sends, and nobody else has a turn",
     [](const Evidence& e) { return e.wanted == Wanted::turns; },
     "as long as one client sends, nobody else has a turn: the program receives from it until "
     "nothing is left. Receive once, and then turn to the others; what is left is told of again."},

    {"waits-in-send", Basis::experiment, row_held_up, answered_when_others_read,
     "this client was answered only when another one began to read: the program waits, or tries "
     "again and again, until it can send to that one. Make its sockets non-blocking, and keep in a "
     "queue what send does not take."},

    {"watched-for-nothing", Basis::experiment, row_stalls, stalls_until_more_comes,
     "what was missing came only when the client had sent more: something is queued, and the "
     "program does not watch for room to send it. What a client is watched for has to follow its "
     "queue."},

    {"out-of-order", Basis::bytes, row_order, comes_later,
     "bytes that had come later were sent first, and older ones, which waited in a queue, after "
     "them. As long as something is queued, new bytes go to its end."},
    {"drops-what-send-left", Basis::bytes, row_holes,
     [](const Evidence& e) {
         return server(e) && many_bytes(e) && ((hole(e) && !comes_later(e)) || only_news_come(e));
     },
     "the system took only a part of what was to be sent, or said that it would block, and the "
     "program forgot the rest. Keep it, and send it when there is room."},

    {"drops-the-queue", Basis::shape, "a client finishes, and the end of its echo is missing",
     [](const Evidence& e) {
         return server(e) && many_bytes(e) && cut(e) && e.finished_sending &&
                e.stream != Stream::open && !e.ending;
     },
     "a client had finished sending, and the program closed, though something was still queued for "
     "it. Send the queue, and close then."},
    {"watched-for-nothing", Basis::shape, row_stalls,
     [](const Evidence& e) { return is_silent(e) && many_bytes(e) && !stalls_until_more_comes(e); },
     "this client reads, and nothing more comes: something is queued, and the program does not "
     "watch for room to send it; or all is sent, and it does not watch for more to receive. What a "
     "client is watched for has to follow its queue."},
};

// --- What a test tries when the program is silent ------------------------------------------------

std::string others_read(Talk& talk) { return talk.try_reading(); }
bool others_do_not_read(const Talk& talk) { return talk.has_others_that_do_not_read(); }

const std::vector<Experiment> experiments = {
    {"others read", Experiment::Cost::nothing, "the client that does not read began to read",
     others_read, others_do_not_read},
};

const LessonCauses lesson{"10-never-block", rules, experiments};
const Known known(lesson);

}  // namespace
}  // namespace harness
