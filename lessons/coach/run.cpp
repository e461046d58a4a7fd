#include "run.hpp"

#include <algorithm>
#include <list>
#include <stdexcept>

namespace coach {
namespace {

// How long a key that is pressed meanwhile may wait.
constexpr std::chrono::milliseconds slice(20);
// How long a program may take to end when it is asked to.
constexpr std::chrono::seconds grace(2);

// A program from its start to its end.
class Running {
public:
    Running(const harness::Process::Options& options, std::chrono::milliseconds limit, Ran& ran)
        : ran_(ran), deadline_(harness::Clock::now() + limit) {
        try {
            process_.emplace(options);
        } catch (const std::runtime_error& failure) {
            ran_.no_start = failure.what();
        }
    }

    // Waits for it, so long at most. True: it has ended, or its time is up.
    bool is_over(std::chrono::milliseconds moment) {
        if (!process_) return true;
        const harness::Deadline now = harness::Clock::now();
        ran_.ending = process_->wait(std::min(deadline_, now + moment));
        return ran_.ending || harness::Clock::now() >= deadline_;
    }

    // It, and all that it has started, is gone then.
    void finish() {
        if (!process_) return;
        if (!ran_.ending) {
            // What it has half written must not be taken for finished the next time.
            process_->ask_to_end();
            process_->wait(harness::Clock::now() + grace);
        }
        ran_.output = process_->output();
        ran_.errors = process_->errors();
        process_.reset();
    }

    void stop() {
        ran_.stopped = true;
        finish();
    }

private:
    Ran& ran_;
    harness::Deadline deadline_;
    std::optional<harness::Process> process_;
};

}  // namespace

Ran run(const harness::Process::Options& options, std::chrono::milliseconds limit,
        const Stop& stop) {
    return run_all({options}, 1, limit, stop).front();
}

std::vector<Ran> run_all(const std::vector<harness::Process::Options>& programs,
                         std::size_t at_once, std::chrono::milliseconds limit, const Stop& stop) {
    std::vector<Ran> all(programs.size());
    std::list<Running> running;
    std::size_t next = 0;
    bool stopped = false;
    while (!stopped && (next < programs.size() || !running.empty())) {
        for (; next < programs.size() && running.size() < at_once; ++next)
            running.emplace_back(programs[next], limit, all[next]);
        const auto moment = slice / static_cast<int>(running.size());
        running.remove_if([&](Running& one) {
            const bool over = one.is_over(moment);
            if (over) one.finish();
            return over;
        });
        stopped = (next < programs.size() || !running.empty()) && stop && stop();
    }
    for (Running& one : running) one.stop();
    for (; next < programs.size(); ++next) all[next].stopped = true;
    return all;
}

}  // namespace coach
