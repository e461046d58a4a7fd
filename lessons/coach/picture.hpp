// A trace's picture, as the tests draw it, made narrower.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace coach {

// A row of a picture: "   |-- connects ----------------->|  accept".
bool is_picture_row(std::string_view line);
// The line above its rows, which names both sides.
bool is_picture_head(std::string_view line);

// The rows of one picture, with or without its head, for a terminal so wide. The two bars stay
// under one another; a call that is too long goes on below itself.
std::vector<std::string> narrowed(const std::vector<std::string>& picture, std::size_t width);

}  // namespace coach
