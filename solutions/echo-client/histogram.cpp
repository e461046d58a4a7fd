#include "histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>

namespace {

// The microseconds with which a row ends.
Histogram::Duration end_of_row(std::size_t row) {
    return std::chrono::microseconds(std::int64_t{1} << row);
}

}  // namespace

double to_ms(Histogram::Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

std::string in_ms(Histogram::Duration duration) {
    char text[400];
    std::snprintf(text, sizeof text, "%.3f ms", to_ms(duration));
    return text;
}

// Numbers below 64 have a bucket each; above, each power of two is cut into 64 equal steps.
std::size_t Histogram::bucket_of(std::uint64_t nanoseconds) {
    if (nanoseconds < steps) return static_cast<std::size_t>(nanoseconds);
    const auto power = static_cast<std::size_t>(std::bit_width(nanoseconds)) - 6;
    return power * steps + static_cast<std::size_t>(nanoseconds >> (power - 1)) - steps;
}

// The largest number that a bucket takes.
std::uint64_t Histogram::end_of(std::size_t bucket) {
    if (bucket < steps) return bucket;
    const std::size_t power = bucket / steps;
    return ((bucket % steps + steps + 1) << (power - 1)) - 1;
}

void Histogram::add(Duration took) {
    const auto nanoseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0));
    const std::uint64_t whole = nanoseconds == 0 ? 0 : (nanoseconds - 1) / 1000;
    ++buckets_[bucket_of(nanoseconds)];
    ++rows_[static_cast<std::size_t>(std::bit_width(whole))];
    min_ = count_ == 0 ? took : std::min(min_, took);
    max_ = std::max(max_, took);
    sum_ += took;
    ++count_;
}

Histogram::Duration Histogram::mean() const {
    return count_ == 0 ? Duration(0) : sum_ / static_cast<std::int64_t>(count_);
}

Histogram::Duration Histogram::quantile(double share) const {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
        seen += buckets_[bucket];
        if (seen >= wanted && seen > 0)
            return std::clamp(Duration(static_cast<std::int64_t>(end_of(bucket))), min_, max_);
    }
    return max_;
}

std::string Histogram::rows() const {
    std::string text;
    const std::uint64_t most = *std::max_element(rows_.begin(), rows_.end());
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        if (rows_[row] == 0) continue;
        char line[100];
        std::snprintf(line, sizeof line, "  up to %12s %12llu ", in_ms(end_of_row(row)).c_str(),
                      static_cast<unsigned long long>(rows_[row]));
        const auto bar = static_cast<std::size_t>(40 * static_cast<double>(rows_[row]) /
                                                  static_cast<double>(most));
        text.append(text.empty() ? "" : "\n")
            .append(line)
            .append(std::max<std::size_t>(bar, 1), '#');
    }
    return text;
}

std::string Histogram::json_rows() const {
    std::string text;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        if (rows_[row] == 0) continue;
        const Json object =
            Json().number("up_to_ms", to_ms(end_of_row(row))).number("count", rows_[row]);
        text.append(text.empty() ? "" : ", ").append(object.finished());
    }
    return text;
}

Json Histogram::json() const {
    return Json()
        .number("min", to_ms(min()))
        .number("mean", to_ms(mean()))
        .number("p50", to_ms(quantile(0.5)))
        .number("p90", to_ms(quantile(0.9)))
        .number("p99", to_ms(quantile(0.99)))
        .number("p999", to_ms(quantile(0.999)))
        .number("max", to_ms(max()));
}
