#include "lesson_run.hpp"

#include "program.hpp"

namespace harness {
namespace {

Process::Options options(std::string_view number, const std::string& program, bool command_line,
                         std::string_view but) {
    Process::Options options;
    options.arguments = {std::string(ECHO_BUILD_DIR) + "/lesson_tests",
                         '[' + std::string(number) + ']' + std::string(but), "--abort"};
    const std::string quoted = program.empty() || command_line ? program : '"' + program + '"';
    options.environment = {{"ECHO_PROGRAM", quoted}, {"ECHO_ALL_CAUSES", "1"}};
    return options;
}

}  // namespace

LessonRun::LessonRun(std::string_view number, const std::string& program, bool is_command_line,
                     std::string_view but)
    : process_(options(number, program, is_command_line, but)) {}

bool LessonRun::passed() {
    if (ended_) return passed_;
    ended_ = true;
    // A passing run takes a few seconds, a failing one a few of the harness's steps. On a machine with
    // too much to do it is many times that, and nothing is wrong.
    const auto ending = process_.wait(Clock::now() + patience() * 50);
    passed_ = ending && !ending->by_signal && ending->code == 0;
    return passed_;
}

std::string LessonRun::cause() {
    constexpr std::string_view sign = "Likely cause (";
    const std::string all = text();
    const std::size_t at = all.find(sign);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + sign.size();
    return all.substr(begin, all.find(')', begin) - begin);
}

std::vector<std::string> LessonRun::also_fits() { return lines_after("Also fits: "); }

std::string LessonRun::rival() {
    const std::vector<std::string> rivals = lines_after("Not decided: ");
    return rivals.empty() ? std::string() : rivals.front();
}

std::vector<std::string> LessonRun::lines_after(std::string_view sign) {
    std::vector<std::string> found;
    const std::string all = text();
    for (std::size_t at = all.find(sign); at != std::string::npos; at = all.find(sign, at)) {
        at += sign.size();
        found.push_back(all.substr(at, all.find_first_of("\r\n", at) - at));
    }
    return found;
}

std::string LessonRun::text() {
    (void)passed();
    return process_.output() + process_.errors();
}

}  // namespace harness
