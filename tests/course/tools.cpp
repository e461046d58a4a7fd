// The tools echo-server and echo-client, as a person uses them: good days, bad input, bad company.
#include "catch.hpp"
#include "process.hpp"
#include "program.hpp"
#include "resets.hpp"

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#ifndef _WIN32
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace {

using harness::Process;

echo::Deadline soon() { return echo::after(2 * harness::patience()); }

Process start(const std::string& tool, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(ECHO_BUILD_DIR) + "/" + tool);
    Process::Options options{arguments, {}, true};
    options.output_limit = std::size_t{64} << 20;
    return Process(options);
}

bool has_line(const std::string& output) { return output.find('\n') != std::string::npos; }

std::uint16_t port_in(const std::string& first_line) {
    REQUIRE(first_line.rfind("listening on ", 0) == 0);
    const std::size_t port = first_line.find("]:") != std::string::npos ? first_line.find("]:") + 2
                                                                        : first_line.find(':') + 1;
    return echo::parse_port(
        first_line.substr(port, first_line.find_first_not_of("0123456789", port) - port));
}

struct Server {
    explicit Server(std::vector<std::string> arguments = {"0"})
        : process(start("echo-server", std::move(arguments))) {
        REQUIRE(process.wait_for_output(has_line, soon()));
        port = std::to_string(port_in(process.output()));
    }

    echo::Connection connect() const {
        return echo::connect("127.0.0.1", echo::parse_port(port), soon());
    }

    Process process;
    std::string port;
};

// One line, no more, which names all of these; nothing on standard output.
void check_complaint(Process& tool, int code, const std::vector<std::string>& words) {
    const auto ending = tool.wait(soon());
    REQUIRE(ending.has_value());
    CHECK(ending->text() == "exit code " + std::to_string(code));
    std::string errors = tool.errors();
    CAPTURE(errors);
    CHECK(tool.output().empty());
    REQUIRE_FALSE(errors.empty());
    CHECK(errors.find('\n') == errors.size() - 1);
    for (const std::string& word : words) {
        CAPTURE(word);
        CHECK(errors.find(word) != std::string::npos);
    }
}

std::string any_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    unsigned state = 1;
    for (char& byte : bytes) {
        state = state * 1664525u + 1013904223u;
        byte = static_cast<char>(state >> 24);
    }
    return bytes;
}

bool echoes(echo::Connection& client, const std::string& text) {
    std::string came(text.size(), '?');
    return client.send_all(text, soon()) && client.recv_exactly(came, soon()) && came == text;
}

// A part of a line of its log is there, or will be soon.
bool is_logged(Server& server, const std::string& part) {
    const echo::Deadline deadline = soon();
    while (server.process.errors().find(part) == std::string::npos) {
        if (echo::Clock::now() > deadline) return false;
        (void)server.process.wait(echo::after(std::chrono::milliseconds(1)));
    }
    return true;
}

// What the program says to its client is the echo, and nothing else.
void check_only_the_echo(echo::Connection& client) {
    CHECK(echoes(client, "hello\n"));
    client.shutdown_send();
    char rest[1];
    CHECK(client.recv(rest, soon()).status == echo::Status::end);
}

#ifndef _WIN32
// An echo-server whose standard error is this file.
class LogGoesTo {
public:
    explicit LogGoesTo(const std::string& file) : process_(options(file)) {
        REQUIRE(process_.wait_for_output(has_line, soon()));
        port_ = port_in(process_.output());
    }

    void check_a_client() const {
        auto client = echo::connect("127.0.0.1", port_, soon());
        check_only_the_echo(client);
    }
    // As many as fill a pipe with what is logged of them.
    void check_some_clients() const {
        for (int i = 0; i < 1000; ++i) check_a_client();
        CHECK_FALSE(process_.ending().has_value());
    }

private:
    static Process::Options options(const std::string& file) {
        Process::Options options;
        options.arguments = {"sh", "-c", "exec \"$0\" 0 2> \"$1\"",
                             std::string(ECHO_BUILD_DIR) + "/echo-server", file};
        return options;
    }

