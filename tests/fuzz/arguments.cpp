// A command line, and the questions that a tool asks of it. The first line of the bytes has the
// questions, a letter each, and each line after it is a word. Arguments, which takes words out of
// main's own array, has to say the same as a model that goes once through a list.
#include "fuzz.hpp"

#include <chrono>
#include <vector>

namespace fuzz::arguments {

using namespace std::chrono_literals;

constexpr std::uint64_t largest = ~std::uint64_t{0};
constexpr echo::Clock::duration shortest = 10ms, longest = 24h;

// An answer as text; what a tool refuses, as a word that none of the questions can have for one.
const std::string refused = "\nrefused";

std::string in_words(echo::Clock::duration duration) { return echo::text(duration); }
std::string in_words(std::uint64_t number) { return std::to_string(number); }

std::string ask(echo::Arguments& arguments, char question) try {
    switch (question) {
        case 'f': return arguments.flag("--trace") ? "yes" : "no";
        case 'v': return std::string(arguments.value("--say", "nothing"));
        case 'n': return in_words(arguments.number("--most", 64, 1, 10000));
        case 'N': return in_words(arguments.number("--most", 64, 0, largest));
        case 'd': return in_words(arguments.duration("--idle", 5min, shortest, longest));
        case 'w': return std::string(arguments.next("nobody"));
        case 'p': return in_words(std::uint64_t{arguments.next_port(7777)});
        case '.': return arguments.done(), "done";
        default: return {};
    }
} catch (const echo::UsageError&) {
    return refused;
}

class Model {
public:
    explicit Model(std::vector<std::string> words) : words_(std::move(words)) {}

    std::string ask(char question) {
        switch (question) {
            case 'f': return flag() ? "yes" : "no";
            case 'v': return value("--say", "nothing", [](const std::string&) { return true; });
            case 'n':
                return value("--most", "64",
                             [](std::string& text) { return number(text, 1, 10000); });
            case 'N':
                return value("--most", "64",
                             [](std::string& text) { return number(text, 0, largest); });
            case 'd': return value("--idle", "5m", duration);
            case 'w': return word("nobody");
            case 'p': return port();
            case '.': return words_.empty() ? "done" : (word({}), refused);
            default: return {};
        }
    }
    const std::vector<std::string>& words() const { return words_; }

private:
    static bool number(std::string& text, std::uint64_t least, std::uint64_t most) {
        const auto number = number_up_to(most, text);
        if (number) text = std::to_string(*number);
        return number && *number >= least;
    }
    // That durations are parsed rightly is another target's.
    static bool duration(std::string& text) {
        const auto duration = unless_refused([&] { return echo::parse_duration(text); });
        if (duration) text = echo::text(*duration);
        return duration && *duration >= shortest && *duration <= longest;
    }

    bool flag() {
        for (auto at = words_.begin(); at != words_.end(); ++at)
            if (*at == "--trace") return words_.erase(at), true;
        return false;
    }

    // The last of the option's values. Where one is not valid, what is behind it stays.
    template <class IsValid>
    std::string value(const std::string& option, std::string found, IsValid is_valid) {
        std::vector<std::string> others;
        bool valid = true;
        std::size_t at = 0;
        for (; at < words_.size() && valid; ++at) {
            const bool joined = words_[at].starts_with(option + "=");
            if (!joined && words_[at] != option) {
                others.push_back(words_[at]);
                continue;
            }
            valid = joined || at + 1 < words_.size();
            if (!valid) break;  // nothing behind it: it stays too
            found = joined ? words_[at].substr(option.size() + 1) : words_[++at];
            valid = is_valid(found);
        }
        others.insert(others.end(), words_.begin() + static_cast<std::ptrdiff_t>(at), words_.end());
        words_ = others;
        return valid ? found : refused;
    }

    std::string word(const std::string& otherwise) {
        if (words_.empty()) return otherwise;
        const std::string first = words_.front();
        words_.erase(words_.begin());
        const bool dashed = first.size() > 1 && first[0] == '-';
        return dashed && !number_up_to(9, first.substr(1, 1)) ? refused : first;
    }

    std::string port() {
        if (words_.empty()) return "7777";
        const auto port = number_up_to(65535, word({}));
        return port ? std::to_string(*port) : refused;
    }

    std::vector<std::string> words_;
};

void run(std::string_view bytes) {
    Script script(bytes);
    const std::string_view questions = script.up_to('\n');
    std::vector<std::string> words;
    while (!script.is_over()) {
        const std::string_view word = script.up_to('\n');
        words.emplace_back(word.substr(0, word.find('\0')));  // main's words end with a zero
    }
    Model model(words);

    words.insert(words.begin(), "tool");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    echo::Arguments arguments(static_cast<int>(words.size()), argv.data());
    for (const char question : questions) {
        expect(ask(arguments, question) == model.ask(question), "another answer", bytes);
        for (std::size_t i = 0; i < model.words().size(); ++i)
            expect(argv[i + 1] == model.words()[i], "another word is left", bytes);
    }
}

const Target target("arguments", run);

}  // namespace fuzz::arguments
