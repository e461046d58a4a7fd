// Draws lines over a logarithmic scale, as SVG: one panel below the other.
#pragma once

#include <string>
#include <vector>

namespace bench {

struct Dot {
    double x, y;
};

struct Line {
    std::string label;  // stands at its end
    std::vector<Dot> dots;
};

struct Panel {
    std::string title;
    std::string (*tick)(double);  // a number on its upright axis, in words
    std::vector<Line> lines;      // at most five
};

// The title and the description are for those who can't see the picture. `below` stands under the
// horizontal axes.
std::string plot(const std::string& title, const std::string& description, const std::string& below,
                 const std::vector<Panel>& panels);

// One server's bar, with what stands at its end.
struct Bar {
    std::string label;
    double value;
    std::string text;
};

struct Bars {
    std::string title;
    std::vector<Bar> bars;
};

// Bars, as long as their values, in groups one below the other.
std::string bar_chart(const std::string& title, const std::string& description,
                      const std::vector<Bars>& groups);

// "1,000".
std::string with_commas(double number);

}  // namespace bench
