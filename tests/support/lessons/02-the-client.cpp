// Lesson 02: what goes wrong in a client that sends lines and prints their echo.

#include "../causes.hpp"
#include "../signs.hpp"

namespace harness {
namespace {

using Wanted = Evidence::Wanted;

bool printed(const Evidence& e) { return client(e) && e.wanted == Wanted::printed; }

bool newline_twice(const Evidence& e) {
    return client(e) &&
           explained_by(e, [](const std::string& m) { return replace_all(m, "\n", "\n\n"); });
}

bool newline_missing(const Evidence& e) {
    return client(e) &&
           (explained_by(e, [](const std::string& m) { return replace_all(m, "\n", ""); }) ||
            explained_by(e, [](const std::string& m) { return stripped(m, false); }));
}

const std::vector<Rule> rules = {
    {"never-connects", Basis::beginning, "nobody connects",
     [](const Evidence& e) { return client(e) && e.wanted == Wanted::connection; },
     "the client did not connect to the host and port in its arguments: the first is the host, the "
     "second the port."},

    {"extra-newline", Basis::bytes, "a line break is missing, or there are two", newline_twice,
     "there is one newline too many at each line. What comes back ends in its newline already."},
    {"newline-missing", Basis::bytes, "a line break is missing, or there are two", newline_missing,
     "the lines come without their newline. std::getline takes it off: put it back before "
     "sending, and print what comes back as it is."},

    {"line-sent-in-part", Basis::shape, "only the start of a line is sent",
     [](const Evidence& e) {
         return client(e) && e.wanted == Wanted::bytes && with_fault(e, "send:short") &&
                (cut(e) || hole(e));
     },
     "a send took only some of the line, and the client forgot the others. send_all sends until "
     "everything is taken."},
    {"one-recv-is-one-message", Basis::shape, "only the start of the echo is printed",
     [](const Evidence& e) {
         return (client(e) && e.wanted == Wanted::patience) ||
                (printed(e) && !e.got.empty() && (cut(e) || hole(e)));
     },
     "the client takes the bytes of one recv for the whole reply. A reply can come in any number "
     "of pieces: count, and receive until as many bytes have come as were sent."},
    {"tail-thrown-away", Basis::shape, "nothing is printed",
     [](const Evidence& e) { return printed(e) && cut(e) && e.got.empty() && e.ending; },
     "the client closed the connection as soon as it had sent everything, and so threw away what "
     "the server still had to say. Read the whole echo first, then close."},
    {"waits-for-too-much", Basis::shape, "the client hangs after the first line",
     [](const Evidence& e) { return printed(e) && cut(e) && e.got.empty() && !e.ending; },
     "the client has been sent its whole echo, and waits for more, or keeps it to itself. Receive "
     "as many bytes as were sent, not until a buffer is full or the stream ends, and print them."},
    {"ignores-end-of-stream", Basis::shape, "the client hangs when the server leaves",
     [](const Evidence& e) { return client(e) && e.wanted == Wanted::exit && !e.ending; },
     "the server has closed the connection, and the client goes on: recv then gives 0 bytes at "
     "once, every time, and no more will come. Leave the loop, say so and return 1.",
     "wrong-exit-code"},
    {"wrong-exit-code", Basis::shape, "the exit code is wrong",
     [](const Evidence& e) { return client(e) && e.wanted == Wanted::exit; },
     "the exit code does not tell what happened: 0 when every line came back, 1 when the "
     "connection failed or ended early, 2 when the arguments are wrong."},
    {"complaint", Basis::shape, "not one line says what is wrong",
     [](const Evidence& e) { return client(e) && e.wanted == Wanted::complaint; },
     "when something is wrong, a client says what in one line on standard error, and names the "
     "value: catch echo::Error, print what() and return the exit code."},
};

const LessonCauses lesson{"02-the-client", rules};
const Known known(lesson);

}  // namespace
}  // namespace harness
