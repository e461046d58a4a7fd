// Lesson 01: what goes wrong when one client talks and every byte should come back. Much of it can
// go wrong in any program, so the tests of all lessons ask these rules.

#include "../causes.hpp"
#include "../signs.hpp"
#include "../talk.hpp"

#include <echo.hpp>

#include <map>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;

// --- The first line --------------------------------------------------------------------------

constexpr std::string_view listening_on = "listening on ";

std::string_view first_line(const Evidence& e) {
    return std::string_view(e.output).substr(0, e.output.find('\n'));
}

bool wrong_first_line(const Evidence& e) { return start(e, "first line is not"); }

bool not_first(const Evidence& e) {
    return wrong_first_line(e) && contains(e.output, "\n" + std::string(listening_on));
}

// It speaks of an address or a port, in other words.
bool nearly_right(const Evidence& e) {
    const std::string line = lower_case(std::string(first_line(e)));
    return wrong_first_line(e) &&
           contains_any(line, {"listen", "port", "127.0.0.1", "localhost", "0.0.0.0"});
}

// What is on standard output has nothing to do with it.
bool on_standard_error(const Evidence& e) {
    const bool elsewhere = wrong_first_line(e) && !nearly_right(e) && !not_first(e);
    return (start(e, "did not say where") || elsewhere) &&
           contains(lower_case(e.errors), listening_on);
}

bool says_port_0(const Evidence& e) {
    const std::string_view line = first_line(e);
    return wrong_first_line(e) && !not_first(e) && starts_with(line, listening_on) &&
           line.substr(line.size() - 2) == ":0";
}

// "listening on 192.168.1.7:4711": the words are right, and the test can't know such a place.
bool says_another_host(const Evidence& e) {
    const std::string_view line = first_line(e);
    if (!wrong_first_line(e) || not_first(e) || !starts_with(line, listening_on)) return false;
    const std::size_t colon = line.rfind(':');
    const std::string_view host = line.substr(0, colon).substr(listening_on.size());
    return colon != std::string_view::npos && colon + 1 < line.size() &&
           line.find_first_not_of("0123456789", colon + 1) == std::string_view::npos &&
           !contains(host, " ") && host != "127.0.0.1" && !says_port_0(e);
}

// --- How it ended ----------------------------------------------------------------------------

// What nobody catches ends a C++ program by abort(), usually with a word about it.
bool uncaught(const Evidence& e) {
    return (e.ending && aborted(*e.ending)) ||
           contains_any(e.errors, {"Traceback (most recent call last)", "terminate called",
                                   "libc++abi: terminating", "panicked at", "panic: ",
                                   "Exception in thread", "Uncaught", "Unhandled exception"});
}

bool says_bad_text(const Evidence& e) {
    return contains_any(e.errors, {"UnicodeDecodeError", "UnicodeEncodeError", "invalid utf-8",
                                   "Utf8Error", "valid UTF-8", "MalformedInputException"});
}

// --- What its calls show ---------------------------------------------------------------------

// A connection of the program, as far as its trace has been read.
struct Traced {
    TracedCall recv;           // the last that gave bytes
    TracedCall send;           // the last
    std::size_t recvs = 0;     // those that gave bytes
    std::size_t received = 0;  // bytes, with those of the last recv
    std::size_t taken = 0;     // bytes, by send
    std::size_t asked = 0;     // bytes, of send
    std::size_t same = 0;      // sends one after another with the same bytes
    bool fresh = false;        // nothing was sent yet of what the last recv gave
    bool ended = false;        // the last call said end of stream
};

void note_recv(Traced& on, const TracedCall& call) {
    on.ended = call.result == "end of stream";
    if (call.moved() == 0) return;
    on.recv = call;
    on.received += call.moved();
    ++on.recvs;
    on.fresh = true;
}

