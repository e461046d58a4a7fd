// All lessons; two digits choose one.
#pragma once

#include "coach.hpp"
#include "page.hpp"

#include <functional>
#include <string>

namespace coach {

class ListPage : public Page {
public:
    using Choose = std::function<void(const Lesson&)>;
    ListPage(const Coach& coach, Choose choose) : coach_(coach), choose_(std::move(choose)) {}

    Lines lines(std::size_t width) override;
    bool obey(int pressed) override;

private:
    const Coach& coach_;
    Choose choose_;
    std::string digits_;  // so far
};

}  // namespace coach
