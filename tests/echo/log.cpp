// The log: what a line looks like, what no stranger can do with it, and what becomes of a line that
// standard error does not take. What a server does then is in tests/course/tools.cpp.
#include "catch.hpp"
#include "pair.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using echo::Level;
using echo::Log;

namespace {

const echo::Endpoint peer = echo::Endpoint::loopback(48418);

// While it lives, what is written to standard error goes into a file that it can read.
class StandardError {
public:
    StandardError() : file_(std::tmpfile()) {
        REQUIRE(file_);
        std::fflush(stderr);
#ifdef _WIN32
        before_ = ::GetStdHandle(STD_ERROR_HANDLE);
        ::SetStdHandle(STD_ERROR_HANDLE,
                       reinterpret_cast<HANDLE>(::_get_osfhandle(::_fileno(file_))));
#else
        before_ = ::dup(2);
        ::dup2(::fileno(file_), 2);
#endif
    }
    ~StandardError() {
#ifdef _WIN32
        ::SetStdHandle(STD_ERROR_HANDLE, before_);
#else
        ::dup2(before_, 2);
        ::close(before_);
#endif
        std::fclose(file_);
    }
    StandardError(const StandardError&) = delete;
    StandardError& operator=(const StandardError&) = delete;

    std::string text() const {
        std::string text(std::size_t{1} << 20, '\0');
        std::rewind(file_);
        text.resize(std::fread(text.data(), 1, text.size(), file_));
        return text;
    }

private:
    std::FILE* file_;
#ifdef _WIN32
    HANDLE before_;
#else
    int before_;
#endif
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0, end; (end = text.find('\n', at)) != text.npos; at = end + 1)
        lines.push_back(text.substr(at, end - at));
    return lines;
}

// A line without its time.
std::string untimed(const std::string& line) {
    constexpr std::string_view shape = "0000-00-00T00:00:00.000Z ";
    REQUIRE(line.size() > shape.size());
    for (std::size_t i = 0; i < shape.size(); ++i) {
        CAPTURE(line, i);
        const bool digit = line[i] >= '0' && line[i] <= '9';
        CHECK((shape[i] == '0' ? digit : line[i] == shape[i]));
    }
    return line.substr(shape.size());
}

// What a log writes, line by line, without the times.
template <typename Write>
std::vector<std::string> logged(Write write) {
    const StandardError error;
    write();
    std::vector<std::string> lines = lines_of(error.text());
    for (std::string& line : lines) line = untimed(line);
    return lines;
}

using Lines = std::vector<std::string>;

// Lets only so many bytes of a write through.
class Cut : public test::ScopedHook {
public:
    explicit Cut(std::size_t most) : most_(most) {}
    void before(echo::Call& call) override {
        if (call.name == "write") call.length = (std::min)(call.length, most_);
    }

private:
    std::size_t most_;
};

// Sees what is to be written.
struct Seen : test::ScopedHook {
    void after(const echo::Call& call) override {
        if (call.name != "write") return;
        texts.emplace_back(call.data, call.length);
        described = echo::describe(call);
    }
    std::vector<std::string> texts;
    std::string described;
};

}  // namespace

TEST_CASE("a line of the log says when, how grave, who, what and how many bytes", "[log]") {
    const Log log;
    CHECK(logged([&] {
              log.write(Level::info, "listening");
              log.write(Level::info, peer, "connected");
              log.write(Level::warning, peer, "connection reset by peer", 60000);
              log.write(Level::error, echo::Endpoint::parse("[::1]:80"), "end of stream", 1);
              log.write(Level::info, peer, "end of stream", 0);
          }) == Lines{"info listening", "info 127.0.0.1:48418 connected",
                      "warning 127.0.0.1:48418 connection reset by peer, 60000 bytes",
                      "error [::1]:80 end of stream, 1 byte",
                      "info 127.0.0.1:48418 end of stream, 0 bytes"});
}

