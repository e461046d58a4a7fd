#include "state.hpp"

#include "text.hpp"

#include <algorithm>
#include <sstream>
#include <system_error>

namespace coach {

namespace {

// At most 9999, which no lesson has lines; 0 when it is no number.
std::size_t number_in(const std::string& text) {
    const bool good = text.size() <= 4 && text.find_first_not_of("0123456789") == text.npos;
    return good && !text.empty() ? static_cast<std::size_t>(std::stoi(text)) : 0;
}

// "120 1 4": the line, and the folds that are open.
Place place_in(const std::string& line, std::istream& folds) {
    Place place{number_in(line)};
    for (std::string fold; folds >> fold;) place.open.insert(number_in(fold));
    place.open.erase(0);
    return place;
}

}  // namespace

State::State(std::filesystem::path file) : file_(std::move(file)) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file_, ignored)) return;
    for (const std::string& line : lines_of(read_file(file_))) {
        std::istringstream words(line);
        std::string what, lesson, value;
        words >> what >> lesson >> value;
        if (what == "chosen") chosen = lesson;
        if (what == "passed" && !value.empty()) passed[lesson] = value;
        if (what == "hints" && value.size() == 1 && value[0] >= '0' && value[0] <= '9')
            hints[lesson] = static_cast<std::size_t>(value[0] - '0');
        if (what == "place") places[lesson] = place_in(value, words);
    }
}

bool State::save() const {
    std::string text = "chosen " + chosen + '\n';
    for (const auto& [lesson, file] : passed) text += "passed " + lesson + ' ' + file + '\n';
    for (const auto& [lesson, count] : hints)
        text += "hints " + lesson + ' ' + std::to_string(std::min<std::size_t>(count, 9)) + '\n';
    for (const auto& [lesson, place] : places) {
        text += "place " + lesson + ' ' + std::to_string(place.line);
        for (const std::size_t fold : place.open) text += ' ' + std::to_string(fold);
        text += '\n';
    }
    try {
        write_file(file_, text);
        return true;
    } catch (const Trouble&) {
        return false;
    }
}

}  // namespace coach
