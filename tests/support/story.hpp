// What a test did, step by step, told when it fails.
#pragma once

#include "evidence.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace harness {

class Story {
public:
    // A step in words: "the test sent 6 bytes "hello\n"". Of which client, from 1 on, is told where
    // there are several.
    void step(std::string words, int client = 0);
    const std::vector<std::string>& steps() const { return steps_; }

    // What the test waited for has come.
    void good() const;

    // The whole message of a failed test: the steps, expected and got, the program's trace, its
    // output, how it ended, the likely cause and where to read on. No wider than a terminal.
    std::string tell(const Evidence& evidence) const;
    // Ends the test as failed with that message.
    [[noreturn]] void fail(const Evidence& evidence) const;

private:
    std::vector<std::string> named_steps() const;

    std::vector<std::string> steps_;
    std::vector<int> clients_;  // of each step
};

// "6 bytes "hello\n"", long data cut.
std::string describe(std::string_view bytes);
std::string count_of(std::size_t bytes);  // "1 byte", "1,048,576 bytes"

}  // namespace harness
