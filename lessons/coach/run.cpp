#include "run.hpp"

#include <algorithm>
#include <stdexcept>

namespace coach {

// How long a key that is pressed meanwhile may wait.
constexpr std::chrono::milliseconds slice(20);
// How long a program may take to end when it is asked to.
constexpr std::chrono::seconds grace(2);

Ran run(const harness::Process::Options& options, std::chrono::milliseconds limit,
        const Stop& stop) {
    Ran ran;
    try {
        harness::Process process(options);
        const harness::Deadline deadline = harness::Clock::now() + limit;
        while (!ran.ending && harness::Clock::now() < deadline) {
            ran.ending = process.wait(std::min(deadline, harness::Clock::now() + slice));
            if (ran.ending || !stop || !stop()) continue;
            ran.stopped = true;
            break;
        }
        if (!ran.ending) {
            // What it has half written must not be taken for finished the next time.
            process.ask_to_end();
            process.wait(harness::Clock::now() + grace);
        }
        ran.output = process.output();
        ran.errors = process.errors();
    } catch (const std::runtime_error& failure) {
        ran.no_start = failure.what();
    }
    return ran;  // the process, and all that it started, is gone by now
}

}  // namespace coach
