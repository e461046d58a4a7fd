// parse_duration takes a whole number and a unit, as long as a clock can tell it. What text() says
// of a duration reads back, and poll waits for it neither too long nor at all when it is over.
#include "fuzz.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>

namespace fuzz::durations {

using echo::Clock;
using std::chrono::milliseconds;

std::optional<Clock::duration> reference(std::string_view text) {
    static const std::map<std::string_view, std::int64_t> units{
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    const std::size_t digits = (std::min)(text.find_first_not_of("0123456789"), text.size());
    const auto unit = units.find(text.substr(digits));
    if (unit == units.end()) return std::nullopt;
    const auto longest =
        std::chrono::duration_cast<milliseconds>((Clock::duration::max)()).count() / unit->second;
    const auto number = number_up_to(static_cast<std::uint64_t>(longest), text.substr(0, digits));
    if (!number) return std::nullopt;
    return milliseconds(static_cast<std::int64_t>(*number) * unit->second);
}

void check_parsing(std::string_view bytes) {
    const auto duration = unless_refused([&] { return echo::parse_duration(bytes); });
    expect(duration == reference(bytes), "not what it should be", bytes);
}

void check_text(Clock::duration duration) {
    const std::string text = echo::text(duration);
    const bool negative = duration <= -milliseconds(1);
    expect((text[0] == '-') == negative, "the sign", text);
    if (negative) return;
    expect(echo::parse_duration(text) == std::chrono::duration_cast<milliseconds>(duration),
           "does not read back", text);
}

void check_deadline(Clock::duration duration) {
    const echo::Deadline deadline = echo::after(duration);
    const int timeout = echo::detail::poll_timeout(deadline);
    const std::string text = echo::text(duration);
    expect((timeout == -1) == (deadline == echo::never), "waits for ever", text);
    expect(timeout >= -1 && timeout <= 3600000, "waits longer than an hour", text);
    if (duration <= duration.zero()) expect(timeout == 0, "waits for what is over", text);
    if (duration > std::chrono::hours(1)) expect(timeout != 0, "does not wait", text);
}

void run(std::string_view bytes) {
    check_parsing(bytes);
    std::int64_t ticks = 0;
    std::memcpy(&ticks, bytes.data(), (std::min)(bytes.size(), sizeof ticks));
    check_text(Clock::duration(ticks));
    check_deadline(Clock::duration(ticks));
}

const Target target("durations", run);

}  // namespace fuzz::durations
