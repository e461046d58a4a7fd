// Runs the coach's command line on a small course.
#pragma once

#include "catch.hpp"
#include "coach_course.hpp"
#include "process.hpp"
#include "run.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace course {

// Windows writes \r\n where a program wrote \n.
inline std::string without_returns(std::string text) {
    std::erase(text, '\r');
    return text;
}

struct Answer {
    int code;
    std::string output;
    std::string errors;
};

inline Answer learn(const SmallCourse& small, std::vector<std::string> arguments) {
    harness::Process::Options options;
    options.arguments = {ECHO_LEARN, "--project", small.path().string(), "--build",
                         small.path("build").string()};
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    const coach::Ran ran = coach::run(options, std::chrono::seconds(100));
    INFO(ran.no_start << ran.output << ran.errors);
    REQUIRE(ran.ending);
    return {ran.ending->code, without_returns(ran.output), without_returns(ran.errors)};
}

}  // namespace course
