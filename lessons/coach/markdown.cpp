#include "markdown.hpp"

#include "text.hpp"

#include <algorithm>
#include <optional>

namespace coach {

namespace {

using Kind = Block::Kind;

// A line, and its number in the whole text.
struct SourceLine {
    std::string text;
    std::size_t number;
};
using SourceLines = std::vector<SourceLine>;

constexpr std::size_t code_indent = 4;

std::size_t indent_of(const std::string& line) {
    return std::min(line.find_first_not_of(' '), line.size());
}

bool is_blank(const std::string& line) { return trimmed(line).empty(); }

bool is_fence(const std::string& line) {
    const std::string text = trimmed(line);
    return starts_with(text, "```") || starts_with(text, "~~~");
}

// How many # a heading begins with; 0: it is none.
std::size_t heading_depth(const std::string& line) {
    const std::size_t depth = std::min(line.find_first_not_of('#'), line.size());
    const bool is_heading = depth >= 1 && depth <= 6 && depth < line.size() && line[depth] == ' ';
    return is_heading ? depth : 0;
}

bool is_rule(const std::string& line) {
    std::string text = trimmed(line);
    std::erase(text, ' ');
    return text.size() >= 3 && (text[0] == '-' || text[0] == '*' || text[0] == '_') &&
           text.find_first_not_of(text[0]) == std::string::npos;
}

// "|---|:--|", the second line of a table.
bool is_dashes(const std::string& line) {
    return line.find('|') != std::string::npos && line.find('-') != std::string::npos &&
           line.find_first_not_of("|-: ") == std::string::npos;
}

// "-" or "12." with the space behind it; empty: the line begins no item.
std::string mark_of(const std::string& line) {
    const std::size_t begin = indent_of(line);
    std::size_t end = line.find_first_not_of("0123456789", begin);
    if (end == std::string::npos) return {};
    const std::string_view marks = end == begin ? "-*+" : ".)";
    if (end > begin + 3 || marks.find(line[end]) == std::string_view::npos) return {};
    ++end;
    return end < line.size() && line[end] == ' ' ? line.substr(begin, end - begin) : std::string();
}

// Reads blocks one after the other, each from the line at which the one before it has ended.
class Parser {
public:
    explicit Parser(SourceLines lines) : lines_(std::move(lines)) {}

    std::vector<Block> parse() {
        while (!at_end()) {
            if (is_blank(line()))
                ++at_;
            else
                blocks_.push_back(block());
        }
        return std::move(blocks_);
    }

private:
    bool at_end() const { return at_ == lines_.size(); }
    const std::string& line() const { return lines_[at_].text; }

    Block block() {
        if (is_fence(line())) return code();
        if (indent_of(line()) >= code_indent) return indented_code();
        if (heading_depth(line()) > 0) return heading();
        if (starts_with(trimmed(line()), "<details")) return fold();
        if (is_rule(line())) return {Kind::rule, lines_[at_++].number};
        if (line()[indent_of(line())] == '>') return quote();
        if (!mark_of(line()).empty()) return item();
        if (begins_table()) return table();
        return paragraph();
    }

    bool begins_table() const {
        return at_ + 1 < lines_.size() && line().find('|') != std::string::npos &&
               is_dashes(lines_[at_ + 1].text);
    }

    // Whether a paragraph ends here, without a blank line.
    bool begins_block() const {
        return is_fence(line()) || heading_depth(line()) > 0 || is_rule(line()) || begins_table() ||
               line()[indent_of(line())] == '>' || begins_list() ||
               starts_with(trimmed(line()), "<details");
    }

    // A number at the beginning of a line is often one of the sentence: "... in\n2003. Then".
    bool begins_list() const {
        const std::string mark = mark_of(line());
        return !mark.empty() && (mark.size() == 1 || mark[0] == '1');
    }

    // Up to the fence that closes it, or to the end.
    Block code() {
        Block block{Kind::code, lines_[at_].number};
        const std::size_t indent = indent_of(line());
        const std::string fence = trimmed(line()).substr(0, 3);
        for (++at_; !at_end() && !starts_with(trimmed(line()), fence); ++at_)
            block.rows.push_back(line().substr(std::min(indent, indent_of(line()))));
        if (!at_end()) ++at_;
        return block;
    }

    Block indented_code() {
        Block block{Kind::code, lines_[at_].number};
        for (; !at_end() && (is_blank(line()) || indent_of(line()) >= code_indent); ++at_)
            block.rows.push_back(line().substr(std::min(code_indent, line().size())));
        while (is_blank(block.rows.back())) block.rows.pop_back();
        return block;
    }

    Block heading() {
        Block block{Kind::heading, lines_[at_].number};
        block.depth = heading_depth(line());
        block.text = trimmed(line().substr(block.depth));
        ++at_;
        return block;
    }

