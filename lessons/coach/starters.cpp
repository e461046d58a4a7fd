#include "starters.hpp"

#include "run.hpp"
#include "text.hpp"

#include <algorithm>
#include <system_error>
#include <vector>

namespace coach {

namespace fs = std::filesystem;

namespace {

std::string git(const fs::path& root, std::vector<std::string> arguments) {
    // The folder may be another user's, as in a container: Git would refuse to look.
    arguments.insert(arguments.begin(), {"git", "-c", "safe.directory=*", "-C", root.string()});
    harness::Process::Options options;
    options.arguments = std::move(arguments);
    const Ran ran = run(options, std::chrono::seconds(10));
    return ran.succeeded() ? ran.output : std::string();
}

// The versions of the file, the newest first. Without Git, or without a history: none.
std::optional<std::string> find_in_history(const fs::path& root, const Lesson& lesson) {
    const std::string versions = git(root, {"log", "-n", "50", "--format=%H", "--", lesson.file()});
    for (const std::string& version : lines_of(versions)) {
        const std::string text = git(root, {"show", version + ":./" + lesson.file()});
        if (fingerprint(text) == lesson.starter) return text;
    }
    return std::nullopt;
}

std::optional<std::string> text_of(const fs::path& file) {
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) return std::nullopt;
    return read_file(file);
}

}  // namespace

bool Starters::untouched(const Lesson& lesson) const {
    const auto text = text_of(root_ / lesson.file());
    return text && fingerprint(*text) == lesson.starter;
}

std::optional<std::string> Starters::find(const Lesson& lesson) const {
    for (const fs::path& file :
         {root_ / lesson.file(), build_ / "starters" / lesson.name / lesson.file_name()}) {
        const auto text = text_of(file);
        if (text && fingerprint(*text) == lesson.starter) return text;
    }
    return find_in_history(root_, lesson);
}

fs::path name_beside(const fs::path& file) {
    for (int number = 1;; ++number) {
        fs::path name = file;
        name.replace_filename(file.stem().string() + ".mine-" + std::to_string(number) +
                              file.extension().string());
        if (!fs::exists(name)) return name;
    }
}

// The old file is renamed only once the new one is written: there is always a program.
std::string Starters::replace(const Lesson& lesson, const std::string& text) const {
    const fs::path file = root_ / lesson.file();
    const auto old = text_of(file);
    std::string kept;
    if (old && fingerprint(*old) != lesson.starter) {
        const fs::path beside = name_beside(file);
        write_file(beside, *old);
        kept = beside.filename().string();
    }
    write_file(file, text);
    return kept;
}

std::string Starters::reset(const Lesson& lesson) const {
    const auto starter = find(lesson);
    if (!starter)
        throw Trouble("the starter of lesson " + lesson.number +
                      " is not to be found: neither the build folder nor Git has it unchanged; "
                      "take " +
                      lesson.file() + " from a fresh copy of the project");
    return replace(lesson, *starter);
}

std::string Starters::carry(const Lesson& from, const Lesson& to) const {
    const auto starter = find(to);
    if (!starter) throw Trouble("the TODOs of lesson " + to.number + " are not to be found");
    const std::string own = read_file(root_ / from.file());
    return replace(to, with_todos(own, *starter, from.name));
}

namespace {

bool is_comment(const std::string& line) { return starts_with(trimmed(line), "//"); }

bool begins_todo(const std::string& line) { return starts_with(trimmed(line), "// TODO "); }

// A TODO and the line of code that it stands before.
struct Todo {
    std::vector<std::string> lines;
    std::string code;
};

// The comment at the top, up to the first line that is none.
std::size_t header_length(const std::vector<std::string>& lines) {
    std::size_t length = 0;
    while (length < lines.size() && is_comment(lines[length])) ++length;
    return length;
}

// The lines of the TODO at `at`: the comment's, up to the next TODO.
std::vector<std::string> todo_at(const std::vector<std::string>& lines, std::size_t at) {
    std::vector<std::string> todo{lines[at]};
    while (++at < lines.size() && is_comment(lines[at]) && !begins_todo(lines[at]))
        todo.push_back(lines[at]);
    return todo;
}

std::string code_after(const std::vector<std::string>& lines, std::size_t at) {
    while (at < lines.size() && (trimmed(lines[at]).empty() || is_comment(lines[at]))) ++at;
    return at < lines.size() ? trimmed(lines[at]) : std::string();
}

std::vector<Todo> todos_in(const std::vector<std::string>& starter) {
    std::vector<Todo> todos;
    for (std::size_t at = header_length(starter); at < starter.size(); ++at) {
        if (!begins_todo(starter[at])) continue;
        Todo todo{todo_at(starter, at), code_after(starter, at)};
        const std::size_t next = at + todo.lines.size();
        if (next < starter.size() && trimmed(starter[next]).empty()) todo.lines.push_back("");
        todos.push_back(std::move(todo));
    }
    return todos;
}

// Without the comment at the top, which names the old lesson, and what is left of old TODOs.
std::vector<std::string> without_old_words(const std::vector<std::string>& program) {
    std::vector<std::string> lines;
    for (std::size_t at = header_length(program); at < program.size(); ++at) {
        if (begins_todo(program[at]))
            at += todo_at(program, at).size() - 1;
        else if (!lines.empty() || !trimmed(program[at]).empty())
            lines.push_back(program[at]);
    }
    return lines;
}

// The one line that is this code; lines.size() when there are more, or none. A brace says nothing.
std::size_t only_line(const std::vector<std::string>& lines, const std::string& code) {
    std::size_t found = lines.size();
    for (std::size_t at = 0; at < lines.size() && code.size() > 1; ++at) {
        if (trimmed(lines[at]) != code) continue;
        if (found != lines.size()) return lines.size();
        found = at;
    }
    return found;
}

}  // namespace

std::string with_todos(const std::string& program, const std::string& starter,
                       const std::string& from) {
    const std::vector<std::string> model = lines_of(starter);
    std::vector<std::string> lines = without_old_words(lines_of(program));
    const auto header_end = static_cast<std::ptrdiff_t>(header_length(model));
    std::vector<std::string> top(model.begin(), model.begin() + header_end);
    top.push_back("// The program is your own, from " + from + ".");
    for (const Todo& todo : todos_in(model)) {
        const std::size_t at = only_line(lines, todo.code);
        if (at < lines.size()) {
            lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), todo.lines.begin(),
                         todo.lines.end());
            continue;
        }
        top.push_back("//");
        for (const std::string& line : todo.lines)
            if (!line.empty()) top.push_back(trimmed(line));
    }
    top.push_back("");
    lines.insert(lines.begin(), top.begin(), top.end());
    return joined(lines);
}

}  // namespace coach
