#include "list_page.hpp"

#include "words.hpp"

#include <utility>

namespace coach {

Lines ListPage::lines(std::size_t width) { return fitted(list_lines(coach_, width), width); }

bool ListPage::obey(int pressed) {
    if (pressed < '0' || pressed > '9') {
        digits_.clear();
        return false;
    }
    digits_ += static_cast<char>(pressed);
    if (digits_.size() == 2) choose_(coach_.find(std::exchange(digits_, {})));
    return true;
}

}  // namespace coach
