// What the course consists of: its parts, its lessons, and where each lesson's files are.
//
// The lessons are found in lessons/NN-name. What is said about them, and what is still to come,
// stands in lessons/course.txt.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace coach {

struct Lesson {
    std::string number;    // "01"
    std::string name;      // "01-one-client"
    std::string part;      // of the course
    std::string title;     // "one client"
    std::string question;  // what it answers
    std::string learned;   // said when it is passed
    std::string starter;   // the fingerprint of its file as the course gives it
    bool is_client = false;
    bool begins_anew = false;  // its starter does not go on from the solution before it
    bool written = false;  // false: it is to come

    // The file to edit, server.cpp or client.cpp.
    std::string file_name() const { return is_client ? "client.cpp" : "server.cpp"; }
    // Paths from the project's folder, as they are shown.
    std::string folder() const { return "lessons/" + name; }
    std::string file() const { return folder() + '/' + file_name(); }
    std::string readme() const { return folder() + "/README.md"; }
    std::string solution() const { return "solutions/" + name + '/' + file_name(); }
    // The program, from the build folder.
    std::string program() const { return folder() + (is_client ? "/client" : "/server"); }
};

struct Course {
    std::filesystem::path root;   // the project's folder
    std::vector<Lesson> lessons;  // by number

    // "1", "01", "01-one-client" or "one-client"; none: nullptr.
    const Lesson* find(std::string_view name) const;
    // The next one that is written; after the last: nullptr.
    const Lesson* after(const Lesson& lesson) const;
    // The next one with a program of the same kind, into which the code of this one goes on.
    const Lesson* same_kind_after(const Lesson& lesson) const;
    // The lessons whose tests the program of this one has to pass too: a server grows from lesson
    // to lesson and loses nothing.
    std::vector<const Lesson*> earlier(const Lesson& lesson) const;
};

// Throws Trouble when there is no course in that folder.
Course read_course(const std::filesystem::path& root);

}  // namespace coach
