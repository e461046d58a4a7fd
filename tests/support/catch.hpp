// The one include for Catch2. The tests build with version 2, which is one header, and with
// version 3, which is a library; keep to what both have: TEST_CASE, SECTION, GENERATE, REQUIRE,
// CHECK, REQUIRE_THROWS_AS, INFO, CAPTURE, FAIL and SUCCEED.
#pragma once

#if ECHO_CATCH2_VERSION == 2
#include <catch2/catch.hpp>
#else
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/catch_tostring.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/interfaces/catch_interfaces_capture.hpp>
#endif

#include <iostream>

// Ends a test case that can't be run here, with the reason. ctest counts it as skipped.
// (Version 2 has nothing of the kind.)
#define SKIP_BECAUSE(reason)                               \
    do {                                                   \
        std::cout << "skipped: " << (reason) << std::endl; \
        SUCCEED("skipped: " << (reason));                  \
        return;                                            \
    } while (false)
