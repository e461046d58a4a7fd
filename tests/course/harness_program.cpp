// The harness: finding, starting and understanding the program under test.
#include "catch.hpp"

#include "echo.hpp"
#include "program.hpp"

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace {

using harness::Clock;
using harness::Program;
using harness::StartFailure;

harness::Deadline soon() { return Clock::now() + std::chrono::seconds(60); }

// Sets a variable of our own environment, or unsets it (nullopt), and puts it back at the end.
class Variable {
public:
    Variable(std::string name, const std::optional<std::string>& value) : name_(std::move(name)) {
        if (const char* old = std::getenv(name_.c_str())) old_ = old;
        set(value);
    }
    ~Variable() { set(old_); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    void set(const std::optional<std::string>& value) {
#ifdef _WIN32
        _putenv_s(name_.c_str(), value ? value->c_str() : "");
#else
        if (value)
            ::setenv(name_.c_str(), value->c_str(), 1);
        else
            ::unsetenv(name_.c_str());
#endif
    }
    std::string name_;
    std::optional<std::string> old_;
};

// ECHO_PROGRAM: the puppet with these actions. The harness adds the argument 0.
std::string puppet(const std::string& actions) { return "\"" ECHO_PUPPET "\" " + actions; }

std::string failure_with(const std::optional<std::string>& echo_program) {
    const Variable variable("ECHO_PROGRAM", echo_program);
    try {
        Program::server();
    } catch (const StartFailure& failure) {
        return failure.what();
    }
    return "no failure";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

struct DefaultProgram {
    explicit DefaultProgram(const std::string& path) { harness::set_default_program(path); }
    ~DefaultProgram() { harness::set_default_program(""); }
};

std::string echoed(Program& program, const std::string& text) {
    echo::Connection client = echo::connect(program.host(), program.port(), soon());
    const bool sent = client.send_all(text, soon()).status == echo::Status::ok;
    client.shutdown_send();
    std::string got(text.size() + 1, '\0');
    const echo::Result received = client.recv_exactly(got, soon());
    got.resize(received.bytes);
    return sent ? got : "could not send";
}

}  // namespace

TEST_CASE("a server's port is read from its first line", "[harness]") {
    const struct {
        std::string line;
        std::string host;
    } table[] = {
        {"listening on 127.0.0.1:7777", "127.0.0.1"},
        {"listening on 0.0.0.0:7777", "127.0.0.1"},
        {"listening on localhost:7777", "localhost"},
        {"listening on [::]:7777", "::1"},
        {"listening on [::1]:7777", "::1"},
        {"listening on 127.0.0.1:7777\r", "127.0.0.1"},
        {"listening on [::]:7777, every address of this machine", "::1"},
        {"listening on 127.0.0.1:7777, port 7777", "127.0.0.1"},
    };
    for (const auto& row : table) {
        CAPTURE(row.line);
        const Variable variable("ECHO_PROGRAM", puppet("print '" + row.line + "' hang"));
        const Program program = Program::server();
        CHECK(program.port() == 7777);
        CHECK(program.host() == row.host);
        CHECK_FALSE(program.process().ending().has_value());
    }
}

TEST_CASE("any other first line is shown, with what was expected", "[harness]") {
    for (const char* line : {
             "hello",
             "",
             "Listening on 127.0.0.1:7777",
             "listening on 127.0.0.1",
             "7777",
             "listening on 127.0.0.1:",
             "listening on 127.0.0.1:0",
             "listening on 127.0.0.1:65536",
             "listening on 127.0.0.1:77x",
             "listening on 127.0.0.1: 7777",
             "listening on 127.0.0.1:-1",
             "listening on 10.0.0.1:7777",
             "listening on :7777",
             " listening on 127.0.0.1:7777",
             "listening on 127.0.0.1:7777 ",
             "listening on 127.0.0.1:7777 and elsewhere",
             "listening on 127.0.0.1:7777,8888",
             "listening on 127.0.0.1:0, port 7777",
             "listening on ::1:7777",
         }) {
        const std::string text = failure_with(puppet("print '" + std::string(line) + "' hang"));
        CAPTURE(line, text);
        CHECK(contains(text, "first line is not what the tests need"));
        CHECK(contains(text, "listening on 127.0.0.1:PORT"));
        CHECK(contains(text, std::string("\n    ") + line + "\n"));
    }
    // One that never ends a line is noticed too.
    const std::string endless = failure_with(puppet("mutter " + std::string(5000, 'x') + " hang"));
    CHECK(contains(endless, "first line is not what the tests need"));
    CHECK(contains(endless, "(and 3000 bytes more)"));
}

TEST_CASE("a server that ends before its line is reported at once", "[harness]") {
    const auto begin = Clock::now();
    const std::string text = failure_with(puppet("complain 'bind failed' exit 3"));
    CAPTURE(text);
    CHECK(Clock::now() < begin + std::chrono::seconds(50));
    CHECK(contains(text, "ended before it said where it listens"));
    CHECK(contains(text, "how it ended: exit code 3"));
    CHECK(contains(text, "\n    bind failed\n"));
    CHECK(contains(text, "its standard output: nothing"));
    const std::string crashed = failure_with(puppet("crash"));
    // Wine's debugger, where it is not switched off, puts its report on the standard output.
    if (!contains(crashed, "Unhandled exception"))
        CHECK(contains(crashed, "it touched memory that is not its own"));
}

TEST_CASE("a server that never prints its line is given up", "[harness]") {
    const Variable patience("ECHO_PATIENCE", "1");
    const std::string text = failure_with(puppet("mutter 'listening on 127.0.0.1:7777' hang"));
    CAPTURE(text);
    CHECK(contains(text, "did not say where it listens within 6 seconds"));
    CHECK(contains(text, "must flush it"));
}

TEST_CASE("a server that goes on to accept without its line is given up at once", "[harness]") {
#ifndef __linux__
    SKIP_BECAUSE("this system does not tell what a thread waits in");
#else
    const Variable patience("ECHO_PATIENCE", "100");  // ten minutes for the line
    const std::string text = failure_with(puppet("serve-unannounced"));
    CAPTURE(text);
    CHECK(contains(text, "did not say where it listens: the program waits in accept"));
    CHECK(contains(text, "must flush it"));
#endif
}

TEST_CASE("a server that is busy before its line is told from one that waits", "[harness]") {
    const Variable patience("ECHO_PATIENCE", "1");
    const std::string text = failure_with(puppet("spin"));
    CAPTURE(text);
    CHECK(contains(text, "within 6 seconds, and kept a processor busy"));
    CHECK_FALSE(contains(text, "must flush it"));
}

TEST_CASE("of a flood of lines only the first are shown", "[harness]") {
    std::string lines;
    for (int i = 0; i < 50; ++i) lines += "x\n";  // printed at once, so that all of it is there
    const std::string text = failure_with(puppet("print '" + lines + "' hang"));
    CAPTURE(text);
    CHECK(contains(text, "    x\n    x\n"));
    CHECK(contains(text, "(and 81 bytes more)"));  // ten lines of 51 are shown
}

TEST_CASE("an ECHO_PROGRAM that can't be started is named, with what to do", "[harness]") {
    const std::string missing = failure_with("no/such/server --fast");
    CAPTURE(missing);
    CHECK(contains(missing, "no/such/server --fast (from ECHO_PROGRAM)"));
    CHECK(contains(missing, "there is no such file"));
    CHECK(contains(missing, "correct ECHO_PROGRAM"));
    CHECK(contains(failure_with("python3 'my server.py"),
                   "the single quote before \"my server.py\" is never closed"));
#ifdef _WIN32
    std::cout << "skipped: an empty variable: Windows has no such thing" << std::endl;
#else
    CHECK(contains(failure_with(""), "ECHO_PROGRAM is set, but empty"));
    CHECK(contains(failure_with("  "), "ECHO_PROGRAM is set, but empty"));
#endif
}

TEST_CASE("a lesson's own program is the default", "[harness]") {
    {
        const DefaultProgram program("build/lessons/03-byte-stream/server");
        const std::string text = failure_with(std::nullopt);
        CAPTURE(text);
        CHECK(contains(text, "build/lessons/03-byte-stream/server"));
        CHECK(contains(text, "there is no such file"));
        CHECK(contains(text + "\n", "build it: cmake --build build --target lesson-03\n"));
    }
    {
        // Its only argument is 0, which tells the puppet to do nothing.
        const DefaultProgram program(ECHO_PUPPET);
        CHECK(contains(failure_with(std::nullopt), "exit code 0"));
        const Variable variable("ECHO_PROGRAM", puppet("serve"));
        Program other = Program::server();  // the variable wins
        CHECK(echoed(other, "hello") == "hello");
    }
    CHECK(contains(failure_with(std::nullopt), "set ECHO_PROGRAM"));
}

TEST_CASE("a server is traced", "[harness]") {
    const Variable variable("ECHO_PROGRAM", puppet("serve"));
    Program program = Program::server();
    CHECK(program.understands_faults());
    CHECK(contains(program.trace(), ": listen -> ok\n"));
    CHECK(echoed(program, "hello\n") == "hello\n");
    const auto ending = program.process().wait(soon());
    REQUIRE(ending.has_value());
    CHECK(ending->text() == "exit code 0");
    const std::string trace = program.trace();
    CAPTURE(trace);
    CHECK(contains(trace, ": recv at most 4096 bytes -> 6 bytes \"hello\\n\"\n"));
    CHECK(contains(trace, ": send 6 bytes \"hello\\n\" -> 6 bytes\n"));
    CHECK(contains(trace, ": recv at most 4096 bytes -> end of stream\n"));
}

TEST_CASE("a server is disturbed by faults, and its trace shows what it asked for", "[harness]") {
    const Variable variable("ECHO_PROGRAM", puppet("serve"));
    Program program = Program::server({.faults = "send:short=3"});
    CHECK(echoed(program, "hello\n") == "hel");
    REQUIRE(program.process().wait(soon()).has_value());
    const std::string trace = program.trace();
    CAPTURE(trace);
    CHECK(contains(trace, ": send 6 bytes \"hello\\n\" -> 3 bytes\n"));

    Program second = Program::server({.faults = "send:ENOBUFS@2; recv:short=2"});
    CHECK(echoed(second, "hello\n") == "he");
    REQUIRE(second.process().wait(soon()).has_value());
    CHECK(contains(second.trace(), ": recv at most 4096 bytes -> 2 bytes \"he\"\n"));
    CHECK(contains(second.trace(), ": send 2 bytes \"ll\" -> failed: "));
}

TEST_CASE("the trace of a program under test tells which call has begun", "[harness]") {
    const Variable variable("ECHO_PROGRAM", puppet("serve"));
    Program program = Program::server();
    echo::Connection client = echo::connect(program.host(), program.port(), soon());
    const auto deadline = soon();
    const std::string ending = ": recv at most 4096 bytes\n";
    while (!contains(program.trace(), ending)) {
        REQUIRE(Clock::now() < deadline);
        program.process().wait(Clock::now() + std::chrono::milliseconds(10));
    }
    // Each call that is done has a line for its begin.
    CHECK(contains(program.trace(), ": accept\n"));
    CHECK_FALSE(contains(program.trace(), ": listen\n"));  // this one never waits
}

TEST_CASE("malformed faults end a program before its main", "[harness]") {
    const Variable variable("ECHO_PROGRAM", puppet("serve"));
    std::string text;
    try {
        Program::server({.faults = "send:shrot=3"});
    } catch (const StartFailure& failure) {
        text = failure.what();
    }
    CAPTURE(text);
    CHECK(contains(text, "how it ended: exit code 2"));
    CHECK(contains(text, "ECHO_FAULTS: \"shrot=3\" in \"send:shrot=3\": not a fault"));
}

TEST_CASE("faults and traces of our own environment are not passed on", "[harness]") {
    const Variable faults("ECHO_FAULTS", "nonsense");
    const Variable trace("ECHO_TRACE", "no/such/folder/trace");
    const Variable variable("ECHO_PROGRAM", puppet("serve"));
    Program program = Program::server();
    CHECK(echoed(program, "hello") == "hello");
}

TEST_CASE("the trace of a spinning program is cut off", "[harness]") {
    // Every send fails with an error that the library tries again after, for ever.
    const Variable variable("ECHO_PROGRAM", puppet("serve"));
    Program program = Program::server({.faults = "send:EINTR"});
    echo::Connection client = echo::connect(program.host(), program.port(), soon());
    REQUIRE(client.send_all("x", soon()).status == echo::Status::ok);
    const std::string mark = "(the trace is cut off here)\n";
    const auto deadline = soon();
    while (!contains(program.trace(), mark)) {
        REQUIRE(Clock::now() < deadline);
        program.process().wait(Clock::now() + std::chrono::milliseconds(100));
    }
    const std::string cut = program.trace();
    CHECK(cut.compare(cut.size() - mark.size(), mark.size(), mark) == 0);
}

TEST_CASE("a trace's file is gone with its program", "[harness]") {
    // The puppet tells where it is, on its second line.
    const Variable variable("ECHO_PROGRAM",
                            puppet("print 'listening on 127.0.0.1:7777' variable ECHO_TRACE hang"));
    std::string path;
    {
        Program program = Program::server();
        const auto second_line = [&](const std::string& output) {
            const std::size_t begin = output.find('\n') + 1;
            const std::size_t end = output.find('\n', begin);
            if (begin == 0 || end == std::string::npos) return false;
            path = output.substr(begin, end - begin);
            return true;
        };
        REQUIRE(program.process().wait_for_output(second_line, soon()));
        CHECK(std::filesystem::exists(path));
        Program moved = std::move(program);
        CHECK(std::filesystem::exists(path));
    }
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK_FALSE(std::filesystem::exists(std::filesystem::path(path).parent_path()));
}

TEST_CASE("a program that does not trace does not understand faults", "[harness]") {
#ifdef _WIN32
    SKIP_BECAUSE("needs a shell that can print without ending");
#else
    const Variable variable("ECHO_PROGRAM",
                            "sh -c 'echo listening on 127.0.0.1:7777; exec sleep 1000'");
    Program program = Program::server({.faults = "send:short=3"});
    CHECK_FALSE(program.understands_faults());
    CHECK(program.trace().empty());
#endif
}

TEST_CASE("a client is started with a host and a port, and fed", "[harness]") {
    {
        const Variable variable("ECHO_PROGRAM", puppet("arguments"));
        Program client = Program::client("127.0.0.1", 7777);
        REQUIRE(client.process().wait(soon()).has_value());
        CHECK(client.process().output() == "[127.0.0.1]\n[7777]\n");
        CHECK(client.port() == 7777);
    }
    {
        const Variable variable("ECHO_PROGRAM", puppet("echo exit 0"));
        Program client = Program::client("127.0.0.1", 7777);
        client.process().write_input("hello\n");
        client.process().close_input();
        REQUIRE(client.process().wait(soon()).has_value());
        CHECK(client.process().output() == "hello\ninput over\n");
    }
}

TEST_CASE("patience is 2 seconds, or as many times that as asked for", "[harness]") {
    const auto with = [](const std::optional<std::string>& value) {
        const Variable variable("ECHO_PATIENCE", value);
        return harness::patience().count();
    };
    CHECK(with(std::nullopt) == 2000);
    CHECK(with("1") == 2000);
    CHECK(with("5") == 10000);
    for (const char* wrong : {"0", "-1", "1.5", "x", "2x", " 2", "1001", "99999999999"}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(with(wrong), StartFailure);
    }
}
