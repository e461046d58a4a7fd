// Made-up evidence, for tests of what is made of evidence.
#pragma once

#include "evidence.hpp"

#include <string>
#include <string_view>

namespace course {

inline constexpr std::string_view start_of_trace =
    "socket 3: listen -> ok\n"
    "socket 3: accept -> socket 4 from 127.0.0.1:51234\n";

// What a test of lesson 01 knows when it had sent `sent` and waited for it to come back.
inline harness::Evidence echo_of(const std::string& sent, const std::string& got,
                                 const std::string& trace = {}) {
    harness::Evidence evidence;
    evidence.lesson = "01-one-client";
    evidence.sent = {sent};
    evidence.expected = sent;
    evidence.got = got;
    if (!trace.empty()) evidence.trace = std::string(start_of_trace) + trace;
    return evidence;
}

}  // namespace course
