// What the coach remembers from one start to the next, in the build folder: the lesson that was
// chosen, how many hints were shown, how far its text was read, and which version of each file the
// tests have passed.
//
// A lesson is passed when its file is, byte for byte, one that the tests have passed. So a file
// that was changed since is never taken for good.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace coach {

// Where a student is in a lesson's text. A line of the text, and not of the screen, since the next
// terminal may be narrower.
struct Place {
    std::size_t line = 0;
    std::set<std::size_t> open{};  // the numbers of the folds that are open
};

class State {
public:
    // What is not there, or not in its form, is left out: the file is only a memory.
    explicit State(std::filesystem::path file);

    std::string chosen;                         // a lesson's name
    std::map<std::string, std::string> passed;  // by name: the fingerprint of the file
    std::map<std::string, std::size_t> hints;   // by name: how many were shown
    std::map<std::string, Place> places;        // by name: where it was last read

    // False: it can't be written.
    bool save() const;

private:
    std::filesystem::path file_;
};

}  // namespace coach
