// One thing that the session shows at a time: a verdict, a hint, the list, the lesson.
#pragma once

#include "lines.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace coach {

class Page {
public:
    Page() = default;
    virtual ~Page() = default;
    Page(const Page&) = delete;
    Page& operator=(const Page&) = delete;

    // All of it, for a terminal so wide: no line is wider.
    virtual Lines lines(std::size_t width) = 0;
    // Empty: above the page stands where the student is in the course.
    virtual std::string title() const { return {}; }
    // One line that it has to say now, above the row of keys.
    virtual std::string notice() const { return {}; }
    // The row of keys, made out of the usual one.
    virtual std::vector<std::string> keys(std::vector<std::string> usual) const { return usual; }
    // Does what the key says. False: here it means what it means everywhere.
    virtual bool obey(int) { return false; }
    // Another page comes in its place, or the session is over.
    virtual void leave() {}

    std::size_t top = 0;  // the first of its lines that is shown
};

// A text, and nothing to press.
class TextPage : public Page {
public:
    explicit TextPage(Lines text) : text_(std::move(text)) {}
    Lines lines(std::size_t width) override { return fitted(text_, width); }

private:
    Lines text_;
};

}  // namespace coach