TEST_CASE("the time is UTC, with milliseconds", "[log]") {
    using std::chrono::milliseconds;
    using std::chrono::system_clock;
    const auto text = [](long long since_1970) {
        return echo::detail::time_text(system_clock::time_point(milliseconds(since_1970)));
    };
    CHECK(text(0) == "1970-01-01T00:00:00.000Z");
    CHECK(text(1709210096007) == "2024-02-29T12:34:56.007Z");
    CHECK(text(1767225599999) == "2025-12-31T23:59:59.999Z");

    const auto before = echo::detail::time_text(system_clock::now());
    const StandardError error;
    Log().write(Level::info, "now");
    const std::string written = error.text().substr(0, before.size());
    CHECK(before <= written);
    CHECK(written <= echo::detail::time_text(system_clock::now()));
}

TEST_CASE("a log leaves out what is less grave than it was asked for", "[log]") {
    const auto all = [](const Log& log) {
        return logged([&] {
            log.write(Level::debug, "a");
            log.write(Level::info, peer, "b");
            log.write(Level::warning, peer, "c", 2);
            log.write(Level::error, "d");
        });
    };
    CHECK(all(Log(Level::debug)).size() == 4);
    CHECK(all(Log()).front() == "info 127.0.0.1:48418 b");
    CHECK(all(Log(Level::warning)) == Lines{"warning 127.0.0.1:48418 c, 2 bytes", "error d"});
    CHECK(all(Log(Level::error)) == Lines{"error d"});
    CHECK(echo::name(Level::debug) == "debug");
    CHECK(echo::name(Level::error) == "error");
}

TEST_CASE("no text can begin a line of its own, or change the terminal", "[log]") {
    const Log log;
    CHECK(logged([&] {
              log.write(Level::info, "one\n2026-11-25T12:31:07.042Z error forged");
              log.write(Level::info, peer, std::string_view("\r\t\0\x1b[2J\x7f\x9b\xff", 10));
              log.write(Level::info, peer, "\"\\", 2);
          }) == Lines{R"(info one\n2026-11-25T12:31:07.042Z error forged)",
                      R"(info 127.0.0.1:48418 \r\t\x00\x1b[2J\x7f\x9b\xff)",
                      R"(info 127.0.0.1:48418 \"\\, 2 bytes)"});
}

TEST_CASE("a long text is cut, so that a pipe takes the line in one piece", "[log]") {
    const char byte = GENERATE('x', '\x1b');
    const StandardError error;
    Log().write(Level::info, peer, std::string(10000, byte));
    const std::string text = error.text();
    CHECK(text.size() <= 512);
    CHECK(text.size() > 400);
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    CHECK(text.substr(text.size() - 4) == "...\n");
    // Not in the middle of an escape.
    if (byte == '\x1b') CHECK(text.substr(text.size() - 8) == "\\x1b...\n");
}

TEST_CASE("lines that are lost are counted, and a later line tells of them", "[log]") {
    const Log log;
    const auto lose = [&](int lines) {
        for (int i = 0; i < lines; ++i) {
            test::Fail full("write", ENOSPC);
            log.write(Level::info, "lost");
        }
    };
    CHECK(logged([&] {
              lose(1);
              log.write(Level::info, "one");
              lose(3);
              log.write(Level::info, "two");
              log.write(Level::info, "three");
          }) == Lines{"warning 1 line of the log was lost", "info one",
                      "warning 3 lines of the log were lost", "info two", "info three"});
}

TEST_CASE("a line that is left out is not lost", "[log]") {
    CHECK(logged([] {
              test::Fail full("write", ENOSPC);
              Log(Level::error).write(Level::info, "not wanted");
              CHECK(full.seen == 0);
              Log().write(Level::info, "lost");
              Log().write(Level::info, "wanted");
          }) == Lines{"warning 1 line of the log was lost", "info wanted"});
}

