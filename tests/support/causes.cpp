#include "causes.hpp"

#include "trace_reader.hpp"

#include <echo.hpp>

#include <algorithm>
#include <cctype>
#include <map>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;

// --- What came, compared with what was expected ---------------------------------------------

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

bool starts_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

bool about_bytes(const Evidence& e) {
    return e.wanted == Wanted::bytes || e.wanted == Wanted::end_of_stream ||
           e.wanted == Wanted::printed;
}

std::size_t difference(const Evidence& e) { return e.difference; }

// Only the end is missing.
bool cut(const Evidence& e) {
    return about_bytes(e) && e.got.size() < e.expected.size() && starts_with(e.expected, e.got);
}

// All came, and then more.
bool more(const Evidence& e) {
    return about_bytes(e) && e.got.size() > e.expected.size() && starts_with(e.got, e.expected);
}

// A byte in the middle is another one.
bool wrong(const Evidence& e) {
    return about_bytes(e) && e.expected != e.got && !cut(e) && !more(e);
}

bool all_came(const Evidence& e) { return about_bytes(e) && e.expected == e.got; }

bool cut_before(const Evidence& e, char byte) { return cut(e) && e.expected[e.got.size()] == byte; }

// What came from the first difference on.
std::string_view rest(const Evidence& e) {
    return std::string_view(e.got).substr(std::min(difference(e), e.got.size()));
}

std::string_view missing(const Evidence& e) {
    return std::string_view(e.expected).substr(std::min(difference(e), e.expected.size()));
}

// The messages that were to come back, where they are known one by one.
std::vector<std::string> messages(const Evidence& e) {
    std::string joined;
    for (const std::string& message : e.sent) joined += message;
    if (!joined.empty() && starts_with(joined, e.expected)) return e.sent;
    return {e.expected};
}

// True when a program that does this to each message gives exactly what came.
template <typename Change>
bool explained_by(const Evidence& e, Change change) {
    if (!about_bytes(e) || all_came(e)) return false;
    std::string predicted;
    for (const std::string& message : messages(e)) predicted += change(message);
    if (predicted == e.expected) return false;
    if (cut(e)) return predicted == e.got && !e.got.empty();
    if (e.got.size() > predicted.size()) return false;
    return e.got.size() > difference(e) && starts_with(predicted, e.got);
}

template <typename Change>
bool each_byte(const Evidence& e, Change change) {
    return explained_by(e, [&](std::string message) {
        for (char& c : message) c = change(c);
        return message;
    });
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
    std::string result;
    for (std::size_t at = text.find(from); at != std::string_view::npos; at = text.find(from)) {
        (result += text.substr(0, at)) += to;
        text.remove_prefix(at + from.size());
    }
    return result += text;
}

