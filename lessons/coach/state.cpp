#include "state.hpp"

#include "text.hpp"

#include <algorithm>
#include <sstream>
#include <system_error>

namespace coach {

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
    }
}

bool State::save() const {
    std::string text = "chosen " + chosen + '\n';
    for (const auto& [lesson, file] : passed) text += "passed " + lesson + ' ' + file + '\n';
    for (const auto& [lesson, count] : hints)
        text += "hints " + lesson + ' ' + std::to_string(std::min<std::size_t>(count, 9)) + '\n';
    try {
        write_file(file_, text);
        return true;
    } catch (const Trouble&) {
        return false;
    }
}

}  // namespace coach
