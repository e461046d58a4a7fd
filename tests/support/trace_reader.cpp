#include "trace_reader.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace harness {
namespace {

constexpr std::size_t arrow_width = 38;

// One row of the picture. Rows of the same kind, one after another, are folded.
struct Row {
    enum class Shape { local, to_program, to_test };
    Shape shape = Shape::local;
    std::string label;  // on the arrow
    std::string call;   // beside the program's line
    std::string kind;
};

std::string first_word(std::string_view text) {
    return std::string(text.substr(0, text.find(' ')));
}

std::size_t leading_number(std::string_view text) {
    std::size_t number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') break;
        number = number * 10 + static_cast<std::size_t>(c - '0');
    }
    return number;
}

// How many characters show the byte at `at` of what the trace quotes: one, or an escape.
std::size_t shown_length(std::string_view text, std::size_t at) {
    if (text[at] != '\\') return 1;
    return text.substr(at, 2) == "\\x" ? 4 : 2;
}

// `"hello\n"` cut to its first bytes: a send that took only some of them shows only those.
std::string cut_quoted(std::string_view quoted, std::size_t bytes) {
    std::string kept;
    std::size_t at = 0;
    if (at < quoted.size() && quoted[at] == '"') kept += quoted[at++];
    for (; bytes > 0 && at < quoted.size() && quoted[at] != '"'; --bytes) {
        const std::size_t length = shown_length(quoted, at);
        kept += quoted.substr(at, length);
        at += length;
    }
    return bytes == 0 ? kept + '"' : std::string(quoted);
}

// Where the quoted bytes of a line end: behind the first quotation mark that is no escape's.
std::size_t end_of_quote(std::string_view line) {
    std::size_t at = line.find('"');
    if (at == std::string_view::npos) return 0;
    for (++at; at < line.size() && line[at] != '"';) at += shown_length(line, at);
    return at;
}

// Calls `look` with each call of a trace, begun or done. A last line that the program was in the
// middle of is left out; a line in another shape, which stands where a part was cut out, is given
// to `gap`.
template <typename Look, typename Gap>
void for_each_call(std::string_view trace, Look look, Gap gap) {
    for (std::size_t end; (end = trace.find('\n')) != std::string_view::npos;) {
        if (auto call = read_trace_line(trace.substr(0, end)))
            look(*call);
        else
            gap();
        trace.remove_prefix(end + 1);
    }
}

std::string count_bytes(std::size_t bytes) {
    return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
}

// Never in the middle of an escape.
std::string shorten(std::string text, std::size_t width) {
    if (text.size() <= width) return text;
    std::size_t end = 0;
    while (end + shown_length(text, end) <= width - 3) end += shown_length(text, end);
    return text.substr(0, end) + "...";
}

Row recv_row(const TracedCall& call) {
    if (call.result == "end of stream")
        return {Row::Shape::to_program, "end of stream", "recv: 0 bytes", "recv end"};
    if (call.failed() && call.result.find("reset") != std::string::npos)
        return {Row::Shape::to_program, "reset", "recv: connection reset", "recv reset"};
    if (call.result.empty() || call.result[0] < '0' || call.result[0] > '9')
        return {Row::Shape::local, "", "recv: " + call.result, "recv " + call.result};
    return {Row::Shape::to_program, call.result, "recv", "recv bytes"};
}

Row send_row(const TracedCall& call) {
    const std::size_t asked = leading_number(call.arguments);
    const bool moved = !call.result.empty() && call.result[0] >= '0' && call.result[0] <= '9';
    if (!moved) return {Row::Shape::local, "", "send: " + call.result, "send " + call.result};
    const std::size_t taken = leading_number(call.result);
    const std::size_t quote = call.arguments.find('"');
    std::string label = count_bytes(taken);
    if (quote != std::string::npos)
        label += ' ' + cut_quoted(std::string_view(call.arguments).substr(quote), taken);
    std::string text = "send";
    if (taken < asked) text += ": only " + std::to_string(taken) + " of " + std::to_string(asked);
    return {Row::Shape::to_test, label, text, taken < asked ? "send part" : "send bytes"};
}

struct Sockets {
    std::set<std::string> talking;  // to the test
    std::set<std::string> listening;
    std::set<std::string> ended;        // they have said that the test's stream has ended
    std::map<std::string, int> client;  // whose it is, or was: in the order of accept, from 1 on
    int clients = 0;
};