    Process process_;
    std::uint16_t port_ = 0;
};

// A pipe with a name, and its reader.
class Fifo {
public:
    Fifo()
        : path_((std::filesystem::temp_directory_path() /
                 ("echo-fifo-" + std::to_string(std::random_device()())))
                    .string()) {
        REQUIRE(::mkfifo(path_.c_str(), 0600) == 0);
        reader_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        REQUIRE(reader_ >= 0);
    }
    ~Fifo() {
        ::close(reader_);
        std::filesystem::remove(path_);
    }
    Fifo(const Fifo&) = delete;
    Fifo& operator=(const Fifo&) = delete;

    const std::string& path() const { return path_; }
    void stop_reading() {
        ::close(reader_);
        reader_ = -1;
    }
    // What is there.
    std::string read() const {
        std::string text;
        std::array<char, 4096> buffer;
        for (;;) {
            const auto got = ::read(reader_, buffer.data(), buffer.size());
            if (got <= 0) return text;
            text.append(buffer.data(), static_cast<std::size_t>(got));
        }
    }
    // What comes, up to this.
    std::string read_until(const std::string& part) const {
        std::string text;
        const echo::Deadline deadline = soon();
        while (text.find(part) == std::string::npos) {
            REQUIRE(echo::Clock::now() < deadline);
            (void)echo::sys::poll(reader_, POLLIN, 10);
            text += read();
        }
        return text;
    }

private:
    std::string path_;
    int reader_ = -1;
};
#endif

}  // namespace

TEST_CASE("echo-server serves one client after another", "[tools]") {
    const Server server;
    for (const char* const text : {"hello\n", "second\n", "third\n"}) {
        CAPTURE(text);
        auto client = server.connect();
        check_only_the_echo(client);
    }
}

TEST_CASE("echo-server outlives a client that resets", "[tools]") {
    const Server server;
    for (int i = 0; i < 3; ++i) {
        auto rude = server.connect();
        (void)rude.send(any_bytes(200000), soon()).bytes;
        rude.reset();
    }
    auto client = server.connect();
    CHECK(echoes(client, "still here?\n"));
}

TEST_CASE("echo-server's first line is all it prints, and its log says who came and went",
          "[tools]") {
    Server server;
    auto client = server.connect();
    const std::string who = ' ' + client.local().text() + ' ';
    CHECK(echoes(client, "x"));
    client.shutdown_send();
    char rest[1];
    CHECK(client.recv(rest, soon()).status == echo::Status::end);
    client.close();
    CHECK(is_logged(server, " info" + who + "connected\n"));
    CHECK(is_logged(server, " info" + who + "end of stream, 1 byte\n"));
    const std::string errors = server.process.errors();
    CAPTURE(errors);
    CHECK(std::count(errors.begin(), errors.end(), '\n') == 2);
    CHECK(server.process.output().find('\n') + 1 == server.process.output().size());
}

TEST_CASE("echo-server logs why a rude client went, as a warning", "[tools]") {
    if (course::hides_resets()) SKIP_BECAUSE("Wine hides resets");
    Server server;
    auto rude = server.connect();
    const std::string who = rude.local().text();
    CHECK(echoes(rude, "hello\n"));
    rude.reset();
    CHECK(is_logged(server, " warning " + who + " connection reset by peer, 6 bytes\n"));
}