void note_send(Traced& on, const TracedCall& call) {
    on.ended = false;
    on.same = on.same > 0 && call.arguments == on.send.arguments ? on.same + 1 : 1;
    on.asked += call.asked();
    on.taken += call.moved();
    on.send = call;
    on.fresh = false;
}

// Reads the trace of a server. `look` sees each call and its connection before the call is noted.
template <typename Look>
std::map<std::string, Traced> follow(const Evidence& e, Look look) {
    std::map<std::string, Traced> connections;
    if (client(e)) return connections;
    for (const TracedCall& call : e.calls) {
        look(connections[call.socket], call);
        if (call.name == "recv") {
            note_recv(connections[call.socket], call);
        } else if (call.name == "send") {
            note_send(connections[call.socket], call);
        } else if (const std::string number = call.accepted(); !number.empty()) {
            // The system gives the number of a closed socket to the next.
            connections[number] = Traced{};
        } else {
            connections[call.socket].ended = false;
        }
    }
    return connections;
}

// A send was longer than what recv had given: what came, in front of more. The same twice is
// another mistake.
bool past_the_bytes(const Traced& on, const TracedCall& call) {
    const std::string_view came = on.recv.quoted();
    if (call.name != "send" || !on.fresh || call.asked() <= on.recv.moved() ||
        on.taken + call.asked() <= on.received)
        return false;
    return starts_with(call.quoted(), came) &&
           !(call.asked() == 2 * on.recv.moved() &&
             starts_with(call.quoted().substr(came.size()), came));
}

bool send_past_the_bytes(const Evidence& e) {
    bool found = false;
    follow(e, [&](const Traced& on, const TracedCall& call) {
        found = found || past_the_bytes(on, call);
    });
    return found;
}

bool ends_at_a_zero(const Traced& on, const TracedCall& call, const std::string& sent) {
    const std::size_t begin = on.received - on.recv.moved();
    if (call.name != "send" || !on.fresh || call.asked() >= on.recv.moved() ||
        on.received > sent.size())
        return false;
    const std::string quoted = echo::quote(std::string_view(sent).substr(begin, on.recv.moved()));
    return contains(quoted, on.recv.quoted()) && sent[begin + call.asked()] == '\0';
}

// A send left out a zero byte and what came after it, and no second send made up for it.
bool send_up_to_a_zero(const Evidence& e) {
    std::string sent;
    for (const std::string& message : e.sent) sent += message;
    bool found = false;
    std::map<std::string, bool> cut;
    follow(e, [&](const Traced& on, const TracedCall& call) {
        found = found || (cut[call.socket] && call.name != "send");
        cut[call.socket] = ends_at_a_zero(on, call, sent);
    });
    return found || std::any_of(cut.begin(), cut.end(), [](const auto& one) { return one.second; });
}

// The same bytes again and again, and far more than came.
bool one_recv_many_sends(const Evidence& e) {
    if (!e.faults.empty()) return false;
    bool found = false;
    follow(e, [&](const Traced& on, const TracedCall&) {
        found = found || (on.recvs == 1 && on.same > 3 && on.asked > 3 * on.received);
    });
    return found;
}

// The last call on a connection said that its stream has ended.
bool kept_after_the_end(const Evidence& e) {
    const auto connections = follow(e, [](const Traced&, const TracedCall&) {});
    return std::any_of(connections.begin(), connections.end(),
                       [](const auto& one) { return one.second.ended; });
}

// --- Which bytes came ------------------------------------------------------------------------

template <typename Change>
bool each_byte(const Evidence& e, Change change) {
    return explained_by(e, [&](std::string message) {
        for (char& c : message) c = change(c);
        return message;
    });
}

bool nul_added(const Evidence& e) {
    return explained_by(e, [](const std::string& m) { return m + '\0'; }) ||
           explained_by(e, [](const std::string& m) {
               return replace_all(m, "\n", std::string_view("\n\0", 2));
           });
}

