#include "story.hpp"

#include "catch.hpp"
#include "causes.hpp"
#include "signs.hpp"
#include "trace_reader.hpp"

#include <echo.hpp>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace harness {
namespace {

constexpr const char* still_running = "not by itself: it was running, and the test ended it";

// Breaks a paragraph into lines. The first starts with `first`, the others with as many spaces.
std::string wrap(std::string_view text, std::string_view first) {
    std::string result;
    std::string line(first);
    const std::string indent(first.size(), ' ');
    bool empty = true;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        if (!empty && line.size() + 1 + word.size() > page_width) {
            result += line + '\n';
            line = indent;
            empty = true;
        }
        if (!empty) line += ' ';
        line += word;
        empty = false;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result + line + '\n';
}

// Breaks each line of a text that has its own indentation.
std::string wrap_lines(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
        result += wrap(line.substr(indent), std::string(indent + 2, ' '));
    }
    return result;
}

std::string headed(std::string_view heading, std::string_view body) {
    return std::string(heading) + '\n' + std::string(body) + '\n';
}

bool printable(char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f;
}

std::string hex(char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto value = static_cast<unsigned char>(c);
    return {digits[value / 16], digits[value % 16]};
}

std::string shown(char c) {
    if (c == '\n') return "\\n";
    if (c == '\r') return "\\r";
    if (c == '\t') return "\\t";
    if (c == '"' || c == '\\') return std::string("\\") + c;
    return printable(c) ? std::string(1, c) : "\\x" + hex(c);
}

// A few bytes of the data around `focus`, as text and as hex, and where `focus` is in each.
struct Excerpt {
    std::string text;
    std::string bytes;
    std::size_t text_column = 0;
    std::size_t bytes_column = 0;
};

Excerpt excerpt(std::string_view data, std::size_t begin, std::size_t focus) {
    constexpr std::size_t text_room = 52;
    constexpr std::size_t most_in_hex = 16;
    Excerpt cut;
    cut.text = begin > 0 ? "..." : "\"";
    for (std::size_t i = begin; i < data.size(); ++i) {
        if (i == focus) cut.text_column = cut.text.size();
        if (cut.text.size() > text_room) {
            cut.text += "...";
            break;
        }
        cut.text += shown(data[i]);
        if (i + 1 == data.size()) cut.text += '"';
    }
    if (data.size() <= begin) cut.text += '"';
    if (focus >= data.size()) cut.text_column = cut.text.size() - 1;

    const std::size_t end = std::min(data.size(), begin + most_in_hex);
    for (std::size_t i = begin; i < end; ++i) {
        if (i == focus) cut.bytes_column = cut.bytes.size();
        cut.bytes += hex(data[i]) + ' ';
    }
    if (focus >= end) cut.bytes_column = cut.bytes.size();
    if (end < data.size()) cut.bytes += "..";
    return cut;
}

bool needs_hex(std::string_view data, std::size_t begin) {
    const std::string_view part = data.substr(std::min(begin, data.size()), 16);
    return !std::all_of(part.begin(), part.end(), [](char c) { return printable(c) || c == '\n'; });
}

std::string where(std::size_t difference, std::string_view expected, std::string_view got) {
    const std::string offset = "offset " + std::to_string(difference) + ": ";
    if (difference >= got.size()) return offset + "from here on bytes are missing";
    if (difference >= expected.size()) return offset + "from here on there is more than expected";
    return offset + "this byte is " + hex(got[difference]) + ", and should be " +
           hex(expected[difference]);
}

std::string compare(std::string_view expected, std::string_view got) {
    const std::size_t difference = first_difference(expected, got);
    constexpr std::string_view indent = "            ";
    std::string text;
    if (difference == std::string_view::npos) {
        const Excerpt both = excerpt(expected, 0, 0);
        return "  expected  " + both.text + "  (" + count_of(expected.size()) + ")\n" +
               "  got       the same\n";
    }
    // Eight bytes before the first wrong one are enough to find the place.
    const std::size_t begin = difference > 24 ? difference - 8 : 0;
    const Excerpt wanted = excerpt(expected, begin, difference);
    const Excerpt came = excerpt(got, begin, difference);
    text += "  " + count_of(expected.size()) + " expected, " + count_of(got.size()) + " came\n";
    if (begin > 0) text += "  the first " + count_of(begin) + " are right, and not shown\n";
    text += "  expected  " + wanted.text + '\n';
    text += "  got       " + came.text + '\n';
    text += std::string(indent) + std::string(came.text_column, ' ') + "^\n";
    text += std::string(indent) + where(difference, expected, got) + '\n';
    if (got.size() > begin && (needs_hex(expected, begin) || needs_hex(got, begin))) {
        text += "  the same in hex, from offset " + std::to_string(begin) + '\n';
        text += "  expected  " + wanted.bytes + '\n';
        text += "  got       " + came.bytes + '\n';
        text += std::string(indent) + std::string(came.bytes_column, ' ') + "^^\n";
    }
    return text;
}

