#include "course.hpp"

#include "text.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <system_error>

namespace coach {

namespace fs = std::filesystem;

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

bool is_lesson_name(std::string_view name) {
    return name.size() > 3 && digit(name[0]) && digit(name[1]) && name[2] == '-';
}

// "# Lesson 01: one client" gives "one client".
std::string title_in(std::string_view readme) {
    const std::string_view first = readme.substr(0, readme.find('\n'));
    const std::size_t colon = first.find(": ");
    return colon == std::string_view::npos ? std::string() : trimmed(first.substr(colon + 2));
}

// One "key: value" of course.txt.
struct Entry {
    std::string key;
    std::string value;
};

// A line that begins with a space goes on with the value before it.
std::vector<Entry> entries_in(std::string_view text) {
    std::vector<Entry> entries;
    for (const std::string& line : lines_of(text)) {
        if (line.empty() || line[0] == '#') continue;
        if (line[0] == ' ' && !entries.empty()) {
            entries.back().value += ' ' + trimmed(line);
            continue;
        }
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos) continue;
        entries.push_back({line.substr(0, colon), trimmed(line.substr(colon + 1))});
    }
    return entries;
}

std::map<std::string, Lesson> told_in(const fs::path& file) {
    std::map<std::string, Lesson> lessons;
    // Without the file the course has no parts and no questions, but goes on.
    if (!fs::exists(file)) return lessons;
    std::string part;
    Lesson* lesson = nullptr;
    for (const auto& [key, value] : entries_in(read_file(file))) {
        if (key == "part") part = value;
        if (key == "lesson" && is_lesson_name(value)) {
            lesson = &lessons[value];
            lesson->name = value;
            lesson->part = part;
        }
        if (!lesson) continue;
        if (key == "question") lesson->question = value;
        if (key == "learned") lesson->learned = value;
        if (key == "starter") lesson->starter = value;
        if (key == "program") lesson->is_client = value == "client";
        if (key == "begins") lesson->begins_anew = value == "anew";
    }
    return lessons;
}

void look_at_folder(const fs::path& root, Lesson& lesson) {
    std::error_code ignored;
    lesson.number = lesson.name.substr(0, 2);
    lesson.title = lesson.name.substr(3);
    std::replace(lesson.title.begin(), lesson.title.end(), '-', ' ');
    if (fs::exists(root / lesson.folder() / "client.cpp", ignored)) lesson.is_client = true;
    lesson.written =
        fs::exists(root / lesson.readme(), ignored) || fs::exists(root / lesson.file(), ignored);
    if (!fs::exists(root / lesson.readme(), ignored)) return;
    const std::string title = title_in(read_file(root / lesson.readme()));
    if (!title.empty()) lesson.title = title;
}

}  // namespace

Course read_course(const fs::path& root) {
    std::error_code failed;
    std::map<std::string, Lesson> lessons = told_in(root / "lessons" / "course.txt");
    for (const fs::directory_entry& entry : fs::directory_iterator(root / "lessons", failed)) {
        const std::string name = entry.path().filename().string();
        if (is_lesson_name(name) && entry.is_directory()) lessons[name].name = name;
    }
    Course course{root, {}};
    for (auto& [name, lesson] : lessons) {
        look_at_folder(root, lesson);
        course.lessons.push_back(lesson);
    }
    if (!std::any_of(course.lessons.begin(), course.lessons.end(),
                     [](const Lesson& lesson) { return lesson.written; }))
        throw Trouble("no lessons in " + root.string() +
                      "; if the project's folder has moved, remove its build folder and run "
                      "cmake -B build there");
    return course;
}

const Lesson* Course::find(std::string_view name) const {
    for (const Lesson& lesson : lessons)
        if (name == lesson.name || name == lesson.number || name == lesson.name.substr(3) ||
            "0" + std::string(name) == lesson.number)
            return &lesson;
    return nullptr;
}

const Lesson* Course::after(const Lesson& lesson) const {
    for (const Lesson& other : lessons)
        if (other.name > lesson.name && other.written) return &other;
    return nullptr;
}

const Lesson* Course::same_kind_after(const Lesson& lesson) const {
    const Lesson* next = after(lesson);
    while (next && next->is_client != lesson.is_client) next = after(*next);
    return next;
}

std::vector<const Lesson*> Course::earlier(const Lesson& lesson) const {
    std::vector<const Lesson*> found;
    for (const Lesson& other : lessons)
        if (other.name < lesson.name && other.written && other.is_client == lesson.is_client)
            found.push_back(&other);
    return found;
}

}  // namespace coach
