#include "printed_lesson.hpp"

#include <algorithm>

namespace coach {

namespace {

const Block* find_fold(const std::vector<Block>& blocks, std::size_t number) {
    for (const Block& block : blocks) {
        if (block.kind == Block::Kind::fold && block.depth == number) return &block;
        if (const Block* found = find_fold(block.blocks, number)) return found;
    }
    return nullptr;
}

}  // namespace

PrintedLesson::PrintedLesson(const Lesson& lesson, const std::string& text, Print print)
    : blocks_(parse_markdown(text)), print_(std::move(print)) {
    look_.folder = lesson.folder();
}

void PrintedLesson::only_section(const std::string& title) {
    std::vector<Block> section = section_of(blocks_, title);
    if (!section.empty()) blocks_ = std::move(section);
}

Lines PrintedLesson::lines(std::size_t width) {
    look_.width = width;
    Lines lines = lines_of(typeset(blocks_, look_));
    const bool folds = std::any_of(blocks_.begin(), blocks_.end(), [](const Block& block) {
        return block.kind == Block::Kind::fold;
    });
    if (folds) add(lines, "(The digit of a [+] unfolds it.)", Style::faint);
    return lines;
}

bool PrintedLesson::obey(int pressed) {
    if (pressed < '1' || pressed > '9') return false;
    const Block* fold = find_fold(blocks_, static_cast<std::size_t>(pressed - '0'));
    if (fold) print_(lines_of(typeset(fold->blocks, look_)));
    return fold != nullptr;
}

}  // namespace coach
