// The starters: back to a lesson's beginning, and on with a program of one's own.
//
// The student edits the file that is the starter, so a starter has to come from elsewhere.
// lessons/course.txt knows each one's fingerprint. Two places may hold a file that fits: the copy
// that CMake made when the build folder was new (build/starters), and the history of Git. A file
// that does not fit is never taken for the starter: it may be the student's own.
#pragma once

#include "course.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace coach {

class Starters {
public:
    Starters(std::filesystem::path root, std::filesystem::path build)
        : root_(std::move(root)), build_(std::move(build)) {}

    // The text of a lesson's file as the course gives it.
    std::optional<std::string> find(const Lesson& lesson) const;
    // Whether the file is still the starter.
    bool untouched(const Lesson& lesson) const;

    // Puts the starter in place. The student's file is kept beside it: returns its new name, empty
    // when there was nothing to keep. Throws Trouble.
    std::string reset(const Lesson& lesson) const;
    // Puts the program of one lesson in place of another's starter, with the TODOs of that starter.
    // Keeps what was there, as reset does. Throws Trouble.
    std::string carry(const Lesson& from, const Lesson& to) const;

private:
    std::string replace(const Lesson& lesson, const std::string& text) const;

    std::filesystem::path root_;
    std::filesystem::path build_;
};

// The program with the TODOs of a starter. Each stands before the same line of code as in the
// starter, if the program has that line once, and at the top otherwise.
std::string with_todos(const std::string& program, const std::string& starter,
                       const std::string& from);

// A free name for a copy of server.cpp in the same folder: server.mine-1.cpp, server.mine-2.cpp ...
// CMake takes no notice of such files.
std::filesystem::path name_beside(const std::filesystem::path& file);

}  // namespace coach
