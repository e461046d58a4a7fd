// A table of Markdown, drawn for any width.
#pragma once

#include "lines.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace coach {

// The cells of a row: "| a | b \| c |" has two.
std::vector<std::string> cells_of(const std::string& row);

// The first row is the head. As columns, broken to fit; where not even a column's longest word
// fits, each row is a block of lines "head: cell". rows_of: which row each line belongs to.
Lines table_lines(const std::vector<std::vector<std::string>>& rows, std::size_t width,
                  std::vector<std::size_t>& rows_of);

}  // namespace coach
