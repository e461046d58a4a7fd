#include "each_table.hpp"

#include "commands.hpp"
#include "text.hpp"

#include <algorithm>
#include <cstdio>

namespace coach {

namespace {

// The time to a tenth of a second: "12.3".
std::string seconds(std::chrono::milliseconds time) {
    const auto tenths = (time.count() + 50) / 100;
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10);
}

std::string left(std::string text, std::size_t width) {
    const std::size_t now = columns(text);
    return text.append(now < width ? width - now : 0, ' ');
}

std::string right(const std::string& text, std::size_t width) {
    return std::string(text.size() < width ? width - text.size() : 0, ' ') + text;
}

// Where the first failure was and what it was.
struct Failure {
    std::string lesson;
    std::string cause;
    std::string message;
};

Failure first_failure(const HandInResult& result) {
    if (!result.trouble.empty()) return {"", result.trouble, result.trouble};
    const LessonResult* first = result.first_failure();
    if (!first) return {};
    return {first->lesson->name, first->cause, first->message};
}

}  // namespace

std::string csv_field(const std::string& text) {
    std::string field = printable(text);
    if (!field.empty() && std::string_view("=+-@").find(field[0]) != std::string_view::npos)
        field.insert(0, "'");
    if (field.find_first_of(",\"") == std::string::npos) return field;
    std::string quoted = "\"";
    for (const char c : field) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + '"';
}

EachTable::EachTable(std::ostream& out, Format format, const std::vector<HandIn>& hand_ins,
                     std::size_t asked)
    : out_(out), format_(format), asked_(asked), all_(hand_ins.size()) {
    width_ = columns("student");
    for (const HandIn& hand_in : hand_ins)
        width_ = std::max(width_, columns(printable(hand_in.student)));
    if (format_ == Format::table)
        out_ << left("student", width_) << "  passed    seconds  first failure" << std::endl;
    if (format_ == Format::csv) out_ << "student,passed,of,lesson,cause,message,seconds\n";
    if (format_ == Format::json) out_ << "{\n  \"asked\": " << asked_ << ",\n  \"students\": [";
}

void EachTable::add(const HandInResult& result) {
    if (format_ == Format::table) add_line(result);
    if (format_ == Format::csv) add_csv(result);
    if (format_ == Format::json) add_json(result);
    out_ << std::flush;
    ++done_;
    if (result.trouble.empty() && result.passed() == asked_) ++good_;
}

void EachTable::add_line(const HandInResult& result) {
    const Failure failure = first_failure(result);
    const std::string passed = std::to_string(result.passed()) + " of " + std::to_string(asked_);
    std::string line = left(printable(result.student), width_) + "  " + left(passed, 8) +
                       right(seconds(result.took), 9);
    if (!failure.cause.empty()) line += "  ";
    if (!failure.lesson.empty()) line += failure.lesson + ": ";
    out_ << line + failure.cause << '\n';
}

void EachTable::add_csv(const HandInResult& result) {
    const Failure failure = first_failure(result);
    out_ << csv_field(result.student) << ',' << result.passed() << ',' << asked_ << ','
         << failure.lesson << ',' << csv_field(failure.cause) << ',' << csv_field(failure.message)
         << ',' << seconds(result.took) << '\n';
}

void EachTable::add_json(const HandInResult& result) {
    out_ << (done_ == 0 ? "\n" : ",\n") << "    {\"student\": " << json_string(result.student)
         << ", \"folder\": " << json_string(result.folder.string())
         << ", \"passed\": " << result.passed()
         << ", \"trouble\": " << (result.trouble.empty() ? "null" : json_string(result.trouble))
         << ", \"seconds\": " << seconds(result.took) << ", \"lessons\": [";
    for (const LessonResult& one : result.lessons)
        out_ << (&one == &result.lessons.front() ? "\n" : ",\n")
             << "      {\"lesson\": " << json_string(one.lesson->name)
             << ", \"passed\": " << (one.passed() ? "true" : "false")
             << ", \"cause\": " << (one.passed() ? "null" : json_string(one.cause))
             << ", \"message\": " << json_string(one.message) << '}';
    out_ << "]}";
}

void EachTable::end() {
    if (format_ == Format::json) out_ << "\n  ]\n}\n";
    if (format_ == Format::table) {
        out_ << good_ << " of " << done_ << " passed everything";
        if (done_ < all_) out_ << "; stopped, " << all_ - done_ << " not checked";
        out_ << '\n';
    }
    out_ << std::flush;
}

}  // namespace coach
