// Bytes for tests that send many.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace harness {

// Bytes without a pattern, the same in every run, one piece after the other. Eight at a time:
// xorshift, see Marsaglia 2003.
class RandomBytes {
public:
    std::string next(std::size_t count) {
        std::string bytes(count, '\0');
        for (std::size_t at = 0; at < count; at += sizeof random_) {
            random_ ^= random_ << 13;
            random_ ^= random_ >> 7;
            random_ ^= random_ << 17;
            std::memcpy(bytes.data() + at, &random_, std::min(sizeof random_, count - at));
        }
        return bytes;
    }

private:
    std::uint64_t random_ = 20260103;
};

inline std::string random_bytes(std::size_t count) { return RandomBytes().next(count); }

}  // namespace harness
