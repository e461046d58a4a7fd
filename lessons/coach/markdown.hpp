// Markdown, as the course's texts use it: from text to blocks. (What is inside a paragraph: see
// prose.hpp. How a block looks on a terminal: see typeset.hpp.)
//
// What it does not know becomes a paragraph as it stands, so nothing gets lost.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace coach {

struct Block {
    enum class Kind {
        heading,    // text; depth: 1 to 6
        paragraph,  // text: its lines joined
        code,       // rows: its lines
        table,      // rows: its lines, the second being the one of dashes
        rule,       // a line across the page
        item,       // of a list. text: its mark, "-" or "2."; blocks
        quote,      // blocks
        fold,       // <details>. text: its summary; blocks; depth: its number, from 1
    };
    Kind kind;
    std::size_t source;  // the number of its first line in the text, from 0
    std::string text{};
    std::size_t depth = 0;
    std::vector<std::string> rows{};
    std::vector<Block> blocks{};
};

std::vector<Block> parse_markdown(std::string_view text);

// The blocks from the heading with that title to the next one as high. None: it is not there.
std::vector<Block> section_of(const std::vector<Block>& blocks, const std::string& title);

}  // namespace coach
