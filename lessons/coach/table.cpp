#include "table.hpp"

#include "text.hpp"

#include <algorithm>
#include <numeric>

namespace coach {

std::vector<std::string> cells_of(const std::string& row) {
    std::string text = trimmed(row);
    if (starts_with(text, "|")) text.erase(0, 1);
    std::vector<std::string> cells(1);
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '|')
            cells.back() += text[++at];
        else if (text[at] == '|')
            cells.emplace_back();
        else
            cells.back() += text[at];
    }
    if (cells.size() > 1 && trimmed(cells.back()).empty()) cells.pop_back();
    for (std::string& cell : cells) cell = trimmed(cell);
    return cells;
}

namespace {

using Rows = std::vector<std::vector<std::string>>;
using Widths = std::vector<std::size_t>;

constexpr std::size_t gap = 2;  // between two columns

std::size_t longest_word(const std::string& text) {
    std::size_t longest = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        longest = std::max(longest, columns(std::string_view(text).substr(at, end - at)));
        at = end + 1;
    }
    return longest;
}

// What each column needs, as `needed` says of one cell.
Widths widths_of(const Rows& rows, std::size_t (*needed)(const std::string&)) {
    Widths widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], needed(row[i]));
    }
    return widths;
}

std::size_t sum(const Widths& widths) {
    return std::accumulate(widths.begin(), widths.end(), gap * (widths.size() - 1));
}

// As wide as they like, or the widest made narrower until all fit. Empty: they can't.
Widths fitting(const Rows& rows, std::size_t width) {
    Widths widths = widths_of(rows, [](const std::string& cell) { return columns(cell); });
    const Widths least = widths_of(rows, longest_word);
    while (sum(widths) > width) {
        std::size_t widest = widths.size();
        for (std::size_t i = 0; i < widths.size(); ++i)
            if (widths[i] > least[i] && (widest == widths.size() || widths[i] > widths[widest]))
                widest = i;
        if (widest == widths.size()) return {};
        --widths[widest];
    }
    return widths;
}

// One row as lines: each cell is broken into its column.
Lines row_lines(const std::vector<std::string>& row, const Widths& widths, Style style) {
    std::vector<std::vector<std::string>> parts;
    std::size_t height = 1;
    for (std::size_t i = 0; i < row.size(); ++i) {
        parts.push_back(wrap(row[i], widths[i]));
        height = std::max(height, parts.back().size());
    }
    Lines lines;
    for (std::size_t y = 0; y < height; ++y) {
        std::string text;
        std::size_t left = 0;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (y < parts[i].size() && !parts[i][y].empty())
                text += std::string(left - columns(text), ' ') + parts[i][y];
            left += widths[i] + gap;
        }
        add(lines, text, style);
    }
    return lines;
}

bool is_empty(const std::vector<std::string>& row) {
    return std::all_of(row.begin(), row.end(), [](const auto& cell) { return cell.empty(); });
}

// Rows of more than one line stand apart, or nobody could tell them from each other.
Lines as_columns(const Rows& rows, const Widths& widths, Widths& rows_of) {
    std::vector<Lines> drawn;
    bool apart = false;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        drawn.push_back(row_lines(rows[i], widths, i == 0 ? Style::strong : Style::plain));
        apart = apart || (i > 0 && drawn.back().size() > 1);
    }
    Lines lines;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i == 0 && is_empty(rows[0])) continue;
        if (i > 1 && apart) add(lines, "");
        add(lines, drawn[i]);
        if (i == 0) add(lines, std::string(sum(widths), '-'), Style::faint);
        rows_of.resize(lines.size(), i);
    }
    return lines;
}

Lines as_blocks(const Rows& rows, std::size_t width, Widths& rows_of) {
    Lines lines;
    const std::size_t first = rows.size() > 1 ? 1 : 0;
    for (std::size_t i = first; i < rows.size(); ++i) {
        if (i > first) add(lines, "");
        for (std::size_t column = 0; column < rows[i].size(); ++column) {
            const bool named = i > 0 && column < rows[0].size();
            const std::string head = named ? rows[0][column] : std::string();
            const std::string& cell = rows[i][column];
            if (cell.empty()) continue;
            const std::string text = head.empty() ? cell : head + ": " + cell;
            const std::vector<std::string> parts = wrap(text, width - 2);
            for (const std::string& part : parts)
                add(lines, (&part == &parts.front() ? "" : "  ") + part);
        }
        rows_of.resize(lines.size(), i);
    }
    return lines;
}

}  // namespace

Lines table_lines(const Rows& rows, std::size_t width, Widths& rows_of) {
    const Widths widths = fitting(rows, width);
    return widths.empty() ? as_blocks(rows, width, rows_of) : as_columns(rows, widths, rows_of);
}

}  // namespace coach
