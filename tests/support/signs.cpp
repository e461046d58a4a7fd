#include "signs.hpp"

#include <cctype>
#include <map>

namespace harness {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;

// --- Texts -----------------------------------------------------------------------------------

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts) {
    return std::any_of(parts.begin(), parts.end(),
                       [&](std::string_view part) { return contains(text, part); });
}

bool starts_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
    std::string result;
    for (std::size_t at = text.find(from); at != std::string_view::npos; at = text.find(from)) {
        (result += text.substr(0, at)) += to;
        text.remove_prefix(at + from.size());
    }
    return result += text;
}

std::string lower_case(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

std::string stripped(std::string text, bool also_left) {
    constexpr std::string_view blank = " \t\r\n\v\f";
    text.erase(text.find_last_not_of(blank) + 1);
    if (also_left) text.erase(0, text.find_first_not_of(blank));
    return text;
}

std::size_t lines_in(std::string_view text) {
    const auto ends = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    return ends + (text.empty() || text.back() == '\n' ? 0 : 1);
}

std::string last_line(std::string_view text) {
    constexpr std::size_t most = 240;
    std::string clean;
    while (clean.empty() && !text.empty()) {
        const std::size_t start = text.rfind('\n');
        const bool first = start == std::string_view::npos;
        for (const char c : first ? text : text.substr(start + 1))
            if (static_cast<unsigned char>(c) >= 0x20) clean += c;
        clean = stripped(clean, true);
        text = text.substr(0, first ? 0 : start);
    }
    if (clean.empty()) return "an error";
    if (clean.size() <= most) return clean;
    return clean.substr(0, clean.rfind(' ', most)).substr(0, most) + " ...";
}

namespace {

// A port is a word of its own: 48418 is not in 148418.
bool holds_number(std::string_view line, std::string_view number) {
    const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    for (std::size_t at = line.find(number); at != line.npos; at = line.find(number, at + 1)) {
        const std::size_t end = at + number.size();
        if ((at == 0 || !digit(line[at - 1])) && (end == line.size() || !digit(line[end])))
            return true;
    }
    return false;
}

}  // namespace

bool names_client(std::string_view log, std::string_view address, std::string_view port) {
    while (!log.empty()) {
        const std::size_t end = std::min(log.find('\n'), log.size());
        const std::string_view line = log.substr(0, end);
        if (contains(line, address) && holds_number(line, port)) return true;
        log.remove_prefix(std::min(end + 1, log.size()));
    }
    return false;
}

std::size_t first_difference(std::string_view expected, std::string_view got) {
    const auto [one, other] =
        std::mismatch(expected.begin(), expected.end(), got.begin(), got.end());
    if (one == expected.end() && other == got.end()) return std::string_view::npos;
    return static_cast<std::size_t>(one - expected.begin());
}

bool high(char byte) { return static_cast<unsigned char>(byte) >= 0x80; }

// --- Who, and what was waited for ------------------------------------------------------------

bool server(const Evidence& e) { return !e.program_is_client; }
bool client(const Evidence& e) { return e.program_is_client; }

bool about_bytes(const Evidence& e) {
    return e.wanted == Wanted::bytes || e.wanted == Wanted::end_of_stream ||
           e.wanted == Wanted::printed;
}

bool start(const Evidence& e, std::string_view sign) {
    return e.wanted == Wanted::start && contains(e.start_failure, sign);
}

bool open_end(const Evidence& e) {
    return e.wanted == Wanted::end_of_stream && !more(e) && !wrong(e) && e.stream == Stream::open;
}

bool is_silent(const Evidence& e) {
    return server(e) && cut(e) && e.stream == Evidence::Stream::open && !e.ending;
}

bool keeps_awake(const Evidence& e) { return e.wanted == Evidence::Wanted::idleness && !e.ending; }

bool with_fault(const Evidence& e, std::string_view fault) { return contains(e.faults, fault); }

// --- How the program ended -------------------------------------------------------------------

bool ended_by(const Evidence& e, std::string_view signal) {
    return e.ending && contains(e.ending->text(), signal);
}

bool aborted(const Ending& ending) {
#ifdef _WIN32
    return !ending.by_signal && ending.code == 3;
#else
    return ending.by_signal && contains(ending.text(), "SIGABRT");
#endif
}

bool crashed(const Ending& ending) { return ending.by_signal || aborted(ending); }

bool ended_unasked(const Evidence& e) {
    const bool asked = e.past.asked_to_stop > 0;
    return e.ending && !(asked && !e.ending->by_signal && e.ending->code == 0);
}

// --- What came, compared with what was expected ----------------------------------------------

bool all_came(const Evidence& e) { return about_bytes(e) && e.expected == e.got; }

bool cut(const Evidence& e) {
    return about_bytes(e) && e.got.size() < e.expected.size() && starts_with(e.expected, e.got);
}

bool more(const Evidence& e) {
    return about_bytes(e) && e.got.size() > e.expected.size() && starts_with(e.got, e.expected);
}

bool wrong(const Evidence& e) {
    return about_bytes(e) && e.expected != e.got && !cut(e) && !more(e);
}

bool cut_before(const Evidence& e, char byte) { return cut(e) && e.expected[e.got.size()] == byte; }

bool cut_before_the_first(const Evidence& e, char byte) {
    return cut_before(e, byte) && e.got.find(byte) == std::string::npos;
}

std::string_view rest(const Evidence& e) {
    return std::string_view(e.got).substr(std::min(e.difference, e.got.size()));
}

std::string_view missing(const Evidence& e) {
    return std::string_view(e.expected).substr(std::min(e.difference, e.expected.size()));
}

bool hole(const Evidence& e) {
    if (!wrong(e) || rest(e).size() < 2) return false;
    const std::string_view next = rest(e).substr(0, 8);
    return std::string_view(e.expected).find(next, e.difference + 1) != std::string_view::npos;
}

// Near by, three bytes are enough to tell; far away they may be the same by chance.
bool again(const Evidence& e) {
    if (!wrong(e) && !more(e)) return false;
    const std::size_t at = e.difference;
    for (std::size_t back = 1; back <= at && back <= 65536; ++back) {
        const std::size_t proof = std::min<std::size_t>(rest(e).size(), back <= 8 ? 3 : 8);
        const std::string_view before = std::string_view(e.expected).substr(at - back, proof);
        if (proof >= 2 && rest(e).substr(0, proof) == before) return true;
    }
    return false;
}

std::vector<std::string> messages(const Evidence& e) {
    std::string joined;
    for (const std::string& message : e.sent) joined += message;
    if (!joined.empty() && starts_with(joined, e.expected)) return e.sent;
    return {e.expected};
}

bool cut_between_messages(const Evidence& e) {
    if (!cut(e)) return false;
    std::size_t size = 0;
    for (const std::string& message : messages(e)) {
        size += message.size();
        if (size == e.got.size()) return true;
    }
    return false;
}

// Powers of two, round decimals, one less for a zero.
bool buffer_size(std::size_t size) {
    const auto round = [](std::size_t n) {
        return n >= 16 && ((n & (n - 1)) == 0 || (n >= 100 && n % 100 == 0) || n == 1460);
    };
    return round(size) || round(size + 1);
}

bool gives_what_came(const Evidence& e, std::string_view predicted) {
    if (!about_bytes(e) || all_came(e) || predicted == e.expected) return false;
    if (cut(e)) return predicted == e.got && !e.got.empty();
    if (e.got.size() > predicted.size()) return false;
    return e.got.size() > e.difference && starts_with(predicted, e.got);
}

// --- What the program was seen to do ---------------------------------------------------------

// The system gives the number of a closed socket to the next.
std::size_t ends_received(const Evidence& e) {
    std::map<std::string, std::size_t> ends;
    std::size_t most = 0;
    for (const TracedCall& call : e.calls) {
        if (call.name == "close") ends.erase(call.socket);
        if (call.result == "end of stream") most = std::max(most, ++ends[call.socket]);
    }
    return most;
}

bool fails_again_and_again(const Evidence& e, std::initializer_list<std::string_view> names) {
    constexpr int often = 100;
    std::map<std::string, int> failures;
    return std::any_of(e.calls.begin(), e.calls.end(), [&](const TracedCall& call) {
        if (std::find(names.begin(), names.end(), call.name) == names.end()) return false;
        int& count = failures[call.socket];
        count = call.failed() ? count + 1 : 0;
        return count > often;
    });
}

std::string_view came_after(const Evidence& e, std::string_view experiment) {
    for (const Evidence::Trial& trial : e.trials)
        if (trial.experiment == experiment) return trial.came;
    return {};
}

bool ended_after(const Evidence& e, std::string_view experiment) {
    return std::any_of(e.trials.begin(), e.trials.end(), [&](const Evidence::Trial& trial) {
        return trial.experiment == experiment && trial.ended;
    });
}

bool answered_after(const Evidence& e, std::string_view experiment) {
    for (const Evidence::Trial& trial : e.trials) {
        if (trial.experiment != experiment || !cut(e) || trial.came.empty()) continue;
        const std::size_t both = std::min(trial.came.size(), missing(e).size());
        if (starts_with(missing(e), trial.came.substr(0, both)) && trial.came != trial.sent)
            return true;
        // An answer in another form, and not only what the experiment sent.
        const bool only_that = !trial.sent.empty() && trial.came[0] == trial.sent[0];
        return e.got.empty() && trial.came.size() > 1 && !only_that;
    }
    return false;
}

}  // namespace harness
