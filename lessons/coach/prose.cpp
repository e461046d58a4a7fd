#include "prose.hpp"

#include "text.hpp"

#include <array>
#include <cctype>
#include <filesystem>
#include <utility>

namespace coach {

namespace {

constexpr std::size_t nowhere = std::string_view::npos;

bool is_word(std::string_view text, std::size_t at) {
    return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at])) != 0;
}

bool is_space(std::string_view text, std::size_t at) {
    return at >= text.size() || text[at] == ' ' || text[at] == '\n';
}

// How often the character at `at` stands there, one after another.
std::size_t run_length(std::string_view text, std::size_t at) {
    const std::size_t end = text.find_first_not_of(text[at], at);
    return (end == nowhere ? text.size() : end) - at;
}

// Where the run of backticks that closes the one at `at` begins.
std::size_t end_of_code(std::string_view text, std::size_t at) {
    const std::size_t length = run_length(text, at);
    for (std::size_t i = text.find('`', at + length); i != nowhere; i = text.find('`', i)) {
        const std::size_t other = run_length(text, i);
        if (other == length) return i;
        i += other;
    }
    return nowhere;
}

// Behind the character, or the code, at `at`.
std::size_t step(std::string_view text, std::size_t at) {
    if (text[at] == '\\') return at + 2;
    if (text[at] != '`') return at + 1;
    const std::size_t end = end_of_code(text, at);
    return end == nowhere ? at + run_length(text, at) : end + run_length(text, at);
}

// Where the bracket at `at` is closed.
std::size_t closing(std::string_view text, std::size_t at, char open, char close) {
    std::size_t depth = 0;
    for (std::size_t i = at; i < text.size(); i = step(text, i)) {
        if (text[i] == open) ++depth;
        if (text[i] == close && --depth == 0) return i;
    }
    return nowhere;
}

// Where the emphasis whose marks, `length` of them, stand at `at` is closed.
std::size_t end_of_emphasis(std::string_view text, std::size_t at, std::size_t length) {
    const char mark = text[at];
    if (is_space(text, at + length)) return nowhere;
    if (mark == '_' && at > 0 && is_word(text, at - 1)) return nowhere;
    for (std::size_t i = at + length; i < text.size(); i = step(text, i)) {
        if (text[i] != mark) continue;
        const std::size_t other = run_length(text, i);
        const bool in_a_word = mark == '_' && is_word(text, i + length);
        if (other == length && !is_space(text, i - 1) && !in_a_word) return i;
        i += other - 1;
    }
    return nowhere;
}

// A link's target without its title: `x.md "the title"`.
std::string target_in(std::string_view brackets) {
    std::string target = trimmed(brackets.substr(0, brackets.find(" \"")));
    if (target.size() > 1 && target.front() == '<') target = target.substr(1, target.size() - 2);
    return target;
}

// From the project's folder. Other places of the same text have no path: empty.
std::string path_of(const std::string& target, const std::string& folder) {
    if (target.find("://") != nowhere || starts_with(target, "mailto:")) return target;
    if (target.empty() || target[0] == '#') return {};
    return (std::filesystem::path(folder) / target).lexically_normal().generic_string();
}

bool ends_with(const std::string& text, const std::string& end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// Goes through a text and writes down what is seen of it.
class Reader {
public:
    Reader(std::string_view text, const std::string& folder) : text_(text), folder_(folder) {}

    std::string read() {
        while (at_ < text_.size())
            if (!escape() && !code() && !picture() && !link() && !tag() && !emphasis() && !entity())
                plain_ += text_[at_++];
        return plain_;
    }

private:
    char here() const { return text_[at_]; }
    std::string inner(std::string_view text) const { return Reader(text, folder_).read(); }

    bool escape() {
        if (here() != '\\' || at_ + 1 == text_.size()) return false;
        if (!std::ispunct(static_cast<unsigned char>(text_[at_ + 1]))) return false;
        plain_ += text_[at_ + 1];
        at_ += 2;
        return true;
    }

    bool code() {
        if (here() != '`') return false;
        const std::size_t length = run_length(text_, at_);
        const std::size_t end = end_of_code(text_, at_);
        if (end == nowhere) {
            plain_ += text_.substr(at_, length);
            at_ += length;
            return true;
        }
        const std::string inside = trimmed(text_.substr(at_ + length, end - at_ - length));
        const bool all = at_ == 0 && end + length == text_.size();
        const bool needs_marks = !all && inside.find(' ') != nowhere;
        plain_ += needs_marks ? '`' + inside + '`' : inside;
        at_ = end + length;
        return true;
    }

    // The ends of "[text](target)", when there is one at `begin`.
    std::pair<std::size_t, std::size_t> ends_of_link(std::size_t begin) const {
        if (begin >= text_.size() || text_[begin] != '[') return {nowhere, nowhere};
        const std::size_t middle = closing(text_, begin, '[', ']');
        if (middle == nowhere || middle + 1 >= text_.size() || text_[middle + 1] != '(')
            return {nowhere, nowhere};
        return {middle, closing(text_, middle + 1, '(', ')')};
    }

    bool picture() {
        if (here() != '!') return false;
        const auto [middle, end] = ends_of_link(at_ + 1);
        if (end == nowhere) return false;
        const std::string shows = inner(text_.substr(at_ + 2, middle - at_ - 2));
        plain_ +=
            "picture: " + path_of(target_in(text_.substr(middle + 2, end - middle - 2)), folder_);
        if (!shows.empty()) plain_ += " (" + shows + ')';
        at_ = end + 1;
        return true;
    }

    bool link() {
        const auto [middle, end] = ends_of_link(at_);
        if (end == nowhere) return false;
        const std::string text = inner(text_.substr(at_ + 1, middle - at_ - 1));
        const std::string path =
            path_of(target_in(text_.substr(middle + 2, end - middle - 2)), folder_);
        if (path.empty())
            plain_ += text;
        else if (path == text || ends_with(path, '/' + text))
            plain_ += path;
        else
            plain_ += text + " (" + path + ')';
        at_ = end + 1;
        return true;
    }

    // <https://example.org> and <br>. Any other tag is text.
    bool tag() {
        const std::size_t end = text_.find('>', at_);
        if (here() != '<' || end == nowhere) return false;
        const std::string inside(text_.substr(at_ + 1, end - at_ - 1));
        const bool address = inside.find("://") != nowhere && inside.find(' ') == nowhere;
        if (!address && inside != "br" && inside != "br/" && inside != "br /") return false;
        plain_ += address ? inside : "\n";
        at_ = end + 1;
        return true;
    }

    bool emphasis() {
        if (here() != '*' && here() != '_') return false;
        const std::size_t length = run_length(text_, at_);
        const std::size_t end = end_of_emphasis(text_, at_, length);
        if (end == nowhere) {
            plain_ += text_.substr(at_, length);
            at_ += length;
            return true;
        }
        plain_ += inner(text_.substr(at_ + length, end - at_ - length));
        at_ = end + length;
        return true;
    }

    bool entity() {
        using Name = std::pair<std::string_view, std::string_view>;
        constexpr std::array<Name, 5> names{
            {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}, {"&nbsp;", " "}}};
        for (const auto& [name, character] : names) {
            if (!starts_with(text_.substr(at_), name)) continue;
            plain_ += character;
            at_ += name.size();
            return true;
        }
        return false;
    }

    std::string_view text_;
    const std::string& folder_;
    std::size_t at_ = 0;
    std::string plain_;
};

}  // namespace

std::string prose(std::string_view markdown, const std::string& folder) {
    return Reader(markdown, folder).read();
}

}  // namespace coach