TEST_CASE("what comes after half a line begins on a new one", "[log]") {
    const std::size_t most = GENERATE(std::size_t{0}, std::size_t{30});
    const StandardError error;
    {
        const Cut cut(most);
        Log().write(Level::info, peer, "cut off");
    }
    Log().write(Level::info, "whole");
    const std::vector<std::string> lines = lines_of(error.text());
    REQUIRE(lines.size() == (most == 0 ? 2 : 3));
    if (most > 0) CHECK(lines[0].size() == most);
    CHECK(untimed(lines[lines.size() - 2]) == "warning 1 line of the log was lost");
    CHECK(untimed(lines.back()) == "info whole");
}

TEST_CASE("each line is one write", "[log]") {
    Seen seen;
    const StandardError error;
    {
        test::Fail full("write", ENOSPC);
        Log().write(Level::info, peer, "lost", 7);
    }
    Log().write(Level::info, peer, "connected");
    REQUIRE(seen.texts.size() == 2);
    CHECK(lines_of(seen.texts[0]).size() == 1);
    CHECK(lines_of(seen.texts[1]).size() == 2);  // with the one that tells of the loss
    CHECK(seen.texts[1] == error.text());
    CHECK(seen.described == "socket -: write a line of the log -> ok");
}

TEST_CASE("the lines of several threads do not mix", "[log]") {
    constexpr int threads = 4, times = 250;
    const Lines lines = logged([] {
        const Log log;
        std::vector<std::thread> running;
        for (int number = 0; number < threads; ++number)
            running.emplace_back([&log, number] {
                const Log own;  // there may be several, too
                for (int i = 0; i < times; ++i)
                    (i % 2 ? log : own)
                        .write(Level::info, peer, std::string(200, static_cast<char>('a' + number)),
                               static_cast<std::uint64_t>(i));
            });
        for (std::thread& thread : running) thread.join();
    });
    CHECK(lines.size() == threads * times);
    for (int number = 0; number < threads; ++number)
        for (int i = 0; i < times; ++i) {
            const std::string line = "info 127.0.0.1:48418 " +
                                     std::string(200, static_cast<char>('a' + number)) + ", " +
                                     std::to_string(i) + (i == 1 ? " byte" : " bytes");
            if (std::count(lines.begin(), lines.end(), line) != 1) FAIL_CHECK(line);
        }
}

TEST_CASE("a log on a standard error that is closed loses its lines, and no more", "[log]") {
#ifdef _WIN32
    SKIP_BECAUSE("closing the handle would take it from all that runs here");
#else
    const StandardError error;  // puts the old one back
    const int aside = ::dup(2);
    ::close(2);
    CHECK_NOTHROW(Log().write(Level::info, "lost"));
    ::dup2(aside, 2);
    ::close(aside);
    Log().write(Level::info, "there");
    const Lines lines = lines_of(error.text());
    REQUIRE(lines.size() == 2);
    CHECK(untimed(lines[0]) == "warning 1 line of the log was lost");
#endif
}

TEST_CASE("a log whose reader has gone, or sleeps, neither ends the program nor waits", "[log]") {
#ifdef _WIN32
    SKIP_BECAUSE("on Windows nobody can ask a pipe whether it has room");
#else
    const bool gone = GENERATE(true, false);
    const StandardError error;
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const int aside = ::dup(2);
    ::dup2(ends[1], 2);
    ::close(ends[1]);
    if (gone) ::close(ends[0]);
    // More than any pipe holds; the signal would end this program, and waiting would never end.
    for (int i = 0; i < 3000; ++i) Log().write(Level::info, peer, std::string(400, 'x'));
    ::dup2(aside, 2);
    ::close(aside);
    if (!gone) ::close(ends[0]);
    sigset_t pending;
    ::sigpending(&pending);
    CHECK(sigismember(&pending, SIGPIPE) == 0);
    Log().write(Level::info, "there");
    const Lines lines = lines_of(error.text());
    REQUIRE(lines.size() == 2);
    const std::string lost = untimed(lines[0]);
    CAPTURE(lost);
    CHECK(lost.find("warning ") == 0);
    CHECK(lost.find(" lines of the log were lost") != lost.npos);
    if (gone) CHECK(lost == "warning 3000 lines of the log were lost");
#endif
}

