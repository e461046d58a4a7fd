// The tests of lesson 03: bytes, not messages, and none is lost, however they are cut on the way.
// They start build/lessons/03-byte-stream/server, or the program in ECHO_PROGRAM.

#include "bytes.hpp"
#include "catch.hpp"
#include "visitor.hpp"

#include <cstddef>
#include <string_view>

using harness::random_bytes;
using harness::ServerTest;
using harness::Visitor;

namespace {

constexpr std::string_view lesson = "03-byte-stream";
constexpr std::size_t mebibyte = std::size_t{1} << 20;

void part(Visitor& client) {
    client.finish_sending();
    client.expect_end_of_stream();
}

}  // namespace

TEST_CASE("nothing is lost when a send takes only three bytes", "[03]") {
    ServerTest test(lesson, "send:short=3");
    Visitor client(test);
    client.send("TCP carries bytes, not messages.\n");
    client.expect_echo();
    client.send("And send may take only some of them.\n");
    client.expect_echo();
    part(client);
}

TEST_CASE("nothing is lost when a recv gives one byte at a time", "[03]") {
    ServerTest test(lesson, "recv:short=1");
    Visitor client(test);
    client.send("one byte, and one more, and one more\n");
    client.expect_echo();
    part(client);
}

TEST_CASE("short sends and short receives together", "[03]") {
    ServerTest test(lesson, "recv:short=5; send:short=2");
    Visitor client(test);
    client.send(random_bytes(1000));
    client.expect_echo();
    part(client);
}

TEST_CASE("a message that comes byte by byte", "[03]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.send_byte_by_byte("slowly, but surely\n");
    client.expect_echo();
    client.send("and at once\n");
    client.expect_echo();
    part(client);
}

TEST_CASE("three messages sent before the first echo is read", "[03]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.send("one\n");
    client.send("two\n");
    client.send("three without a newline");
    client.expect_echo();
    part(client);
}

TEST_CASE("a mebibyte sent at once", "[03]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.exchange(random_bytes(mebibyte));
    part(client);
}

TEST_CASE("eight mebibytes, sent and received at the same time", "[03]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.exchange(random_bytes(8 * mebibyte));
    part(client);
}

TEST_CASE("a hundred thousand bytes through sends that take a thousand", "[03]") {
    ServerTest test(lesson, "send:short=1000");
    Visitor client(test);
    client.exchange(random_bytes(100000));
    part(client);
}

TEST_CASE("who can't be sent to any more is given up", "[03]") {
    ServerTest test(lesson, "send:EPIPE");
    Visitor client(test);
    client.send("is anybody there?\n");
    if (!test.has_faults()) client.finish_sending();  // nothing fails: the client ends it
    client.expect_clean_end();
}

TEST_CASE("a client that reads nothing until no more can be sent", "[03]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.exchange_reading_late(random_bytes(100003));
    part(client);
}
