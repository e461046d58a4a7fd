// The last verdict. One key leads to what it says to read.
#pragma once

#include "coach.hpp"
#include "page.hpp"
#include "report.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace coach {

class VerdictPage : public Page {
public:
    using Read = std::function<void(const Reference&)>;
    VerdictPage(const Coach& coach, const Lesson& lesson, Verdict verdict, bool on_screen,
                Read read);

    Lines lines(std::size_t width) override;
    std::vector<std::string> keys(std::vector<std::string> usual) const override;
    bool obey(int pressed) override;

    bool outdated = false;  // a newer version is being checked

private:
    std::optional<Reference> reference() const;

    const Coach& coach_;
    const Lesson& lesson_;
    Verdict verdict_;
    bool on_screen_;
    Read read_;
};

}  // namespace coach
