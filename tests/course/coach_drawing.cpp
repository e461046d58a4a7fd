// The coach draws what a student's program did, from the trace that the tests have left.
#include "coach_course.hpp"
#include "coach_learn.hpp"
#include "diagram.hpp"
#include "drawing.hpp"
#include "json.hpp"

#include "catch.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace {

using course::Answer;
using course::Diagram;
using course::learn;
using course::SmallCourse;

constexpr std::string_view page =
    "<p>\n<script type=\"application/json\" id=\"run\">null</script>\n</p>\n";

// What a test leaves of a program that has served so many clients.
void leave_trace(const SmallCourse& small, int number, const std::string& test, int clients) {
    std::string trace = test +
                        "\nsocket 4: socket IPv4 -> ok\n"
                        "socket 4: bind 127.0.0.1:0 -> ok\n"
                        "socket 4: listen -> ok\n";
    for (int client = 0; client < clients; ++client)
        trace += "socket 4: accept\nsocket 4: accept -> socket 5 from 127.0.0.1:51234\n";
    if (clients > 0)
        trace +=
            "socket 5: recv at most 9 bytes -> 6 bytes \"hello\\n\"\n"
            "socket 5: send 6 bytes \"hello\\n\" -> 6 bytes\n"
            "socket 5: close -> ok\n";
    small.write("build/learn-traces/" + std::to_string(number), trace);
}

coach::Coach coach_of(const SmallCourse& small) {
    return coach::Coach({small.path(), small.path("build")});
}

// Draws the run of lesson 01 into this file of the build folder; false: there is none.
bool draw(const SmallCourse& small, bool passed, const std::string& file) {
    const coach::Coach coach = coach_of(small);
    return coach::draw_run(coach, coach.find("01"), passed, small.path("build/" + file));
}

Diagram drawn(const SmallCourse& small) {
    const Diagram diagram = course::parse_diagram("01-one-client", small.read("build/run.mmd"));
    for (const std::string& mistake : diagram.mistakes) CHECK(mistake == "");
    return diagram;
}

std::size_t count_accepts(const Diagram& diagram) {
    std::size_t count = 0;
    for (const course::Row& row : diagram.rows)
        for (const course::DrawnCall& call : row.calls)
            if (call.name == "accept") ++count;
    return count;
}

std::string trouble(const SmallCourse& small, const std::string& file) {
    try {
        draw(small, false, file);
    } catch (const coach::Trouble& trouble) {
        CHECK(std::string_view(trouble.what()).find('\n') == std::string_view::npos);
        return trouble.what();
    }
    return "none";
}

}  // namespace

TEST_CASE("the coach draws the run that it shows: the last one, or the richest after a pass",
          "[coach][run]") {
    const SmallCourse small;
    leave_trace(small, 1, "nobody comes", 0);
    leave_trace(small, 2, "one comes; and \"goes\"", 1);
    leave_trace(small, 3, "nobody comes again", 0);
    REQUIRE(draw(small, false, "run.mmd"));
    CHECK(count_accepts(drawn(small)) == 0);
    CHECK(drawn(small).title == "Lesson 01: your run in the test \"nobody comes again\"");
    REQUIRE(draw(small, true, "run.mmd"));
    CHECK(count_accepts(drawn(small)) == 1);
    CHECK(drawn(small).title.find("one comes") != std::string::npos);
    CHECK(drawn(small).participants.at("C") == "client");
}

TEST_CASE("in the coach's diagram clients are called as in the lesson's", "[coach][run]") {
    const SmallCourse small;
    leave_trace(small, 1, "one comes", 1);
    small.write("diagrams/01-one-client.mmd",
                "%% Lesson 01.\n%% threads\nsequenceDiagram\n    participant A as client A\n");
    REQUIRE(draw(small, true, "run.mmd"));
    CHECK(drawn(small).participants.at("A") == "client A");
    CHECK(drawn(small).threads);
}

TEST_CASE("the coach's page has the run, and names the lesson's diagram", "[coach][run]") {
    const SmallCourse small;
    leave_trace(small, 1, "one comes", 1);
    small.write("diagrams/projector.html", page);
    REQUIRE(draw(small, false, "run.html"));
    const std::string text = small.read("build/run.html");
    const std::size_t begin = text.find('{');
    const auto run = harness::json_object(text.substr(begin, text.find("</script>") - begin));
    REQUIRE(run);
    CHECK(run->at("beside") == "\"01-one-client\"");
    CHECK(run->at("source").find("sequenceDiagram") != std::string::npos);
    CHECK(run->at("title").find("one comes") != std::string::npos);
}

TEST_CASE("the coach says in one line why it can't draw", "[coach][run]") {
    const SmallCourse small;
    CHECK_FALSE(draw(small, false, "run.mmd"));
    CHECK_FALSE(draw(small, true, "run.mmd"));
    CHECK_FALSE(std::filesystem::exists(small.path("build/run.mmd")));
    leave_trace(small, 1, "one comes", 1);
    CHECK(trouble(small, "run.html").find("projector.html") != std::string::npos);
    small.write("diagrams/projector.html", "<p></p>\n");
    CHECK(trouble(small, "run.html").find("no place for a run") != std::string::npos);
    small.write("diagrams/projector.html", page);
    CHECK(trouble(small, "run.html") == "none");
    CHECK(trouble(small, "no-such-folder/run.html").find("run.html") != std::string::npos);
}

TEST_CASE("learn check --diagram wants a file, and says that there is nothing to draw",
          "[coach][run]") {
    const SmallCourse small;
    const std::string file = small.path("run.mmd").string();
    CHECK(learn(small, {"check", "01", "--diagram"}).errors.find("needs a file") !=
          std::string::npos);
    CHECK(learn(small, {"list", "--diagram", file}).errors.find("for check alone") !=
          std::string::npos);
    for (const char* const name : {"run.txt", "run", ""}) {
        const Answer answer = learn(small, {"check", "01", "--diagram", name});
        CHECK(answer.code == 2);
        CHECK(answer.errors.find(".html") != std::string::npos);
    }
    // It can't even be built here.
    const Answer nothing = learn(small, {"check", "01", "--diagram", file});
    CHECK(nothing.code == 1);
    CHECK(nothing.output.find("TROUBLE: ") != std::string::npos);
    CHECK(nothing.output.find("There is no trace: ") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("the address of a page is one that a browser takes", "[coach][run]") {
    const std::string url =
        coach::url_of(std::filesystem::temp_directory_path() / "a b" / ".." / "100% c#.html");
    CHECK(url.substr(0, 8) == "file:///");
    CHECK(url.substr(url.rfind('/')) == "/100%25%20c%23.html");
}
