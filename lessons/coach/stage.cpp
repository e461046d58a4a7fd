#include "stage.hpp"

#include "words.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace coach {

namespace {

using namespace std::string_literals;

// The keys that mean the same everywhere. They fit into three rows of forty columns.
std::vector<std::string> usual_keys() {
    return {"Enter again", "o read lesson",  "h hint",  "d solution", "n next",    "l list",
            "r reset",     "c copy mine on", "t trace", "p draw",     "v verdict", "q quit"};
}

bool with_colours() {
    const char* no_colour = std::getenv("NO_COLOR");
    return !(no_colour && *no_colour) && terminal_can_draw();
}

}  // namespace

Stage::Stage(const Coach& coach, bool plain_lines) : coach_(coach), colours_(with_colours()) {
    if (!plain_lines) screen_.emplace(terminal_, colours_);
}

void Stage::show(std::shared_ptr<Page> page) {
    page_->leave();
    page_ = std::move(page);
    if (plain())
        print(page_->lines(terminal_size().columns));
    else
        draw();
}

void Stage::show(Lines text) { show(std::make_shared<TextPage>(std::move(text))); }

void Stage::show_place() {
    show(Lines{});
    if (!plain()) return;
    print(head_lines(coach_, terminal_size().columns, false));
    print(packed(usual_keys(), terminal_size().columns, Style::faint));
}

void Stage::say(const std::string& notice) {
    notice_ = notice;
    if (plain())
        print(fitted({{notice, Style::plain}}, terminal_size().columns));
    else
        draw();
}

void Stage::print(const Lines& lines) {
    for (const Line& line : lines) terminal_.write(coloured(line, colours_) + '\n');
}

void Stage::move(int pressed) {
    const std::size_t half = std::max<std::size_t>(terminal_size().rows / 2, 1);
    const std::size_t back = pressed == key::up ? 1 : half;
    if (pressed == key::down)
        page_->top += 1;
    else if (pressed == key::page_down || pressed == ' ')
        page_->top += half;
    else if (pressed == key::up || pressed == key::page_up)
        page_->top -= std::min(page_->top, back);
    else
        notice_ = "Keys: see below.";
    draw();
}

void Stage::suspend() {
    if (screen_) screen_->leave();
    terminal_.suspend();
    if (screen_) screen_->enter();
    draw();
}

void Stage::draw() {
    if (!screen_) return;
    const Size size = terminal_size();
    Frame frame;
    frame.body = page_->lines(size.columns);
    frame.head = head(size);
    frame.foot = foot(size);
    frame.top = page_->top;
    screen_->draw(frame);
    page_->top = frame.top;
}

Lines Stage::head(Size size) const {
    if (!page_->title().empty())
        return {{page_->title(), Style::strong}, {std::string(size.columns, '-'), Style::faint}};
    const Lines whole = head_lines(coach_, size.columns, false);
    return whole.size() * 3 <= size.rows ? whole : head_lines(coach_, size.columns, true);
}

Lines Stage::foot(Size size) const {
    std::vector<std::string> usual = usual_keys();
    if (!has_verdict) std::erase(usual, "v verdict");
    if (!coach_.course().after(coach_.lesson())) std::erase(usual, "n next");
    Lines foot;
    if (!notice_.empty()) add(foot, notice_, Style::strong);
    if (!page_->notice().empty()) add(foot, page_->notice(), Style::strong);
    std::vector<std::string> keys = page_->keys(std::move(usual));
    const bool leads_back = std::find(keys.begin(), keys.end(), "v verdict") != keys.end();
    if (leads_back) std::replace(keys.begin(), keys.end(), "q quit"s, "q back"s);
    add(foot, packed(keys, size.columns, Style::faint));
    return foot;
}

}  // namespace coach
