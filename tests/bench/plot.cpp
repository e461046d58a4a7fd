#include "plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <utility>

namespace bench {

namespace {

constexpr double width = 960, panel_height = 400;
constexpr double left = 105, right = 705, top = 60, bottom = 330;  // of the axes in a panel
constexpr double line_height = 22;

// Each line has its own colour, dashes and marks, so nobody has to tell them apart by colour.
struct Style {
    const char* colour;
    const char* dashes;
    const char* mark;  // around the point 0,0
};
constexpr std::array<Style, 5> styles{{
    {"#333333", "none", "M-6,-6 L6,6 M-6,6 L6,-6"},
    {"#b04a00", "12 5", "M-5,-5 H5 V5 H-5 Z"},
    {"#00694d", "3 5", "M0,-7 L7,5 H-7 Z"},
    {"#0059a8", "none", "M-6,0 A6,6 0 1 0 6,0 A6,6 0 1 0 -6,0 Z"},
    {"#7b3294", "12 4 3 4", "M0,-7 L7,0 L0,7 L-7,0 Z"},
}};

std::string number(double value) {
    const double tenths = std::round(value * 10);
    std::string text = std::to_string(static_cast<long long>(tenths / 10));
    const auto rest = std::llabs(static_cast<long long>(tenths)) % 10;
    if (value < 0 && text == "0") text = "-0";
    return rest == 0 ? text : text + '.' + std::to_string(rest);
}

std::string escaped(const std::string& text) {
    std::string safe;
    for (const char c : text) safe += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
    return safe;
}

std::string text_at(double x, double y, const std::string& words, const std::string& more = {}) {
    return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\"" + more + ">" + escaped(words) +
           "</text>\n";
}

std::string stroke(double x1, double y1, double x2, double y2, const char* look) {
    return "<path d=\"M" + number(x1) + ',' + number(y1) + " L" + number(x2) + ',' + number(y2) +
           "\" class=\"" + look + "\"/>\n";
}

// Whole powers of ten, from the one at or below the least to the one at or above the greatest.
struct Scale {
    double from, to;    // the exponents
    double begin, end;  // where these are in the picture

    double at(double value) const {
        return begin + (std::log10(value) - from) / (to - from) * (end - begin);
    }
};

Scale scale_of(const std::vector<Line>& lines, double Dot::*side, double begin, double end) {
    double least = HUGE_VAL, most = 0;
    for (const Line& line : lines)
        for (const Dot& dot : line.dots) {
            least = std::min(least, dot.*side);
            most = std::max(most, dot.*side);
        }
    if (most <= 0) least = most = 1;
    const double from = std::floor(std::log10(least));
    // Ten thousand clients and one more need no step for themselves.
    return {from, std::max(std::ceil(std::log10(most) - 0.01), from + 1), begin, end};
}

struct Label {
    const Line* line;
    std::size_t number;
    double x, y;        // of the line's end
    double at_x, at_y;  // of the words
};

class Drawing {
public:
    explicit Drawing(const Panel& panel)
        : panel_(panel),
          across_(scale_of(panel.lines, &Dot::x, left, right)),
          up_(scale_of(panel.lines, &Dot::y, bottom, top)) {}

    std::string draw(const std::string& below) {
        axes(below);
        for (std::size_t i = 0; i < panel_.lines.size(); ++i) line(panel_.lines[i], styles.at(i));
        labels();
        return std::move(svg_);
    }

private:
    void axes(const std::string& below) {
        svg_ += text_at(left, top - 30, panel_.title, " class=\"title\"");
        for (double e = across_.from; e <= across_.to; ++e) {
            const double x = across_.at(std::pow(10, e));
            svg_ += stroke(x, top, x, bottom, "grid");
            svg_ += text_at(x, bottom + 22, with_commas(std::pow(10, e)), " class=\"middle\"");
        }
        for (double e = up_.from; e <= up_.to; ++e) {
            const double y = up_.at(std::pow(10, e));
            svg_ += stroke(left, y, right, y, "grid");
            svg_ += text_at(left - 10, y + 5, panel_.tick(std::pow(10, e)), " class=\"end\"");
        }
        svg_ += text_at((left + right) / 2, bottom + 46, below, " class=\"middle\"");
    }

    void line(const Line& line, const Style& style) {
        std::string way, marks;
        for (const Dot& dot : line.dots) {
            const std::string x = number(across_.at(dot.x)), y = number(up_.at(dot.y));
            way += (way.empty() ? "M" : " L") + x + ',' + y;
            marks += "<path transform=\"translate(" + x + ',' + y + ")\" d=\"" + style.mark +
                     "\" class=\"mark\" stroke=\"" + style.colour + "\"/>\n";
        }
        if (way.empty()) return;
        svg_ += "<path class=\"line\" d=\"" + way + "\" stroke=\"" + style.colour +
                "\" stroke-dasharray=\"" + style.dashes + "\"/>\n" + marks;
    }