bool high(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// --- Single questions ------------------------------------------------------------------------

bool ended_by(const Evidence& e, std::string_view signal) {
    return e.ending && contains(e.ending->text(), signal);
}

bool server(const Evidence& e) { return !e.program_is_client; }
bool client(const Evidence& e) { return e.program_is_client; }

// Sizes that programmers give to buffers: powers of two, round decimals, one less for a zero.
bool buffer_size(std::size_t size) {
    const auto round = [](std::size_t n) {
        return n >= 16 && ((n & (n - 1)) == 0 || (n >= 100 && n % 100 == 0) || n == 1460);
    };
    return round(size) || round(size + 1);
}

// The messages that came back are whole, and at least one is there.
bool cut_between_messages(const Evidence& e) {
    if (!cut(e)) return false;
    std::size_t size = 0;
    for (const std::string& message : messages(e)) {
        size += message.size();
        if (size == e.got.size()) return true;
    }
    return false;
}

// What was missing came after something that the test tried later.
bool came_with(const Evidence& e, std::string_view later) {
    if (!cut(e) || later.empty()) return false;
    const std::size_t both = std::min(later.size(), missing(e).size());
    if (later.substr(0, both) == missing(e).substr(0, both) && later != "\n") return true;
    return e.got.empty() && later.size() > 1 && later[0] != 'x';
}

bool bytes_of_a_longer_message_before(const Evidence& e) {
    const std::vector<std::string> all = messages(e);
    std::size_t end = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        end += all[i].size();
        if (i == 0 || end != difference(e)) continue;
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
    return more(e) && extra.size() > 8 && buffer_size(e.got.size());
}

// Bytes are left out, and what comes after them is right again.
bool hole(const Evidence& e) {
    if (!wrong(e) || rest(e).size() < 2) return false;
    const std::string_view next = rest(e).substr(0, 8);
    return std::string_view(e.expected).find(next, difference(e) + 1) != std::string_view::npos;
}

// From the difference on, the bytes go on as from an earlier place. Near by, three bytes are enough
// to tell; far away they may be the same by chance.
bool again(const Evidence& e) {
    if (!wrong(e) && !more(e)) return false;
    const std::size_t at = difference(e);
    for (std::size_t back = 1; back <= at && back <= 65536; ++back) {
        const std::size_t proof = std::min<std::size_t>(rest(e).size(), back <= 8 ? 3 : 8);
        const std::string_view before = std::string_view(e.expected).substr(at - back, proof);
        if (proof >= 2 && rest(e).substr(0, proof) == before) return true;
    }
    return false;
}

bool only_high_bytes_left_out(const Evidence& e) {
    if (all_came(e) || e.got.empty()) return false;
    std::size_t at = 0;
    for (const char c : e.expected) {
        if (at < e.got.size() && e.got[at] == c)
            ++at;
        else if (!high(c))
            return cut(e) ? false : at == e.got.size();
    }
    return at == e.got.size() && high(missing(e).empty() ? 'x' : missing(e)[0]);
}

bool text_decoding(const Evidence& e) {
    for (const std::string_view sign : {"UnicodeDecodeError", "UnicodeEncodeError", "invalid utf-8",
                                        "Utf8Error", "valid UTF-8", "MalformedInputException"})
        if (contains(e.errors, sign)) return true;
    if (!about_bytes(e) || all_came(e)) return false;
    // What decoders put in the place of bytes that they do not know.
    const std::size_t at = difference(e);
    const bool at_high = at < e.expected.size() && high(e.expected[at]);
    if (at_high && starts_with(rest(e), "\xef\xbf\xbd")) return true;
    if (at_high && starts_with(rest(e), "?") && e.expected.size() < 1000) return true;
    if (each_byte(e, [](char c) { return static_cast<char>(c & 0x7f); })) return true;
    const auto latin_1_to_utf_8 = [](const std::string& message) {
        std::string text;
        for (const char c : message) {
            const auto value = static_cast<unsigned char>(c);
            if (value < 0x80)
                text += c;
            else
                (text += static_cast<char>(0xc0 | value >> 6)) +=
                    static_cast<char>(0x80 | (value & 0x3f));
        }
        return text;
    };
    return explained_by(e, latin_1_to_utf_8) || (!cut(e) && only_high_bytes_left_out(e));
}

bool changed_case(const Evidence& e) {
    const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
    return wrong(e) && e.got.size() <= e.expected.size() &&
           std::equal(e.got.begin(), e.got.end(), e.expected.begin(),
                      [&](char one, char other) { return upper(one) == upper(other); });
}

bool line_ends(const Evidence& e) {
    return explained_by(e, [](const std::string& m) { return replace_all(m, "\n", "\r\n"); }) ||
           explained_by(e,
                        [](const std::string& m) {
                            return replace_all(replace_all(m, "\r\n", "\n"), "\n", "\r\n");
                        }) ||
           explained_by(e, [](const std::string& m) { return replace_all(m, "\r\n", "\n"); }) ||
           explained_by(e, [](const std::string& m) { return replace_all(m, "\r", ""); }) ||
           explained_by(e, [](const std::string& m) { return replace_all(m, "\r", "\n"); });
}

std::string stripped(std::string text, bool left) {
    constexpr std::string_view blank = " \t\r\n\v\f";  // no zero byte: that is c-string
    text.erase(text.find_last_not_of(blank) + 1);
    if (left) text.erase(0, text.find_first_not_of(blank));
    return text;
}

bool newline_stripped(const Evidence& e) {
    return explained_by(e, [](const std::string& m) { return replace_all(m, "\n", ""); }) ||
           explained_by(e, [](const std::string& m) { return stripped(m, false); }) ||
           explained_by(e, [](const std::string& m) { return stripped(m, true); });
}

bool newline_added(const Evidence& e) {
    return explained_by(e, [](const std::string& m) { return m + '\n'; }) ||
           explained_by(e, [](const std::string& m) { return m + "\r\n"; });
}

bool nul_added(const Evidence& e) {
    return explained_by(e, [](const std::string& m) { return m + '\0'; }) ||
           explained_by(e, [](const std::string& m) {
               return replace_all(m, "\n", std::string_view("\n\0", 2));
           });
}

// The first message comes, but after something else. Without its last byte, which may be escaped.
bool banner(const Evidence& e) {
    const std::string first = messages(e)[0];
    const std::size_t at = e.got.find(first.substr(0, first.size() - 1));
    return wrong(e) && first.size() > 2 && difference(e) < first.size() &&
           at != std::string::npos && at > 0;
}

std::size_t ends_received(const Evidence& e) {
    constexpr std::string_view line = "-> end of stream\n";
    std::size_t count = 0;
    for (std::size_t at = e.trace.find(line); at != std::string::npos && count < 100;
         at = e.trace.find(line, at + 1))
        ++count;
    return count;
}

bool open_end(const Evidence& e) {
    return e.wanted == Wanted::end_of_stream && !more(e) && !wrong(e) && e.stream == Stream::open;
}

bool aborted(const Ending& ending) {
#ifdef _WIN32
    return !ending.by_signal && ending.code == 3;
#else
    return ending.by_signal && contains(ending.text(), "SIGABRT");
#endif
}

// What nobody catches ends a C++ program by abort(), usually with a word about it.
bool traceback(const Evidence& e) {
    if (e.ending && aborted(*e.ending)) return true;
    for (const std::string_view sign :
         {"Traceback (most recent call last)", "terminate called", "libc++abi: terminating",
          "panicked at", "panic: ", "Exception in thread", "Uncaught", "Unhandled exception"})
        if (contains(e.errors, sign)) return true;
    return false;
}

// The line of an error output that says most: the last that is not empty.
std::string last_line(std::string_view text) {
    while (!text.empty()) {
        const std::size_t start = text.rfind('\n');
        const std::string_view line =
            start == std::string_view::npos ? text : text.substr(start + 1);
        if (line.find_first_not_of(" \r\t") != std::string_view::npos) {
            std::string clean;
            for (const char c : line.substr(line.find_first_not_of(" \t")))
                if (static_cast<unsigned char>(c) >= 0x20) clean += c;
            constexpr std::size_t most = 240;
            if (clean.size() <= most) return clean;
            return clean.substr(0, clean.rfind(' ', most)).substr(0, most) + " ...";
        }
        text = text.substr(0, start == std::string_view::npos ? 0 : start);
    }
    return "an error";
}

bool start(const Evidence& e, std::string_view sign) {
    return e.wanted == Wanted::start && contains(e.start_failure, sign);
}

// --- The rules -------------------------------------------------------------------------------

struct Rule {
    std::string_view name;
    std::string_view lesson;
    bool (*fits)(const Evidence&);
    std::string_view text;
};

constexpr std::string_view lesson_01 = "01-one-client";
constexpr std::string_view lesson_02 = "02-the-client";
constexpr std::string_view lesson_03 = "03-byte-stream";
constexpr std::string_view lesson_04 = "04-saying-goodbye";

constexpr std::string_view whole_buffer_text =
    "after the message come bytes that the client did not send now: the rest of the buffer. Send "
    "only as many bytes as recv gave, echo::first(buffer, got.bytes), and not as many as the "
    "buffer has or strlen finds.";
constexpr std::string_view c_string_text =
    "the bytes are cut at a zero byte. The program takes them for a C string, which ends there: "
    "use the number of bytes that recv gave, never strlen or a const char* alone.";

// The most specific first: the first that fits is the cause. "{error}" is the last line that the
// program wrote to standard error.
constexpr Rule rules[] = {
    // The program ended by something louder than a wrong byte.
    {"sigpipe", lesson_04, [](const Evidence& e) { return ended_by(e, "SIGPIPE"); },
     "the program sent to a client that had gone, and the signal SIGPIPE ended it. Send "
     "with MSG_NOSIGNAL, as echo.hpp does, or ignore the signal, and look at what send "
     "returns."},
    {"empty-buffer", lesson_01,
     [](const Evidence& e) { return contains(e.errors, "recv into an empty buffer"); },
     "the buffer has size 0: an empty string, or a vector with only reserve. recv fills what "
     "is there and does not make it grow: use std::array<char, 4096>."},
    {"recv-outside-the-loop", lesson_01,
     [](const Evidence& e) { return about_bytes(e) && e.shown.one_recv_many_sends; },
     "recv was called once, and send again and again: recv belongs inside the loop."},
    {"whole-buffer", lesson_01,
     [](const Evidence& e) {
         return e.shown.send_past_the_bytes && !nul_added(e) && !newline_added(e);
     },
     whole_buffer_text},
    {"c-string", lesson_01, [](const Evidence& e) { return e.shown.send_up_to_a_zero; },
     c_string_text},
    {"text-decoding", lesson_01, text_decoding,
     "the program takes the bytes for text in some encoding, and changes or refuses those "
     "that do not fit. An echo server keeps them as bytes: no decode, no encode, no text "
     "mode."},
    {"uncaught-exception", lesson_01, traceback,
     "an error that nobody caught ended the program, or the part that served this client: "
     "{error}"},
    {"crash-at-the-start", lesson_01, [](const Evidence& e) { return start(e, "ended by SIG"); },
     "the program crashed before it said where it listens, so no client had to do with it: "
     "look at what it does first. A debugger shows the line."},
    {"crash", lesson_01, [](const Evidence& e) { return e.ending && e.ending->by_signal; },
     "the program crashed. Look at the last call in its trace, and at what it did with "
     "those bytes: a size or an index that is not the number of bytes that came is the "
     "usual reason."},

    // It never got as far as a conversation.
    {"no-program", lesson_01,
     [](const Evidence& e) {
         return start(e, "could not be started") || start(e, "ECHO_PATIENCE is") ||
                start(e, "temporary folder");
     },
     "the test could not start the program at all, so nothing is known about it yet. Mend "
     "what is said above, and build again."},
    {"busy-loop", lesson_01, [](const Evidence& e) { return start(e, "kept a processor busy"); },
     "the program goes round in a loop before it prints its line, so it never comes to accept. "
     "See in a debugger which loop that is."},
    {"not-flushed", lesson_01, [](const Evidence& e) { return start(e, "did not say where"); },
     "the program never printed its line, or the line is still in a buffer. Print it before "
     "accept, and flush: std::endl in C++, print(..., flush=True) in Python."},
    {"wrong-port", lesson_01,
     [](const Evidence& e) { return start(e, "listening on 127.0.0.1:0\n"); },
     "port 0 asks the system for a free port; it is not the one the program got. Print the "
     "port that the listening socket has: listener.endpoint()."},
    {"wrong-first-line", lesson_01, [](const Evidence& e) { return start(e, "first line is not"); },
     "the first line is not \"listening on 127.0.0.1:PORT\", in these words, before "
     "anything else. From this line the test learns the port."},
    {"ended-at-once", lesson_01, [](const Evidence& e) { return e.wanted == Wanted::start; },
     "the program ended before it said where it listens. What it wrote to standard error, "
     "or the way it ended, says why."},
    {"other-address", lesson_01,
     [](const Evidence& e) {
         return server(e) && e.wanted == Wanted::connection && !e.listens_elsewhere.empty();
     },
     "the program listens on another address than it says. Bind to 127.0.0.1, and print the "
     "address that the system gave."},
    {"wrong-port", lesson_01,
     [](const Evidence& e) { return server(e) && e.wanted == Wanted::connection; },
     "nobody listens on the port that the program printed. Print it after listen, and ask "
     "the system which port it is: the port that was asked for, 0, is not the one it got."},

    // A client that never gets to talk, or ends badly.
    {"never-connects", lesson_02,
     [](const Evidence& e) { return client(e) && e.wanted == Wanted::connection; },
     "the client did not connect to the host and port in its arguments: the first is the "
     "host, the second the port."},
    {"complaint", lesson_02,
     [](const Evidence& e) { return client(e) && e.wanted == Wanted::complaint; },
     "when something is wrong, a client says what in one line on standard error, and names "
     "the value: catch echo::Error, print what() and return the exit code."},
    {"tail-thrown-away", lesson_02,
     [](const Evidence& e) {
         return client(e) && e.wanted == Wanted::printed && e.got.empty() && e.ending;
     },
     "the client closed the connection as soon as it had sent everything, and so threw away "
     "what the server still had to say. Read the whole echo first, then close."},
    {"extra-newline", lesson_02,
     [](const Evidence& e) {
         return client(e) &&
                explained_by(e, [](const std::string& m) { return replace_all(m, "\n", "\n\n"); });
     },
     "there is one newline too many at each line. What comes back ends in its newline "
     "already."},
    {"newline-missing", lesson_02,
     [](const Evidence& e) { return client(e) && newline_stripped(e); },
     "the lines come without their newline. std::getline takes it off: put it back before "
     "sending, and print what comes back as it is."},
    {"one-recv-is-one-message", lesson_02,
     [](const Evidence& e) {
         if (e.wanted == Wanted::patience) return true;
         return client(e) && e.wanted == Wanted::printed && !e.got.empty() && (cut(e) || hole(e)) &&
                !cut_before(e, '\0');
     },
     "the client takes the bytes of one recv for the whole reply. A reply can come in any "
     "number of pieces: count, and receive until as many bytes have come as were sent."},
    {"waits-for-too-much", lesson_02,
     [](const Evidence& e) {
         return client(e) && e.wanted == Wanted::printed && cut(e) && e.got.empty() && !e.ending;
     },
     "the client has been sent its whole echo, and waits for more, or keeps it to itself. "
     "Receive as many bytes as were sent, not until a buffer is full or the stream ends, "
     "and print them."},
    {"ignores-end-of-stream", lesson_02,
     [](const Evidence& e) { return client(e) && e.wanted == Wanted::exit && !e.ending; },
     "the server has closed the connection, and the client goes on: recv then gives 0 bytes "
     "at once, every time, and no more will come. Leave the loop, say so and return 1."},
    {"wrong-exit-code", lesson_02,
     [](const Evidence& e) { return client(e) && e.wanted == Wanted::exit; },
     "the exit code does not tell what happened: 0 when every line came back, 1 when the "
     "connection failed or ended early, 2 when the arguments are wrong."},

    // How a rude client left it.
    {"spins-at-end-of-stream", lesson_01,
     [](const Evidence& e) {
         return server(e) && ((open_end(e) && all_came(e)) || e.wanted == Wanted::survival) &&
                (e.busy || ends_received(e) > 2);
     },
     "the client's stream has ended, and the program goes round and round: recv gives 0 "
     "bytes at once, every time. Leave the loop when recv says end of stream (0 bytes), and "
     "close."},
    {"does-not-survive", lesson_04, [](const Evidence& e) { return e.wanted == Wanted::survival; },
     "after a client that left rudely the program neither ended cleanly nor served the next "
     "one. A failed recv or send ends the conversation: leave the loop and close."},

    // The answer came after all, when the test tried something.
    {"waits-for-newline", lesson_01,
     [](const Evidence& e) { return came_with(e, e.after_newline); },
     "the answer came only after a newline. The program reads whole lines, but a client may "
     "send any bytes: use recv, and echo what has come."},
    {"held-back", lesson_03, [](const Evidence& e) { return came_with(e, e.after_more); },
     "the answer came only after many more bytes: the program waits until a buffer is full, "
     "on the way in or out. Echo what recv gave at once, and flush a buffered stream."},
    {"waits-for-end-of-stream", lesson_01,
     [](const Evidence& e) { return came_with(e, e.after_end); },
     "the answer came only after the client had ended its stream. The program reads "
     "everything before it answers: echo each piece as it comes."},

    // Bytes that are not the client's.
    {"extra-nul", lesson_01, nul_added,
     "a zero byte comes after the message. It is the end mark of a C string, not one of the "
     "client's bytes: send as many bytes as recv gave, not one more."},
    {"whole-buffer", lesson_01, whole_buffer, whole_buffer_text},
    {"changed-case", lesson_01, changed_case,
     "the letters come back in another case. An echo server changes nothing."},
    {"line-ends", lesson_01, line_ends,
     "the program translates the ends of lines (\\n, \\r\\n). TCP carries bytes, and these "
     "are the client's: open nothing in text mode, and change nothing."},
    {"newline-stripped", lesson_01, newline_stripped,
     "the program takes the newline, or the space, off its messages. It is one of the "
     "client's bytes and has to come back."},
    {"newline-added", lesson_01, newline_added,
     "the program adds a newline that the client did not send. Print-like functions do "
     "that: send the bytes alone."},
    {"c-string", lesson_01,
     [](const Evidence& e) {
         return cut_before(e, '\0') ||
                explained_by(e, [](const std::string& m) { return m.substr(0, m.find('\0')); }) ||
                explained_by(e, [](const std::string& m) {
                    return replace_all(m, std::string_view("\0", 1), "");
                });
     },
     c_string_text},
    {"end-byte", lesson_01,
     [](const Evidence& e) {
         const bool at_sign =
             cut_before(e, '\xff') || cut_before(e, '\x04') || cut_before(e, '\x1a');
         return at_sign;
     },
     "the program takes a byte of the data for the end: 0xFF in a char is -1, which is also "
     "EOF; 4 and 26 are Ctrl-D and Ctrl-Z. The stream ends when recv gives 0 bytes, at no "
     "byte."},
    {"banner", lesson_01, banner,
     "the program sends something of its own before the echo: a greeting, a prefix, quotes. "
     "A client gets its own bytes back and nothing else."},
    {"resent-from-start", lesson_03,
     [](const Evidence& e) { return contains(e.faults, "send:short") && again(e); },
     "a send took only part, and the program sent the same bytes again from the start. Go "
     "on after the part that was taken: bytes.remove_prefix(sent.bytes)."},
    {"failed-send-ignored", lesson_04,
     [](const Evidence& e) { return contains(e.faults, "send:E") && (hole(e) || wrong(e)); },
     "a send failed, and the program went on as if it had not: those bytes are lost, and "
     "later ones arrive. After a failed send nothing more must be sent."},
    {"short-send-loses-bytes", lesson_03,
     [](const Evidence& e) {
         const bool short_sends = contains(e.faults, "send:short");
         return (short_sends && (cut(e) || hole(e))) || (hole(e) && e.got.size() > 65536);
     },
     "a send took only some of the bytes, and the program forgot the others. Look at how "
     "many were taken, and send the rest, in a loop, or with send_all."},
    {"sent-twice", lesson_01, again,
     "bytes that came back once come back again. Send every byte once: look for two sends, "
     "or one that starts at the wrong place."},

    // Bytes that do not come at all.
    {"reset-on-close", lesson_04,
     [](const Evidence& e) {
         return server(e) && e.stream == Stream::reset &&
                (e.wanted == Wanted::end_of_stream || e.finished_sending);
     },
     "the client got a reset where a clean end was due. Closing a socket that has unread "
     "bytes sends a reset: end the sending side, read what still comes, a bounded amount, "
     "then close."},
    {"only-one-message", lesson_01,
     [](const Evidence& e) {
         return server(e) && cut_between_messages(e) && e.after_newline.empty() &&
                e.after_more.empty();
     },
     "the first message came back, and no other: the program calls recv once. Put recv and "
     "send in a loop that ends with the client's stream."},
    {"closes-too-early", lesson_01,
     [](const Evidence& e) {
         return server(e) && cut(e) && e.got.empty() && e.stream != Stream::open &&
                !e.finished_sending;
     },
     "the program closed the connection without an answer, although the client had sent "
     "bytes. Receive and send before the connection goes out of scope."},
    {"one-recv", lesson_01,
     [](const Evidence& e) {
         return server(e) && cut(e) && buffer_size(e.got.size()) && e.after_newline.empty();
     },
     "the echo stops where one buffer is full: the program calls recv once. Put recv and "
     "send in a loop that ends with the client's stream."},
    {"tail-thrown-away", lesson_04,
     [](const Evidence& e) { return cut(e) && e.finished_sending && e.stream != Stream::open; },
     "the client had ended only its own stream and was still listening, and the last bytes "
     "of its echo never came. Send everything that is left before closing."},
    {"closes-too-early", lesson_01,
     [](const Evidence& e) { return cut(e) && e.stream != Stream::open; },
     "the program closed the connection while the client was still talking. Close only "
     "after the client's end of stream: recv gives 0 bytes."},
    {"busy-loop", lesson_01, [](const Evidence& e) { return cut(e) && e.busy; },
     "the program is busy and yet does not answer: it goes round in a loop that nothing "
     "ends. See in its trace, or in a debugger, which call it repeats."},
    {"never-answers", lesson_01,
     [](const Evidence& e) {
         return server(e) && cut(e) && e.got.empty() &&
                (e.ended_after_end || contains(e.trace, ": recv at"));
     },
     "the program accepts and reads, but sends nothing back. Send the bytes that recv gave."},
    {"does-nothing", lesson_01, [](const Evidence& e) { return cut(e) && e.got.empty(); },
     "the program never answers, and does not notice that the client has finished. It has "
     "not called accept, or not recv, or it waits for something else."},
    {"no-goodbye", lesson_04,
     [](const Evidence& e) {
         return open_end(e) && contains(e.faults, "send:E") && !e.finished_sending;
     },
     "the program has stopped echoing and does not say so: the client waits for more. End "
     "the sending side first, with shutdown_send, and only then wait for the client."},
    {"never-closes", lesson_01,
     [](const Evidence& e) { return open_end(e) && !cut(e) && e.shown.kept_after_the_end; },
     "after the end of the stream the program keeps the client's socket open: close it, or let "
     "the Connection's variable end, before it waits for anything else."},
    {"never-closes", lesson_01, [](const Evidence& e) { return open_end(e) && !cut(e); },
     "the client has finished, and the program neither sends nor closes. When recv gives 0 "
     "bytes, leave the loop; the connection closes when it goes out of scope, or by close."},

    // What is left.
    {"lost-bytes", lesson_03, [](const Evidence& e) { return cut(e) || hole(e); },
     "bytes got lost between recv and send. Every byte that recv gives must go to a send "
     "that takes it."},
    {"extra-bytes", lesson_01, more,
     "there are more bytes than the client sent. Send only what recv gave, as many bytes as "
     "it gave."},
    {"changed-bytes", lesson_01, [](const Evidence&) { return true; },
     "what came is not what was sent. Compare the first wrong byte above with what the "
     "program does between recv and send."},
};

Cause cause_of(const Rule& rule, const Evidence& evidence) {
    // A reader of lesson 01 has not read lesson 03 yet.
    const bool unread = !evidence.lesson.empty() && evidence.lesson < rule.lesson;
    return {std::string(rule.name),
            replace_all(std::string(rule.text), "{error}", last_line(evidence.errors)),
            unread ? evidence.lesson : std::string(rule.lesson), "What goes wrong"};
}

// --- What the trace shows --------------------------------------------------------------------

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
    bool cut = false;          // the last send went up to a zero byte
    bool ended = false;        // the last call said end of stream
};

