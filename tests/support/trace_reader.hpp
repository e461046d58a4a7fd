// Reads a program's trace, as faults.cpp writes it, and draws it in the shape of the lessons'
// diagrams.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

// How wide a message may be: Catch2 moves it to the right, and breaks lines beyond column 78.
inline constexpr std::size_t page_width = 76;

// One line of a trace: "socket 4: recv at most 4096 bytes -> 6 bytes "hello\n"". Without the arrow
// and what follows it the call has only begun.
struct TracedCall {
    std::string socket;     // "4"
    std::string name;       // "recv"
    std::string arguments;  // "at most 4096 bytes"
    std::string result;     // "6 bytes "hello\n""; empty: it has only begun

    bool only_begun() const { return result.empty(); }
    bool failed() const { return result.rfind("failed", 0) == 0; }
    std::size_t asked() const;  // a send's length
    // Of an accept: the socket of the client that it took; empty: it took none.
    std::string accepted() const;
    std::size_t moved() const;  // by a recv or a send; 0 when it failed or the stream has ended
    // Of a recv or a send: its first bytes as the trace quotes them, without the quotes.
    std::string_view quoted() const;

    bool polls_many() const;  // a poll of a whole array, or a poller's wait
    bool is_pollers() const;  // a poller's wait, whose sockets stand in earlier calls
    // Of a call that waits: on which sockets for something to receive or to accept; none where its
    // line does not tell. Whether it also waits for room to send. Of a call that tells a poller what
    // to watch a socket for: the same.
    std::vector<std::string> waits_to_read() const;
    bool waits_to_write() const;
    std::vector<std::string> ready() const;  // whom a poll of many has found
    bool tells_a_poller() const;             // what to watch a socket for, or to forget it
};

// Nothing when it is no line of a trace.
std::optional<TracedCall> read_trace_line(std::string_view line);

// The calls in a trace that are done. A line that is cut off or in no known shape is left out.
std::vector<TracedCall> read_trace(std::string_view trace);

// The calls that have begun and are not done: what each thread of the program waits in. Several
// threads may wait in the same call on the same socket, so each line that says "done" ends one.
class Begun {
public:
    void note(const TracedCall& call);
    const std::vector<TracedCall>& calls() const { return calls_; }

private:
    std::vector<TracedCall> calls_;
};

// The trace as a picture, at most page_width wide and about `most_rows` high: the test on the left,
// the program on the right, its calls beside it, repeats folded. Where it accepted several clients,
// they have numbers. `closed_by_reset`: the test saw
// the program's close as a reset. Empty when the trace is empty.
std::string draw_trace(std::string_view trace, bool program_is_client, bool closed_by_reset = false,
                       std::size_t most_rows = 44);

// What the program waits in at the end of a trace.
Begun begun_in(std::string_view trace);

// How many clients the program accepted.
std::size_t count_accepted(std::string_view trace);

// How many bytes the program received.
std::size_t bytes_received(std::string_view trace);

// The text in lines of page_width, and no more than `most` of them: the middle goes.
std::string clip_lines(std::string_view text, std::size_t most, std::string_view indent);

}  // namespace harness
