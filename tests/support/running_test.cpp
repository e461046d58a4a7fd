// Tells program.cpp, which knows nothing of Catch2, which test runs.
#include "catch.hpp"
#include "program.hpp"

namespace {

[[maybe_unused]] const bool is_set = [] {
    harness::running_test = [] {
        return std::string(Catch::getResultCapture().getCurrentTestName());
    };
    return true;
}();

}  // namespace
