// The blocks of a text as lines for a terminal.
#pragma once

#include "lines.hpp"
#include "markdown.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace coach {

// How a text is drawn.
struct Look {
    std::size_t width = 80;
    std::string folder{};          // where the text is, from the project's folder
    std::set<std::size_t> open{};  // the numbers of the folds that are open
    bool all_open = false;
    bool unbroken = false;  // a paragraph is one line, for others to break
    bool numbered = true;   // folds show the number that opens them: [+1] Hint 1
};

struct DrawnLine {
    Line line;
    std::size_t source = 0;  // the line of the text, from 0, that its block begins with
    bool whole = false;      // code: never broken, so it can be wider than the terminal
    std::size_t fold = 0;    // of a fold's summary: its number
};
using Drawing = std::vector<DrawnLine>;

Lines lines_of(const Drawing& drawing);

Drawing typeset(const std::vector<Block>& blocks, const Look& look);

}  // namespace coach
