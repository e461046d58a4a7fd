// A lesson's text where nothing is drawn: it is printed once, and then what is unfolded.
#pragma once

#include "course.hpp"
#include "markdown.hpp"
#include "page.hpp"
#include "typeset.hpp"

#include <functional>
#include <string>
#include <vector>

namespace coach {

class PrintedLesson : public Page {
public:
    using Print = std::function<void(const Lines&)>;
    PrintedLesson(const Lesson& lesson, const std::string& text, Print print);
    // Only that section is printed; without it, all.
    void only_section(const std::string& title);

    Lines lines(std::size_t width) override;
    bool obey(int pressed) override;

private:
    std::vector<Block> blocks_;
    Look look_;
    Print print_;
};

}  // namespace coach
