// The diagrams: in the regular form, rendered from the source that is there, and possible. Whether
// they are true is in truth.cpp.
#include "causality.hpp"
#include "diagram.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace {

using course::Diagram;

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + '\n';
    return text;
}

}  // namespace

namespace {

// A picture that belongs to no lesson is one of the course.
bool is_of_a_lesson(const Diagram& diagram) {
    return course::source_exists("lessons/" + diagram.lesson + "/README.md");
}

// The text that has to show it, and the way from there.
bool is_shown(const Diagram& diagram) {
    const bool of_a_lesson = is_of_a_lesson(diagram);
    const std::string folder = of_a_lesson ? "lessons/" + diagram.lesson : "lessons";
    const std::string up = of_a_lesson ? "../../" : "../";
    const std::string text = course::read_source(folder + "/README.md");
    return text.find("](" + up + "diagrams/" + diagram.name + ".svg)") != std::string::npos;
}

}  // namespace

TEST_CASE("each diagram is shown by its lesson, or by the course", "[diagrams]") {
    const std::vector<std::string> names = course::diagram_names();
    REQUIRE(names.size() >= 4);
    std::set<std::string> lessons;
    for (const std::string& name : names) {
        CAPTURE(name);
        const Diagram diagram = course::read_diagram(name);
        CHECK(is_shown(diagram));
        if (is_of_a_lesson(diagram)) lessons.insert(diagram.lesson);
    }
    for (const Diagram& diagram : course::sequence_diagrams()) lessons.erase(diagram.lesson);
    CHECK(lessons.empty());  // each has a sequence diagram, which can be held against its trace
}

namespace {

std::size_t questions(const Diagram& diagram) {
    const auto asks = [](const course::Step& step) { return !step.question.empty(); };
    const auto in_rows = std::count_if(diagram.rows.begin(), diagram.rows.end(), asks);
    const auto in_walk = std::count_if(diagram.walk.begin(), diagram.walk.end(), asks);
    return static_cast<std::size_t>(in_rows + in_walk);
}

}  // namespace

TEST_CASE("each diagram has a question to put to the class", "[diagrams]") {
    for (const std::string& name : course::diagram_names()) {
        CAPTURE(name);
        const Diagram diagram = course::read_diagram(name);
        CHECK(questions(diagram) >= (name == diagram.lesson ? 2 : 1));
    }
}

TEST_CASE("each flowchart and state diagram can be walked through", "[diagrams]") {
    for (const std::string& name : course::diagram_names()) {
        CAPTURE(name);
        const Diagram diagram = course::read_diagram(name);
        CHECK((diagram.is_sequence || diagram.walk.size() >= 3));
    }
}

TEST_CASE("each picture was rendered from the source beside it", "[diagrams]") {
    for (const std::string& name : course::diagram_names()) {
        INFO("if this fails, run diagrams/render " << name << " and look at the picture");
        const std::string hash = course::fnv1a(course::read_source("diagrams/" + name + ".mmd"));
        const std::string picture = course::read_source("diagrams/" + name + ".svg");
        const std::string mark = "<!-- source ";
        REQUIRE(picture.substr(0, mark.size()) == mark);
        CHECK(picture.substr(mark.size(), hash.size()) == hash);
        // What a screen reader reads out has to have made it into the picture.
        const Diagram diagram = course::read_diagram(name);
        CHECK(picture.find(diagram.title) != std::string::npos);
        CHECK(picture.find(diagram.description) != std::string::npos);
    }
}

TEST_CASE("each diagram is in the regular form", "[diagrams]") {
    for (const std::string& name : course::diagram_names()) {
        const Diagram diagram = course::read_diagram(name);
        CAPTURE(name);
        CHECK_FALSE(diagram.title.empty());
        CHECK_FALSE(diagram.description.empty());
        CHECK(joined(diagram.mistakes) == "");
    }
    for (const Diagram& diagram : course::sequence_diagrams()) {
        CAPTURE(diagram.name);
        CHECK(diagram.messages() <= 15);
        CHECK(diagram.rects >= 2);
        CHECK(diagram.participants.size() >= 2);
        CHECK_FALSE(diagram.program().empty());
    }
}

TEST_CASE("each step that names a code line shows the line that makes the call", "[diagrams]") {
    for (const Diagram& diagram : course::sequence_diagrams())
        CHECK(joined(course::wrong_code_lines(diagram)) == "");
}

