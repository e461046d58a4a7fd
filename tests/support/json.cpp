#include "json.hpp"

#include <algorithm>

namespace harness {
namespace {

// Goes through a text once, from its begin. Each function takes away what it is named after, or
// says false, and then the text is not valid.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    bool members(std::map<std::string, std::string>& found) {
        if (!take('{')) return false;
        if (take('}')) return true;
        do {
            const std::string_view name = after_blanks();
            if (!string()) return false;
            const std::string key(name.substr(1, name.size() - rest_.size() - 2));
            if (!take(':')) return false;
            const std::string_view text = after_blanks();
            if (!value()) return false;
            found[key] = text.substr(0, text.size() - rest_.size());
        } while (take(','));
        return take('}');
    }
    bool is_at_end() { return after_blanks().empty(); }

private:
    std::string_view after_blanks() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
        return rest_;
    }
    bool take(char c) { return !after_blanks().empty() && take_now(c); }
    bool take_now(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool take_one_of(std::string_view characters) {
        return std::any_of(characters.begin(), characters.end(),
                           [this](char c) { return take_now(c); });
    }

    bool string() {
        if (!take('"')) return false;
        while (!take_now('"')) {
            if (take_now('\\')) {
                if (!escape()) return false;
            } else {
                if (rest_.empty() || static_cast<unsigned char>(rest_.front()) < ' ') return false;
                rest_.remove_prefix(1);
            }
        }
        return true;
    }
    bool escape() {
        if (!take_now('u')) return take_one_of("\"\\/bfnrt");
        for (int i = 0; i < 4; ++i)
            if (!take_one_of("0123456789abcdefABCDEF")) return false;
        return true;
    }
    bool digits() {
        if (!take_one_of("0123456789")) return false;
        while (take_one_of("0123456789")) continue;
        return true;
    }
    bool number() {
        (void)take_now('-');
        if (!take_now('0') && !digits()) return false;
        if (take_now('.') && !digits()) return false;
        if (!take_one_of("eE")) return true;
        (void)take_one_of("+-");
        return digits();
    }
    bool word(std::string_view one) {
        if (rest_.substr(0, one.size()) != one) return false;
        rest_.remove_prefix(one.size());
        return true;
    }
    bool array() {
        (void)take('[');
        if (take(']')) return true;
        do
            if (!value()) return false;
        while (take(','));
        return take(']');
    }
    bool value() {
        constexpr int deepest = 100;
        if (depth_ > deepest || after_blanks().empty()) return false;
        ++depth_;
        const bool valid = value_of(rest_.front());
        --depth_;
        return valid;
    }
    bool value_of(char first) {
        std::map<std::string, std::string> inner;
        if (first == '{') return members(inner);
        if (first == '[') return array();
        if (first == '"') return string();
        return word("true") || word("false") || word("null") || number();
    }

    std::string_view rest_;
    int depth_ = 0;
};

}  // namespace

std::optional<std::map<std::string, std::string>> json_object(std::string_view text) {
    std::map<std::string, std::string> members;
    Reader reader(text);
    if (!reader.members(members) || !reader.is_at_end()) return std::nullopt;
    return members;
}

}  // namespace harness
