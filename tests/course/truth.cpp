// The diagrams are true: a lesson's solution is run, the other side of its diagram is acted out,
// and the calls that the program made are compared with its rows.
#include "acting.hpp"
#include "calls.hpp"
#include "diagram.hpp"
#include "played.hpp"

#include "catch.hpp"

#include <cstdlib>
#include <string>

using course::Diagram;

TEST_CASE("each diagram shows what its lesson's solution does", "[diagrams][truth]") {
    if (std::getenv("ECHO_PROGRAM"))
        SKIP_BECAUSE("ECHO_PROGRAM is set; this is about our own programs");
    for (const course::Played& played : course::play_all()) {
        INFO("the trace:\n" << played.performance.trace);
        CHECK(course::joined(course::differences(played.diagram, played.performance)) == "");
    }
}

TEST_CASE("of threads each conversation has its order, and no call is lost", "[truth]") {
    const std::string listening =
        "socket 3: listen -> ok\n"
        "socket 3: accept -> socket 4 from 127.0.0.1:51234\n"
        "socket 3: accept -> socket 5 from 127.0.0.1:51235\n";
    const std::string one = "socket 4: recv at most 9 bytes -> 4 bytes \"one\\n\"\n";
    const std::string answer = "socket 4: send 4 bytes \"one\\n\" -> 4 bytes\n";
    const std::string two = "socket 5: recv at most 9 bytes -> 4 bytes \"two\\n\"\n";
    Diagram diagram = course::parse_diagram("07-two-at-once",
                                            "sequenceDiagram\n"
                                            "participant A as client A\n"
                                            "participant S as server\n"
                                            "participant B as client B\n"
                                            "rect rgb(0, 0, 0)\n"
                                            "Note over A,B: 1. Opening\n"
                                            "Note over A: connect\n"
                                            "Note over B: connect\n"
                                            "end\n");
    REQUIRE(course::joined(diagram.mistakes) == "");
    const auto threads = [&](const std::string& trace) {
        diagram.threads = true;
        return course::traced_calls(diagram, listening + trace);
    };
    const auto in_turn = [&](const std::string& trace) {
        diagram.threads = false;
        return course::traced_calls(diagram, listening + trace);
    };
    CHECK(threads(one + answer + two) == threads(two + one + answer));
    CHECK(in_turn(one + answer + two) != in_turn(two + one + answer));
    CHECK(threads(one + answer + two) != threads(answer + one + two));
    CHECK(threads(one + answer + two) != threads(one + answer));
    CHECK(threads(one) != threads(two));
    // The number of a closed socket is another connection's next.
    const std::string again =
        "socket 4: close -> ok\n"
        "socket 3: accept -> socket 4 from 127.0.0.1:51236\n";
    CHECK(threads(one + again + answer) != threads(one + answer + again));
}