TEST_CASE("each step of a walk that names a code line names one that there is", "[diagrams]") {
    for (const std::string& name : course::diagram_names()) {
        const Diagram diagram = course::read_diagram(name);
        for (const course::Step& step : diagram.walk) {
            if (step.code_file.empty()) continue;
            INFO("diagrams/" << name << ".mmd:" << step.line << ": " << step.text);
            const std::string path = "solutions/" + diagram.lesson + "/" + step.code_file;
            const std::size_t lines = course::lines_of(course::read_source(path)).size();
            INFO(path << ":" << step.code_line);
            CHECK(step.code_line >= 1);
            CHECK(static_cast<std::size_t>(step.code_line) <= lines);
        }
    }
}

TEST_CASE("what is said of a row is read, and a mistake in it is named", "[diagrams]") {
    const auto read = [](const std::string& above, const std::string& below) {
        const std::string start =
            "sequenceDiagram\n"
            "participant C as client\n"
            "participant S as server\n"
            "rect rgb(0, 0, 0)\n"
            "Note over C,S: 1. Opening\n";
        return course::parse_diagram("01-one-client", start + above + below + "end\n");
    };
    const std::string listen = "Note over S: listen\n";
    const Diagram diagram = read("%%? Who may come now? | Anybody.\n%%! | It is open.\n", listen);
    CHECK(joined(diagram.mistakes) == "");
    REQUIRE(diagram.rows.size() == 2);
    CHECK(diagram.rows[0].question == "");
    CHECK(diagram.rows[1].question == "Who may come now?");
    CHECK(diagram.rows[1].answer == "Anybody.");
    CHECK(diagram.rows[1].caption == "It is open.");
    CHECK(read("%%? Who? | Anybody.\n", listen).rows[1].question == "Who?");

    const auto mistakes = [&](const std::string& above, const std::string& below) {
        return joined(read(above, below).mistakes);
    };
    const std::string at = "diagrams/01-one-client.mmd:";
    const std::string one_bar = "a %%? line needs one |, between the question and the answer\n";
    CHECK(mistakes("%%? Who?\n", listen) == at + "6: " + one_bar);
    CHECK(mistakes("%%? Who? | You? | Or I?\n", listen) == at + "6: " + one_bar);
    CHECK(mistakes("%%? | Anybody.\n", listen) ==
          at + "6: a %%? line needs a question before its |\n");
    CHECK(mistakes("%%? Who? |\n", listen) == at + "6: a %%? line needs an answer behind its |\n");
    CHECK(mistakes("%%? Who? | I.\n%%? You? | No.\n", listen) ==
          at + "7: a second %%? above one row\n");
    CHECK(mistakes("%%! | Now.\n%%? Who? | I.\n", listen) ==
          at + "7: a %%? stands above the %%! of its row\n");
    CHECK(mistakes("%%! | Now.\n%%! | Then.\n", listen) == at + "7: a second %%! above one row\n");
    CHECK(mistakes("%%? Who? | I.\n", "") == at + "6: this %%? has no row below it\n");
    CHECK(mistakes("%%! | Now.\n", "") == at + "6: this %%! has nothing below it that is shown\n");
    CHECK(mistakes("%%! Now.\n", listen) == at + "6: a %%! line needs a |\n");
    CHECK(mistakes("%%! server.cpp | Now.\n", listen) == at + "6: 'server.cpp' is not FILE:LINE\n");
}

TEST_CASE("the steps of a flowchart are those with a caption", "[diagrams]") {
    const auto read = [](const std::string& steps) {
        return course::parse_diagram("05-next-please-loop", "flowchart TD\n" + steps);
    };
    const Diagram diagram = read(
        "%%? What now? | It accepts.\n"
        "%%! server.cpp:69 | The next in line.\n"
        "a[\"accept\"] --> b[\"serve\"]\n"
        "b --> c\n"
        "%%! | And again.\n"
        "c --> a\n");
    CHECK(joined(diagram.mistakes) == "");
    REQUIRE(diagram.walk.size() == 2);
    CHECK(diagram.walk[0].line == 4);
    CHECK(diagram.walk[0].text == "a[\"accept\"] --> b[\"serve\"]");
    CHECK(diagram.walk[0].question == "What now?");
    CHECK(diagram.walk[0].code_file == "server.cpp");
    CHECK(diagram.walk[0].code_line == 69);
    CHECK(diagram.walk[1].text == "c --> a");
    const std::string at = "diagrams/05-next-please-loop.mmd:";
    CHECK(joined(read("%%? What now? | It accepts.\na --> b\n").mistakes) ==
          at + "2: this %%? has no %%! below it\n");
    CHECK(joined(read("a --> b\n%%! | And then?\n").mistakes) ==
          at + "3: this %%! has nothing below it that is shown\n");
}

TEST_CASE("in each diagram nobody receives what has not been sent", "[diagrams]") {
    for (const Diagram& diagram : course::sequence_diagrams())
        CHECK(joined(course::impossible_in(diagram)) == "");
}
