// Lines out of a stream: however the peer cuts its bytes into sends, however long they are.
#include "catch.hpp"
#include "pair.hpp"

#include <string>

using echo::LineReader;
using echo::Status;
using test::soon;

namespace {

struct Taken {
    Status status;
    std::string text;
    bool operator==(const Taken&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Taken& taken) {
    return out << echo::name(taken.status) << ' ' << echo::quote(taken.text, 100);
}

Taken next(LineReader& lines, echo::Deadline deadline = soon()) {
    const echo::Line line = lines.next(deadline);
    return {line.status, std::string(line.text)};
}

}  // namespace

TEST_CASE("several lines in one send come one by one", "[lines]") {
    test::Pair pair;
    REQUIRE(pair.client.send_all("one\ntwo\r\n\n\r\nlast\n"));
    pair.client.shutdown_send();
    LineReader lines(pair.server);
    CHECK(next(lines) == Taken{Status::ok, "one"});
    CHECK(next(lines) == Taken{Status::ok, "two"});
    CHECK(next(lines) == Taken{Status::ok, ""});
    CHECK(next(lines) == Taken{Status::ok, ""});
    CHECK(next(lines) == Taken{Status::ok, "last"});
    CHECK(next(lines) == Taken{Status::end, ""});
    CHECK(next(lines) == Taken{Status::end, ""});
}

TEST_CASE("a line that comes a byte at a time is put together", "[lines]") {
    test::Pair pair;
    test::Shorten shorten("recv", 1);
    const std::string odd("a zero \0 and a lone \r stay", 26);
    REQUIRE(pair.client.send_all("hello\r\n" + odd + "\n"));
    LineReader lines(pair.server);
    CHECK(next(lines) == Taken{Status::ok, "hello"});
    CHECK(next(lines) == Taken{Status::ok, odd});
}

TEST_CASE("a line may be as long as the limit, whatever its end, and no longer", "[lines]") {
    const std::string end = GENERATE(as<std::string>{}, "\n", "\r\n");
    const std::size_t at_a_time = GENERATE(as<std::size_t>{}, 1, 5, 4096);
    CAPTURE(end, at_a_time);
    test::Pair pair;
    test::Shorten shorten("recv", at_a_time);
    REQUIRE(pair.client.send_all("12345" + end + "123456" + end + "ok" + end));
    LineReader lines(pair.server, 5);
    CHECK(next(lines) == Taken{Status::ok, "12345"});
    CHECK(next(lines) == Taken{Status::too_long, "12345"});
    CHECK(next(lines) == Taken{Status::ok, "6"});
    CHECK(next(lines) == Taken{Status::ok, "ok"});
}

TEST_CASE("a peer that sends no end of line does not fill the memory", "[lines]") {
    test::Pair pair;
    test::Count recv("recv");
    (void)test::fill(pair.client);
    LineReader lines(pair.server, 100);
    CHECK(next(lines) == Taken{Status::too_long, std::string(100, 'x')});
    CHECK(recv.seen == 1);
}

TEST_CASE("an end in the middle of a line is told apart from the end", "[lines]") {
    test::Pair pair;
    REQUIRE(pair.client.send_all("whole\nhalf\r"));
    pair.client.shutdown_send();
    LineReader lines(pair.server);
    CHECK(next(lines) == Taken{Status::ok, "whole"});
    CHECK(next(lines) == Taken{Status::cut_short, "half\r"});
    CHECK(next(lines) == Taken{Status::end, ""});
}

TEST_CASE("a line that is not there by the deadline can still come later", "[lines]") {
    test::Pair pair;
    REQUIRE(pair.client.send_all("first\nslow"));
    LineReader lines(pair.server);
    CHECK(next(lines) == Taken{Status::ok, "first"});
    CHECK(next(lines, echo::after(std::chrono::milliseconds(1))) == Taken{Status::timed_out, ""});
    REQUIRE(pair.client.send_all("ly\n"));
    CHECK(next(lines) == Taken{Status::ok, "slowly"});
}

TEST_CASE("a reset while a line is read is a result, with its error", "[lines]") {
    test::Pair pair;
    REQUIRE(pair.client.send_all("half"));
    LineReader lines(pair.server);
    test::Fail fail("recv", ECONNRESET, 2);
    const echo::Line line = lines.next(soon());
    CHECK(line.status == Status::reset);
    CHECK(line.error == test::code_of(std::errc::connection_reset));
    CHECK_FALSE(line);
}

TEST_CASE("a reader for lines of no bytes is a mistake in the program", "[lines]") {
    test::Pair pair;
    CHECK_THROWS_AS(LineReader(pair.server, 0), std::logic_error);
}
