#include "coach.hpp"

#include "hints.hpp"
#include "text.hpp"

#include <algorithm>
#include <system_error>

namespace coach {

namespace fs = std::filesystem;

Coach::Coach(const Checker::Folders& folders)
    : root_(folders.root),
      build_(folders.build),
      course_(read_course(folders.root)),
      checker_(folders),
      starters_(folders.root, folders.build),
      state_(folders.build / "learn-state.txt") {
    // Where the student was; the first time, at the first lesson that is not passed.
    const Lesson* place = course_.find(state_.chosen);
    for (const Lesson& lesson : course_.lessons) {
        if (place && place->written) break;
        if (lesson.written && standing(lesson) != Standing::passed) place = &lesson;
    }
    if (!place || !place->written)
        for (const Lesson& lesson : course_.lessons)
            if (lesson.written) place = &lesson;
    chosen_ = static_cast<std::size_t>(place - course_.lessons.data());
    // From here on only the student chooses: a pass does not move them on.
    state_.chosen = place->name;
}

void Coach::save() { saved_ = state_.save(); }

void Coach::choose(const Lesson& lesson) {
    chosen_ = static_cast<std::size_t>(&lesson - course_.lessons.data());
    state_.chosen = lesson.name;
    save();
}

const Lesson& Coach::find(const std::string& name) const {
    const Lesson* lesson = course_.find(name);
    if (!lesson)
        throw Trouble("there is no lesson \"" + printable(name) + "\"; learn list shows them all");
    if (!lesson->written) throw Trouble("lesson " + lesson->name + " is still to come");
    return *lesson;
}

// Empty when there is no such file.
std::string Coach::fingerprint_of(const Lesson& lesson) const {
    std::error_code ignored;
    const fs::path file = root_ / lesson.file();
    return fs::is_regular_file(file, ignored) ? fingerprint(read_file(file)) : std::string();
}

Standing Coach::standing(const Lesson& lesson) const {
    if (!lesson.written) return Standing::to_come;
    const std::string now = fingerprint_of(lesson);
    if (now.empty()) return Standing::missing;
    const auto passed = state_.passed.find(lesson.name);
    if (passed != state_.passed.end() && passed->second == now) return Standing::passed;
    if (now == lesson.starter) return Standing::untouched;
    return passed != state_.passed.end() ? Standing::changed : Standing::started;
}

Verdict Coach::check(const Lesson& lesson, const std::string& command,
                     const Checker::Progress& progress, const Stop& stop) {
    const Verdict verdict = checker_.check(course_, lesson, command, progress, stop);
    const std::string& seen = verdict.file_seen;
    if (seen.empty()) return verdict;
    if (verdict.kind == Verdict::Kind::passed) state_.passed[lesson.name] = seen;
    // The same file fails now: the tests, or the header, have changed.
    else if (verdict.kind == Verdict::Kind::failed && standing(lesson) == Standing::passed)
        state_.passed.erase(lesson.name);
    save();
    return verdict;
}

std::vector<std::string> Coach::hints(const Lesson& lesson) const {
    return read_hints(text(lesson), lesson.folder());
}

std::size_t Coach::hints_seen(const Lesson& lesson) const {
    const auto seen = state_.hints.find(lesson.name);
    return seen == state_.hints.end() ? 0 : seen->second;
}

void Coach::show_next_hint(const Lesson& lesson) {
    state_.hints[lesson.name] = std::min(hints_seen(lesson) + 1, hints(lesson).size());
    save();
}

std::string Coach::text(const Lesson& lesson) const { return read_file(root_ / lesson.readme()); }

Place Coach::place(const Lesson& lesson) const {
    const auto kept = state_.places.find(lesson.name);
    return kept == state_.places.end() ? Place{} : kept->second;
}

void Coach::remember(const Lesson& lesson, const Place& place) {
    state_.places[lesson.name] = place;
    save();
}

std::string Coach::reset(const Lesson& lesson) {
    const std::string kept = starters_.reset(lesson);
    state_.hints.erase(lesson.name);
    save();
    return kept;
}

}  // namespace coach