bool newline_added(const Evidence& e) {
    return explained_by(e, [](const std::string& m) { return m + '\n'; }) ||
           explained_by(e, [](const std::string& m) { return m + "\r\n"; });
}

bool newline_stripped(const Evidence& e) {
    return explained_by(e, [](const std::string& m) { return replace_all(m, "\n", ""); }) ||
           explained_by(e, [](const std::string& m) { return stripped(m, false); }) ||
           explained_by(e, [](const std::string& m) { return stripped(m, true); });
}

std::string with_crlf(const std::string& text) { return replace_all(text, "\n", "\r\n"); }

bool line_ends(const Evidence& e) {
    const auto unix_ends = [](const std::string& m) { return replace_all(m, "\r\n", "\n"); };
    return explained_by(e, with_crlf) || explained_by(e, unix_ends) ||
           explained_by(e, [&](const std::string& m) { return with_crlf(unix_ends(m)); }) ||
           explained_by(e, [](const std::string& m) { return replace_all(m, "\r", ""); }) ||
           explained_by(e, [](const std::string& m) { return replace_all(m, "\r", "\n"); });
}

bool cut_at_zeros(const Evidence& e) {
    constexpr std::string_view zero("\0", 1);
    return cut_before_the_first(e, '\0') ||
           explained_by(e, [](const std::string& m) { return m.substr(0, m.find('\0')); }) ||
           explained_by(e, [&](const std::string& m) { return replace_all(m, zero, ""); });
}

bool changed_case(const Evidence& e) {
    const std::string expected = lower_case(e.expected);
    return wrong(e) && starts_with(expected, lower_case(e.got));
}

std::string latin_1_to_utf_8(const std::string& message) {
    std::string text;
    for (const char c : message) {
        const auto value = static_cast<unsigned char>(c);
        if (high(c))
            (text += static_cast<char>(0xc0 | value >> 6)) +=
                static_cast<char>(0x80 | (value & 0x3f));
        else
            text += c;
    }
    return text;
}

bool only_high_bytes_left_out(const Evidence& e) {
    if (!about_bytes(e) || all_came(e) || cut(e) || e.got.empty()) return false;
    std::size_t at = 0;
    for (const char c : e.expected) {
        if (at < e.got.size() && e.got[at] == c)
            ++at;
        else if (!high(c))
            return at == e.got.size();
    }
    return at == e.got.size() && !missing(e).empty() && high(missing(e)[0]);
}

bool as_text(const Evidence& e) {
    if (!about_bytes(e) || all_came(e)) return false;
    // What decoders put in the place of bytes that they do not know.
    const bool at_high = !missing(e).empty() && high(missing(e)[0]);
    if (at_high && starts_with(rest(e), "\xef\xbf\xbd")) return true;
    if (at_high && starts_with(rest(e), "?") && e.expected.size() < 1000) return true;
    return each_byte(e, [](char c) { return static_cast<char>(c & 0x7f); }) ||
           explained_by(e, latin_1_to_utf_8) || only_high_bytes_left_out(e);
}

bool cut_at_an_end_sign(const Evidence& e) {
    return cut_before_the_first(e, '\xff') || cut_before_the_first(e, '\x04') ||
           cut_before_the_first(e, '\x1a');
}

// --- Where bytes are wrong, or too many ------------------------------------------------------

bool bytes_of_a_longer_message_before(const Evidence& e) {
    const std::vector<std::string> all = messages(e);
    std::size_t end = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        end += all[i].size();
        if (i == 0 || end != e.difference) continue;
        const std::string_view before = all[i - 1];
        if (before.size() <= all[i].size() || rest(e).empty()) continue;
        const std::string_view old = before.substr(all[i].size());
        const std::size_t both = std::min(old.size(), rest(e).size());
        if (old.substr(0, both) == rest(e).substr(0, both)) return true;
    }
    return false;
}

