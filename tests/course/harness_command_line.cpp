// The harness: how the value of ECHO_PROGRAM is taken apart.
#include "catch.hpp"

#include "command_line.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Words = std::vector<std::string>;

std::string complaint_about(const std::string& line) {
    try {
        harness::split_command_line(line);
    } catch (const std::invalid_argument& wrong) {
        return wrong.what();
    }
    return "no complaint";
}

}  // namespace

TEST_CASE("a command line is split into words", "[harness]") {
    const struct {
        std::string line;
        Words words;
    } table[] = {
        {"", {}},
        {"  \t ", {}},
        {"server", {"server"}},
        {"python3 my_server.py", {"python3", "my_server.py"}},
        {"  a \t b  ", {"a", "b"}},
        {R"("my server" -v)", {"my server", "-v"}},
        {R"('my server' -v)", {"my server", "-v"}},
        {R"(C:\my\server.exe)", {R"(C:\my\server.exe)"}},
        {R"("C:\Program Files\server.exe" \)", {R"(C:\Program Files\server.exe)", R"(\)"}},
        {R"("ends with\" next)", {R"(ends with\)", "next"}},
        {R"(a"b c"d)", {"ab cd"}},
        {R"(a"b"'c')", {"abc"}},
        {R"("")", {""}},
        {R"(a "" '' b)", {"a", "", "", "b"}},
        {R"("it's")", {"it's"}},
        {R"('say "hi"')", {R"(say "hi")"}},
        {"a;b | c > $d *", {"a;b", "|", "c", ">", "$d", "*"}},
    };
    for (const auto& row : table) {
        CAPTURE(row.line);
        CHECK(harness::split_command_line(row.line) == row.words);
    }
}

TEST_CASE("a quote that is never closed is named", "[harness]") {
    CHECK(complaint_about(R"(python3 "my server)") ==
          R"(the double quote before "my server" is never closed)");
    CHECK(complaint_about("it's me") == R"(the single quote before "s me" is never closed)");
    CHECK(complaint_about(R"(a ")") == R"(the double quote before "" is never closed)");
}