#ifndef _WIN32
TEST_CASE("whatever becomes of its log, echo-server serves its clients", "[tools]") {
    SECTION("its disk is full") {
        if (!std::filesystem::exists("/dev/full")) SKIP_BECAUSE("this system has no /dev/full");
        const LogGoesTo server("/dev/full");
        server.check_some_clients();
    }
    SECTION("its reader has gone") {
        Fifo fifo;
        const LogGoesTo server(fifo.path());
        fifo.stop_reading();
        server.check_some_clients();
    }
    SECTION("its reader sleeps, and wakes") {
        const Fifo fifo;
        const LogGoesTo server(fifo.path());
        server.check_some_clients();
        const std::string first = fifo.read();
        // What did not fit is lost, and the reader is told.
        server.check_a_client();
        const std::string then = fifo.read_until(" lines of the log were lost\n");
        CHECK(first.substr(first.size() - 1) == "\n");
        CHECK(then.find(" warning ") != std::string::npos);
    }
}
#endif

TEST_CASE("echo-server refuses what is no port", "[tools]") {
    const std::string port =
        GENERATE(as<std::string>{}, "0x50", "70000", "", "-1", " 80", "80x", "65536");
    CAPTURE(port);
    Process tool = start("echo-server", {port});
    check_complaint(tool, 2, {"port", echo::quote(port), "0 to 65535"});
}

TEST_CASE("echo-server serves as many at once as it is told, and then the next in line",
          "[tools]") {
    const Server server({"0", "--max-clients", "2"});
    auto one = server.connect();
    auto two = server.connect();
    CHECK(echoes(two, "two\n"));
    CHECK(echoes(one, "one\n"));
    auto three = server.connect();
    CHECK(three.send_all("three\n", soon()));
    CHECK(echoes(two, "the house is full\n"));
    one.close();
    std::string came(6, '?');
    CHECK(three.recv_exactly(came, soon()));
    CHECK(came == "three\n");
}

TEST_CASE("echo-server refuses what is no number of clients", "[tools]") {
    const std::string limit = GENERATE(as<std::string>{}, "0", "x", "99999999", "-1", "");
    Process tool = start("echo-server", {"--max-clients", limit});
    check_complaint(tool, 2, {"--max-clients", echo::quote(limit), "a whole number from 1 to"});
}

TEST_CASE("echo-server says that a port is in use", "[tools]") {
    const Server first({"0", "--host", "127.0.0.1"});
    Process second = start("echo-server", {first.port, "--host", "127.0.0.1"});
    check_complaint(second, 1, {"127.0.0.1:" + first.port, "in use", "choose another port"});
}

// Every way in which a parent can forget a standard stream. Should a socket take the place of one,
// text or input goes astray into it.
TEST_CASE("with any standard stream closed no text gets into a socket", "[tools]") {
    if (!harness::can_close_streams)
        SKIP_BECAUSE("on this system a program can't be started without a standard stream");
    const unsigned closed = GENERATE(0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u);
    CAPTURE(closed);
    Process::Options options;
    for (unsigned stream = 0; stream < 3; ++stream)
        options.closed[stream] = (closed >> stream & 1) != 0;
    options.capture_input = true;

    SECTION("echo-server, which has to print its port") {
        options.arguments = {std::string(ECHO_BUILD_DIR) + "/echo-server", "0"};
        Process server(options);
        if (options.closed[1]) {
            const auto ending = server.wait(soon());
            REQUIRE(ending.has_value());
            CHECK(ending->text() == "exit code 1");
            CHECK((server.errors().find("standard output: not open") != std::string::npos) ==
                  !options.closed[2]);
        } else {
            REQUIRE(server.wait_for_output(has_line, soon()));
            auto client = echo::connect("127.0.0.1", port_in(server.output()), soon());
            check_only_the_echo(client);
        }
    }
    SECTION("echo-client, which has to print its echo") {
        auto listener = echo::listen(echo::Endpoint::loopback(0));
        options.arguments = {std::string(ECHO_BUILD_DIR) + "/echo-client", "127.0.0.1",
                             std::to_string(listener.endpoint().port())};
        Process client(options);
        client.write_input("hello\n");
        client.close_input();
        auto taken = listener.try_accept(soon());
        REQUIRE(taken);
        echo::Connection& server = taken.connection;
        std::string all;
        char buffer[100];
        while (const auto got = server.recv(buffer, soon())) {
            all += echo::first(buffer, got.bytes);
            if (!server.send_all(echo::first(buffer, got.bytes), soon())) break;
        }
        server.shutdown_send();
        CHECK(all == (options.closed[0] ? "" : "hello\n"));
        const auto ending = client.wait(soon());
        REQUIRE(ending.has_value());
        const bool good = !options.closed[0] && !options.closed[1];
        CHECK(ending->text() == (good ? "exit code 0" : "exit code 1"));
        const std::string reason = options.closed[0] ? "standard input" : "standard output";
        CHECK((client.errors().find(reason) != std::string::npos) == (!good && !options.closed[2]));
    }
}