bool whole_buffer(const Evidence& e) {
    if (!more(e) && !wrong(e)) return false;
    if (bytes_of_a_longer_message_before(e)) return true;
    const std::string_view extra = rest(e);
    if (extra.size() >= 2 && extra[0] == '\0' && extra[1] == '\0') return true;
    // As many bytes as a buffer has; but the same bytes without end reach such a number by chance.
    return more(e) && extra.size() > 8 && buffer_size(e.got.size()) && !again(e);
}

// The first message comes, but after something else. Without its last byte, which may be escaped.
bool banner(const Evidence& e) {
    const std::string first = messages(e)[0];
    const std::size_t at = e.got.find(first.substr(0, first.size() - 1));
    return wrong(e) && first.size() > 2 && e.difference < first.size() && at != std::string::npos &&
           at > 0;
}

// --- The rules -------------------------------------------------------------------------------

constexpr std::string_view row_first_line = "no first line, or a wrong one";
constexpr std::string_view row_refused = "`connection refused`";
constexpr std::string_view row_crash = "the server crashes";
constexpr std::string_view row_nothing = "nothing comes back";
constexpr std::string_view row_part = "only the first part comes back";
constexpr std::string_view row_zero = "the echo stops at a zero byte";
constexpr std::string_view row_extra = "the echo has extra bytes";
constexpr std::string_view row_changed = "the echo has other bytes";
constexpr std::string_view row_again = "the same bytes come back again";
constexpr std::string_view row_end = "the server never ends";

constexpr std::string_view whole_buffer_text =
    "after the message come bytes that the client did not send now: the rest of the buffer. Send "
    "only as many bytes as recv gave, echo::first(buffer, got.bytes), and not as many as the "
    "buffer has or strlen finds.";
constexpr std::string_view c_string_text =
    "the bytes are cut at a zero byte. The program takes them for a C string, which ends there: "
    "use the number of bytes that recv gave, never strlen or a const char* alone.";
constexpr std::string_view text_decoding_text =
    "the program takes the bytes for text in some encoding, and changes or refuses those that do "
    "not fit. An echo server keeps them as bytes: no decode, no encode, no text mode.";

// Not even the first client.
bool never_connected(const Evidence& e) {
    return server(e) && e.wanted == Wanted::connection && e.past.clients == 0;
}

