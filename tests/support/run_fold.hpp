// The steps of a run, few enough to look at however long it is. What comes over and over is folded,
// and of the rest the middle is left out. So a server can be watched for days.
#pragma once

#include "run_steps.hpp"

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

namespace harness {

class RunFold {
public:
    void add(RunStep step);
    // What is kept, with a remark wherever something is missing.
    std::vector<RunStep> steps() const;

private:
    struct Kept {
        RunStep step;
        std::string kind;
    };

    void keep(Kept kept);
    bool repeats(std::size_t period) const;
    void begin_to_fold(std::size_t period);
    void add_to_folded(Kept kept);
    std::vector<RunStep> held() const;
    void unfold();

    std::deque<Kept> kept_;
    std::size_t left_out_ = 0;  // lines, out of the middle

    // While something repeats: so many steps, kept so many times; and what came since then.
    std::size_t period_ = 0, times_ = 0;
    std::deque<Kept> held_;
};

}  // namespace harness