TEST_CASE("an accepted socket takes the place of no standard stream either", "[tools]") {
    if (!harness::can_close_streams)
        SKIP_BECAUSE("on this system a program can't be started without a standard stream");
    const auto trace = std::filesystem::temp_directory_path() /
                       ("echo-low-" + std::to_string(std::random_device()()));
    Process::Options options;
    options.arguments = {std::string(ECHO_BUILD_DIR) + "/solutions/01-one-client/server"};
    options.environment = {{"ECHO_TRACE", trace.string()}};
    options.closed = {true, false, true};  // the file of the trace takes 0, and 2 is free
    Process server(options);
    REQUIRE(server.wait_for_output(has_line, soon()));
    auto client = echo::connect("127.0.0.1", port_in(server.output()), soon());
    check_only_the_echo(client);
    CHECK(server.wait(soon()).has_value());
    std::stringstream text;
    text << std::ifstream(trace).rdbuf();
    std::filesystem::remove(trace);
    INFO(text.str());
    CHECK(text.str().find("accept -> socket ") != std::string::npos);
    CHECK(text.str().find("accept -> socket 2 ") == std::string::npos);
}

TEST_CASE("unknown options and too many arguments are refused", "[tools]") {
    struct Row {
        const char* tool;
        std::vector<std::string> arguments;
        const char* named;
    };
    const Row row =
        GENERATE(Row{"echo-server", {"--port"}, "--port"}, Row{"echo-server", {"-p", "80"}, "-p"},
                 Row{"echo-server", {"1", "2"}, "\"2\""},
                 Row{"echo-server", {"1", "--max-clients"}, "--max-clients"},
                 Row{"echo-client", {"--verbose"}, "--verbose"},
                 Row{"echo-client", {"127.0.0.1", "7", "-x"}, "-x"},
                 Row{"echo-client", {"127.0.0.1", "7", "8"}, "\"8\""});
    Process tool = start(row.tool, row.arguments);
    check_complaint(tool, 2, {row.named});
}

TEST_CASE("--help prints the usage and is no error", "[tools]") {
    const std::string name = GENERATE(as<std::string>{}, "echo-server", "echo-client");
    Process tool = start(name, {"--help"});
    const auto ending = tool.wait(soon());
    REQUIRE(ending.has_value());
    CHECK(ending->text() == "exit code 0");
    CHECK(tool.output().rfind("usage: " + name, 0) == 0);
    CHECK(tool.errors().empty());
}

TEST_CASE("both tools tell the header's version", "[tools]") {
    const std::string name = GENERATE(as<std::string>{}, "echo-server", "echo-client");
    Process tool = start(name, {"--version"});
    const auto ending = tool.wait(soon());
    REQUIRE(ending.has_value());
    CHECK(ending->text() == "exit code 0");
    CHECK(tool.output().rfind(name + ' ' + std::string(echo::version), 0) == 0);
}

