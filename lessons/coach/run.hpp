// Runs a program to its end, or until time is up, or until somebody has something better to do.
#pragma once

#include "process.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace coach {

// Asked again and again while something runs; true: stop it.
using Stop = std::function<bool()>;

struct Ran {
    std::optional<harness::Ending> ending;  // none: it was ended, or never started
    bool stopped = false;                   // because Stop said so
    std::string no_start;                   // why it could not be started
    std::string output;
    std::string errors;

    bool succeeded() const { return ending && !ending->by_signal && ending->code == 0; }
    bool timed_out() const { return !ending && !stopped && no_start.empty(); }
};

Ran run(const harness::Process::Options& options, std::chrono::milliseconds limit,
        const Stop& stop = {});

// The same of several programs, at most so many at the same time; each has the whole limit. What has
// not begun when somebody stops it is stopped, too.
std::vector<Ran> run_all(const std::vector<harness::Process::Options>& programs,
                         std::size_t at_once, std::chrono::milliseconds limit,
                         const Stop& stop = {});

}  // namespace coach
