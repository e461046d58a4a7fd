// A diagram that is drawn anew after a run is true, and keeps what was true before.
#include "acting.hpp"
#include "calls.hpp"
#include "diagram.hpp"
#include "played.hpp"
#include "redrawing.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "program.hpp"

#include <echo.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using course::Diagram;
using course::DrawnCall;
using course::joined;
using course::Performance;
using course::Played;
using course::Row;

// The source without one of its lines.
std::string without_line(const std::string& source, int line) {
    std::vector<std::string> lines = course::lines_of(source);
    lines.erase(lines.begin() + line - 1);
    return joined(lines);
}

std::string without(std::string source, const std::string& text) {
    const std::size_t at = source.find(text);
    REQUIRE(at != std::string::npos);
    return source.erase(at, text.size());
}

// Drawn anew after a run of which the source may not be true.
Diagram redrawn(const std::string& name, const std::string& source,
                const Performance& performance) {
    const Diagram diagram = course::parse_diagram(name, source);
    REQUIRE(joined(diagram.mistakes) == "");
    Diagram result = course::parse_diagram(name, course::redraw(diagram, source, performance));
    CHECK(joined(result.mistakes) == "");
    return result;
}

bool is_the_programs(const Diagram& diagram, const Row& row) {
    return row.actor == diagram.program() && !row.calls.empty() &&
           course::can_be_seen(row.calls.front());
}

}  // namespace

TEST_CASE("what a run confirms is drawn as it was, to the last byte", "[diagrams][redraw]") {
    if (std::getenv("ECHO_PROGRAM"))
        SKIP_BECAUSE("ECHO_PROGRAM is set; this is about our own programs");
    for (const Played& played : course::play_all())
        CHECK(course::redraw(played.diagram, played.source, played.performance) == played.source);
}

TEST_CASE("a row of the program that is missing is drawn again", "[diagrams][redraw]") {
    if (std::getenv("ECHO_PROGRAM"))
        SKIP_BECAUSE("ECHO_PROGRAM is set; this is about our own programs");
    for (const auto& [diagram, source, performance] : course::play_all()) {
        for (const Row& row : diagram.rows) {
            if (!is_the_programs(diagram, row)) continue;
            INFO(diagram.at(row) << ": " << row.text);
            // What was said of it goes with it.
            std::string shorter = without_line(source, row.line);
            for (int line = row.line - 1;
                 course::lines_of(source)[static_cast<std::size_t>(line) - 1].find("%%") !=
                 std::string::npos;
                 --line)
                shorter = without_line(shorter, line);
            const Diagram result = redrawn(diagram.name, shorter, performance);
            CHECK(course::difference(result, performance.trace) == "");
        }
    }
}

TEST_CASE("another program has another picture, which is true of it", "[diagrams][redraw]") {
    if (std::getenv("ECHO_PROGRAM"))
        SKIP_BECAUSE("ECHO_PROGRAM is set; this is about our own programs");
    const auto draw = [](const std::string& name, const std::string& lesson,
                         const std::string& source) {
        harness::set_default_program(ECHO_BUILD_DIR "/solutions/" + lesson + "/server");
        const Performance performance = course::perform(course::parse_diagram(name, source));
        CHECK(performance.stuck == "");
        const Diagram diagram = redrawn(name, source, performance);
        CHECK(joined(course::differences(diagram, course::perform(diagram))) == "");
        return diagram;
    };
    const auto has = [](const Diagram& diagram, const std::string& actor, const std::string& text) {
        return std::any_of(diagram.rows.begin(), diagram.rows.end(),
                           [&](const Row& row) { return row.actor == actor && row.text == text; });
    };
    // A poller's waits are added; where it has plain poll behind it, as that.
    const Diagram one =
        draw("01-one-client", "10-never-block", course::read_source("diagrams/01-one-client.mmd"));
    CHECK(has(one, "S", echo::sys::has_poller ? "wait" : "poll"));
    CHECK(has(one, "S", "recv 6 bytes"));
    // Without its faults the program of lesson 03 sends once. What is said of the send that goes, goes.
    const std::string three = course::read_source("diagrams/03-byte-stream.mmd");
    const Diagram all =
        draw("03-byte-stream", "03-byte-stream", without(three, "%% faults: send:short=3\n"));
    CHECK(has(all, "S", "send \"hello\\n\""));
    CHECK_FALSE(has(all, "S", "send \"lo\\n\" (3 of 3 bytes)"));
    CHECK(has(all, "C", "recv 6 bytes"));
    // A server that serves one, and ends: the second client gets what that is like, too.
    const std::string five = course::read_source("diagrams/05-next-please.mmd");
    const Diagram alone = draw("05-next-please", "01-one-client", five);
    CHECK_FALSE(has(alone, "S", "accept (B)"));
    CHECK_FALSE(has(alone, "B", "recv 4 bytes"));
}

TEST_CASE("the command prints a diagram, or says in one line why not", "[diagrams][redraw]") {
    if (std::getenv("ECHO_PROGRAM"))
        SKIP_BECAUSE("ECHO_PROGRAM is set; this is about our own programs");
    const auto run = [](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), ECHO_REDRAW);
        harness::Process::Options options;
        options.arguments = arguments;
        harness::Process redraw(options);
        const auto ending = redraw.wait(harness::Clock::now() + harness::patience() * 20);
        std::string output = redraw.output();
        output.erase(std::remove(output.begin(), output.end(), '\r'), output.end());
        return std::to_string(ending ? ending->code : -1) + '\n' + output + redraw.errors();
    };
    CHECK(run({"01-one-client"}) == "0\n" + course::read_source("diagrams/01-one-client.mmd"));
    // Lesson 05's server serves A, who is silent, and B waits in vain.
    const std::string five = ECHO_BUILD_DIR "/solutions/05-next-please/server";
    const std::string stuck = run({"09-one-thread-many-clients", "--", five});
    CAPTURE(stuck);
    CHECK(stuck.find("1\nredraw: diagrams/09-one-thread-many-clients.mmd:") == 0);
    CHECK(stuck.find(": recv 4 bytes: nothing comes from S") != std::string::npos);
    CHECK(std::count(stuck.begin(), stuck.end(), '\n') == 2);
    CHECK(run({"05-next-please-loop"}).find("1\nredraw: 05-next-please-loop is not a sequence") ==
          0);
    CHECK(run({"99-nothing"}).find("1\nredraw: there is no file diagrams/99-nothing.mmd") == 0);
    CHECK(run({}).find("2\nusage: redraw") == 0);
}
