#include "picture.hpp"

#include "text.hpp"

#include <algorithm>

namespace coach {

namespace {

constexpr std::size_t left_bar = 3;
constexpr std::string_view left_out = "   :";

struct PictureRow {
    char begin = ' ';   // of the arrow: '-', '<', or a space where there is none
    std::string label;  // on it
    std::string call;   // beside the program's bar
};

bool has_bar(const std::string& row, std::size_t at) { return row.size() > at && row[at] == '|'; }

// The column of the program's bar, which is the same in all rows. What is on an arrow may hold a
// bar too.
std::size_t right_bar(const std::vector<std::string>& rows) {
    for (std::size_t at = left_bar + 1;; ++at) {
        const bool all = std::all_of(rows.begin(), rows.end(), [&](const std::string& row) {
            return !is_picture_row(row) || starts_with(row, left_out) || has_bar(row, at);
        });
        const bool beyond = std::all_of(rows.begin(), rows.end(),
                                        [&](const std::string& row) { return row.size() <= at; });
        if (all || beyond) return at;
    }
}

PictureRow row_in(const std::string& row, std::size_t bar) {
    std::string arrow = row.substr(left_bar + 1, bar - left_bar - 1);
    PictureRow result{arrow[0], {}, trimmed(row.substr(std::min(bar + 1, row.size())))};
    if (result.begin == ' ') return result;
    arrow.erase(0, 2);
    arrow.erase(arrow.find_last_not_of("->") + 1);
    result.label = trimmed(arrow);
    return result;
}

// Never in the middle of an escape, such as \x0a.
std::string shortened(const std::string& label, std::size_t room) {
    if (columns(label) <= room) return label;
    std::string start = cut(label, room - 3);
    const std::size_t escape = start.rfind('\\');
    if (escape != std::string::npos && escape + 4 > start.size()) start.erase(escape);
    return start + "...";
}

std::string drawn(const PictureRow& row, std::size_t arrow) {
    if (row.begin == ' ') return std::string(arrow, ' ');
    constexpr std::size_t marks = 6;  // "-- " and " ->"
    std::string text = (row.begin == '<' ? "<- " : "-- ") + shortened(row.label, arrow - marks);
    text += ' ' + std::string(arrow - 1 - columns(text) - 1, '-');
    return text + (row.begin == '<' ? '-' : '>');
}

std::string head_for(const std::string& head, std::size_t bar) {
    const std::string text = trimmed(head);
    const std::size_t between = text.find("  ");
    if (between == std::string::npos) return text;
    const std::string left = text.substr(0, between), right = trimmed(text.substr(between));
    constexpr std::size_t before_bar = 6;
    const std::size_t column = std::max(left.size() + 2, bar - std::min(bar, before_bar));
    return left + std::string(column - left.size(), ' ') + right;
}

}  // namespace

bool is_picture_row(std::string_view line) {
    return starts_with(line, "   |") || starts_with(line, left_out);
}

bool is_picture_head(std::string_view line) {
    return starts_with(line, "  the test (") && line.find("your program") != std::string_view::npos;
}

std::vector<std::string> narrowed(const std::vector<std::string>& picture, std::size_t width) {
    const std::size_t bar = right_bar(picture);
    std::size_t label = 0, call = 0;
    for (const std::string& line : picture) {
        if (!is_picture_row(line) || !has_bar(line, bar)) continue;
        const PictureRow row = row_in(line, bar);
        label = std::max(label, columns(row.label));
        call = std::max(call, columns(row.call));
    }
    // "|" arrow "| " call: the arrow gets what the calls leave, and at least three fifths.
    constexpr std::size_t bars = 3;
    const std::size_t wanted = label + 6;
    const std::size_t left = width - std::min(width, bars + call);
    const std::size_t arrow = std::min(wanted, std::max({left, width * 3 / 5, std::size_t{10}}));
    const std::size_t room = std::max(width, arrow + bars + 8) - arrow - bars;

    std::vector<std::string> lines;
    for (const std::string& line : picture) {
        if (is_picture_head(line)) {
            lines.push_back(head_for(line, arrow + 1));
            continue;
        }
        if (!has_bar(line, bar)) {
            lines.push_back(trimmed(line));
            continue;
        }
        const PictureRow row = row_in(line, bar);
        std::string between = drawn(row, arrow);
        for (const std::string& part : wrap(row.call, room)) {
            lines.push_back('|' + between + "| " + part);
            between.assign(arrow, ' ');
        }
    }
    return lines;
}

}  // namespace coach
