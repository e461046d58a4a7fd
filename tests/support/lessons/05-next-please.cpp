// Lesson 05: what keeps a server from going on, or from saying why it can't start.

#include "../causes.hpp"
#include "../signs.hpp"

#include <algorithm>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Refusal = Evidence::Refusal;

constexpr std::string_view row_next = "`connection refused` for the second client";
constexpr std::string_view row_rude = "the server ends with a client that breaks off";
constexpr std::string_view row_words = "the server can't start, and its words don't help";

// It ended by its own will where a client was to be served.
bool ended_between_clients(const Evidence& e) {
    return server(e) && e.wanted != Wanted::refusal && e.past.clients > 0 && ended_unasked(e) &&
           !crashed(*e.ending);
}

bool refuses(const Evidence& e) { return e.wanted == Wanted::refusal; }
// It said no, with some exit code of its own.
bool ended_itself(const Evidence& e) { return refuses(e) && e.ending && !crashed(*e.ending); }
bool runs_on(const Evidence& e) { return refuses(e) && !e.ending; }
bool says_it_listens(const Evidence& e) { return contains(e.output, "listening on "); }
// It says that it listens where somebody else does.
bool shares_the_port(const Evidence& e) {
    return runs_on(e) && e.refusal == Refusal::port_taken && says_it_listens(e) &&
           contains(e.output, ':' + e.refused_word);
}
int due_code(const Evidence& e) {
    return e.refusal == Refusal::port_taken || e.refusal == Refusal::failed_call ? 1 : 2;
}

bool listened_again(const Evidence& e) {
    const auto listens = [](const TracedCall& call) { return call.name == "listen"; };
    return e.wanted != Wanted::refusal && e.past.clients > 0 &&
           std::count_if(e.calls.begin(), e.calls.end(), listens) > 1;
}

// For one without a trace: it lives, it has served, and nobody listens any more.
bool no_longer_listens(const Evidence& e) {
    return server(e) && e.wanted == Wanted::connection && e.past.clients > 0 && !e.ending &&
           !listened_again(e);
}

// Nobody in it cared for what went wrong.
bool uncaught_refusal(const Evidence& e) {
    return refuses(e) && e.ending &&
           (crashed(*e.ending) || contains(e.errors, "Traceback (most recent"));
}

bool port_is_resting(const Evidence& e) {
    const std::string words = lower_case(e.start_failure);
    return e.wanted == Wanted::start && e.past.restarted &&
           contains_any(words, {"in use", "eaddrinuse", "10048"});
}

const std::vector<Rule> rules = {
    {"ends-with-a-rude-client", Basis::ending, row_rude,
     [](const Evidence& e) { return ended_between_clients(e) && e.past.rude; },
     "a client broke off, and that ended the server. It ends this conversation only: leave its "
     "loop, not that of accept, and let no exception of a client's out of it."},
    {"serves-only-so-many", Basis::ending, row_next,
     [](const Evidence& e) { return ended_between_clients(e) && !e.past.rude; },
     "the program ended, and another client was still to come. accept and the conversation belong "
     "into a loop that never ends."},
    {"port-rests", Basis::ending, "the server can't start again: `address already in use`",
     port_is_resting,
     "the port is in TIME_WAIT, since the server's side closed first, and nobody listens there. "
     "Set "
     "SO_REUSEADDR before bind, as echo::listen does."},

    {"uncaught-refusal", Basis::ending, row_words, uncaught_refusal,
     "the server can't start, and an error that nobody caught ended it. Catch it around all of "
     "main, as run_tool does: one line on standard error, and an exit code."},
    {"ignores-its-port", Basis::ending, "the server takes another port than it was told",
     [](const Evidence& e) { return e.wanted == Wanted::start && e.past.beside; },
     "both servers were told port 0, and the second could not start beside the first: the port of "
     "the command line does not arrive at listen. Pass it on."},

    {"ignores-its-port", Basis::deeds, "the server takes another port than it was told",
     [](const Evidence& e) { return e.wanted == Wanted::port; },
     "the server listens, but not on the port of its command line. Pass that port on to listen."},
    {"bad-port-accepted", Basis::deeds, "`70000` or `0x50` is taken for a port",
     [](const Evidence& e) { return runs_on(e) && e.refusal == Refusal::bad_port; },
     "the server runs, although what it was told is no port: atoi and its like take anything, and "
     "make a number of it. Take whole numbers from 0 to 65535, and nothing else."},
    {"word-too-many", Basis::deeds, "`70000` or `0x50` is taken for a port",
     [](const Evidence& e) { return runs_on(e) && e.refusal == Refusal::word_too_many; },
     "the server runs, although its command line has a word that it does not know. Whoever wrote "
     "it "
     "meant something: refuse it by name, as arguments.done() does."},
    {"another-port-instead", Basis::deeds, "the server takes another port than it was told",
     [](const Evidence& e) {
         return runs_on(e) && due_code(e) == 1 && says_it_listens(e) && !shares_the_port(e);
     },
     "the server could not have the port that it was told, and runs all the same, where no client "
     "will look for it. Say why, and end."},
    {"shares-the-port", Basis::deeds, "the server takes another port than it was told",
     shares_the_port,
     "two servers listen on one port now, and a client gets either of them. That is what "
     "SO_REUSEPORT asks for; set SO_REUSEADDR alone."},
    {"stays-after-its-refusal", Basis::deeds, row_words,
     [](const Evidence& e) { return runs_on(e) && !says_it_listens(e); },
     "the server can't start, and does not end either. Whoever started it waits for ever: end, "
     "with "
     "an exit code that says so."},
    {"listens-anew", Basis::deeds, row_next, listened_again,
     "the program listens again for each client, so those in line are broken off, and the port may "
     "be another. Listen once, before the loop, and accept in it."},

    {"listens-anew", Basis::shape, row_next, no_longer_listens,
     "after a client the server no longer listens where it did. Listen once, before the loop, and "
     "keep the listening socket open as long as the server runs."},
    {"refusal-without-a-word", Basis::shape, row_words,
     [](const Evidence& e) { return ended_itself(e) && e.errors.empty(); },
     "the server can't start, and does not say why. Write one line on standard error that names "
     "the "
     "port and the reason."},
    {"exit-code-of-a-refusal", Basis::shape, row_words,
     [](const Evidence& e) {
         return ended_itself(e) && !e.errors.empty() && e.ending->code != due_code(e);
     },
     "the server says why it can't start, but its exit code does not: 2 for a bad command line, 1 "
     "for what went wrong later, and 0 only for success."},
    {"unclear-refusal", Basis::shape, row_words,
     [](const Evidence& e) {
         return ended_itself(e) && !e.errors.empty() && e.ending->code == due_code(e);
     },
     "the server does not start, and what it says does not help: it takes one line on standard "
     "error "
     "that names the port as it was given, and the reason."},
};

const LessonCauses lesson{"05-next-please", rules};
const Known known(lesson);

}  // namespace
}  // namespace harness
