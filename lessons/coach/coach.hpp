// The coach's desk: the course, the student's place in it, and what can be done about it.
#pragma once

#include "check.hpp"
#include "course.hpp"
#include "starters.hpp"
#include "state.hpp"
#include "traces.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace coach {

enum class Standing { passed, changed, started, untouched, missing, to_come };

class Coach {
public:
    explicit Coach(const Checker::Folders& folders);

    const Course& course() const { return course_; }
    const Lesson& lesson() const { return course_.lessons[chosen_]; }
    void choose(const Lesson& lesson);
    // "1", "01", "01-one-client" or "one-client". Throws Trouble: no such lesson, or not yet.
    const Lesson& find(const std::string& name) const;

    // What the tests have said about the file as it is now.
    Standing standing(const Lesson& lesson) const;

    // Checks the lesson's program, or another one, and remembers a pass of the lesson's.
    Verdict check(const Lesson& lesson, const std::string& command,
                  const Checker::Progress& progress, const Stop& stop);

    // All hints of a lesson, and how many of them the student has seen.
    std::vector<std::string> hints(const Lesson& lesson) const;
    std::size_t hints_seen(const Lesson& lesson) const;
    void show_next_hint(const Lesson& lesson);

    // A lesson's text, and how far the student has read it.
    std::string text(const Lesson& lesson) const;
    Place place(const Lesson& lesson) const;
    void remember(const Lesson& lesson, const Place& place);

    const Starters& starters() const { return starters_; }
    std::string reset(const Lesson& lesson);
    std::vector<Trace> traces() const { return read_traces(checker_.traces()); }
    std::filesystem::path path(const std::string& from_root) const { return root_ / from_root; }
    std::filesystem::path in_build(const std::string& file) const { return build_ / file; }
    bool can_save() const { return saved_; }

private:
    std::string fingerprint_of(const Lesson& lesson) const;
    void save();

    std::filesystem::path root_, build_;
    Course course_;
    Checker checker_;
    Starters starters_;
    State state_;
    std::size_t chosen_ = 0;
    bool saved_ = true;
};

}  // namespace coach
