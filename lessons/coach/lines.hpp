// What is shown, as lines with a style, and how it is fitted into any width.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace coach {

enum class Style { plain, good, bad, strong, faint, found };

struct Line {
    std::string text;
    Style style = Style::plain;
};

using Lines = std::vector<Line>;

void add(Lines& lines, const Lines& more);
void add(Lines& lines, std::string text, Style style = Style::plain);

// Every line of a text.
Lines lines_in(const std::string& text, Style style = Style::plain);
// What several words or pairs of words look like in lines: none of them is broken.
Lines packed(const std::vector<std::string>& items, std::size_t width, Style style);

inline constexpr std::size_t any_width = static_cast<std::size_t>(-1);  // as if it had no edge

// The lines for a terminal so wide: long lines broken, pictures of a trace made narrower.
Lines fitted(const Lines& lines, std::size_t width);
std::string coloured(const Line& line, bool colours);

}  // namespace coach
