// Where two texts differ, line by line.
#pragma once

#include <string>
#include <vector>

namespace coach {

struct DiffLine {
    char kind;  // ' ' in both, '-' only in the first, '+' only in the second
    std::string text;
};

// All lines of both, in an order in which as many as possible are common.
std::vector<DiffLine> diff(const std::vector<std::string>& first,
                           const std::vector<std::string>& second);

}  // namespace coach
