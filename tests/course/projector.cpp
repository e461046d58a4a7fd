// The projector's page, diagrams/projector.html, is made of the files that are there: the diagrams,
// the solutions' code that they point at, and the page's own parts.
#include "diagram.hpp"

#include "catch.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

const std::string remedy = "if this fails, run diagrams/render --projector and look at the page";

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// As the page writes a text: a string of JSON, and no "<" in it, which could end the script element.
std::string in_json(std::string_view text) {
    static const std::string_view hex = "0123456789abcdef";
    std::string json = "\"";
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            json += std::string("\\") + c;
        else if (c == '\n')
            json += "\\n";
        else if (c == '\t')
            json += "\\t";
        else if (c == '<' || code < 0x20)
            json += std::string("\\u00") + hex[code >> 4] + hex[code & 15];
        else
            json += c;
    }
    return json + '"';
}

std::string member(const std::string& name, std::string_view text) {
    return in_json(name) + ':' + in_json(text);
}

std::string start_of(const std::string& name) {
    return "<script type=\"application/json\" class=\"diagram\" data-name=\"" + name + "\">";
}

const std::string& page() {
    static const std::string text = course::read_source("diagrams/projector.html");
    return text;
}

// The line that holds a diagram.
std::string line_of(const std::string& name) {
    for (const std::string& line : course::lines_of(page()))
        if (line.rfind(start_of(name), 0) == 0) return line;
    return {};
}

// The solution's files that its steps point at: "%%! server.cpp:11 | ...".
std::set<std::string> files_in(std::string_view source) {
    std::set<std::string> files;
    for (const std::string& line : course::lines_of(source)) {
        const std::size_t mark = line.find("%%! ");
        const std::size_t colon = line.find(':');
        if (mark == std::string::npos || colon > line.find('|')) continue;
        files.insert(line.substr(mark + 4, colon - mark - 4));
    }
    return files;
}

std::vector<std::string> parts_of_the_page() {
    std::vector<std::string> names;
    const auto folder = std::filesystem::path(ECHO_SOURCE_DIR) / "diagrams" / "projector";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string ending = entry.path().extension().string();
        if (ending == ".css" || ending == ".js") names.push_back(entry.path().filename().string());
    }
    return names;
}

// Of page.html what stands between the places that are filled in: "{{projector.css}}".
std::vector<std::string> frame_of_the_page() {
    std::string rest = course::read_source("diagrams/projector/page.html");
    std::vector<std::string> pieces;
    for (std::size_t open = 0; (open = rest.find("{{")) != std::string::npos;) {
        pieces.push_back(rest.substr(0, open));
        rest.erase(0, rest.find("}}", open) + 2);
    }
    pieces.push_back(rest);
    return pieces;
}

}  // namespace

TEST_CASE("the projector shows each diagram as it is", "[diagrams]") {
    std::size_t shown = 0;
    for (const std::string& line : course::lines_of(page()))
        if (contains(line, "<script type=\"application/json\" class=\"diagram\"")) ++shown;
    INFO(remedy);
    CHECK(shown == course::diagram_names().size());
    for (const std::string& name : course::diagram_names()) {
        INFO(remedy << ": " << name);
        const std::string line = line_of(name);
        const std::string source = course::read_source("diagrams/" + name + ".mmd");
        CHECK(contains(line, member("hash", course::fnv1a(source))));
        CHECK(contains(line, member("source", source)));
        if (!course::read_diagram(name).is_sequence)
            CHECK(contains(line, member("svg", course::read_source("diagrams/" + name + ".svg"))));
    }
}

TEST_CASE("the projector shows the solutions' code as it is", "[diagrams]") {
    for (const std::string& name : course::diagram_names()) {
        const std::string lesson = course::read_diagram(name).lesson;
        for (const std::string& file : files_in(course::read_source("diagrams/" + name + ".mmd"))) {
            INFO(remedy << ": " << name << ", which shows " << file);
            const std::string code = course::read_source("solutions/" + lesson + '/' + file);
            CHECK(contains(line_of(name), member(file, code)));
        }
    }
}

TEST_CASE("the projector's page has all of its own parts as they are", "[diagrams]") {
    const std::vector<std::string> names = parts_of_the_page();
    REQUIRE(names.size() >= 2);
    for (const std::string& name : names) {
        INFO(remedy << ": " << name);
        CHECK(contains(page(), course::read_source("diagrams/projector/" + name)));
    }
    const std::vector<std::string> frame = frame_of_the_page();
    REQUIRE(frame.size() == 4);
    for (const std::string& piece : frame) {
        INFO(remedy << ": page.html");
        CHECK(contains(page(), piece));
    }
}

TEST_CASE("the projector's page needs nothing but itself", "[diagrams]") {
    CHECK(page().size() < 1500 * 1024);
    // A place for a run, which echo-server and the coach fill in.
    CHECK(contains(page(), "<script type=\"application/json\" id=\"run\">null</script>\n"));
    for (const char* from_elsewhere : {"<link rel=\"stylesheet\"", " src=", "@import", "fetch("}) {
        CAPTURE(from_elsewhere);
        for (const std::string& line : course::lines_of(page()))
            if (!contains(line, "class=\"diagram\"")) CHECK_FALSE(contains(line, from_elsewhere));
    }
}
