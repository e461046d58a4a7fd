// What the coach remembers from one start to the next, in the build folder: the lesson that was
// chosen, how many hints were shown, and which version of each file the tests have passed.
//
// A lesson is passed when its file is, byte for byte, one that the tests have passed. So a file
// that was changed since is never taken for good.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace coach {

class State {
public:
    // What is not there, or not in its form, is left out: the file is only a memory.
    explicit State(std::filesystem::path file);

    std::string chosen;                         // a lesson's name
    std::map<std::string, std::string> passed;  // by name: the fingerprint of the file
    std::map<std::string, std::size_t> hints;   // by name: how many were shown

    // False: it can't be written.
    bool save() const;

private:
    std::filesystem::path file_;
};

}  // namespace coach
