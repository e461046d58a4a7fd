// The pictures of the README that move: made from what is there now, small, and still for those who
// want them still. A test can't record the walkthrough again, but it knows the commands in it.
#include "diagram.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace {

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string unescaped(std::string text) {
    for (std::size_t at; (at = text.find("&amp;")) != std::string::npos;) text.erase(at + 1, 4);
    return text;
}

// What was typed behind a prompt. A command is typed a few letters at a time, and its beginnings
// are pictures too.
std::vector<std::string> commands_in(const std::string& picture) {
    constexpr std::string_view prompt = ">$ ";
    std::vector<std::string> commands;
    for (std::size_t at = 0; (at = picture.find(prompt, at)) != std::string::npos;) {
        at += prompt.size();
        commands.push_back(unescaped(picture.substr(at, picture.find('<', at) - at)));
    }
    return commands;
}

// What everybody does in a way of their own: open an editor.
bool is_ones_own(const std::string& command) {
    return std::string_view("nano ").substr(0, command.size()) == command.substr(0, 5);
}

}  // namespace

TEST_CASE("the handshake that moves was made from the picture of lesson 01", "[diagrams]") {
    INFO("if this fails, run diagrams/render 01-one-client, then diagrams/animate, and look at it");
    const std::string source = course::read_source("diagrams/01-one-client.mmd");
    const std::string picture = course::read_source("diagrams/handshake.svg");
    const std::string mark = "<!-- source " + course::fnv1a(source) + ' ';
    CHECK(picture.substr(0, mark.size()) == mark);
}

TEST_CASE("the walkthrough shows commands that the README has", "[diagrams]") {
    INFO("if this fails, run diagrams/record and look at diagrams/walkthrough.svg");
    const std::string readme = course::read_source("README.md");
    const std::vector<std::string> commands =
        commands_in(course::read_source("diagrams/walkthrough.svg"));
    CHECK(commands.size() >= 3);
    for (const std::string& command : commands) {
        CAPTURE(command);
        CHECK((is_ones_own(command) || holds(readme, command)));
    }
    for (const std::string whole : {"git clone $ADDRESS && cd echo-server",
                                    "cmake -B build && cmake --build build --target learn",
                                    "./build/echo-server", "./build/echo-client"}) {
        CAPTURE(whole);
        CHECK(std::find(commands.begin(), commands.end(), whole) != commands.end());
    }
}

TEST_CASE("pictures that move are small, run no scripts, and can be still", "[diagrams]") {
    for (const std::string name : {"walkthrough", "handshake"}) {
        CAPTURE(name);
        const std::string picture = course::read_source("diagrams/" + name + ".svg");
        CHECK(picture.size() < 100'000);
        CHECK_FALSE(holds(picture, "<script"));
        // What makes it move is there for those who have no preference, and nowhere else.
        const std::string cover = name == "walkthrough" ? "strip" : "cover";
        const std::string moves = "{animation:" + cover;
        const std::string asked = "@media (prefers-reduced-motion:no-preference){." + cover + moves;
        CHECK(holds(picture, asked));
        CHECK(picture.find(moves) == picture.rfind(moves));
        CHECK(holds(course::read_source("README.md"), "](diagrams/" + name + ".svg)"));
    }
}
