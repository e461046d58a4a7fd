// One student's hand-in: which programs are taken from it, and the folder in which they are built
// and run, apart from all others.
//
// Nothing is taken but the lessons' programs, and the headers beside them: plain files, no links,
// none of them large. So no file of a student's can tell CMake what to do.
#pragma once

#include "course.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace coach {

struct HandIn {
    std::string student;  // the folder's name; its path, where two have the same name
    std::filesystem::path folder;
};

std::vector<HandIn> hand_ins_in(const std::vector<std::string>& folders);

// The folder that holds the lessons' folders: HAND-IN/lessons, or HAND-IN itself. Throws Trouble,
// when there is none.
std::filesystem::path lessons_in(const HandIn& hand_in, const Course& course);

// A temporary folder, with all that is built for one hand-in and all that its programs leave.
class Scratch {
public:
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    const std::filesystem::path& root() const { return root_; }  // lessons/NN-name is in it
    std::filesystem::path build() const { return root_ / "build"; }
    std::filesystem::path work() const { return root_ / "work"; }
    std::filesystem::path temporary() const { return root_ / "tmp"; }

    // Copies a lesson's program to here. Throws Trouble with the reason, if there is nothing to
    // build: "not handed in", "not started".
    void take(const Lesson& lesson, const std::filesystem::path& lessons) const;

private:
    std::filesystem::path root_;
};

}  // namespace coach
