#include "verdict_page.hpp"

#include "text.hpp"
#include "words.hpp"

#include <utility>

namespace coach {

VerdictPage::VerdictPage(const Coach& coach, const Lesson& lesson, Verdict verdict, bool on_screen,
                         Read read)
    : coach_(coach),
      lesson_(lesson),
      verdict_(std::move(verdict)),
      on_screen_(on_screen),
      read_(std::move(read)) {}

Lines VerdictPage::lines(std::size_t width) {
    Lines lines;
    if (outdated) add(lines, "The verdict below is of the version before.", Style::strong);
    add(lines, verdict_lines(coach_, lesson_, verdict_, on_screen_));
    return fitted(lines, width);
}

// A compiler's error says nothing of where to read, but the lesson knows the usual ones.
std::optional<Reference> VerdictPage::reference() const {
    if (verdict_.kind == Verdict::Kind::broken)
        return Reference{lesson_.name, "What goes wrong", {}};
    return reference_in(verdict_.text);
}

std::vector<std::string> VerdictPage::keys(std::vector<std::string> usual) const {
    std::erase(usual, "v verdict");
    if (const auto to = reference()) usual.insert(usual.begin() + 1, "w " + lowered(to->section));
    return usual;
}

bool VerdictPage::obey(int pressed) {
    if (pressed != 'w') return false;
    const auto to = reference();
    if (to) read_(*to);
    return to.has_value();
}

}  // namespace coach