Row accept_row(const TracedCall& call, Sockets& sockets) {
    const std::string number = call.accepted();
    if (number.empty())
        return {Row::Shape::local, "", "accept: " + call.result, "accept " + call.result};
    sockets.talking.insert(number);
    sockets.ended.erase(number);  // it was another connection's number
    sockets.client[number] = ++sockets.clients;
    return {Row::Shape::to_program, "connects", "accept", "accept"};
}

Row row_of(const TracedCall& call, Sockets& sockets) {
    const bool ok = call.result == "ok";
    std::string text = call.name;
    if (!call.arguments.empty()) text += ' ' + call.arguments;
    if (!ok) text += ": " + call.result;

    if (call.polls_many()) {
        std::string what = call.name;
        if (!call.is_pollers()) what += ' ' + call.arguments.substr(0, call.arguments.find(','));
        const std::string how = call.result.substr(0, call.result.find(':'));
        return {Row::Shape::local, "", shorten(what + ": " + call.result, 60), "poll many " + how};
    }
    // The end crosses the network once, however often recv is asked.
    if (call.name == "recv" && call.result == "end of stream" &&
        !sockets.ended.insert(call.socket).second)
        return {Row::Shape::local, "", "recv: end of stream again", "recv end again"};
    if (call.name == "recv") return recv_row(call);
    if (call.name == "send") return send_row(call);
    if (call.name == "accept") return accept_row(call, sockets);
    if (call.name == "connect" && ok) {
        sockets.talking.insert(call.socket);
        return {Row::Shape::to_test, "connects", "connect", "connect"};
    }
    if (call.name == "shutdown" && ok)
        return {Row::Shape::to_test, "end of stream", text, "shutdown"};
    if (call.name == "listen" && ok) sockets.listening.insert(call.socket);
    if (call.name == "close" && ok && sockets.talking.erase(call.socket) > 0) {
        if (!sockets.listening.empty()) text += " (the conversation)";
        return {Row::Shape::to_test, "closes", text, "close"};
    }
    if (call.name == "close" && ok && sockets.listening.count(call.socket) > 0)
        return {Row::Shape::local, "", text + " (the listener)", "close listener"};
    return {Row::Shape::local, "", text, call.name + call.result};
}

// Where there are several clients, a row says whose it is.
void name_client(Row& row, int client) {
    const std::string name = "client " + std::to_string(client);
    if (row.label.empty())
        row.call += " (" + name + ')';
    else
        row.label.insert(0, name + ": ");
}

void name_client(Row& row, const TracedCall& call, const Sockets& sockets) {
    if (row.kind == "accept") return name_client(row, sockets.clients);
    const auto whose = sockets.client.find(call.socket);
    if (whose != sockets.client.end()) name_client(row, whose->second);
}

std::string pad(std::string text, std::size_t width, char with) {
    if (text.size() < width) text.append(width - text.size(), with);
    return text;
}

std::string draw_row(const Row& row) {
    std::string between(arrow_width, ' ');
    const std::string label = shorten(row.label, arrow_width - 8);
    if (row.shape == Row::Shape::to_program)
        between = pad("-- " + label + ' ', arrow_width - 1, '-') + '>';
    if (row.shape == Row::Shape::to_test) between = pad("<- " + label + ' ', arrow_width, '-');
    // What the system says about a failed call can be long: it goes on below.
    constexpr std::size_t room = page_width - arrow_width - 7;
    std::string text = row.call;
    std::string lines;
    std::string indent;
    do {
        std::string line = indent + text;
        std::size_t end = line.size();
        if (end > room) {
            end = line.rfind(' ', room);
            if (end == std::string::npos || end <= indent.size()) end = room;
            text = line.substr(line[end] == ' ' ? end + 1 : end);
        } else {
            text.clear();
        }
        lines += "   |" + between + "|  " + line.substr(0, end) + '\n';
        between.assign(arrow_width, ' ');
        indent = "  ";
    } while (!text.empty());
    return lines;
}

std::string with_commas(std::size_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
    return text;
}

std::string draw_gap(std::size_t rows, std::string_view what) {
    return "   :  ... " + with_commas(rows) + ' ' + std::string(what) + '\n';
}

// How often the `period` rows at `at` come again, right after one another (1: only once).
std::size_t repeats(const std::vector<Row>& rows, std::size_t at, std::size_t period) {
    std::size_t next = at + period;
    while (next < rows.size() && rows[next].kind == rows[next - period].kind) ++next;
    return (next - at) / period;
}

