// What is shown: one page at a time, with what stands above and below it. On a screen, or printed
// as plain lines.
#pragma once

#include "coach.hpp"
#include "page.hpp"
#include "screen.hpp"
#include "terminal.hpp"

#include <memory>
#include <optional>
#include <string>

namespace coach {

class Stage {
public:
    Stage(const Coach& coach, bool plain_lines);

    bool plain() const { return !screen_; }
    int key(std::chrono::milliseconds at_most) { return terminal_.key(at_most); }

    const std::shared_ptr<Page>& page() const { return page_; }
    void show(std::shared_ptr<Page> page);
    void show(Lines text);
    // Where the student is, and no page yet.
    void show_place();
    // One line, until the next key.
    void say(const std::string& notice);
    void hush() { notice_.clear(); }
    void print(const Lines& lines);

    // On a screen, again. In plain lines what is printed is printed.
    void draw();
    // Up and down in the page.
    void move(int pressed);
    // Until the student comes back. Who has but one terminal edits in it meanwhile.
    void suspend();

    bool has_verdict = false;  // then there is a key for it

private:
    Lines head(Size size) const;
    Lines foot(Size size) const;

    const Coach& coach_;
    Terminal terminal_;
    bool colours_;
    std::optional<Screen> screen_;  // after terminal_: it draws on it to the end
    std::shared_ptr<Page> page_ = std::make_shared<TextPage>(Lines{});
    std::string notice_;
};

}  // namespace coach