bool past_the_bytes(const Traced& on, const TracedCall& send) {
    const std::string_view came = on.recv.quoted();
    if (!on.fresh || send.asked() <= on.recv.moved() || on.taken + send.asked() <= on.received)
        return false;
    // What came, in front of more. The same twice is another mistake.
    return starts_with(send.quoted(), came) &&
           !(send.asked() == 2 * on.recv.moved() &&
             starts_with(send.quoted().substr(came.size()), came));
}

bool up_to_a_zero(const Traced& on, const TracedCall& send, const std::string& sent) {
    const std::size_t begin = on.received - on.recv.moved();
    if (!on.fresh || send.asked() >= on.recv.moved() || on.received > sent.size()) return false;
    const std::string quoted = echo::quote(std::string_view(sent).substr(begin, on.recv.moved()));
    return contains(quoted, on.recv.quoted()) && sent[begin + send.asked()] == '\0';
}

Evidence::Shown shown_by_trace(const Evidence& e) {
    Evidence::Shown shown;
    if (e.program_is_client) return shown;
    std::string sent;
    for (const std::string& message : e.sent) sent += message;
    std::map<std::string, Traced> connections;
    for (const TracedCall& call : read_trace(e.trace)) {
        Traced& on = connections[call.socket];
        if (on.cut && call.name != "send") shown.send_up_to_a_zero = true;
        on.cut = false;
        on.ended = call.name == "recv" && call.result == "end of stream";
        if (call.name == "recv" && call.moved() > 0) {
            on.recv = call;
            on.received += call.moved();
            ++on.recvs;
            on.fresh = true;
        } else if (call.name == "send") {
            if (past_the_bytes(on, call)) shown.send_past_the_bytes = true;
            on.cut = up_to_a_zero(on, call, sent);
            on.same = on.same > 0 && call.arguments == on.send.arguments ? on.same + 1 : 1;
            on.asked += call.asked();
            on.taken += call.moved();
            on.send = call;
            on.fresh = false;
            if (e.faults.empty() && on.recvs == 1 && on.same > 3 && on.asked > 3 * on.received)
                shown.one_recv_many_sends = true;
        } else if (call.name == "accept" && starts_with(call.result, "socket ")) {
            // The system gives the number of a closed socket to the next.
            const std::string number = call.result.substr(7, call.result.find(' ', 7) - 7);
            connections[number] = Traced{};
        }
    }
    for (const auto& [socket, on] : connections) {
        if (on.cut) shown.send_up_to_a_zero = true;
        if (on.ended) shown.kept_after_the_end = true;
    }
    return shown;
}

}  // namespace

bool crashed(const Ending& ending) { return ending.by_signal || aborted(ending); }

std::size_t first_difference(std::string_view expected, std::string_view got) {
    const auto [one, other] =
        std::mismatch(expected.begin(), expected.end(), got.begin(), got.end());
    if (one == expected.end() && other == got.end()) return std::string_view::npos;
    return static_cast<std::size_t>(one - expected.begin());
}

Cause likely_cause(Evidence evidence) {
    // Once: a conversation can be long, and the rules ask often.
    evidence.difference = first_difference(evidence.expected, evidence.got);
    evidence.shown = shown_by_trace(evidence);
    for (const Rule& rule : rules)
        if (rule.fits(evidence)) return cause_of(rule, evidence);
    return cause_of(std::end(rules)[-1], evidence);
}

std::vector<Cause> every_cause() {
    std::vector<Cause> all;
    for (const Rule& rule : rules) all.push_back(cause_of(rule, Evidence{}));
    return all;
}

}  // namespace harness
