// A day in the life of the finished server, with one fault in it: clients come, talk and go; in the
// evening its house is full, one waits in line, and it is asked to stop.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace faults {

// How such a day went.
struct Fate {
    bool survived = false;     // it stopped when it was asked to, and with exit code 0
    std::string last_words{};  // not survived: the one line on standard error that said why
    std::string trouble{};     // what may not be, whatever the fault: empty, or what it was
    int cut_off = 0;           // clients that did not get all that they were owed
    std::size_t descriptors_before = 0;  // when it began to listen
    std::map<std::string, int> calls{};  // how often it made each
    std::string trace_end{};             // for a message

    int count(const std::string& call) const {
        const auto found = calls.find(call);
        return found == calls.end() ? 0 : found->second;
    }
};

class Day {
public:
    // Whether a program can be asked to stop here, and its descriptors counted.
    static bool can_be_lived();

    Day(std::string faults, std::vector<std::string> options)
        : faults_(std::move(faults)), options_(std::move(options)) {}
    // Several may be lived at the same time.
    Fate live() const;

private:
    std::string faults_;
    std::vector<std::string> options_;
};

}  // namespace faults
