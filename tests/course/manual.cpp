// The tools' pages of the manual say what --help says: the same options, the same exit codes.
#include "catch.hpp"
#include "process.hpp"
#include "program.hpp"

#include <echo.hpp>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <utility>

namespace {

using Words = std::set<std::string>;

std::string help_of(const std::string& tool) {
    harness::Process process({{std::string(ECHO_BUILD_DIR) + "/" + tool, "--help"}, {}, true});
    REQUIRE(process.wait(echo::after(2 * harness::patience())).has_value());
    return process.output();
}

// Without the backslashes that keep roff from taking a dash for a hyphen.
std::string page_of(const std::string& file) {
    std::ifstream page(std::string(ECHO_SOURCE_DIR) + "/solutions/" + file);
    REQUIRE(page.is_open());
    const std::string text{std::istreambuf_iterator<char>(page), {}};
    return std::regex_replace(text, std::regex(R"(\\-)"), "-");
}

// What the first group of an expression finds, each once.
Words found(const std::string& text, const std::string& expression) {
    const std::regex wanted(expression);
    Words words;
    for (std::sregex_iterator at(text.begin(), text.end(), wanted), end; at != end; ++at)
        words.insert((*at)[1]);
    return words;
}

}  // namespace

TEST_CASE("the manual's page of each tool says what its --help says", "[tools]") {
    const auto [tool, file] = GENERATE(
        std::pair<std::string, std::string>("echo-server", "13-the-echo-server/echo-server.1"),
        std::pair<std::string, std::string>("echo-client", "echo-client/echo-client.1"));
    CAPTURE(tool);
    const std::string help = help_of(tool), page = page_of(file);
    const Words options = found(help, "(--[a-z][a-z-]*)");
    CHECK(options.size() > 8);
    CHECK(found(page, "(--[a-z][a-z-]*)") == options);

    const std::string codes = help.substr(help.find("xit codes:"));
    const std::string status = page.substr(page.find(".SH EXIT STATUS"));
    CHECK(found(status, "\\.TP\n([0-9])\n") == found(codes, "(?:^|[ ,\n])([0-9]) +[a-zA-Z]"));
}
