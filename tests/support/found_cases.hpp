// Test cases that nobody wrote down: one for each lesson, program or file that is found in a folder.
// ctest sees them like all others, runs them side by side, and names the one that failed.
#pragma once

#include "catch.hpp"

#include <functional>
#include <map>
#include <string>
#include <utility>

namespace harness {

inline std::map<std::string, std::function<void()>>& found_cases() {
    static std::map<std::string, std::function<void()>> cases;
    return cases;
}

// Catch2 takes a function without arguments, so it finds out which case it is from its name.
inline void run_found_case() {
    found_cases().at(std::string(Catch::getResultCapture().getCurrentTestName()))();
}

// To be called before main begins, where TEST_CASE does its work too: initialise a variable with it.
inline void add_case(const std::string& name, const std::string& tags, std::function<void()> body) {
    found_cases()[name] = std::move(body);
    REGISTER_TEST_CASE(run_found_case, name, tags);
}

}  // namespace harness