#ifndef _WIN32
TEST_CASE("a SIGPIPE that waited before a log's write waits after it", "[log]") {
    sigset_t broken_pipe, before, pending;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
    ::pthread_kill(::pthread_self(), SIGPIPE);
    CHECK(logged([] { Log().write(Level::info, "there"); }) == Lines{"info there"});
    ::sigpending(&pending);
    CHECK(sigismember(&pending, SIGPIPE) == 1);
    int taken = 0;
    ::sigwait(&broken_pipe, &taken);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}
#endif

TEST_CASE("a result says in words how it went", "[log]") {
    using echo::Result;
    using echo::Status;
    const auto failed = [](Status status, std::errc code) {
        return Result{status, 3, test::code_of(code)}.text();
    };
    CHECK(Result{}.text() == "ok");
    CHECK(Result{Status::end, 7, {}}.text() == "end of stream");
    CHECK(Result{Status::timed_out, 0, {}}.text() == "timed out");
    CHECK(failed(Status::reset, std::errc::connection_reset) == "connection reset by peer");
    CHECK(failed(Status::reset, std::errc::broken_pipe) == "broken pipe, the peer takes no more");
    CHECK(failed(Status::failed, std::errc::no_buffer_space) == "no buffer space");

    test::Pair pair;
    char buffer[1];
    pair.client.shutdown_send();
    CHECK(pair.server.recv(buffer, test::soon()).text() == "end of stream");
    CHECK(pair.client.recv(buffer, echo::after(std::chrono::milliseconds(1))).text() ==
          "timed out");
    test::Fail fail("send", ECONNRESET);
    CHECK(pair.server.send("x").text() == "connection reset by peer");
}

TEST_CASE("as JSON a line is an object, whatever a stranger says", "[log]") {
    const Log log(Level::info, Log::Format::json);
    const StandardError error;
    log.write(Level::debug, "not told");
    log.write(Level::info, "listening");
    log.write(Level::warning, peer, "connection reset by peer", 6);
    log.write(Level::error, std::string("a\"b\\c\nd\x01\xff\0e", 11));
    std::vector<std::string> lines = lines_of(error.text());
    REQUIRE(lines.size() == 3);
    for (std::string& line : lines) {
        const std::string start = "{\"time\":\"", rest = "\",\"level\":";
        REQUIRE(line.substr(0, start.size()) == start);
        const std::size_t end = line.find(rest);
        CHECK(untimed(line.substr(start.size(), end - start.size()) + " .") == ".");
        line = line.substr(end + 2);
    }
    CHECK(lines[0] == R"("level":"info","message":"listening"})");
    CHECK(lines[1] == R"("level":"warning","peer":"127.0.0.1:48418",)"
                      R"("message":"connection reset by peer","bytes":6})");
    CHECK(lines[2] == R"("level":"error","message":"a\"b\\c\u000ad\u0001\u00ff\u0000e"})");
}

TEST_CASE("as JSON a text without end ends, and a lost line is told of, too", "[log]") {
    const Log log(Level::info, Log::Format::json);
    const StandardError error;
    {
        test::Fail full("write", ENOSPC);
        log.write(Level::info, "lost");
    }
    log.write(Level::info, std::string(5000, '\n'));
    const std::vector<std::string> lines = lines_of(error.text());
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].find("\"message\":\"1 line of the log was lost\"}") != std::string::npos);
    CHECK(lines[1].size() < 512);
    CHECK(lines[1].substr(lines[1].size() - 8) == "\\u000a\"}");
}
