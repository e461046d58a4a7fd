// The README's examples do what the README says of them. They are compiled from its text.
#include "catch.hpp"
#include "process.hpp"
#include "program.hpp"

#include <echo.hpp>

#include <string>

namespace {

using harness::Process;

echo::Deadline soon() { return echo::after(2 * harness::patience()); }

// The README's n-th program in C++.
Process start(int number, const std::string& port = {}) {
    Process::Options options;
    options.arguments = {std::string(ECHO_BUILD_DIR) + "/tests/readme/example-" +
                         std::to_string(number)};
    options.environment = {{"PORT", port}};
    return Process(options);
}

// One that is a server, as somebody who connects to it sees it.
class ExampleServer {
public:
    explicit ExampleServer(int number) : process_(start(number)) {
        const auto has_line = [](const std::string& output) {
            return output.find('\n') != std::string::npos;
        };
        REQUIRE(process_.wait_for_output(has_line, soon()));
        const std::string line = process_.output();
        const std::size_t port = line.rfind(':') + 1;
        port_ = echo::parse_port(line.substr(port, line.find_first_of("\r\n") - port));
    }
    std::string port() const { return std::to_string(port_); }

    // All that comes back, up to the end of the stream.
    std::string answer(std::string_view bytes) const {
        auto client = echo::connect(echo::Endpoint::loopback(port_), soon());
        REQUIRE(client.send_all(bytes, soon()));
        client.shutdown_send();
        std::string answer(1000, '\0');
        const echo::Result got = client.recv_exactly(answer, soon());
        CHECK(got.status == echo::Status::end);
        answer.resize(got.bytes);
        return answer;
    }

private:
    Process process_;
    std::uint16_t port_ = 0;
};

}  // namespace

TEST_CASE("README: the client and the server of three lines talk to each other", "[tools]") {
    const ExampleServer server(2);
    Process client = start(1, server.port());
    const auto ending = client.wait(soon());
    REQUIRE(ending.has_value());
    CHECK(ending->text() == "exit code 0");
    CHECK(client.errors().empty());
    CHECK(client.output().find("127.0.0.1:" + server.port() + " says hello") == 0);
}

TEST_CASE("README: a server inside the program", "[tools]") {
    Process example = start(3);
    const auto ending = example.wait(soon());
    REQUIRE(ending.has_value());
    CHECK(ending->text() == "exit code 0");
    CHECK(example.output().find("the same came back") == 0);
    CHECK(example.errors().empty());
}

TEST_CASE("README: a server of lines, which counts for each client", "[tools]") {
    const ExampleServer server(4);
    CHECK(server.answer("one\ntwo\nquit\n") == "1: one\n2: two\nbye\n");
    CHECK(server.answer("three\n") == "1: three\n");
}
