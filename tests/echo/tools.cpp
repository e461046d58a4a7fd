// What programs for the command line have in common. What they print is looked at from outside, in
// tests/course/tools.cpp.
#include "catch.hpp"

#include <echo.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

// A command line that lives as long as main's does.
struct CommandLine {
    explicit CommandLine(std::vector<std::string> of) : words(std::move(of)) {
        words.insert(words.begin(), "program");
        for (std::string& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
    }
    echo::Arguments arguments() { return {argc(), argv.data()}; }
    int argc() const { return static_cast<int>(words.size()); }

    std::vector<std::string> words;
    std::vector<char*> argv;
};

std::string refusal(const std::vector<std::string>& words) {
    CommandLine line(words);
    try {
        auto arguments = line.arguments();
        (void)arguments.flag("--known");
        (void)arguments.next_port(7777);
        arguments.done();
        return {};
    } catch (const echo::UsageError& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("options can stand anywhere, and what stands alone keeps its order", "[tools]") {
    CommandLine line({"host", "--trace", "80", "-v"});
    auto arguments = line.arguments();
    CHECK(arguments.flag("--trace"));
    CHECK_FALSE(arguments.flag("--trace"));  // it has been taken away
    CHECK(arguments.flag("-v"));
    CHECK_FALSE(arguments.flag("--other"));
    CHECK(arguments.next("nobody") == "host");
    CHECK(arguments.next_port(1) == 80);
    CHECK_NOTHROW(arguments.done());
}

TEST_CASE("what is not given is what it usually is", "[tools]") {
    CommandLine line({});
    auto arguments = line.arguments();
    CHECK(arguments.next("127.0.0.1") == "127.0.0.1");
    CHECK(arguments.next_port(7777) == 7777);
    CHECK_NOTHROW(arguments.done());
    CHECK_NOTHROW(echo::Arguments(0, line.argv.data()).done());  // not even a name
}

TEST_CASE("an option takes its text with it, whatever that looks like", "[tools]") {
    const auto text_in = [](const std::vector<std::string>& words) {
        CommandLine line(words);
        auto arguments = line.arguments();
        const std::string text(arguments.value("--say", "nothing"));
        CHECK(arguments.next_port(7777) == 80);
        CHECK_NOTHROW(arguments.done());
        return text;
    };
    CHECK(text_in({"80"}) == "nothing");
    CHECK(text_in({"--say", "a b", "80"}) == "a b");
    CHECK(text_in({"80", "--say="}).empty());
    CHECK(text_in({"80", "--say", "--loud"}) == "--loud");
    CHECK(text_in({"--say=one", "80", "--say=two=2"}) == "two=2");
}

TEST_CASE("an option takes its number with it, wherever it stands", "[tools]") {
    const auto number_in = [](const std::vector<std::string>& words) {
        CommandLine line(words);
        auto arguments = line.arguments();
        const auto number = arguments.number("--most", 64, 1, 10000);
        CHECK(arguments.next_port(7777) == 80);
        CHECK_NOTHROW(arguments.done());
        return number;
    };
    CHECK(number_in({"80"}) == 64);
    CHECK(number_in({"80", "--most", "8"}) == 8);
    CHECK(number_in({"--most", "8", "80"}) == 8);
    CHECK(number_in({"--most=8", "80"}) == 8);
    CHECK(number_in({"--most", "8", "80", "--most=9"}) == 9);
    CHECK(number_in({"--most", "1", "80"}) == 1);
    CHECK(number_in({"80", "--most=10000"}) == 10000);
}

TEST_CASE("what is no number, or too small or large, is refused with the limits", "[tools]") {
    const auto refused = [](const std::vector<std::string>& words) {
        CommandLine line(words);
        auto arguments = line.arguments();
        try {
            return std::to_string(arguments.number("--most", 64, 1, 10000));
        } catch (const echo::UsageError& error) {
            return std::string(error.what());
        }
    };
    for (const std::string word : {"0", "10001", "x", "8x", "0x8", "-1", "+8", " 8", "8.0", "",
                                   "18446744073709551617", "99999999999999999999999"}) {
        CAPTURE(word);
        const std::string words =
            "--most " + echo::quote(word) + ": not valid; give a whole number from 1 to 10000";
        CHECK(refused({"--most", word}) == words);
        CHECK(refused({"--most=" + word}) == words);
    }
    CHECK(refused({"80", "--most"}) == "--most wants a value behind it");
    CHECK(refused({"--most", "8", "--most"}) == "--most wants a value behind it");
    CHECK(refused({"--mostly", "8"}) == "64");  // another option, which nobody has asked for yet
}

TEST_CASE("a number may be as large as there are", "[tools]") {
    constexpr std::uint64_t largest = ~std::uint64_t{0};
    const auto number_of = [](std::string word, std::uint64_t most) {
        CommandLine line({"--most", std::move(word)});
        return line.arguments().number("--most", 0, 0, most);
    };
    CHECK(number_of("18446744073709551615", largest) == largest);
    CHECK_THROWS_AS(number_of("18446744073709551616", largest), echo::UsageError);
    CHECK_THROWS_AS(number_of("18446744073709551619", largest), echo::UsageError);
    CHECK(number_of("0", 0) == 0);
    CHECK_THROWS_AS(number_of("7", 6), echo::UsageError);
}

TEST_CASE("a duration says its unit", "[tools]") {
    using namespace std::chrono_literals;
    CHECK(echo::parse_duration("500ms") == 500ms);
    CHECK(echo::parse_duration("30s") == 30s);
    CHECK(echo::parse_duration("5m") == 5min);
    CHECK(echo::parse_duration("2h") == 2h);
    CHECK(echo::parse_duration("0s") == 0s);
    CHECK(echo::parse_duration("007s") == 7s);
    CHECK(echo::parse_duration("9223372036s") == 9223372036s);  // 292 years
    for (const std::string word :
         {"",      "s",    "ms",          "30",       "30 s",
          " 30s",  "30s ", "1.5s",        "-1s",      "+1s",
          "5M",    "5min", "5us",         "3d",       "0x5s",
          "1m30s", "s30",  "9223372037s", "2562048h", "99999999999999999999s"}) {
        CAPTURE(word);
        try {
            (void)echo::parse_duration(word);
            FAIL("it was taken");
        } catch (const echo::Error& error) {
            CHECK(error.code() == std::errc::invalid_argument);
            CHECK(std::string(error.what()).find("duration " + echo::quote(word)) == 0);
        }
    }
}

TEST_CASE("as text a duration has the largest unit that leaves a whole number", "[tools]") {
    using namespace std::chrono_literals;
    CHECK(echo::text(0s) == "0ms");
    CHECK(echo::text(1ms) == "1ms");
    CHECK(echo::text(1500ms) == "1500ms");
    CHECK(echo::text(30s) == "30s");
    CHECK(echo::text(60s) == "1m");
    CHECK(echo::text(90s) == "90s");
    CHECK(echo::text(90min) == "90m");
    CHECK(echo::text(48h) == "48h");
    CHECK(echo::text(-30s) == "-30000ms");
    CHECK(echo::text(1999us) == "1ms");
}

TEST_CASE("an option takes its duration with it, and has limits", "[tools]") {
    using namespace std::chrono_literals;
    const auto taken = [](const std::vector<std::string>& words) {
        CommandLine line(words);
        auto arguments = line.arguments();
        try {
            return echo::text(arguments.duration("--idle", 5min, 10ms, 24h));
        } catch (const echo::UsageError& error) {
            return std::string(error.what());
        }
    };
    CHECK(taken({}) == "5m");
    CHECK(taken({"--idle", "500ms"}) == "500ms");
    CHECK(taken({"--idle=10ms"}) == "10ms");
    CHECK(taken({"--idle=3s", "--idle", "24h"}) == "24h");
    CHECK(taken({"--idle"}) == "--idle wants a value behind it");
    for (const std::string word : {"", "30", "0s", "9ms", "25h", "1.5s", "-1s", "30S", "30sec"}) {
        CAPTURE(word);
        CHECK(taken({"--idle", word}) == "--idle " + echo::quote(word) +
                                             ": not valid; give a whole number and its unit (ms, "
                                             "s, m, h), from 10ms to 24h");
    }
}

TEST_CASE("what nobody asked for is refused by name", "[tools]") {
    CHECK(refusal({}).empty());
    CHECK(refusal({"80", "--known"}).empty());
    CHECK(refusal({"--port"}) == "unknown option \"--port\"; --help tells which there are");
    CHECK(refusal({"80", "-p"}) == "unknown option \"-p\"; --help tells which there are");
    CHECK(refusal({"80", "81"}) == "unexpected argument \"81\"; --help tells which there are");
    CHECK(refusal({"-1"}).find("port \"-1\": not valid") == 0);
    CHECK(refusal({"-"}).find("port \"-\": not valid") == 0);
    CHECK(refusal({""}).find("port \"\": not valid") == 0);
}

TEST_CASE("the exit code tells a bad command line from what went wrong later", "[tools]") {
    CommandLine line({});
    const auto run = [&](auto body) {
        return echo::run_tool(line.argc(), line.argv.data(), "[nothing]", body);
    };
    CHECK(run([](echo::Arguments&) { return 7; }) == 7);
    CHECK(run([](echo::Arguments&) -> int { throw echo::UsageError("as it should be"); }) == 2);
    CHECK(run([](echo::Arguments&) -> int { throw std::logic_error("as it should be"); }) == 1);
}

TEST_CASE("a tool is called what its file is called", "[tools]") {
    const auto name_of = [](std::string file) {
        char* argv[] = {file.data(), nullptr};
        return std::string(echo::detail::program_name(1, argv));
    };
    CHECK(name_of("echo-server") == "echo-server");
    CHECK(name_of("./build/echo-server") == "echo-server");
    CHECK(name_of("C:\\tools\\echo-server.exe") == "echo-server");
    CHECK(echo::detail::program_name(0, nullptr).empty());
}