    // Each line but the last ends with \n where a line break is wanted, and with a space otherwise.
    Block paragraph() {
        Block block{Kind::paragraph, lines_[at_].number};
        bool breaks = false;
        do {
            const std::string& text = line();
            if (!block.text.empty()) block.text += breaks ? '\n' : ' ';
            block.text += trimmed(text);
            breaks = text.size() > 2 && text.substr(text.size() - 2) == "  ";
            ++at_;
        } while (!at_end() && !is_blank(line()) && !begins_block());
        return block;
    }

    Block table() {
        Block block{Kind::table, lines_[at_].number};
        for (; !at_end() && line().find('|') != std::string::npos; ++at_)
            block.rows.push_back(trimmed(line()));
        return block;
    }

    Block quote() {
        Block block{Kind::quote, lines_[at_].number};
        SourceLines inside;
        for (; !at_end() && !is_blank(line()); ++at_) {
            std::string text = line().substr(indent_of(line()));
            if (text[0] == '>') text.erase(0, text.size() > 1 && text[1] == ' ' ? 2 : 1);
            inside.push_back({text, lines_[at_].number});
        }
        block.blocks = Parser(std::move(inside)).parse();
        return block;
    }

    // Its first line, and all behind it that stands further to the right than its mark; a line of
    // its last paragraph may also begin at the left.
    Block item() {
        Block block{Kind::item, lines_[at_].number};
        block.text = mark_of(line());
        const std::size_t left = indent_of(line());
        const std::size_t inner = left + block.text.size() + 1;
        SourceLines inside{{line().substr(inner), lines_[at_].number}};
        for (++at_; !at_end(); ++at_) {
            const bool after_blank = is_blank(lines_[at_ - 1].text);
            if (!is_blank(line()) && indent_of(line()) <= left &&
                (after_blank || begins_block() || !mark_of(line()).empty()))
                break;
            const std::size_t indent = std::min(inner, indent_of(line()));
            inside.push_back({line().substr(indent), lines_[at_].number});
        }
        block.blocks = Parser(std::move(inside)).parse();
        return block;
    }

    // <details>, its <summary>, and all up to its own </details>.
    Block fold() {
        Block block{Kind::fold, lines_[at_].number};
        drop_through(">");
        block.text = summary();
        SourceLines inside;
        for (std::size_t open = 1; !at_end(); ++at_) {
            if (starts_with(trimmed(line()), "<details")) ++open;
            if (starts_with(trimmed(line()), "</details>") && --open == 0) break;
            inside.push_back(lines_[at_]);
        }
        drop_through("</details>");
        block.blocks = Parser(std::move(inside)).parse();
        return block;
    }

    // What stands behind <summary> may go over several lines.
    std::string summary() {
        while (!at_end() && is_blank(line())) ++at_;
        if (at_end() || !starts_with(trimmed(line()), "<summary>")) return "more";
        drop_through("<summary>");
        std::string text;
        for (; !at_end(); ++at_) {
            const std::size_t end = line().find("</summary>");
            text += (text.empty() ? "" : " ") + trimmed(line().substr(0, end));
            if (end != std::string::npos) break;
        }
        drop_through("</summary>");
        return trimmed(text);
    }

    // What stands behind a tag in its line is left to be read.
    void drop_through(std::string_view tag) {
        if (at_end()) return;
        const std::size_t found = lines_[at_].text.find(tag);
        if (found != std::string::npos) lines_[at_].text.erase(0, found + tag.size());
        if (is_blank(line())) ++at_;
    }

    SourceLines lines_;
    std::size_t at_ = 0;
    std::vector<Block> blocks_;
};

// Numbers the folds from 1, as they stand in the text.
void number_folds(std::vector<Block>& blocks, std::size_t& count) {
    for (Block& block : blocks) {
        if (block.kind == Kind::fold) block.depth = ++count;
        number_folds(block.blocks, count);
    }
}

}  // namespace

std::vector<Block> parse_markdown(std::string_view text) {
    SourceLines lines;
    for (const std::string& line : lines_of(text)) lines.push_back({printable(line), lines.size()});
    std::vector<Block> blocks = Parser(std::move(lines)).parse();
    std::size_t folds = 0;
    number_folds(blocks, folds);
    return blocks;
}

std::vector<Block> section_of(const std::vector<Block>& blocks, const std::string& title) {
    std::vector<Block> section;
    for (const Block& block : blocks) {
        const bool heading = block.kind == Block::Kind::heading;
        if (!section.empty() && heading && block.depth <= section.front().depth) break;
        if (!section.empty() || (heading && block.text == title)) section.push_back(block);
    }
    return section;
}

}  // namespace coach
