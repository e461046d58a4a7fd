#include "lesson_page.hpp"

#include "table.hpp"
#include "terminal.hpp"
#include "text.hpp"

#include <algorithm>

namespace coach {

namespace {

constexpr std::size_t not_found = static_cast<std::size_t>(-1);
constexpr std::size_t sideways_step = 8;
constexpr std::size_t rows_above = 2;  // a find is best read with what stands before it

std::size_t count_folds(const std::vector<Block>& blocks) {
    std::size_t count = 0;
    for (const Block& block : blocks)
        count += (block.kind == Block::Kind::fold ? 1 : 0) + count_folds(block.blocks);
    return count;
}

}  // namespace

LessonPage::LessonPage(const Lesson& lesson, const std::string& readme, const Place& place,
                       Remember remember, Close close)
    : readme_(lesson.readme()),
      blocks_(parse_markdown(readme)),
      remember_(std::move(remember)),
      close_(std::move(close)),
      begin_(place.line),
      marked_(not_found),
      found_(not_found) {
    look_.width = 0;  // not drawn yet
    look_.folder = lesson.folder();
    look_.open = place.open;
}

void LessonPage::go_to(const Reference& to) {
    const std::vector<Block> section = section_of(blocks_, to.section);
    begin_ = section.empty() ? 0 : section.front().source;
    for (const Block& block : section)
        for (std::size_t i = 0; block.kind == Block::Kind::table && i < block.rows.size(); ++i)
            if (cells_of(block.rows[i]).front() == to.row) begin_ = marked_ = block.source + i;
}

void LessonPage::leave() { remember_({source_at_top(), look_.open}); }

// --- Its lines --------------------------------------------------------------------------------

Lines LessonPage::lines(std::size_t width) {
    if (width != look_.width) draw(width);
    Lines lines;
    for (std::size_t row = 0; row < drawing_.size(); ++row) {
        lines.push_back(cut_sideways(drawing_[row]));
        if (is_found(row)) lines.back().style = Style::found;
    }
    return lines;
}

bool LessonPage::is_found(std::size_t row) const {
    const DrawnLine& drawn = drawing_[row];
    return row == found_ || (drawn.source == marked_ && !drawn.line.text.empty());
}

// The same words are at the top as before.
void LessonPage::draw(std::size_t width) {
    const std::size_t source = drawing_.empty() ? begin_ : source_at_top();
    const bool to_mark = drawing_.empty() && marked_ != not_found;
    const std::size_t below = drawing_.empty() ? 0 : top - std::min(top, row_of(source));
    look_.width = width;
    drawing_ = typeset(blocks_, look_);
    found_ = not_found;
    top = row_of(source);
    for (std::size_t i = 0; i < below && top + 1 < drawing_.size(); ++i)
        if (drawing_[top + 1].source == source) ++top;
    if (to_mark) top -= std::min(top, rows_above);
}

std::size_t LessonPage::source_at_top() const {
    return drawing_.empty() ? begin_ : drawing_[std::min(top, drawing_.size() - 1)].source;
}

// The first row of what stands in that line of the text, or around it when it is folded.
std::size_t LessonPage::row_of(std::size_t source) const {
    std::size_t found = 0;
    for (std::size_t row = 1; row < drawing_.size() && drawing_[row].source <= source; ++row)
        if (drawing_[row].source != drawing_[found].source) found = row;
    return found;
}

Line LessonPage::cut_sideways(const DrawnLine& drawn) const {
    if (!drawn.whole || (left_ == 0 && columns(drawn.line.text) <= look_.width)) return drawn.line;
    Line line = drawn.line;
    if (left_ > 0 && !line.text.empty())
        line.text = '<' + line.text.substr(cut(line.text, left_ + 1).size());
    if (columns(line.text) > look_.width) line.text = cut(line.text, look_.width - 1) + '>';
    return line;
}

void LessonPage::move_sideways(bool right) {
    std::size_t widest = 0;
    for (const DrawnLine& drawn : drawing_) widest = std::max(widest, columns(drawn.line.text));
    if (!right)
        left_ -= std::min(left_, sideways_step);
    else if (widest + 1 > left_ + look_.width)
        left_ += sideways_step;
}

// --- Keys -------------------------------------------------------------------------------------

std::string LessonPage::notice() const { return typing_ ? "Find: " + words_ + '_' : notice_; }

std::vector<std::string> LessonPage::keys(std::vector<std::string> usual) const {
    if (typing_) return {"Enter find", "Esc never mind"};
    std::vector<std::string> row = {"space, arrows move", "1-9 unfold", "a unfold all", "/ find"};
    if (!words_.empty()) row.push_back("n N more finds");
    row.push_back("q back");
    for (const std::string& key : usual)
        if (key == "h hint") row.push_back(key);
    return row;
}

bool LessonPage::obey(int pressed) {
    if (typing_) return type(pressed);
    notice_.clear();
    if (pressed >= '1' && pressed <= '9') return toggle(static_cast<std::size_t>(pressed - '0'));
    if (!words_.empty() && search_on(pressed)) return true;
    switch (pressed) {
        case '/':
            typing_ = true;
            words_.clear();
            return true;
        case 'q':
        case key::escape: close_(); return true;
        case 'a': toggle_all(); return true;
        case key::left:
        case key::right: move_sideways(pressed == key::right); return true;
        default: return false;
    }
}

// What is unfolded comes to the top. A fold in a closed one is not to be seen, and stays closed.
bool LessonPage::toggle(std::size_t fold) {
    const auto shown = [&] {
        return std::find_if(drawing_.begin(), drawing_.end(),
                            [&](const DrawnLine& drawn) { return drawn.fold == fold; });
    };
    if (shown() == drawing_.end()) {
        notice_ = "There is no [+" + std::to_string(fold) + "] to be seen.";
        return true;
    }
    const bool closes = look_.open.erase(fold) > 0;
    if (!closes) look_.open.insert(fold);
    draw(look_.width);
    if (!closes) top = static_cast<std::size_t>(shown() - drawing_.begin());
    return true;
}

void LessonPage::toggle_all() {
    const std::size_t count = count_folds(blocks_);
    const bool all = look_.open.size() == count;
    look_.open.clear();
    for (std::size_t fold = 1; !all && fold <= count; ++fold) look_.open.insert(fold);
    draw(look_.width);
}

// --- Search -----------------------------------------------------------------------------------

bool LessonPage::type(int pressed) {
    if (pressed == key::interrupt || pressed == key::end_of_input || pressed == key::suspend)
        return false;
    if (pressed == key::enter || pressed == key::escape) {
        typing_ = false;
        if (pressed == key::escape) words_.clear();
        found_ = not_found;
        if (!words_.empty()) find(true);
    } else if (pressed == key::backspace) {
        words_ = cut(words_, columns(words_) - std::min<std::size_t>(columns(words_), 1));
    } else if (pressed >= ' ' && pressed < key::up) {
        words_ += static_cast<char>(pressed);
    }
    return true;
}

// While there is something that is looked for.
bool LessonPage::search_on(int pressed) {
    if (pressed == 'n' || pressed == 'N') {
        find(pressed == 'n');
        return true;
    }
    if (pressed != key::escape) return false;
    words_.clear();
    found_ = not_found;
    return true;
}

// Where the words begin, in capitals or not. They may go on in the next row.
std::vector<std::size_t> LessonPage::rows_with_words() const {
    std::string all;
    std::vector<std::size_t> ends;  // of each row, in all
    for (const DrawnLine& drawn : drawing_) {
        all += lowered(trimmed(drawn.line.text)) + ' ';
        ends.push_back(all.size());
    }
    std::vector<std::size_t> rows;
    const std::string words = lowered(words_);
    for (std::size_t at = all.find(words); at != std::string::npos; at = all.find(words, at + 1)) {
        const auto row = std::upper_bound(ends.begin(), ends.end(), at) - ends.begin();
        if (rows.empty() || rows.back() != static_cast<std::size_t>(row))
            rows.push_back(static_cast<std::size_t>(row));
    }
    return rows;
}

// The next row with the words, from the one found before, or else from the top of the screen.
void LessonPage::find(bool forward) {
    const std::vector<std::size_t> rows = rows_with_words();
    if (rows.empty()) {
        notice_ = "Not found: " + words_ + ". (What is folded is not searched; a unfolds all.)";
        return;
    }
    const std::size_t from = found_ == not_found ? top : found_ + 1;
    auto next = std::lower_bound(rows.begin(), rows.end(), from);
    if (!forward) {
        next = std::lower_bound(rows.begin(), rows.end(), found_ == not_found ? top : found_);
        if (next == rows.begin()) next = rows.end();
        --next;
    }
    if (next == rows.end()) next = rows.begin();
    found_ = *next;
    top = found_ - std::min(found_, rows_above);
    notice_ = "Found: " + words_ + ", " + std::to_string(next - rows.begin() + 1) + " of " +
              std::to_string(rows.size());
}

}  // namespace coach