TEST_CASE("echo-server --trace shows the calls that it makes", "[tools]") {
    Server server({"0", "--trace", "--host", "127.0.0.1"});
    auto client = server.connect();
    REQUIRE(client.send_all("hello", soon()));
    char first = 0;
    REQUIRE(client.recv({&first, 1}, soon()));
    server.process.kill();
    REQUIRE(server.process.wait(soon()));
    const std::string calls = server.process.errors();  // complete by now
    CAPTURE(calls);
    CHECK(calls.find(": bind 127.0.0.1:0 -> ok") != std::string::npos);
    CHECK(calls.find(": accept -> socket ") != std::string::npos);
    CHECK(calls.find(": recv at most 65536 bytes -> 5 bytes \"hello\"") != std::string::npos);
}

TEST_CASE("echo-client prints the echo of each line as it is typed", "[tools]") {
    const Server server;
    Process client = start("echo-client", {"127.0.0.1", server.port});
    std::string printed;
    for (const char* const line : {"one\n", "two\n"}) {
        client.write_input(line);
        printed += line;
        const auto all_printed = [&](const std::string& output) { return output == printed; };
        CHECK(client.wait_for_output(all_printed, soon()));
    }
    client.close_input();
    const auto ending = client.wait(soon());
    REQUIRE(ending.has_value());
    CHECK(ending->text() == "exit code 0");
    CHECK(client.output() == printed);
}

TEST_CASE("echo-client carries any bytes, however many", "[tools]") {
    const std::string bytes =
        GENERATE(std::string(), std::string("no newline"), std::string("\0\xff\r\n\x1a\0", 6),
                 any_bytes(3000000), std::string(3000000, 'x') + "\n" + std::string(100000, '\n'));
    const Server server;
    Process client = start("echo-client", {"127.0.0.1", server.port});
    client.write_input(bytes);
    client.close_input();
    const auto ending = client.wait(soon());
    REQUIRE(ending.has_value());
    CHECK(ending->text() == "exit code 0");
    CHECK(client.errors().empty());
    CHECK((client.output() == bytes));  // in brackets: megabytes are no use in a message
}

TEST_CASE("echo-client refuses what is no port, and what is no host", "[tools]") {
    Process bad_port = start("echo-client", {"127.0.0.1", "0x50"});
    check_complaint(bad_port, 2, {"\"0x50\"", "0 to 65535"});
    Process no_host = start("echo-client", {"no such host", "7777"});
    check_complaint(no_host, 6, {"no such host", "check the spelling"});
}

TEST_CASE("echo-client says that nobody listens", "[tools]") {
    // Bound, so that nobody else gets it, but not listening.
    const echo::Socket socket(static_cast<echo::Handle>(echo::sys::socket(AF_INET).value));
    echo::Endpoint where;
    (void)echo::sys::bind(socket.handle(), echo::Endpoint::loopback(0));
    (void)echo::sys::local_endpoint(socket.handle(), where);
    Process client = start("echo-client", {"127.0.0.1", std::to_string(where.port())});
    check_complaint(client, 3, {where.text(), "connection refused", "start the server"});
}

TEST_CASE("echo-client says that the server went away", "[tools]") {
    auto listener = echo::listen(echo::Endpoint::loopback(0));
    const auto port = std::to_string(listener.endpoint().port());
    Process client = start("echo-client", {"127.0.0.1", port});
    client.write_input("hello\n");
    {
        auto taken = listener.try_accept(soon());
        REQUIRE(taken);
        char buffer[6];
        REQUIRE(taken.connection.recv_exactly(buffer, soon()));
        REQUIRE(taken.connection.send_all("hel"));
    }
    const auto ending = client.wait(soon());
    REQUIRE(ending.has_value());
    CHECK(ending->text() == "exit code 7");
    CHECK(client.output() == "hel");
    std::string errors = client.errors();
    errors.erase(std::remove(errors.begin(), errors.end(), '\r'), errors.end());
    CHECK(errors ==
          "echo-client: the server went away (end of stream) before it had echoed everything; is "
          "it an echo server?\n");
}
