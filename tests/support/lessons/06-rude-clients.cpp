// Lesson 06: what a client's failure does to a server, and what its log does not say.

#include "../causes.hpp"
#include "../signs.hpp"

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;

constexpr std::string_view row_interrupted = "a signal ends a conversation, or the server";
constexpr std::string_view row_accept = "the server ends though nobody talked to it";
constexpr std::string_view row_log = "the log does not name a client";

// A client was to be served, and was not, or the program has ended by itself.
bool stopped_serving(const Evidence& e) {
    return server(e) && (e.wanted == Wanted::connection || cut(e) ||
                         (e.wanted == Wanted::end_of_stream && e.stream == Stream::reset));
}
bool ended(const Evidence& e) { return e.ending && !crashed(*e.ending); }

bool was_interrupted(const Evidence& e) {
    return stopped_serving(e) && (with_fault(e, ":EINTR") || e.past.interrupted);
}

bool accept_failed(const Evidence& e) {
    return stopped_serving(e) && with_fault(e, "accept:") && !with_fault(e, ":EINTR");
}

// The same connection failed again and again.
bool tries_again(const Evidence& e) {
    return server(e) && fails_again_and_again(e, {"send", "recv"});
}

bool names_it(const Evidence& e, std::string_view text) {
    return names_client(text, e.address, e.port);
}

const std::vector<Rule> rules = {
    {"sigpipe", Basis::ending, "exit status 141, and not a word",
     [](const Evidence& e) { return ended_by(e, "SIGPIPE"); },
     "the program sent to a client that had gone, and the signal SIGPIPE ended it. Send with "
     "MSG_NOSIGNAL, as client.send does, or ignore the signal: then send fails, and that is only "
     "this client's end."},
    {"interrupted-call-is-fatal", Basis::ending, row_interrupted,
     [](const Evidence& e) { return was_interrupted(e) && ended(e); },
     "a signal interrupted a call (EINTR), and that ended the server. Nothing has happened to the "
     "connection: make the call again, as the header's calls do."},
    {"accept-error-is-fatal", Basis::ending, row_accept,
     [](const Evidence& e) { return accept_failed(e) && ended(e); },
     "accept failed because of a client that had gone again, and that ended the server. Such an "
     "error is the client's: accept the next one."},

    {"tries-a-broken-connection-again", Basis::deeds, "after a rude client the server is busy",
     tries_again,
     "a call on a broken connection failed, and the program makes it again and again. A reset is "
     "for ever: leave the conversation at the first failure."},

    {"tries-a-broken-connection-again", Basis::shape, "after a rude client the server is busy",
     [](const Evidence& e) {
         return server(e) && cut(e) && e.busy && e.past.rude && !tries_again(e);
     },
     "since a client broke off, the server is busy and serves nobody: it makes a call on that "
     "connection again and again. A reset is for ever: leave at the first failure."},
    {"interrupted-call-is-fatal", Basis::shape, row_interrupted,
     [](const Evidence& e) { return was_interrupted(e) && !e.ending; },
     "a signal interrupted a call (EINTR), and that ended the conversation. Nothing has happened "
     "to the connection: make the call again, as the header's calls do."},
    {"accept-error-is-fatal", Basis::shape, row_accept,
     [](const Evidence& e) { return accept_failed(e) && !e.ending; },
     "accept failed because of a client that had gone again, and after that the server served "
     "nobody. Such an error is the client's: accept the next one."},
    {"log-on-standard-output", Basis::shape, row_log,
     [](const Evidence& e) { return e.wanted == Wanted::log && names_it(e, e.output); },
     "the log goes to standard output. That is for the program's result, its first line; what "
     "happens to it goes to standard error, where a script does not read it.",
     "log-without-the-client"},
    {"no-log", Basis::shape, row_log,
     [](const Evidence& e) {
         return e.wanted == Wanted::log && stripped(e.errors, true).empty() &&
                !names_it(e, e.output);
     },
     "nothing came on standard error, so nobody learns who the client was. Write a line for each, "
     "with its address and port, and at once: not into a buffer.",
     "log-without-the-client"},
    {"log-without-the-client", Basis::shape, row_log,
     [](const Evidence& e) { return e.wanted == Wanted::log && !names_it(e, e.errors); },
     "no line of the log holds the client's address and its port. The port tells one client of a "
     "machine from another: client.peer() has both."},
    {"forged-log", Basis::shape, "the log has lines that the server never wrote",
     [](const Evidence& e) { return e.wanted == Wanted::escaped; },
     "what a client sent stands in the log as it came, so it can forge lines and steer the "
     "terminal of whoever reads them. Escape it, as echo::Log and echo::quote do, or leave it "
     "out."},
    {"leaks-descriptors", Basis::shape, "`too many open sockets and files` after some days",
     [](const Evidence& e) { return e.wanted == Wanted::descriptors; },
     "the server has more open descriptors than before: somewhere a connection is left without a "
     "close. Let one variable own it, whose end closes it on every way out."},
};

const LessonCauses lesson{"06-rude-clients", rules};
const Known known(lesson);

}  // namespace
}  // namespace harness
