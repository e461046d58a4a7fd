#include "typeset.hpp"

#include "prose.hpp"
#include "table.hpp"
#include "text.hpp"

#include <algorithm>

namespace coach {

namespace {

using Kind = Block::Kind;

class Typesetter {
public:
    Typesetter(const Look& look, std::size_t width) : look_(look), width_(width) {}

    Drawing draw(const std::vector<Block>& blocks) {
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            if (i > 0 && stands_apart(blocks[i - 1], blocks[i]))
                drawing_.push_back({{}, blocks[i - 1].source});
            draw(blocks[i]);
        }
        return std::move(drawing_);
    }

private:
    // Between items of a list, "-" or "1.", and between closed folds, there is no empty line.
    bool stands_apart(const Block& before, const Block& block) const {
        if (before.kind != block.kind) return true;
        if (block.kind == Kind::item) return (before.text.size() > 1) != (block.text.size() > 1);
        return block.kind != Kind::fold || is_open(before);
    }

    void draw(const Block& block) {
        switch (block.kind) {
            case Kind::heading: return heading(block);
            case Kind::paragraph: return paragraph(block);
            case Kind::code: return code(block);
            case Kind::table: return table(block);
            case Kind::rule:
                return put(std::string(std::min<std::size_t>(width_, 80), '-'), Style::faint,
                           block.source);
            case Kind::item: return inside(block, block.text + ' ');
            case Kind::quote: return inside(block, "| ");
            case Kind::fold: return fold(block);
        }
    }

    void put(const std::string& text, Style style, std::size_t source, bool whole = false) {
        drawing_.push_back({{text, style}, source, whole});
    }

    // However wide the terminal is: the eye loses its way back from the end of a longer line.
    void wrapped(const std::string& text, Style style, std::size_t source) {
        constexpr std::size_t longest = 90;
        for (const std::string& line : lines_of(text))
            for (const std::string& part :
                 wrap(line, look_.unbroken ? any_width : std::min(width_, longest)))
                put(part, style, source);
    }

    // The two highest are underlined: they have to be seen without colours too.
    void heading(const Block& block) {
        const std::string text = prose(block.text, look_.folder);
        wrapped(text, Style::strong, block.source);
        const std::size_t length = std::min(columns(text), width_);
        if (block.depth <= 2)
            put(std::string(length, block.depth == 1 ? '=' : '-'), Style::faint, block.source);
    }

    void paragraph(const Block& block) {
        wrapped(prose(block.text, look_.folder), Style::plain, block.source);
    }

    void code(const Block& block) {
        for (const std::string& row : block.rows)
            put(row.empty() ? row : "  " + row, Style::plain, block.source, true);
    }

    void table(const Block& block) {
        std::vector<std::vector<std::string>> rows;
        for (std::size_t i = 0; i < block.rows.size(); ++i) {
            if (i == 1) continue;  // the dashes
            rows.push_back(cells_of(block.rows[i]));
            for (std::string& cell : rows.back()) cell = prose(cell, look_.folder);
        }
        std::vector<std::size_t> rows_of;
        const Lines lines = table_lines(rows, width_, rows_of);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const std::size_t below_dashes = rows_of[i] > 0 ? 1 : 0;
            put(lines[i].text, lines[i].style, block.source + rows_of[i] + below_dashes);
        }
    }

    bool is_open(const Block& fold) const {
        return look_.all_open || look_.open.count(fold.depth) > 0;
    }

    void fold(const Block& block) {
        const std::string number =
            look_.numbered && block.depth <= 9 ? std::to_string(block.depth) : std::string();
        const std::string mark = (is_open(block) ? "[-" : "[+") + number + "] ";
        const std::size_t first = drawing_.size();
        wrapped(mark + prose(block.text, look_.folder), Style::strong, block.source);
        drawing_[first].fold = block.depth;
        if (!is_open(block)) return;
        put("", Style::plain, block.source);
        inside(block, "  ");
    }

    // What is inside a block, moved to the right. The first line has the block's mark.
    void inside(const Block& block, const std::string& mark) {
        const std::size_t indent = mark.size();
        Drawing inner =
            Typesetter(look_, std::max(width_, indent + 10) - indent).draw(block.blocks);
        if (inner.empty()) inner.push_back({{}, block.source});
        const std::string left = block.kind == Kind::quote ? mark : std::string(indent, ' ');
        for (DrawnLine& drawn : inner) {
            const bool first = &drawn == &inner.front();
            std::string& text = drawn.line.text;
            if (first || block.kind == Kind::quote || !text.empty())
                text.insert(0, first ? mark : left);
            drawing_.push_back(std::move(drawn));
        }
    }

    const Look& look_;
    std::size_t width_;
    Drawing drawing_;
};

}  // namespace

Lines lines_of(const Drawing& drawing) {
    Lines lines;
    for (const DrawnLine& drawn : drawing) lines.push_back(drawn.line);
    return lines;
}

Drawing typeset(const std::vector<Block>& blocks, const Look& look) {
    return Typesetter(look, std::max<std::size_t>(look.width, 10)).draw(blocks);
}

}  // namespace coach
