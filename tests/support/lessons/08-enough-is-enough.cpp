// Lesson 08: what goes wrong with a limit, and without a descriptor left.

#include "../causes.hpp"
#include "../signs.hpp"

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;
using Refusal = Evidence::Refusal;

constexpr std::string_view row_option = "the server does not start with `--max-clients 2`";
constexpr std::string_view row_number = "`--max-clients 0` or `8x` is taken for a limit";
constexpr std::string_view row_limit = "one client too many is served";
constexpr std::string_view row_dropped = "one client too many is cut off";
constexpr std::string_view row_seat = "after a while nobody is served any more";
constexpr std::string_view row_empty = "a worker has a client that is not open";
constexpr std::string_view row_short =
    "`too many open sockets and files`, and then nobody is served";
constexpr std::string_view row_spins = "the server is busy, and its log grows, with nobody talking";

bool too_many_seated(const Evidence& e) {
    return e.wanted == Wanted::no_seat && e.past.seated > e.past.seats;
}

// Turned away, and not with some words and an orderly end.
bool turned_away(const Evidence& e) {
    return e.wanted == Wanted::no_seat && e.past.seated == 0 && e.stream != Stream::open;
}

// One who ought to have a seat gets nothing. (The very first client's trouble is another one.)
bool no_seat_for_one(const Evidence& e) {
    return server(e) && e.past.seats > 0 && e.past.clients > 1 && !e.ending && cut(e) &&
           e.got.empty();
}

// It had been told that it can have no more sockets, or could have had none.
bool lacked_descriptors(const Evidence& e) {
    return server(e) && (e.past.few_descriptors || with_fault(e, "accept:E")) &&
           e.wanted != Wanted::start;
}

// It serves nobody any more, or has closed its listener.
bool stopped(const Evidence& e) {
    return lacked_descriptors(e) && !e.ending && (e.wanted == Wanted::connection || cut(e));
}

const std::vector<Rule> rules = {
    {"no-such-option", Basis::ending, row_option,
     [](const Evidence& e) { return e.past.options && start(e, "ended before it said"); },
     "the server ended at once when it was started with --max-clients behind its port. Take that "
     "option, and its number, from the command line."},
    {"port-before-the-option", Basis::ending, row_option,
     [](const Evidence& e) { return e.past.options_first && start(e, "ended before it said"); },
     "the server ended at once when it was started with --max-clients before its port, and not "
     "when "
     "it stood behind it. Ask for the option first, with arguments.number(), and then for the "
     "port: "
     "next_port takes the first word that is left."},
    {"takes-from-an-empty-line", Basis::ending, row_empty,
     [](const Evidence& e) {
         return server(e) && e.past.clients > 0 && contains(e.errors, "closed or was moved from");
     },
     "a worker served a client that is not open: it took it out of an empty line, or it was moved "
     "away before. A condition variable may wake for nothing: wait with a condition, such as "
     "came_.wait(lock, [&] { return !line_.empty(); })."},
    {"ends-for-lack-of-descriptors", Basis::ending, row_short,
     [](const Evidence& e) { return lacked_descriptors(e) && e.ending; },
     "the system had no descriptor left for one more client, so accept failed, and that ended the "
     "server with all its clients. Wait a moment, and accept again: the client is still in line."},

    {"bad-limit-accepted", Basis::deeds, row_number,
     [](const Evidence& e) {
         return e.wanted == Wanted::refusal && e.refusal == Refusal::bad_limit && !e.ending;
     },
     "the server runs, although its limit is no number of clients. Take whole numbers from 1 on, "
     "and nothing else, as arguments.number() does."},
    {"one-seat-too-many", Basis::deeds, row_limit,
     [](const Evidence& e) { return too_many_seated(e) && e.past.seated == e.past.seats + 1; },
     "the server serves one client more than its limit. Look at what is counted, when, and whether "
     "it is compared by < or by <=.",
     "limit-ignored"},
    {"limit-ignored", Basis::deeds, row_limit, too_many_seated,
     "the server serves more clients at once than --max-clients says. Don't accept one before a "
     "worker, or a seat, is free."},
    {"floods-its-log", Basis::deeds, row_spins,
     [](const Evidence& e) { return e.wanted == Wanted::calm && e.flooded; },
     "accept fails for lack of descriptors, and the server says so again and again. Once is "
     "enough, and after it a pause: nothing changes before somebody leaves.",
     "spins-for-lack-of-descriptors"},
    {"spins-for-lack-of-descriptors", Basis::deeds, row_spins,
     [](const Evidence& e) { return e.wanted == Wanted::calm && (e.busy || e.flooded); },
     "accept fails for lack of descriptors, and the server calls it again at once, which keeps a "
     "processor busy. The client stays in line: wait for a moment before you ask again."},
    {"too-few-seats", Basis::deeds, row_seat,
     [](const Evidence& e) {
         return no_seat_for_one(e) && !e.past.rude && e.past.clients <= e.past.seats;
     },
     "a client is not served, although fewer are there than the limit allows (64 without "
     "--max-clients). Is its worker woken when it has been put in line? Else look at what is "
     "counted, and whether it is compared by < or by <=.",
     "seat-lost"},
    {"seat-lost", Basis::deeds, row_seat, no_seat_for_one,
     "a client has left, and its seat is not free again. However a client leaves, by its end, a "
     "reset or an exception, its seat has to be given back, and who waits for it told. Or its "
     "worker "
     "sleeps on: it waits without a condition, and was told before it began to wait."},

    {"dropped-in-silence", Basis::shape, row_dropped,
     [](const Evidence& e) { return turned_away(e) && e.got.empty(); },
     "a client too many was let in and cut off without a word, so it can't tell a full house from "
     "a broken server. Leave it in line, or say why before you close."},
    {"told-with-a-reset", Basis::shape, row_dropped,
     [](const Evidence& e) { return turned_away(e) && !e.got.empty(); },
     "a client too many was told something and then got a reset, which can destroy these words on "
     "their way. End them as lesson 04 does: shutdown_send, drain, close."},
    {"kept-without-a-seat", Basis::shape, row_dropped,
     [](const Evidence& e) {
         return e.wanted == Wanted::no_seat && e.past.seated == 0 && e.stream == Stream::open;
     },
     "a client too many was told something that is no echo, and then its connection was kept. "
     "Close it behind these words, or say nothing and let it wait."},
    {"thread-for-each-in-line", Basis::shape, "a thousand clients in line cost a thousand threads",
     [](const Evidence& e) { return e.wanted == Wanted::thin_line; },
     "each client that waits has a thread, which waits too. Wait for a seat before you start a "
     "thread, and best before you accept: then a client in line costs no more than its place "
     "there."},
    {"stops-for-lack-of-descriptors", Basis::shape, row_short, stopped,
     "accept failed for lack of descriptors, and after that the server serves nobody else, though "
     "others have left. Keep the listener open, and accept again after a moment."},
    {"shortage-in-silence", Basis::shape, row_short,
     [](const Evidence& e) {
         return e.wanted == Wanted::calm && !e.busy && !e.flooded && !e.ending;
     },
     "accept fails for lack of descriptors, and nobody is told. Say so in the log, once: whoever "
     "runs the server can raise the limit."},
};

const LessonCauses lesson{"08-enough-is-enough", rules};
const Known known(lesson);

}  // namespace
}  // namespace harness
