// The tests of lesson 01: one client talks, and every byte comes back.
// They start build/lessons/01-one-client/server, or the program in ECHO_PROGRAM.

#include "catch.hpp"
#include "visitor.hpp"

#include <string>
#include <string_view>

using harness::ServerTest;
using harness::Visitor;
using namespace std::string_view_literals;

namespace {

constexpr std::string_view lesson = "01-one-client";

// The client says what it has to say, hears it back, and both part.
void part(Visitor& client) {
    client.finish_sending();
    client.expect_end_of_stream();
}

}  // namespace

TEST_CASE("a line comes back", "[01]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.send("hello\n");
    client.expect_echo();
    part(client);
}

TEST_CASE("a zero byte in the middle comes back", "[01]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.send("before\0after\n"sv);
    client.expect_echo();
    part(client);
}

TEST_CASE("every byte value comes back", "[01]") {
    ServerTest test(lesson);
    Visitor client(test);
    std::string bytes = "all: ";
    for (int value = 255; value >= 0; --value) bytes += static_cast<char>(value);
    client.send(bytes);
    client.expect_echo();
    part(client);
}

TEST_CASE("two messages, one after the other, the second shorter", "[01]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.send("the first message\n");
    client.expect_echo();
    client.send("second\n");
    client.expect_echo();
    part(client);
}

TEST_CASE("an answer comes at once, without a newline", "[01]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.send("no newline here");
    client.expect_echo();
    part(client);
}

TEST_CASE("spaces and the ends of lines come back as they are", "[01]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.send("  dos\r\n\r\nunix\n\nmac\r\tTab, UPPER, lower \r\n");
    client.expect_echo();
    part(client);
}

TEST_CASE("bytes that look like text in some encoding come back", "[01]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.send("gr\xc3\xbc\xc3\x9f dich\n");  // UTF-8
    client.expect_echo();
    client.send("gr\xfc\xdf dich\n");  // the same in Latin-1, which is not valid UTF-8
    client.expect_echo();
    client.send("\xff\xfeh\0i\0"sv);  // UTF-16 with its mark
    client.expect_echo();
    part(client);
}

TEST_CASE("ten thousand bytes come back, more than most buffers hold", "[01]") {
    ServerTest test(lesson);
    Visitor client(test);
    std::string bytes;
    for (int i = 0; bytes.size() < 10007; ++i) bytes += std::to_string(i) + ' ';
    bytes.resize(10007);
    client.send(bytes);
    client.expect_echo();
    part(client);
}

TEST_CASE("the conversation ends when the client has finished", "[01]") {
    ServerTest test(lesson);
    Visitor client(test);
    client.finish_sending();  // without a word
    client.expect_end_of_stream();
}