std::string expected_and_got(const Evidence& evidence) {
    std::string text;
    const bool about_bytes = evidence.wanted == Evidence::Wanted::bytes ||
                             evidence.wanted == Evidence::Wanted::end_of_stream ||
                             evidence.wanted == Evidence::Wanted::printed;
    const bool differ = evidence.expected != evidence.got;
    if (about_bytes && (differ || evidence.expected_text.empty()))
        text += compare(evidence.expected, evidence.got);
    if (!evidence.expected_text.empty()) text += wrap(evidence.expected_text, "  expected  ");
    if (!evidence.got_text.empty()) text += wrap(evidence.got_text, "  got       ");
    return text;
}

// Of a crowd of clients the first ones and the last ones tell enough.
std::string numbered(const std::vector<std::string>& steps) {
    constexpr std::size_t most = 40;
    constexpr std::size_t at_each_end = 12;
    std::string text;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps.size() > most && i == at_each_end) {
            const std::size_t left_out = steps.size() - 2 * at_each_end;
            text += "   ... " + std::to_string(left_out) + " steps are left out here\n";
            i += left_out;
        }
        const std::string number = std::to_string(i + 1) + ". ";
        text += wrap(steps[i], (number.size() < 4 ? "  " : " ") + number);
    }
    return text;
}

// Bytes that the program left unread turn its close into a reset, so it is good to know of them.
std::string unread(const Evidence& evidence) {
    // With several clients, nobody knows here who sent what.
    if (evidence.program_is_client || count_accepted(evidence.trace) > 1) return {};
    std::size_t sent = 0;
    for (const std::string& message : evidence.sent) sent += message.size();
    const std::size_t received = bytes_received(evidence.trace);
    if (received >= sent) return {};
    return wrap(
        "It received " + count_of(received) + " of the " + count_of(sent) + " that the test sent.",
        "  ");
}

// Two digits of base 16 puzzle a beginner, wherever they are: "this byte is 0a", "\x0a".
std::string about_hex(const std::string& text) {
    const bool shown =
        text.find("\\x") != std::string::npos || text.find(": this byte is ") != std::string::npos;
    if (!shown) return {};
    return "(In hex, two digits of base 16 are one byte: 0a, or \\x0a, is 10.)\n\n";
}

std::string printed(std::string_view name, std::string_view text) {
    if (text.empty()) return "  " + std::string(name) + ": nothing\n";
    return "  " + std::string(name) + ":\n" + clip_lines(text, 12, "    ");
}

// The course's own tests want to know what else fits, and whether the choice was clear.
std::string all_causes(const Verdict& verdict) {
    std::string text;
    if (!std::getenv("ECHO_ALL_CAUSES")) return text;
    for (const std::string& name : verdict.also_fits) text += "\nAlso fits: " + name;
    if (!verdict.rival.empty()) text += "\nNot decided: " + verdict.rival;
    return text;
}

std::string told(const Verdict& verdict) {
    const Cause& cause = verdict.cause;
    std::string text = wrap("Likely cause (" + cause.name + "): " + cause.text, "");
    text += "Read: lessons/" + cause.lesson + "/README.md, section \"" + cause.section + "\"";
    if (!cause.row.empty()) text += "\n      the row: " + cause.row;
    return text + all_causes(verdict);
}

}  // namespace

std::string count_of(std::size_t bytes) {
    std::string text = std::to_string(bytes);
    for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
    return text + (bytes == 1 ? " byte" : " bytes");
}

std::string describe(std::string_view bytes) {
    constexpr std::size_t room = 46;  // a step should not need more than two lines
    std::size_t shown = 32;
    while (shown > 4 && echo::quote(bytes, shown).size() > room) shown -= 4;
    return count_of(bytes.size()) + ' ' + echo::quote(bytes, shown);
}

void Story::step(std::string words, int client) {
    steps_.push_back(std::move(words));
    clients_.push_back(client);
}

std::vector<std::string> Story::named_steps() const {
    std::vector<std::string> named = steps_;
    if (std::all_of(clients_.begin(), clients_.end(), [](int client) { return client < 2; }))
        return named;
    for (std::size_t i = 0; i < named.size(); ++i)
        if (clients_[i] > 0) named[i].insert(0, "client " + std::to_string(clients_[i]) + ": ");
    return named;
}

std::string Story::tell(const Evidence& evidence) const {
    std::string text = headed("WHAT THE TEST DID", numbered(named_steps()));

    if (evidence.wanted == Evidence::Wanted::start) {
        text += headed("WHAT HAPPENED", wrap_lines(evidence.start_failure));
    } else {
        text += headed("EXPECTED AND GOT", expected_and_got(evidence));
        const std::string picture = draw_trace(evidence.trace, evidence.program_is_client,
                                               evidence.stream == Evidence::Stream::reset);
        if (!picture.empty())
            text +=
                headed("WHAT YOUR PROGRAM DID, up to then (its trace)", picture + unread(evidence));
        text += headed("WHAT YOUR PROGRAM PRINTED", printed("standard output", evidence.output) +
                                                        printed("standard error", evidence.errors));
        text += headed("HOW YOUR PROGRAM ENDED",
                       wrap(evidence.ending ? evidence.ending->text() : still_running, "  "));
    }

    return text + about_hex(text) + told(judge(evidence));
}

void Story::good() const { SUCCEED(); }

void Story::fail(const Evidence& evidence) const {
    FAIL(tell(evidence));
    throw std::logic_error("not reached: FAIL throws");
}

}  // namespace harness