// The rows as lines. From the fourth repeat on, all but the first two and the last are folded.
std::vector<std::string> fold(const std::vector<Row>& rows) {
    std::vector<std::string> lines;
    std::size_t at = 0;
    while (at < rows.size()) {
        std::size_t period = 1;
        std::size_t times = repeats(rows, at, 1);
        for (std::size_t longer = 2; times < 4 && longer <= 4; ++longer) {
            period = longer;
            times = repeats(rows, at, longer);
        }
        if (times < 4) {
            lines.push_back(draw_row(rows[at++]));
            continue;
        }
        for (std::size_t i = 0; i < 2 * period; ++i) lines.push_back(draw_row(rows[at + i]));
        lines.push_back(draw_gap((times - 3) * period, "more like this"));
        at += (times - 1) * period;
        for (std::size_t i = 0; i < period; ++i) lines.push_back(draw_row(rows[at++]));
    }
    return lines;
}

}  // namespace

std::size_t TracedCall::asked() const { return leading_number(arguments); }

// "socket 5 from 127.0.0.1:40213": the 5.
std::string TracedCall::accepted() const {
    constexpr std::string_view start = "socket ";
    if (name != "accept" || result.rfind(start, 0) != 0) return {};
    return first_word(std::string_view(result).substr(start.size()));
}

namespace {

// "until readable: 3 4, until writable: 4": the numbers behind these words.
std::vector<std::string> numbers_behind(std::string_view text, std::string_view words) {
    std::vector<std::string> numbers;
    const std::size_t at = text.find(words);
    if (at == std::string_view::npos) return numbers;
    text = text.substr(at + words.size());
    text = text.substr(0, text.find(','));
    while (!text.empty() && text[0] == ' ') {
        text.remove_prefix(1);
        numbers.push_back(first_word(text));
        text.remove_prefix(numbers.back().size());
    }
    return numbers;
}

}  // namespace

bool TracedCall::is_pollers() const { return arguments == "until one is ready"; }

bool TracedCall::polls_many() const { return (name == "poll" && socket == "-") || is_pollers(); }

bool TracedCall::tells_a_poller() const {
    return name == "epoll_ctl" || (name == "kevent" && !is_pollers());
}

std::vector<std::string> TracedCall::waits_to_read() const {
    if (polls_many()) return numbers_behind(arguments, "until readable:");
    const bool does = !tells_a_poller() || arguments.find("until readable") != std::string::npos ||
                      arguments.find("until either") != std::string::npos;
    return does ? std::vector<std::string>{socket} : std::vector<std::string>{};
}

bool TracedCall::waits_to_write() const {
    return arguments.find("until writable") != std::string::npos ||
           arguments.find("until either") != std::string::npos;
}

std::vector<std::string> TracedCall::ready() const { return numbers_behind(result, "ready:"); }

std::size_t TracedCall::moved() const { return leading_number(result); }

std::string_view TracedCall::quoted() const {
    std::string_view text = name == "send" ? arguments : result;
    const std::size_t first = text.find('"');
    const std::size_t last = text.rfind('"');
    if (first == std::string_view::npos || first == last) return {};
    return text.substr(first + 1, last - first - 1);
}

std::optional<TracedCall> read_trace_line(std::string_view line) {
    constexpr std::string_view start = "socket ";
    const std::size_t colon = line.find(": ");
    if (line.substr(0, start.size()) != start || colon == std::string_view::npos) return {};
    TracedCall call;
    call.socket = line.substr(start.size(), colon - start.size());
    line.remove_prefix(colon + 2);
    call.name = first_word(line);
    // The bytes that it quotes may hold an arrow: a send's come before the real one, a recv's
    // after it.
    const std::size_t past = call.name == "send" ? end_of_quote(line) : call.name.size();
    const std::size_t arrow = line.find(" -> ", std::min(past, line.size()));
    call.arguments = line.substr(call.name.size(), arrow - call.name.size());
    if (!call.arguments.empty()) call.arguments.erase(0, 1);
    if (arrow != std::string_view::npos) call.result = line.substr(arrow + 4);
    return call;
}

std::vector<TracedCall> read_trace(std::string_view trace) {
    std::vector<TracedCall> calls;
    const auto keep = [&](TracedCall& call) {
        if (!call.only_begun()) calls.push_back(std::move(call));
    };
    for_each_call(trace, keep, [] {});
    return calls;
}

