// Round trips: how many took how long. Takes the same memory however many there are.
#pragma once

#include "json.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

class Histogram {
public:
    using Duration = std::chrono::nanoseconds;

    void add(Duration took);

    std::uint64_t count() const { return count_; }
    Duration min() const { return min_; }
    Duration max() const { return max_; }
    Duration mean() const;
    // So long took at most this share of them, such as 0.99: too much by 1.6 % at most.
    Duration quantile(double share) const;

    // Each row counts those up to a number of microseconds that is twice the last row's.
    std::string rows() const;       // a line each, with a bar
    std::string json_rows() const;  // an object each
    Json json() const;              // the figures, in milliseconds

private:
    static constexpr std::size_t steps = 64;  // to a power of two
    static constexpr std::size_t powers = 64;

    static std::size_t bucket_of(std::uint64_t nanoseconds);
    static std::uint64_t end_of(std::size_t bucket);

    std::array<std::uint64_t, powers * steps> buckets_{};
    std::array<std::uint64_t, powers> rows_{};
    std::uint64_t count_ = 0;
    Duration min_{0}, max_{0}, sum_{0};
};

// "0.123 ms"
std::string in_ms(Histogram::Duration duration);
// 0.123
double to_ms(Histogram::Duration duration);
