// The tests of lesson 02: the client connects, sends each line, and prints the whole echo.
// They start build/lessons/02-the-client/client, or the program in ECHO_PROGRAM. The test is the
// server, and a difficult one.

#include "catch.hpp"
#include "host.hpp"

#include <string>
#include <string_view>

using harness::ClientTest;
using harness::Host;
using namespace std::string_view_literals;

namespace {

constexpr std::string_view lesson = "02-the-client";

}  // namespace

TEST_CASE("a line goes out and its echo is printed", "[02]") {
    ClientTest test(lesson);
    Host& server = test.host();
    test.type("hello\n");
    server.expect("hello\n");
    server.send("hello\n");
    test.end_input();
    test.expect_printed("hello\n");
    test.expect_exit(0);
}

TEST_CASE("what is printed is what came from the server", "[02]") {
    ClientTest test(lesson);
    Host& server = test.host();
    test.type("question\n");
    server.expect("question\n");
    server.send("answer!!\n");  // as many bytes, but others
    test.end_input();
    test.expect_printed("answer!!\n");
    test.expect_exit(0);
}

TEST_CASE("three lines, one after the other, the last the shortest", "[02]") {
    ClientTest test(lesson);
    Host& server = test.host();
    for (const std::string_view line : {"the first line\n"sv, "line two\n"sv, "\n"sv}) {
        test.type(line);
        server.expect(line);
        server.send(line);
    }
    test.end_input();
    test.expect_printed("the first line\nline two\n\n");
    test.expect_exit(0);
}

TEST_CASE("an echo in two pieces is one echo", "[02]") {
    ClientTest test(lesson);
    Host& server = test.host();
    test.type("cut in the middle\n");
    server.expect("cut in the middle\n");
    server.send("cut in");
    server.expect_patience();
    server.send(" the middle\n");
    test.type("whole\n");
    server.expect("whole\n");
    server.send("whole\n");
    test.end_input();
    test.expect_printed("cut in the middle\nwhole\n");
    test.expect_exit(0);
}

TEST_CASE("an echo that comes byte by byte is printed whole", "[02]") {
    ClientTest test(lesson, "recv:short=1");
    Host& server = test.host();
    test.type("one byte at a time\n");
    server.expect("one byte at a time\n");
    server.send_byte_by_byte("one byte at a time\n");
    test.end_input();
    test.expect_printed("one byte at a time\n");
    test.expect_exit(0);
}

TEST_CASE("a long line comes back whole", "[02]") {
    ClientTest test(lesson);
    Host& server = test.host();
    const std::string line = std::string(9999, 'x') + "end\n";
    test.type(line);
    server.expect(line);
    server.send(line);
    test.end_input();
    test.expect_printed(line);
    test.expect_exit(0);
}

TEST_CASE("nothing is lost when the client's send takes only three bytes", "[02]") {
    ClientTest test(lesson, "send:short=3");
    Host& server = test.host();
    test.type("a line in many sends\n");
    server.expect("a line in many sends\n");
    server.send("a line in many sends\n");
    test.end_input();
    test.expect_printed("a line in many sends\n");
    test.expect_exit(0);
}

TEST_CASE("a server that goes away early is reported", "[02][exit-1]") {
    ClientTest test(lesson);
    Host& server = test.host();
    test.type("hello\n");
    server.expect("hello\n");
    server.hang_up();
    test.end_input();
    test.expect_exit(1);
    test.expect_complaint("");
}

TEST_CASE("a server that goes away in the middle of an echo is reported", "[02][exit-1]") {
    ClientTest test(lesson);
    Host& server = test.host();
    test.type("hello\n");
    server.expect("hello\n");
    server.send("hel");
    server.hang_up();
    test.end_input();
    test.expect_exit(1);
    test.expect_complaint("");
}

TEST_CASE("nobody listens there: one line that says so, and exit code 1", "[02][exit-1]") {
    const std::string port = std::to_string(ClientTest::closed_port());
    ClientTest test(lesson, "127.0.0.1", port);
    test.end_input();
    test.expect_exit(1);
    test.expect_complaint(port);
}

TEST_CASE("a port that is no port: one line that names it, and exit code 2", "[02]") {
    const std::string port = GENERATE(as<std::string>{}, "nonsense", "70000", "-1", "");
    ClientTest test(lesson, "127.0.0.1", port);
    test.end_input();
    test.expect_exit(2);
    test.expect_complaint(port);
}