    // A line that goes on to the right edge has its label beside its end. One that ends before has
    // it above, where there is room: lines begin low.
    void labels() {
        std::vector<Label> beside;
        double above = std::min(top + 24, bottom);
        for (std::size_t i = 0; i < panel_.lines.size(); ++i) {
            const Line& line = panel_.lines[i];
            if (line.dots.empty()) continue;
            const double x = across_.at(line.dots.back().x), y = up_.at(line.dots.back().y);
            if (x > right - 30) {
                beside.push_back({&line, i, x, y, right + 24, y});
            } else {
                svg_ += stroke(x, above + 6, x, y - 9, "leader");
                label({&line, i, x, y, x, above});
                above += line_height;
            }
        }
        spread(beside);
        for (const Label& one : beside) {
            svg_ += stroke(one.x + 9, one.y, one.at_x - 4, one.at_y, "leader");
            label(one);
        }
    }

    // Moves labels apart until each has a line of its own: downwards, and from the bottom up again.
    static void spread(std::vector<Label>& labels) {
        std::sort(labels.begin(), labels.end(),
                  [](const Label& a, const Label& b) { return a.at_y < b.at_y; });
        for (std::size_t i = 1; i < labels.size(); ++i)
            labels[i].at_y = std::max(labels[i].at_y, labels[i - 1].at_y + line_height);
        double most = bottom;
        for (auto at = labels.rbegin(); at != labels.rend(); ++at, most -= line_height)
            at->at_y = std::min(at->at_y, most);
    }

    void label(const Label& one) {
        svg_ += text_at(
            one.at_x, one.at_y + (one.at_x > right ? 5 : 0), one.line->label,
            std::string(" class=\"label\" style=\"fill: ") + styles.at(one.number).colour + "\"");
    }

    const Panel& panel_;
    const Scale across_, up_;
    std::string svg_;
};

}  // namespace

std::string with_commas(double number) {
    std::string text = std::to_string(std::llround(number));
    for (std::size_t at = text.size(); at > 3 && text[at - 4] != '-';) text.insert(at -= 3, 1, ',');
    return text;
}

namespace {

// On white, as all pictures here: so it is legible on a dark page, too.
std::string picture(const std::string& title, const std::string& description, double height,
                    const std::string& content) {
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(width) + ' ' +
           number(height) + "\" width=\"100%\" style=\"max-width: " + number(width) +
           "px\" role=\"img\" aria-labelledby=\"title about\">\n<title id=\"title\">" +
           escaped(title) + "</title>\n<desc id=\"about\">" + escaped(description) + "</desc>\n" +
           R"(<style>
text { font: 17px "DejaVu Sans", Verdana, Arial, sans-serif; fill: #111111; }
.title { font-size: 20px; font-weight: bold; }
.middle { text-anchor: middle; }
.end { text-anchor: end; }
.label { paint-order: stroke; stroke: #ffffff; stroke-width: 5px; }
path { fill: none; stroke-width: 2; }
.line { stroke-width: 3; }
.mark { fill: #ffffff; }
.grid { stroke: #dddddd; stroke-width: 1; }
.leader { stroke: #888888; stroke-width: 1; }
.bar { fill: #0059a8; }
</style>
<rect width=")" +
           number(width) + "\" height=\"" + number(height) + "\" fill=\"#ffffff\"/>\n" + content +
           "</svg>\n";
}

// One below the other, from `at` on, which is then below them.
std::string draw(const Bars& group, double& at) {
    constexpr double begin = 230, longest = 600, thickness = 20, step = 28;
    std::string svg = text_at(20, at + 24, group.title, " class=\"title\"");
    at += 40;
    double most = 0;
    for (const Bar& bar : group.bars) most = std::max(most, bar.value);
    for (const Bar& bar : group.bars) {
        const double length = most > 0 ? bar.value / most * longest : 0;
        svg += text_at(begin - 10, at + 16, bar.label, " class=\"end\"");
        svg += "<rect x=\"" + number(begin) + "\" y=\"" + number(at) + "\" width=\"" +
               number(length) + "\" height=\"" + number(thickness) + "\" class=\"bar\"/>\n";
        svg += text_at(begin + length + 8, at + 16, bar.text);
        at += step;
    }
    at += 20;
    return svg;
}

}  // namespace

std::string plot(const std::string& title, const std::string& description, const std::string& below,
                 const std::vector<Panel>& panels) {
    std::string svg;
    for (std::size_t i = 0; i < panels.size(); ++i)
        svg += "<g transform=\"translate(0," + number(panel_height * static_cast<double>(i)) +
               ")\">\n" + Drawing(panels[i]).draw(below) + "</g>\n";
    return picture(title, description, panel_height * static_cast<double>(panels.size()), svg);
}

std::string bar_chart(const std::string& title, const std::string& description,
                      const std::vector<Bars>& groups) {
    double height = 10;
    std::string svg;
    for (const Bars& group : groups) svg += draw(group, height);
    return picture(title, description, height, svg);
}

}  // namespace bench
