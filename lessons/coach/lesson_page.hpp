// A lesson's text, to be read on the screen.
#pragma once

#include "course.hpp"
#include "markdown.hpp"
#include "page.hpp"
#include "report.hpp"
#include "state.hpp"
#include "typeset.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace coach {

class LessonPage : public Page {
public:
    using Remember = std::function<void(const Place&)>;
    using Close = std::function<void()>;
    // Begins at a place. Tells the place at which it is left.
    LessonPage(const Lesson& lesson, const std::string& readme, const Place& place,
               Remember remember, Close close);
    // Moves to that section and marks that row of it. Without them, to the text's beginning.
    void go_to(const Reference& reference);

    Lines lines(std::size_t width) override;
    std::string title() const override { return readme_; }
    std::string notice() const override;
    std::vector<std::string> keys(std::vector<std::string> usual) const override;
    bool obey(int pressed) override;
    void leave() override;

private:
    void draw(std::size_t width);
    bool is_found(std::size_t row) const;
    std::size_t row_of(std::size_t source) const;
    std::size_t source_at_top() const;

    bool toggle(std::size_t fold);
    void toggle_all();
    void move_sideways(bool right);
    Line cut_sideways(const DrawnLine& drawn) const;

    bool type(int pressed);
    bool search_on(int pressed);
    std::vector<std::size_t> rows_with_words() const;
    void find(bool forward);

    std::string readme_;  // its path
    std::vector<Block> blocks_;
    Look look_;
    Remember remember_;
    Close close_;

    Drawing drawing_;
    std::size_t begin_;     // the line of the text to begin at, until it is drawn
    std::size_t marked_;    // a line of the text that is shown as found
    std::size_t left_ = 0;  // so many columns of long code are out of sight
    bool typing_ = false;   // what to look for
    std::string words_;     // what is looked for
    std::size_t found_;     // in this row
    std::string notice_;
};

}  // namespace coach
