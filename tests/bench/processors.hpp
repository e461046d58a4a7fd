// Which processors may run what.
#pragma once

#include <sched.h>

#include <cstddef>
#include <vector>

namespace bench {

// The processors that this program may use.
inline std::vector<std::size_t> processors() {
    std::vector<std::size_t> all;
    cpu_set_t allowed;
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return all;
    for (std::size_t i = 0; i < CPU_SETSIZE; ++i)
        if (CPU_ISSET(i, &allowed)) all.push_back(i);
    return all;
}

// Keeps this thread, and what it starts meanwhile, on one of them. Left to itself the system puts
// client and server on one at one time, and on two at another, and that would be measured.
class OnProcessor {
public:
    explicit OnProcessor(std::size_t which) {
        (void)::sched_getaffinity(0, sizeof before_, &before_);
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(which, &one);
        (void)::sched_setaffinity(0, sizeof one, &one);
    }
    ~OnProcessor() { (void)::sched_setaffinity(0, sizeof before_, &before_); }
    OnProcessor(const OnProcessor&) = delete;
    OnProcessor& operator=(const OnProcessor&) = delete;

private:
    cpu_set_t before_{};
};

}  // namespace bench