const std::vector<Rule> rules = {
    // How it ended.
    {"empty-buffer", Basis::ending, "`recv into an empty buffer`",
     [](const Evidence& e) { return contains(e.errors, "recv into an empty buffer"); },
     "the buffer has size 0: an empty string, or a vector with only reserve. recv fills what is "
     "there and does not make it grow: use std::array<char, 4096>.",
     "uncaught-exception"},
    {"text-decoding", Basis::ending, row_changed, says_bad_text, text_decoding_text,
     "uncaught-exception"},
    {"uncaught-exception", Basis::ending, row_crash, uncaught,
     "an error that nobody caught ended the program, or the part that served this client: {error}",
     "crash-at-the-start"},
    {"crash-at-the-start", Basis::ending, row_crash,
     [](const Evidence& e) { return start(e, "ended by SIG"); },
     "the program crashed before it said where it listens, so no client had to do with it: look "
     "at what it does first. A debugger shows the line.",
     "crash"},
    {"crash", Basis::ending, row_crash,
     [](const Evidence& e) { return e.ending && crashed(*e.ending); },
     "the program crashed. Look at the last call in its trace, and at what it did with those "
     "bytes: a size or an index that is not the number of bytes that came is the usual reason."},

    // It never got as far as a conversation.
    {"no-program", Basis::beginning, row_first_line,
     [](const Evidence& e) {
         return start(e, "could not be started") || start(e, "ECHO_PATIENCE is") ||
                start(e, "temporary folder");
     },
     "the test could not start the program at all, so nothing is known about it yet. Mend what is "
     "said above, and build again.",
     "ended-at-once"},
    {"line-on-standard-error", Basis::beginning, row_first_line, on_standard_error,
     "the line came on standard error, and the test reads standard output, as a script would: "
     "std::cout, not std::cerr or a log; and in Python print(..., flush=True) without file=.",
     "busy-loop"},
    {"line-without-end", Basis::beginning, row_first_line,
     [](const Evidence& e) {
         return start(e, "did not say where") && contains(e.output, listening_on);
     },
     "the line is there, but no line break ends it, so the test waits for the rest of it. Print "
     "\"\\n\" after the port, or use std::endl.",
     "line-on-standard-error"},
    {"busy-loop", Basis::beginning, row_first_line,
     [](const Evidence& e) { return start(e, "kept a processor busy"); },
     "the program goes round in a loop before it prints its line, so it never comes to accept. "
     "See in a debugger which loop that is.",
     "not-flushed"},
    {"not-flushed", Basis::beginning, row_first_line,
     [](const Evidence& e) { return start(e, "did not say where"); },
     "the program never printed its line, or the line is still in a buffer. Print it before "
     "accept, and flush: std::endl in C++, print(..., flush=True) in Python.",
     "wrong-first-line"},
    {"line-not-first", Basis::beginning, row_first_line, not_first,
     "the line is there, but something else was printed before it. It must be the first on "
     "standard output: print other messages after it, or on standard error.",
     "line-misspelt"},
    {"wrong-port", Basis::beginning, row_first_line, says_port_0,
     "port 0 asks the system for a free port; it is not the one the program got. Print the port "
     "that the listening socket has: listener.endpoint().",
     "line-misspelt"},
    {"other-address", Basis::beginning, row_first_line, says_another_host,
     "the first line names an address that the test does not know. Bind to 127.0.0.1 and print "
     "\"listening on 127.0.0.1:PORT\".",
     "line-misspelt"},
    {"line-misspelt", Basis::beginning, row_first_line, nearly_right,
     "the first line is nearly right. The test needs exactly \"listening on 127.0.0.1:PORT\": "
     "small letters, a colon before the port, and nothing else in the line.",
     "wrong-first-line"},
    {"wrong-first-line", Basis::beginning, row_first_line, wrong_first_line,
     "the first line is not \"listening on 127.0.0.1:PORT\", in these words, before anything else. "
     "From this line the test learns the port.",
     "ended-at-once"},
    {"ended-at-once", Basis::beginning, row_first_line,
     [](const Evidence& e) { return e.wanted == Wanted::start; },
     "the program ended before it said where it listens. What it wrote to standard error, or the "
     "way it ended, says why."},
    {"other-address", Basis::beginning, row_refused,
     [](const Evidence& e) {
         return server(e) && e.wanted == Wanted::connection && !e.listens_elsewhere.empty();
     },
     "the program listens on another address than it says. Bind to 127.0.0.1, and print the "
     "address that the system gave.",
     "wrong-port"},
    {"ended-at-once", Basis::beginning, row_refused,
     [](const Evidence& e) { return never_connected(e) && e.ending; },
     "the program printed its line and ended before a client could connect. After the line a "
     "server waits for its client, in accept.",
     "wrong-port"},
    {"wrong-port", Basis::beginning, row_refused, never_connected,
     "nobody listens on the port that the program printed. Print it after listen, and ask the "
     "system which port it is: the port that was asked for, 0, is not the one it got."},

    // What it was seen to do.
    {"recv-outside-the-loop", Basis::deeds, row_again,
     [](const Evidence& e) { return about_bytes(e) && one_recv_many_sends(e); },
     "recv was called once, and send again and again: recv belongs inside the loop."},
    {"whole-buffer", Basis::deeds, row_extra,
     [](const Evidence& e) { return send_past_the_bytes(e) && !nul_added(e) && !newline_added(e); },
     whole_buffer_text},
    {"c-string", Basis::deeds, row_zero, send_up_to_a_zero, c_string_text, "whole-buffer"},
    {"spins-at-end-of-stream", Basis::deeds, row_end,
     [](const Evidence& e) {
         return server(e) && ((open_end(e) && all_came(e)) || e.wanted == Wanted::survival) &&
                (e.busy || ends_received(e) > 2);
     },
     "the client's stream has ended, and the program goes round and round: recv gives 0 bytes at "
     "once, every time. Leave the loop when recv says end of stream (0 bytes), and close.",
     "never-closes"},
    {"never-closes", Basis::deeds, row_end,
     [](const Evidence& e) { return open_end(e) && !cut(e) && kept_after_the_end(e); },
     "after the end of the stream the program keeps the client's socket open: close it, or let "
     "the Connection's variable end, before it waits for anything else."},

    // What came when the test tried something.
    {"waits-for-newline", Basis::experiment, row_nothing,
     [](const Evidence& e) { return answered_after(e, "newline"); },
     "the answer came only after a newline. The program reads whole lines, but a client may send "
     "any bytes: use recv, and echo what has come."},
    {"held-back", Basis::experiment, row_nothing,
     [](const Evidence& e) { return answered_after(e, "many bytes"); },
     "the answer came only after many more bytes: the program waits until a buffer is full, on "
     "the way in or out. Echo what recv gave at once, and flush a buffered stream."},
    {"waits-for-end-of-stream", Basis::experiment, row_nothing,
     [](const Evidence& e) { return answered_after(e, "end of stream"); },
     "the answer came only after the client had ended its stream. The program reads everything "
     "before it answers: echo each piece as it comes."},

    // Exactly the bytes that such a mistake makes.
    {"extra-nul", Basis::bytes, row_extra, nul_added,
     "a zero byte comes after the message. It is the end mark of a C string, not one of the "
     "client's bytes: send as many bytes as recv gave, not one more."},
    {"newline-added", Basis::bytes, row_extra, newline_added,
     "the program adds a newline that the client did not send. Print-like functions do that: send "
     "the bytes alone."},
    {"newline-stripped", Basis::bytes, row_changed, newline_stripped,
     "the program takes the newline, or the space, off its messages. It is one of the client's "
     "bytes and has to come back."},
    {"line-ends", Basis::bytes, row_changed, line_ends,
     "the program translates the ends of lines (\\n, \\r\\n). TCP carries bytes, and these are the "
     "client's: open nothing in text mode, and change nothing."},
    {"changed-case", Basis::bytes, row_changed, changed_case,
     "the letters come back in another case. An echo server changes nothing."},
    {"text-decoding", Basis::bytes, row_changed, as_text, text_decoding_text},
    {"c-string", Basis::bytes, row_zero, cut_at_zeros, c_string_text},
    {"end-byte", Basis::bytes, row_part, cut_at_an_end_sign,
     "the program takes a byte of the data for the end: 0xFF in a char is -1, which is also EOF; 4 "
     "and 26 are Ctrl-D and Ctrl-Z. The stream ends when recv gives 0 bytes, at no byte."},

    // Where bytes are wrong, or too many.
    {"whole-buffer", Basis::shape, row_extra, whole_buffer, whole_buffer_text, "sent-twice"},
    {"banner", Basis::shape, row_extra, banner,
     "the program sends something of its own before the echo: a greeting, a prefix, quotes. A "
     "client gets its own bytes back and nothing else.",
     "sent-twice"},
    {"sent-twice", Basis::shape, row_again, again,
     "bytes that came back once come back again. Send every byte once: look for two sends, or one "
     "that starts at the wrong place."},

    // Where bytes are missing.
    {"only-one-message", Basis::shape, row_part,
     [](const Evidence& e) {
         return server(e) && cut_between_messages(e) && !e.busy &&
                came_after(e, "newline").empty() && came_after(e, "many bytes").empty();
     },
     "the first message came back, and no other: the program calls recv once. Put recv and send "
     "in a loop that ends with the client's stream.",
     "one-recv"},
    {"one-recv", Basis::shape, row_part,
     [](const Evidence& e) {
         return server(e) && cut(e) && buffer_size(e.got.size()) && !e.busy &&
                came_after(e, "newline").empty();
     },
     "the echo stops where one buffer is full: the program calls recv once. Put recv and send in "
     "a loop that ends with the client's stream.",
     "closes-too-early"},
    {"no-answer", Basis::shape, row_nothing,
     [](const Evidence& e) {
         return server(e) && cut(e) && e.got.empty() && e.stream != Stream::open &&
                !e.finished_sending;
     },
     "the program closed the connection without an answer, although the client had sent bytes. "
     "Receive and send before the connection goes out of scope.",
     "closes-too-early"},
    {"closes-too-early", Basis::shape, row_part,
     [](const Evidence& e) {
         return (cut(e) && e.stream != Stream::open) ||
                (server(e) && e.wanted == Wanted::end_of_stream && e.stream == Stream::reset);
     },
     "the program closed the connection while the client was still talking. Close only after the "
     "client's end of stream: recv gives 0 bytes.",
     "does-nothing"},
    {"busy-loop", Basis::shape, row_end,
     [](const Evidence& e) { return cut(e) && e.busy && e.stream == Stream::open; },
     "the program is busy and yet does not answer: it goes round in a loop that nothing ends. See "
     "in its trace, or in a debugger, which call it repeats.",
     "never-answers"},
    {"never-answers", Basis::shape, row_nothing,
     [](const Evidence& e) {
         const bool receives =
             std::any_of(e.calls.begin(), e.calls.end(),
                         [](const TracedCall& call) { return call.name == "recv"; });
         return server(e) && cut(e) && e.got.empty() &&
                (ended_after(e, "end of stream") || receives);
     },
     "the program accepts and reads, but sends nothing back. Send the bytes that recv gave.",
     "does-nothing"},
    {"does-nothing", Basis::shape, row_nothing,
     [](const Evidence& e) { return cut(e) && e.got.empty(); },
     "the program never answers, and does not notice that the client has finished. It has not "
     "called accept, or not recv, or it waits for something else."},
    {"never-closes", Basis::shape, row_end,
     [](const Evidence& e) { return open_end(e) && !cut(e); },
     "the client has finished, and the program neither sends nor closes. When recv gives 0 bytes, "
     "leave the loop; the connection closes when it goes out of scope, or by close."},

    // No more than that.
    {"lost-bytes", Basis::failure, row_part, [](const Evidence& e) { return cut(e) || hole(e); },
     "some of the bytes never came back. Every byte that recv gives must go to a send that takes "
     "it, at once, whatever the byte is.",
     "changed-bytes"},
    {"extra-bytes", Basis::failure, row_extra, more,
     "there are more bytes than the client sent. Send only what recv gave, as many bytes as it "
     "gave."},
    {"changed-bytes", Basis::failure, row_changed, wrong,
     "what came is not what was sent. Compare the first wrong byte above with what the program "
     "does between recv and send."},
};

// --- What a test tries when the program is silent --------------------------------------------

std::string a_newline(Talk& talk) { return talk.try_bytes("\n"); }
std::string many_bytes(Talk& talk) { return talk.try_bytes(std::string(65536, 'x')); }
std::string the_end(Talk& talk) { return talk.try_end(); }

const std::vector<Experiment> experiments = {
    {"newline", Experiment::Cost::some_bytes, "the test sent a newline", a_newline},
    {"many bytes", Experiment::Cost::many_bytes, "the test sent 65,536 more bytes", many_bytes},
    {"end of stream", Experiment::Cost::the_end, "the test finished sending", the_end},
};

const LessonCauses lesson{"01-one-client", rules, experiments};
const Known known(lesson);

}  // namespace
}  // namespace harness