void Begun::note(const TracedCall& call) {
    if (call.only_begun()) return calls_.push_back(call);
    // Of several on one socket, one that was asked the same. (A fault may have changed that.)
    auto same = calls_.end();
    for (auto one = calls_.begin(); one != calls_.end(); ++one) {
        if (one->socket != call.socket || one->name != call.name) continue;
        if (same == calls_.end() || one->arguments == call.arguments) same = one;
        if (one->arguments == call.arguments) break;
    }
    if (same != calls_.end()) calls_.erase(same);
}

Begun begun_in(std::string_view trace) {
    Begun begun;
    for_each_call(
        trace, [&](const TracedCall& call) { begun.note(call); }, [] {});
    return begun;
}

std::size_t count_accepted(std::string_view trace) {
    const std::vector<TracedCall> calls = read_trace(trace);
    return static_cast<std::size_t>(
        std::count_if(calls.begin(), calls.end(),
                      [](const TracedCall& call) { return !call.accepted().empty(); }));
}

std::size_t bytes_received(std::string_view trace) {
    std::size_t bytes = 0;
    for (const TracedCall& call : read_trace(trace))
        if (call.name == "recv") bytes += leading_number(call.result);
    return bytes;
}

std::string draw_trace(std::string_view trace, bool program_is_client, bool closed_by_reset,
                       std::size_t most_rows) {
    std::vector<Row> rows;
    Sockets sockets;
    Begun begun;
    const bool several = count_accepted(trace) > 1;
    const auto add = [&](const TracedCall& call) {
        begun.note(call);
        // Options, questions to the system and the log are no part of a lesson's diagram.
        if (call.name == "setsockopt" || call.name == "getsockopt" || call.name == "getsockname" ||
            call.name == "getpeername" || call.name == "fcntl" || call.name == "write")
            return;
        if (call.only_begun()) return;
        rows.push_back(row_of(call, sockets));
        if (several) name_client(rows.back(), call, sockets);
    };
    for_each_call(trace, add, [&] { begun = {}; });
    for (const TracedCall& call : begun.calls()) {
        rows.push_back({Row::Shape::local, "", call.name + ": still waiting", "waits"});
        if (several) name_client(rows.back(), call, sockets);
    }
    if (rows.empty()) return {};
    for (Row& row : rows)
        if (closed_by_reset && row.kind == "close") row.label = "closes: a reset";

    const std::string left = program_is_client ? "the test (server)" : "the test (client)";
    std::string picture = "  " + pad(left, arrow_width - 6, ' ') + "your program\n";
    const std::vector<std::string> lines = fold(rows);
    const std::size_t head = lines.size() > most_rows ? most_rows - 16 : lines.size();
    const std::size_t tail = lines.size() > most_rows ? lines.size() - 16 : lines.size();
    for (std::size_t i = 0; i < head; ++i) picture += lines[i];
    if (tail > head) picture += draw_gap(tail - head, "rows left out");
    for (std::size_t i = tail; i < lines.size(); ++i) picture += lines[i];
    return picture;
}

std::string clip_lines(std::string_view text, std::size_t most, std::string_view indent) {
    constexpr std::size_t pieces = 3;  // so much is shown of a line that is too long
    const std::size_t room = page_width - indent.size();
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string line;
        // Whatever the program printed must not steer the reader's terminal.
        for (const char c : text.substr(0, end)) {
            const bool plain = static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
            if (plain || c == '\t')
                line += c;
            else if (c != '\r')
                line += '?';
        }
        line = shorten(line, pieces * room);
        do {
            std::size_t piece = std::min(room, line.size());
            // A student's own trace has escapes, which should stay whole.
            for (std::size_t back = 1; piece < line.size() && back < 4; ++back) {
                const std::size_t at = piece - back;
                if (line[at] == '\\' && shown_length(line, at) > back) {
                    piece = at;
                    break;
                }
            }
            lines.push_back(std::string(indent) + line.substr(0, piece) + '\n');
            line.erase(0, piece);
        } while (!line.empty());
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    const std::size_t head = lines.size() > most ? most / 2 : lines.size();
    const std::size_t tail = lines.size() > most ? lines.size() - most / 2 : lines.size();
    std::string clipped;
    for (std::size_t i = 0; i < head; ++i) clipped += lines[i];
    if (tail > head)
        clipped += std::string(indent) + "... " + with_commas(tail - head) + " more lines\n";
    for (std::size_t i = tail; i < lines.size(); ++i) clipped += lines[i];
    return clipped;
}

}  // namespace harness
