#include "command_line.hpp"

#include <stdexcept>

namespace harness {

std::vector<std::string> split_command_line(std::string_view line) {
    std::vector<std::string> words;
    bool in_word = false;  // an empty pair of quotes is a word too, so an empty string won't tell
    for (std::size_t at = 0; at < line.size(); ++at) {
        const char c = line[at];
        if (c == ' ' || c == '\t') {
            in_word = false;
            continue;
        }
        if (!in_word) words.emplace_back();
        in_word = true;
        if (c != '"' && c != '\'') {
            words.back() += c;
            continue;
        }
        const std::size_t close = line.find(c, at + 1);
        if (close == std::string_view::npos)
            throw std::invalid_argument("the " + std::string(c == '"' ? "double" : "single") +
                                        " quote before \"" + std::string(line.substr(at + 1)) +
                                        "\" is never closed");
        words.back() += line.substr(at + 1, close - at - 1);
        at = close;
    }
    return words;
}

}  // namespace harness
