// The comparison of the four shapes: its command runs, and its page and its picture are right. What
// it measures is no test's matter: that depends on the machine.
#include "diagram.hpp"

#include "../bench/page.hpp"
#ifdef __linux__
#include "../bench/files.hpp"
#endif
#include "../bench/plot.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "program.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <regex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace fs = std::filesystem;

namespace {

// Stands in for the project's folder, and is removed in the end.
class Folder {
public:
    Folder() {
        fs::create_directories(path_ / "lessons");
        fs::create_directories(path_ / "diagrams");
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string text() const { return path_.string(); }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(path_ / name, std::ios::binary) << text;
    }
    std::string read(const std::string& name) const {
        std::ifstream file(path_ / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }

private:
    const fs::path path_ =
        fs::temp_directory_path() / ("echo-bench-" + std::to_string(std::random_device()()));
};

std::vector<std::smatch> matches(const std::string& text, const std::regex& pattern) {
    return {std::sregex_iterator(text.begin(), text.end(), pattern), std::sregex_iterator()};
}

// The first tag that does not end what began last; empty: there is none.
std::string unbalanced(const std::string& svg) {
    static const std::regex tag(R"(<(/?)([a-z]+)[^<>]*?(/?)>)");
    std::vector<std::string> open;
    for (const std::smatch& found : matches(svg, tag)) {
        if (found[3].length() != 0) continue;
        if (found[1].length() == 0) {
            open.push_back(found[2]);
        } else if (open.empty() || open.back() != found[2]) {
            return found[0];
        } else {
            open.pop_back();
        }
    }
    return open.empty() ? "" : open.back();
}

// What a picture says, in its order.
std::vector<std::string> words(const std::string& svg, const std::string& look) {
    static const std::regex text(R"re(<text [^>]*class="([a-z]+)"[^>]*>([^<]*)</text>)re");
    std::vector<std::string> found;
    for (const std::smatch& one : matches(svg, text))
        if (one[1] == look) found.push_back(one[2]);
    return found;
}

// The rows of the tables in a text, by how many cells they have.
std::vector<std::ptrdiff_t> cells(const std::string& text) {
    std::vector<std::ptrdiff_t> counts;
    for (const std::string& line : course::lines_of(text))
        if (line.rfind('|', 0) == 0)
            counts.push_back(std::count(line.begin(), line.end(), '|') - 1);
    return counts;
}

std::string in_full(double number) { return bench::with_commas(number); }

}  // namespace

TEST_CASE("the four shapes are compared by one command", "[bench]") {
#ifndef __linux__
    SKIP_BECAUSE("the comparison is with epoll, which only Linux has");
#else
    const Folder folder;
    folder.write("lessons/README.md", "# Course\n\n### The figures\n\nold\n\n## Next\n\nkept\n");
    harness::Process::Options options;
    options.arguments = {std::string(ECHO_BUILD_DIR) + "/bench/four-shapes", "--quick",
                         folder.text()};
    harness::Process command(options);
    const auto ending = command.wait(harness::Clock::now() + 10 * harness::patience());
    INFO(command.errors());
    REQUIRE(ending.has_value());
    REQUIRE(ending->text() == "exit code 0");

    const std::string section = command.output();
    const std::vector<std::ptrdiff_t> rows = cells(section);
    CHECK(rows == std::vector<std::ptrdiff_t>(rows.size(), 8));  // a title and seven servers
    CHECK(rows.size() >= 10);
    CHECK(folder.read("lessons/README.md") ==
          "# Course\n\n### The figures\n\n" + section + "\n## Next\n\nkept\n");
    const std::string picture = folder.read("diagrams/four-shapes.svg");
    CHECK(unbalanced(picture) == "");
    CHECK(words(picture, "label").size() == 10);  // five in each panel
#endif
}

// Without a PATH there is no node, no Python and no valgrind.
TEST_CASE("the server is compared with others by one command, as far as they are there",
          "[bench]") {
#ifndef __linux__
    SKIP_BECAUSE("the comparison is with epoll, which only Linux has");
#else
    const Folder folder;
    folder.write("README.md", "# Course\n\n## How fast\n\nold\n\n## Next\n\nkept\n");
    harness::Process::Options options;
    options.arguments = {std::string(ECHO_BUILD_DIR) + "/bench/peers", "--quick", folder.text()};
    options.environment = {{"PATH", "/nowhere"}};
    harness::Process command(options);
    const auto ending = command.wait(harness::Clock::now() + 10 * harness::patience());
    INFO(command.errors());
    REQUIRE(ending.has_value());
    REQUIRE(ending->text() == "exit code 0");

    const std::string section = command.output();
    INFO(section);
    CHECK(section.find("| echo-server | ") != std::string::npos);
    CHECK(section.find("- node: not built, or not installed (Debian: nodejs).\n") !=
          std::string::npos);
    CHECK(command.errors().find("Python threads: not built, or not installed") !=
          std::string::npos);
    CHECK(section.find("| node |") == std::string::npos);
    CHECK(folder.read("README.md") ==
          "# Course\n\n## How fast\n\n" + section + "\n## Next\n\nkept\n");
    CHECK(unbalanced(folder.read("diagrams/how-fast.svg")) == "");
#endif
}

#ifdef __linux__
TEST_CASE("a page that can't be written is kept as it was", "[bench]") {
    const Folder folder;
    folder.write("page", "old\n");
    bench::write_file(folder.text() + "/page", "new\n");
    CHECK(folder.read("page") == "new\n");
    CHECK(!fs::exists(folder.text() + "/page.new"));
    fs::create_directories(folder.text() + "/page.new/full");  // stands in for a full disk
    CHECK_THROWS_AS(bench::write_file(folder.text() + "/page", "newer\n"), std::runtime_error);
    CHECK(folder.read("page") == "new\n");
}
#endif

TEST_CASE("a bar is as long as its value", "[bench]") {
    const std::string svg = bench::bar_chart(
        "Title", "About", {{"Group", {{"a < b", 2, "two"}, {"c", 1, "one"}}}, {"Empty", {}}});
    INFO(svg);
    CHECK(unbalanced(svg) == "");
    CHECK(words(svg, "end") == std::vector<std::string>{"a &lt; b", "c"});
    CHECK(words(svg, "title") == std::vector<std::string>{"Group", "Empty"});
    CHECK(svg.find("width=\"600\" height=\"20\" class=\"bar\"") != std::string::npos);
    CHECK(svg.find("width=\"300\" height=\"20\" class=\"bar\"") != std::string::npos);
}

TEST_CASE("the page and the picture of the four shapes can be written again", "[bench]") {
    const std::string page = course::read_source("lessons/README.md");
    const std::string written = bench::with_section(page, "text\n");
    CHECK(bench::with_section(written, "text\n") == written);
    CHECK(page.find("](../diagrams/four-shapes.svg)") != std::string::npos);
    const std::string picture = course::read_source("diagrams/four-shapes.svg");
    CHECK(unbalanced(picture) == "");
    CHECK(words(picture, "label").size() == 10);
}

TEST_CASE("a section of a page is replaced, and nothing else", "[bench]") {
    const std::string before = "# A\n\n### The figures\n\nold\n", after = "\n### B\n\nkept\n";
    CHECK(bench::with_section(before + after, "new\n") ==
          "# A\n\n### The figures\n\nnew\n" + after);
    CHECK(bench::with_section(before, "new\n") == "# A\n\n### The figures\n\nnew\n");
    CHECK(bench::with_section("\n### The figures\n" + after, "new\n") ==
          "\n### The figures\n\nnew\n" + after);
    CHECK_THROWS_AS(bench::with_section("## The figures\n", "new\n"), std::runtime_error);
    CHECK(bench::with_section("\n## B\n\nold\n\n## C\n", "new\n", "## B") ==
          "\n## B\n\nnew\n\n## C\n");
    CHECK(bench::lines_of_code("// no\n\nint x;  // yes\n  // no\n  }\r\n\r\n") == 2);
}

TEST_CASE("a table has a row for each figure, and a dash for what there is none of", "[bench]") {
    bench::Findings findings;
    findings.machine = "a machine";
    findings.rounds = 3;
    findings.silent = {0, 1000};
    findings.busy = 50;
    bench::Column loop;
    loop.name = "loop";
    loop.served = 19000;
    loop.memory_a_client = 184.4;
    loop.beside = {{0, {4e6, 13.26, 9.96}}, {1000, {5e6, 1234.5, 2}}};
    loop.slower = 1.234;
    loop.busy = bench::Busy{215.4, 505, 1.004, 1.25, 0.996};
    bench::Column one;
    one.name = "one";
    one.beside = {{0, {4e6, 1, 2}}};
    one.served = 1;
    one.stopped_by = "it is full";
    findings.columns = {loop, one};

    const std::string text = bench::section(findings);
    INFO(text);
    for (const char* line :
         {"|  | loop | one |\n|---|---|---|\n", "\n| serves at once | 19,000 | 1 |\n",
          "\n| memory for one more | 184 B | – |\n",
          "\n| round trip, µs: alone | 13 / 10 | 1.0 / 2.0 |\n",
          "\n| ... beside 1,000 | 1,235 / 2.0 | – |\n", "\n| ... of 50 at work | 215 / 505 | – |\n",
          "\n| their messages, bare loop = 1 | 1.00 | – |\n",
          "\n| ... with all processors | 1.25 | – |\n",
          "\n| processor time for each, bare loop = 1 | 1.00 | – |\n",
          "\n- loop: beside 1,000 silent clients a round trip takes 1.23 times as long as alone.\n",
          "\n- one: with 1 client it is full.\n"}) {
        CAPTURE(line);
        CHECK(text.find(line) != std::string::npos);
    }
    CHECK(text.find("one: beside") == std::string::npos);
    const std::vector<std::ptrdiff_t> rows = cells(text);
    CHECK(rows == std::vector<std::ptrdiff_t>(rows.size(), 3));
    for (const std::string& line : course::lines_of(text))
        if (line.rfind('|', 0) != 0) CHECK(line.size() <= 100);
}

TEST_CASE("lines are drawn on a logarithmic scale, and told apart without colour", "[bench]") {
    const std::vector<bench::Line> lines = {{"a < b & c", {{1, 1}}},
                                            {"half way", {{1, 1}, {10, 10}}},
                                            {"all the way", {{1, 1}, {10, 10}, {100, 100}}},
                                            {"beside it", {{1, 1}, {100, 100}}},
                                            {"flat", {{1, 1}, {100, 1}}}};
    const std::string svg = bench::plot("Title", "About", "below", {{"Panel", in_full, lines}});
    INFO(svg);
    CHECK(unbalanced(svg) == "");
    CHECK(svg.find("<title id=\"title\">Title</title>") != std::string::npos);
    CHECK(words(svg, "end") == std::vector<std::string>{"1", "10", "100"});
    CHECK(words(svg, "middle") == std::vector<std::string>{"1", "10", "100", "below"});
    CHECK(words(svg, "label").at(0) == "a &lt; b &amp; c");
    // Ten is half way from one to a hundred, across and up.
    CHECK(svg.find("d=\"M105,330 L405,195 L705,60\"") != std::string::npos);

    std::vector<std::string> dashes, heights;
    for (const std::smatch& found : matches(svg, std::regex(R"re(stroke-dasharray="([^"]*)")re")))
        dashes.push_back(found[1]);
    CHECK(dashes.size() == 5);
    // No two labels beside each other's lines stand at the same height.
    for (const std::smatch& found : matches(svg, std::regex(R"re(y="([^"]*)" class="label")re")))
        heights.push_back(found[1]);
    std::sort(heights.begin(), heights.end());
    CHECK(heights.size() == 5);
    CHECK(std::adjacent_find(heights.begin(), heights.end()) == heights.end());
}

TEST_CASE("a long number has commas", "[bench]") {
    CHECK(bench::with_commas(0) == "0");
    CHECK(bench::with_commas(999) == "999");
    CHECK(bench::with_commas(1000) == "1,000");
    CHECK(bench::with_commas(1234567.4) == "1,234,567");
}
