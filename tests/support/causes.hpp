// From what a failed test saw to the likely cause, by name.
//
// The rules know nothing about the program's source. They look at what was expected and what came,
// at how the connection and the program ended, and at what the program did when the test, after
// the failure, tried a few things to find the reason. So they also fit programs in other
// languages, which have no trace.
#pragma once

#include "process.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

struct Evidence {
    // What the test waited for when it went wrong.
    enum class Wanted {
        start,          // the program's first line
        connection,     // a connection with the program
        bytes,          // these bytes
        end_of_stream,  // the end of the program's stream, and nothing before it
        survival,       // that the program lives on after a rude client
        patience,       // that a client waits for the rest of its echo
        printed,        // these bytes on a client's standard output
        exit,           // a client's exit code
        complaint,      // one line on a client's standard error
    };
    Wanted wanted = Wanted::bytes;
    std::string lesson;  // whose test it is; empty: not known
    bool program_is_client = false;
    std::string faults;  // ECHO_FAULTS as the program understood it; empty: none

    // The bytes of the whole conversation so far. `sent` is the test's, one element a send; a long
    // conversation's are joined to one.
    std::vector<std::string> sent;
    std::string expected;
    std::string got;
    std::size_t difference = 0;     // where got goes wrong; likely_cause finds it
    bool finished_sending = false;  // the test had ended its own stream
    // What is said instead of bytes where the test did not wait for bytes.
    std::string expected_text;
    std::string got_text;

    enum class Stream { open, ended, reset };
    Stream stream = Stream::open;
    bool busy = false;  // the program was busy while the test waited

    // What the test tried after bytes had been missing, and what came then.
    std::string after_newline;     // after one more "\n"
    std::string after_more;        // after many more bytes
    std::string after_end;         // after the end of the test's stream
    bool ended_after_end = false;  // the program's stream ended then

    // The program.
    std::optional<Ending> ending;  // none: it was still running
    std::string output;
    std::string errors;
    std::string trace;
    // What the trace shows, where there is one; likely_cause finds it.
    struct Shown {
        bool send_past_the_bytes = false;  // a send was longer than what recv had given
        bool send_up_to_a_zero = false;    // a send left out a zero byte and what came after it
        bool one_recv_many_sends = false;  // the same bytes again and again
        bool kept_after_the_end = false;   // nothing was done with the connection after its end
    };
    Shown shown;
    std::string start_failure;      // the text of a StartFailure
    std::string listens_elsewhere;  // found there instead: "[::1]:7777"
};

struct Cause {
    std::string name;     // "c-string"
    std::string text;     // one or two sentences
    std::string lesson;   // to read: "01-one-client", never one after the lesson under test
    std::string section;  // of that lesson's README.md
};

// The first rule that fits, most specific first. Always some cause: the last rule fits everything.
Cause likely_cause(Evidence evidence);

// Every cause that likely_cause can give, for tests and for the lessons' authors.
std::vector<Cause> every_cause();

// Ended by a signal, or by abort(): on Windows that is no signal, but exit code 3.
bool crashed(const Ending& ending);

// The index of the first byte that is different, or the shorter length; npos when they are equal.
std::size_t first_difference(std::string_view expected, std::string_view got);

}  // namespace harness
