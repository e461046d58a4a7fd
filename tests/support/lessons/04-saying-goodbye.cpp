// Lesson 04: what goes wrong at the end of a conversation.

#include "../causes.hpp"
#include "../signs.hpp"

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;

const std::vector<Rule> rules = {
    {"sigpipe", Basis::ending, "the server dies with its client",
     [](const Evidence& e) { return ended_by(e, "SIGPIPE"); },
     "the program sent to a client that had gone, and the signal SIGPIPE ended it. Send with "
     "MSG_NOSIGNAL, as echo.hpp does, or ignore the signal, and look at what send returns."},

    {"waits-for-a-silent-client", Basis::deeds, "the server never ends with a silent client",
     [](const Evidence& e) {
         return e.wanted == Wanted::parting && e.manner == Evidence::Manner::silent;
     },
     "the program has said goodbye, and now waits for a client that says nothing, for ever. Give "
     "the drain a deadline: make it before the loop, and hand it to each recv."},
    {"drains-for-ever", Basis::deeds, "the server never ends with a busy client",
     [](const Evidence& e) {
         return e.wanted == Wanted::parting && e.manner == Evidence::Manner::active;
     },
     "the program has said goodbye, and goes on reading from a client that never stops sending. "
     "Count the bytes that you drain, and close after some megabytes."},
    {"does-not-survive", Basis::shape, "the server dies with its client",
     [](const Evidence& e) { return e.wanted == Wanted::survival; },
     "after a client that left rudely the program neither ended cleanly nor served the next one. A "
     "failed recv or send ends the conversation: leave the loop and close."},
    {"failed-send-ignored", Basis::shape, "bytes are missing in the middle",
     [](const Evidence& e) { return server(e) && with_fault(e, "send:E") && wrong(e); },
     "a send failed, and the program went on as if it had not: those bytes are lost, and later "
     "ones arrive. After a failed send nothing more must be sent."},
    {"reset-on-close", Basis::shape, "the client gets a reset",
     [](const Evidence& e) {
         return server(e) && e.stream == Stream::reset &&
                (e.wanted == Wanted::end_of_stream || e.finished_sending);
     },
     "the client got a reset where a clean end was due. Closing a socket that has unread bytes "
     "sends a reset: end the sending side, read what still comes, a bounded amount, then close.",
     "tail-thrown-away"},
    {"tail-thrown-away", Basis::shape, "the tail of the echo is missing",
     [](const Evidence& e) {
         return server(e) && cut(e) && e.finished_sending && e.stream != Stream::open;
     },
     "the client had ended only its own stream and was still listening, and the last bytes of its "
     "echo never came. Send everything that is left before closing."},
    {"no-goodbye", Basis::shape, "client and server wait for ever",
     [](const Evidence& e) {
         return open_end(e) && with_fault(e, "send:E") && !e.finished_sending;
     },
     "the program has stopped echoing and does not say so: the client waits for more. End the "
     "sending side first, with shutdown_send, and only then wait for the client."},
};

const LessonCauses lesson{"04-saying-goodbye", rules};
const Known known(lesson);

}  // namespace
}  // namespace harness
