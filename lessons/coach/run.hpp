// Runs a program to its end, or until time is up, or until somebody has something better to do.
#pragma once

#include "process.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

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

}  // namespace coach
