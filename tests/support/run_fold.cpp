#include "run_fold.hpp"

#include <iterator>
#include <utility>

namespace harness {
namespace {

constexpr std::size_t first_steps = 60, last_steps = 40;
constexpr std::size_t longest_period = 8;
constexpr std::size_t times_shown = 4;
static_assert(longest_period * (times_shown + 1) <= last_steps, "repeats are looked for in these");

std::string with_commas(std::size_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
    return text;
}

RunStep aside(const std::string& text) { return {RunStep::Phase::aside, 0, {}, text}; }

RunStep and_so_on(std::size_t times) {
    return aside("... and so on, " + with_commas(times) + (times == 1 ? " time" : " times"));
}

}  // namespace

void RunFold::add(RunStep step) {
    Kept kept{std::move(step), {}};
    kept.kind = kept.step.kind();
    if (period_ > 0) return add_to_folded(std::move(kept));
    keep(std::move(kept));
    for (std::size_t period = 1; period <= longest_period; ++period)
        if (repeats(period)) return begin_to_fold(period);
}

void RunFold::keep(Kept kept) {
    kept_.push_back(std::move(kept));
    if (kept_.size() <= first_steps + last_steps) return;
    const auto middle = kept_.begin() + static_cast<std::ptrdiff_t>(first_steps);
    left_out_ += middle->step.lines.size();
    kept_.erase(middle);
}

// The last steps are the same ones, over and over.
bool RunFold::repeats(std::size_t period) const {
    const std::size_t whole = period * (times_shown + 1);
    if (kept_.size() < whole) return false;
    for (std::size_t i = kept_.size() - whole + period; i < kept_.size(); ++i)
        if (kept_[i].kind != kept_[i - period].kind) return false;
    return true;
}

// The last time is taken back: whether it is folded is open until there is one more.
void RunFold::begin_to_fold(std::size_t period) {
    period_ = period;
    times_ = 1;
    const auto last = kept_.end() - static_cast<std::ptrdiff_t>(period);
    held_.assign(std::make_move_iterator(last), std::make_move_iterator(kept_.end()));
    kept_.erase(last, kept_.end());
}

void RunFold::add_to_folded(Kept kept) {
    const Kept& expected = kept_[kept_.size() - period_ + held_.size() % period_];
    if (kept.kind != expected.kind) {
        unfold();
        return add(std::move(kept).step);
    }
    held_.push_back(std::move(kept));
    if (held_.size() < 2 * period_) return;
    ++times_;
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(period_));
}

// A single time is shown. Of more their number; and what of another one has begun.
std::vector<RunStep> RunFold::held() const {
    std::vector<RunStep> steps;
    if (times_ > 1) steps.push_back(and_so_on(times_));
    for (std::size_t i = times_ > 1 ? period_ : 0; i < held_.size(); ++i)
        steps.push_back(held_[i].step);
    return steps;
}

void RunFold::unfold() {
    std::vector<RunStep> steps = held();
    period_ = times_ = 0;
    held_.clear();
    for (RunStep& step : steps) {
        std::string kind = step.kind();
        keep({std::move(step), std::move(kind)});
    }
}

std::vector<RunStep> RunFold::steps() const {
    std::vector<RunStep> steps;
    for (const Kept& kept : kept_) {
        if (left_out_ > 0 && steps.size() == first_steps)
            steps.push_back(aside("... " + with_commas(left_out_) + " rows left out"));
        steps.push_back(kept.step);
    }
    for (RunStep& step : held()) steps.push_back(std::move(step));
    return steps;
}

}  // namespace harness
