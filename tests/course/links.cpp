// The project's texts: every link leads somewhere, every path that is named exists, and each
// lesson's README has the parts that its reader was promised.
#include "diagram.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fs = std::filesystem;

namespace {

const fs::path root = fs::path(ECHO_SOURCE_DIR);

bool starts_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

// All of the project's Markdown files, as paths from the root. A folder that somebody builds in
// is not the project's, wherever it is.
std::vector<std::string> documents() {
    std::vector<std::string> found;
    for (auto at = fs::recursive_directory_iterator(root); at != fs::end(at); ++at) {
        const std::string name = at->path().filename().string();
        if (at->is_directory() && (name == ".git" || fs::exists(at->path() / "CMakeCache.txt")))
            at.disable_recursion_pending();
        else if (at->path().extension() == ".md")
            found.push_back(at->path().lexically_relative(root).generic_string());
    }
    std::sort(found.begin(), found.end());
    return found;
}

// A document's prose and its code: what stands between ``` fences is code.
struct Text {
    std::string prose, code;
};

Text read(const std::string& document) {
    Text text;
    bool in_code = false;
    for (const std::string& line : course::lines_of(course::read_source(document))) {
        const bool fence = starts_with(line, "```");
        if (fence) in_code = !in_code;
        (in_code && !fence ? text.code : text.prose) += fence ? "\n" : line + '\n';
    }
    return text;
}

std::vector<std::string> all_matches(const std::string& text, const std::string& pattern) {
    const std::regex regex(pattern);
    std::vector<std::string> found;
    for (auto at = std::sregex_iterator(text.begin(), text.end(), regex);
         at != std::sregex_iterator(); ++at)
        found.push_back((*at)[1].str());
    return found;
}

// Links, pictures, <a href> and <img src>. Code in `backticks` holds none.
std::vector<std::string> links(const Text& text) {
    const std::string prose = std::regex_replace(text.prose, std::regex("`[^`\n]*`"), "code");
    std::vector<std::string> found = all_matches(prose, R"(\]\(<?([^)>\s]+)[^)]*\))");
    for (const char* pattern : {R"((?:href|src)="([^"]+)\")", R"((?:^|\n)\[[^\]\n]+\]:\s*(\S+))"})
        for (std::string& link : all_matches(prose, pattern)) found.push_back(std::move(link));
    return found;
}

// The name that GitHub gives a heading: lower case, words joined by hyphens.
std::string anchor_of(const std::string& heading) {
    std::string anchor;
    for (const char c : heading) {
        const auto letter = static_cast<unsigned char>(c);
        if (std::isalnum(letter) || c == '_' || c == '-')
            anchor += static_cast<char>(std::tolower(letter));
        else if (c == ' ')
            anchor += '-';
    }
    return anchor;
}

std::set<std::string> anchors(const std::string& document) {
    std::set<std::string> found;
    std::map<std::string, int> seen;
    for (const std::string& heading :
         all_matches(read(document).prose, R"((?:^|\n)#{1,6} +([^\n]+))")) {
        const std::string anchor = anchor_of(heading);
        const int before = seen[anchor]++;
        found.insert(before == 0 ? anchor : anchor + '-' + std::to_string(before));
    }
    return found;
}

bool external(const std::string& link) {
    return starts_with(link, "http://") || starts_with(link, "https://") ||
           starts_with(link, "mailto:");
}

// In the projector's page an anchor names a diagram and a step of it: #01-one-client/0.
std::string fault_of_step(const std::string& anchor) {
    const std::string diagram = anchor.substr(0, anchor.find('/'));
    return fs::exists(root / "diagrams" / (diagram + ".mmd")) ? "" : "there is no such diagram";
}

// Empty: the link is good.
std::string fault_of(const std::string& document, const std::string& link) {
    const std::string path = link.substr(0, link.find('#'));
    const fs::path folder = fs::path(document).parent_path();
    const fs::path target = path.empty() ? fs::path(document) : (folder / path).lexically_normal();
    if (!path.empty() && path[0] == '/') return "starts with /: write it relative to its document";
    if (starts_with(target.generic_string(), "..")) return "leads out of the project";
    if (!fs::exists(root / target)) return "leads nowhere";
    if (link.find('#') == std::string::npos) return {};
    const std::string anchor = link.substr(link.find('#') + 1);
    if (target.extension() == ".html") return fault_of_step(anchor);
    const bool found = anchors(target.generic_string()).count(anchor) != 0;
    return found ? "" : "there is no heading #" + anchor;
}

// build/lessons/01-one-client/server exists if it is built from something that exists.
bool is_built(const std::string& path) {
    static const std::set<std::string> programs = {"build",
                                                   "build/",
                                                   "build/echo-server",
                                                   "build/echo-client",
                                                   "build/learn",
                                                   "build/redraw",
                                                   "build/lesson_tests",
                                                   "build/echo_tests",
                                                   "build/fault_tests",
                                                   "build/course_tests"};
    if (programs.count(path) != 0) return true;
    const std::string source = path.substr(std::string_view("build/").size());
    // build/mistakes/06-raw-send is tests/mistakes/06-raw-send.cpp.
    return fs::exists(root / source) || fs::exists(root / (source + ".cpp")) ||
           fs::exists(root / "tests" / (source + ".cpp"));
}

// Paths in backticks and in code that begin with one of the project's folders, or with build/.
// Those with a placeholder (NN, *, ...) name many.
std::vector<std::string> named_paths(const Text& text) {
    std::string all = text.code;
    for (const std::string& code : all_matches(text.prose, "`([^`\n]+)`")) all += code + '\n';
    // Windows writes build\lessons\01-one-client\server.exe.
    std::replace(all.begin(), all.end(), '\\', '/');
    all = std::regex_replace(all, std::regex("[.]exe\\b"), "");
    std::vector<std::string> found = all_matches(
        all,
        R"((?:^|[^\w/.-])(?:\./)?((?:include|lessons|solutions|tests|diagrams|build)/[\w./*-]*))");
    found.erase(std::remove_if(found.begin(), found.end(),
                               [](const std::string& path) {
                                   return path.find("NN") != std::string::npos ||
                                          path.find('*') != std::string::npos ||
                                          path.find("...") != std::string::npos;
                               }),
                found.end());
    return found;
}

std::vector<std::string> lessons() {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(root / "lessons"))
        if (fs::exists(entry.path() / "README.md"))
            found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
}

const std::vector<std::string> parts = {"What you will be able to do",
                                        "The break",
                                        "The idea",
                                        "What the header does for you",
                                        "Your task",
                                        "Try it by hand",
                                        "Hints",
                                        "What goes wrong",
                                        "Questions",
                                        "Man pages"};

// One part of a lesson, from its heading to the next.
std::string part_of(const std::string& lesson, const std::string& part) {
    const std::string text = course::read_source("lessons/" + lesson + "/README.md");
    const std::size_t begin = text.find("\n## " + part + '\n');
    if (begin == std::string::npos) return {};
    return text.substr(begin, text.find("\n## ", begin + 1) - begin);
}

// As a reader counts: no code between fences, no tags, no table bars.
std::size_t count_words(const Text& text) {
    const std::string prose = std::regex_replace(text.prose, std::regex("<[^>\n]*>"), " ");
    return all_matches(prose, R"((\S*[A-Za-z0-9]\S*))").size();
}

}  // namespace

TEST_CASE("every link in the project's texts leads somewhere", "[links]") {
    for (const std::string& document : documents()) {
        for (const std::string& link : links(read(document))) {
            INFO(document << " links to " << link);
            // A test must not need the network: those are for a person to follow.
            if (external(link))
                std::cout << document << ": not followed: " << link << '\n';
            else
                CHECK(fault_of(document, link) == "");
        }
    }
}

TEST_CASE("every path named in the project's texts exists", "[links]") {
    for (const std::string& document : documents()) {
        for (const std::string& path : named_paths(read(document))) {
            INFO(document << " names " << path);
            CHECK((starts_with(path, "build/") ? is_built(path) : fs::exists(root / path)));
        }
    }
}

TEST_CASE("a wrong link is found", "[links]") {
    const std::string readme = "lessons/README.md";
    CHECK(fault_of(readme, "01-one-client/README.md#the-idea") == "");
    CHECK(fault_of(readme, "#the-map") == "");
    CHECK(fault_of(readme, "../solutions") == "");
    CHECK(fault_of(readme, "01-one-client/README.md#no-such-part") != "");
    CHECK(fault_of(readme, "no-such-file.md") != "");
    CHECK(fault_of_step("01-one-client/0") == "");
    CHECK(fault_of_step("01-no-such-diagram/0") != "");
    CHECK(fault_of(readme, "../../elsewhere") != "");
    const Text text{"[a](b.md) ![c](d.svg \"e\") `[f](g)` <img src=\"h.png\">\n[i]: j.md\n", ""};
    CHECK(links(text) == std::vector<std::string>{"b.md", "d.svg", "h.png", "j.md"});
    const Text paths{"`build\\lessons\\x\\server.exe` and tests/y, `tests/z.cpp`\n",
                     "./build/a -b lessons/NN\n"};
    CHECK(named_paths(paths) ==
          std::vector<std::string>{"build/a", "build/lessons/x/server", "tests/z.cpp"});
    CHECK_FALSE(is_built("build/lessons/99-none/server"));
}

TEST_CASE("each lesson has its parts, in their order", "[links]") {
    REQUIRE(lessons().size() >= 4);
    for (const std::string& lesson : lessons()) {
        CAPTURE(lesson);
        const std::string prose = read("lessons/" + lesson + "/README.md").prose;
        std::vector<std::string> found = all_matches(prose, R"(\n## ([^\n]+))");
        const auto wild = std::find(found.begin(), found.end(), "In the wild");
        if (wild != found.end()) {
            CHECK(count_words(Text{part_of(lesson, *wild), {}}) <= 60);
            CHECK(*std::prev(wild) == "What goes wrong");
            found.erase(wild);
        }
        CHECK(found == parts);
        CHECK(starts_with(prose, "# Lesson " + lesson.substr(0, 2) + ": "));
        CHECK(part_of(lesson, parts[0]).find(" minutes") != std::string::npos);
        CHECK(part_of(lesson, "The idea").find(".svg)") != std::string::npos);
        CHECK(part_of(lesson, "What the header does for you").find("Winsock") != std::string::npos);
        const std::string number = lesson.substr(0, 2);
        const std::string task = part_of(lesson, "Your task");
        CHECK(task.find("cmake --build build --target lesson-" + number +
                        " && ./build/lesson_tests \"[" + number + "]\"") != std::string::npos);
        CHECK_FALSE(all_matches(part_of(lesson, "Man pages"), R"(\b(\w+\(\d\)))").empty());
    }
}

TEST_CASE("each lesson is short enough for one sitting", "[links]") {
    for (const std::string& lesson : lessons()) {
        CAPTURE(lesson);
        CHECK(count_words(read("lessons/" + lesson + "/README.md")) <= 1300);
    }
}

TEST_CASE("a lesson's TODOs are its starter's", "[links]") {
    // A student takes a TODO away when it is done, and that is no mistake. CI sees them all.
    const bool untouched = std::getenv("CI") != nullptr;
    for (const std::string& lesson : lessons()) {
        CAPTURE(lesson);
        const bool is_server = fs::exists(root / "lessons" / lesson / "server.cpp");
        const std::string program = lesson + (is_server ? "/server.cpp" : "/client.cpp");
        const std::string starter = course::read_source("lessons/" + program);
        auto in_starter = all_matches(starter, R"(// TODO (\d+): )");
        const auto in_text =
            all_matches(part_of(lesson, "Your task"), R"(\n- \*\*TODO (\d+)\*\*: )");
        CHECK(in_text.size() >= 2);
        for (std::size_t i = 0; i < in_text.size(); ++i) CHECK(in_text[i] == std::to_string(i + 1));
        // In the text they come by number; in the program where they belong.
        std::sort(in_starter.begin(), in_starter.end());
        if (untouched) CHECK(in_starter == in_text);
        for (const std::string& number : in_starter)
            CHECK(std::count(in_text.begin(), in_text.end(), number) == 1);
        // Each has a number, but for the mention in the comment at the top.
        if (untouched) CHECK(all_matches(starter, "(TODO)").size() == in_starter.size() + 1);
        CHECK(course::read_source("solutions/" + program).find("TODO") == std::string::npos);
    }
}

TEST_CASE("a lesson's hints open one after another", "[links]") {
    for (const std::string& lesson : lessons()) {
        CAPTURE(lesson);
        const std::string hints = part_of(lesson, "Hints");
        // Each hint begins inside the one before it, so that none is seen too early.
        const auto tags = all_matches(hints, R"((</?details>|Hint \d: ))");
        CHECK(tags == std::vector<std::string>{"<details>", "Hint 1: ", "<details>",
                                               "Hint 2: ", "<details>", "Hint 3: ", "</details>",
                                               "</details>", "</details>"});
        const auto folded = all_matches(part_of(lesson, "Questions"), "(<details>)");
        CHECK(folded.size() >= 3);
    }
}
