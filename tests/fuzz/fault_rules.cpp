// The rules of ECHO_FAULTS: what is taken is what a grammar says, reads back when it is
// written down, and makes the hook disturb the calls that it names, and no others.
#include "fuzz.hpp"

#include "fault_rules.hpp"

#include <algorithm>

namespace fuzz::fault_rules {

using harness::FaultRule;
using Rules = std::vector<FaultRule>;

std::optional<Rules> parse(std::string_view text) {
    try {
        return harness::parse_fault_rules(text);
    } catch (const std::invalid_argument&) {
        return std::nullopt;
    }
}

bool moves_bytes(const std::string& call) { return call == "recv" || call == "send"; }

// What may be said, read word by word: a run of letters and digits is one, any other character too.
class Grammar {
public:
    explicit Grammar(std::string_view text) : rest_(text) { advance(); }

    bool takes_all() {
        if (word_.empty()) return true;
        do {
            if (!rule()) return false;
        } while (take(";") && !word_.empty());
        return word_.empty();
    }

private:
    bool rule() {
        const std::string call(word_);
        if (!take_one_of(harness::fault_calls, [](const char* name) { return name; })) return false;
        return take(":") && what(call) && (!take("@") || number());
    }
    bool what(const std::string& call) {
        if (take("short")) return moves_bytes(call) && take("=") && number();
        const auto name = [](const harness::NamedError& error) { return error.name; };
        return take_one_of(harness::fault_errors, name);
    }
    bool number() {
        const auto number = number_up_to(~std::uint64_t{0}, word_);
        advance();
        return number.value_or(0) > 0;
    }

    template <class List, class Name>
    bool take_one_of(const List& list, Name name) {
        for (const auto& one : list)
            if (take(name(one))) return true;
        return false;
    }
    bool take(std::string_view word) {
        if (word_ != word) return false;
        advance();
        return true;
    }
    void advance() {
        rest_.remove_prefix((std::min)(rest_.find_first_not_of(" \t"), rest_.size()));
        std::size_t size = 0;
        while (size < rest_.size() && is_letter(rest_[size])) ++size;
        word_ = rest_.substr(0, (std::max)(size, std::size_t{1}));
        rest_.remove_prefix(word_.size());
    }
    static bool is_letter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    }

    std::string_view rest_, word_;
};

const char* name_of(int error) {
    for (const harness::NamedError& known : harness::fault_errors)
        if (known.number == error) return known.name;
    return "?";
}

std::string text_of(const FaultRule& rule) {
    std::string text = rule.call + ":";
    text += rule.error ? name_of(rule.error) : "short=" + std::to_string(rule.at_most);
    return rule.nth ? text + "@" + std::to_string(rule.nth) : text;
}

std::string text_of(const Rules& rules) {
    std::string text;
    for (const FaultRule& rule : rules) text += text_of(rule) + "; ";
    return text;
}

void check_rules(const Rules& rules) {
    const std::string text = text_of(rules);
    const auto again = parse(text);
    expect(again && text_of(*again) == text, "does not read back", text);
    for (const FaultRule& rule : rules)
        expect((rule.error == 0) == (rule.at_most > 0) && (rule.error || moves_bytes(rule.call)),
               "a rule of no kind", text_of(rule));
}

// A few calls, each of which is looked at in every rule anew.
void check_hook(const Rules& rules, std::string_view bytes) {
    harness::FaultHook hook(rules);
    std::uint64_t made[2] = {0, 0};
    for (const char byte : bytes.substr(0, 20)) {
        const bool sends = byte % 2 != 0;
        const std::uint64_t number = ++made[sends];
        echo::Call call{.name = sends ? "send" : "recv", .length = 10};
        std::size_t length = 10;
        int error = 0;
        for (const FaultRule& rule : rules) {
            if (rule.call != call.name || (rule.nth != 0 && rule.nth != number)) continue;
            if (error == 0) error = rule.error;
            if (rule.error == 0 && rule.at_most < length) length = rule.at_most;
        }
        hook.before(call);
        expect(call.error == error && call.length == length, "another fault", text_of(rules));
    }
}

void run(std::string_view bytes) {
    const auto rules = parse(bytes);
    expect(rules.has_value() == Grammar(bytes).takes_all(), "taken or refused wrongly", bytes);
    if (!rules) return;
    check_rules(*rules);
    check_hook(*rules, bytes);
}

const Target target("fault_rules", run);

}  // namespace fuzz::fault_rules
