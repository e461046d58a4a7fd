// What the fuzz targets share. A target is given any bytes, does something with them, and throws a
// Finding when what comes of it is not right. libFuzzer looks for such bytes (libfuzzer.cpp); those
// that are worth keeping are in corpus/, and the tests run every target with them (replay.cpp).
#pragma once

#include <echo.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace fuzz {

struct Finding : std::logic_error {
    using std::logic_error::logic_error;
};

// Throws a Finding, with the bytes that it is about, unless it holds.
inline void expect(bool holds, const char* what, std::string_view about = {}) {
    if (!holds) throw Finding(std::string(what) + ": " + echo::quote(about, 1000));
}

// A target is there as soon as its file is linked into a program.
struct Target {
    Target(const char* called, void (*to_run)(std::string_view bytes)) : name(called), run(to_run) {
        next = std::exchange(first, this);
    }
    const char* name;
    void (*run)(std::string_view bytes);
    const Target* next;

    static inline const Target* first = nullptr;
};

// Takes numbers and texts from the bytes, from the first one on. Behind the last one there are
// zeros, and empty texts.
class Script {
public:
    explicit Script(std::string_view bytes) : rest_(bytes) {}

    bool is_over() const { return rest_.empty(); }
    unsigned number() {
        const std::string_view one = text(1);
        return one.empty() ? 0 : static_cast<unsigned char>(one[0]);
    }
    std::string_view text(std::size_t size) {
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }
    // Up to this character, which goes too, or all the rest.
    std::string_view up_to(char end) {
        const std::string_view taken = text(rest_.find(end));
        (void)text(1);
        return taken;
    }

private:
    std::string_view rest_;
};

// What a whole number is, and which one, told without arithmetic: of two such texts without zeros
// in front the longer is the greater number, and of the same length the later in the alphabet.
inline std::optional<std::uint64_t> number_up_to(std::uint64_t most, std::string_view text) {
    if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
    const std::size_t zeros = text.find_first_not_of('0');
    const std::string digits(zeros == text.npos ? "0" : text.substr(zeros));
    const std::string limit = std::to_string(most);
    if (digits.size() > limit.size()) return std::nullopt;
    if (digits.size() == limit.size() && digits > limit) return std::nullopt;
    return std::stoull(digits);
}

// What this gives, or nothing when it throws an Error, which is one line, for a bad argument.
template <class Parse>
auto unless_refused(Parse parse) -> std::optional<decltype(parse())> {
    try {
        return parse();
    } catch (const echo::Error& error) {
        expect(error.code() == std::errc::invalid_argument, "not the right code", error.what());
        expect(std::string_view(error.what()).find('\n') == std::string_view::npos, "not one line",
               error.what());
        return std::nullopt;
    }
}

}  // namespace fuzz
