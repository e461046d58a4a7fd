// The tool echo-client: what it finds out about a server, and how it says so.
#include "../../solutions/echo-client/histogram.hpp"
#include "../../solutions/echo-client/outcome.hpp"
#include "catch.hpp"
#include "process.hpp"
#include "program.hpp"
#include "resets.hpp"

#include <echo.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <list>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using harness::Process;
using namespace std::chrono_literals;
using Words = std::vector<std::string>;

echo::Deadline soon() { return echo::after(2 * harness::patience()); }

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// What a server does with each of its clients.
using Behaviour = std::function<void(echo::Connection&, const std::shared_future<void>& over)>;

// A server in this process, on threads of its own.
class Server {
public:
    explicit Server(Behaviour behaviour, std::size_t clients = 1)
        : thread_([this, behaviour = std::move(behaviour), clients] {
              std::vector<std::thread> serving;
              for (std::size_t i = 0; i < clients; ++i) {
                  echo::Accepted taken = listener_.try_accept(soon());
                  if (!taken) break;
                  serving.emplace_back(
                      [this, &behaviour, client = std::move(taken.connection)]() mutable {
                          behaviour(client, over_);
                      });
              }
              for (std::thread& one : serving) one.join();
          }) {}
    ~Server() {
        end_.set_value();
        thread_.join();
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::string port() const { return std::to_string(listener_.endpoint().port()); }

private:
    std::promise<void> end_;
    std::shared_future<void> over_ = end_.get_future().share();
    echo::Listener listener_ = echo::listen(echo::Endpoint::loopback(0));
    std::thread thread_;
};

// Passes what comes through `change`, until the client has finished.
Behaviour answers(std::function<std::string(std::string)> change) {
    return [change = std::move(change)](echo::Connection& client, const auto&) {
        char buffer[65536];
        while (const auto got = client.recv(buffer, soon()))
            if (!client.send_all(change(std::string(echo::first(buffer, got.bytes))), soon()))
                return;
    };
}

const Behaviour echoes = answers([](std::string bytes) { return bytes; });

const Behaviour is_silent = answers([](const std::string&) { return std::string(); });

void closes(echo::Connection& client, const std::shared_future<void>&) {
    char byte[1000];
    (void)client.recv(byte, soon()).bytes;
}

void resets(echo::Connection& client, const std::shared_future<void>& over) {
    closes(client, over);
    client.reset();
}

void never_reads(echo::Connection&, const std::shared_future<void>& over) { over.wait(); }

void never_ends(echo::Connection& client, const std::shared_future<void>& over) {
    echoes(client, over);
    over.wait();
}

void greets(echo::Connection& client, const std::shared_future<void>& over) {
    (void)client.send_all("220 welcome\r\n").bytes;
    echoes(client, over);
}

void floods(echo::Connection& client, const std::shared_future<void>& over) {
    const std::string much(100000, '?');
    closes(client, over);
    while (client.send_all(much, soon())) continue;
}

// A client, and how it ended.
struct Run {
    explicit Run(Words arguments, const std::string& input = {}) : process(options(arguments)) {
        process.write_input(input);
        process.close_input();
    }
    // Its exit code in words; it has to end by itself.
    std::string ending() {
        const auto ending = process.wait(soon());
        REQUIRE(ending.has_value());
        CAPTURE(process.output(), process.errors());
        return ending->text();
    }
    // What it complains of: one line, or nothing.
    std::string complaint() const {
        const std::string errors = process.errors();
        CHECK(std::count(errors.begin(), errors.end(), '\n') <= 1);
        CHECK((errors.empty() || errors.rfind("echo-client: ", 0) == 0));
        return errors;
    }

    static Process::Options options(Words arguments) {
        arguments.insert(arguments.begin(), std::string(ECHO_BUILD_DIR) + "/echo-client");
        Process::Options options{arguments, {}, true};
        options.memory_limit = std::size_t{200} << 20;
        return options;
    }

    Process process;
};

Words with(Words arguments, const Server& server) {
    arguments.insert(arguments.end(), {"127.0.0.1", server.port()});
    return arguments;
}

// Reads what JSON is, and no more: RFC 8259.
class JsonReader {
public:
    explicit JsonReader(std::string_view text) : text_(text) {}
    bool is_object_and_nothing_else() {
        return text_.substr(at_, 1) == "{" && value() && text_.substr(at_) == "\n";
    }

private:
    bool take(char byte) {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
        return at_ < text_.size() && text_[at_] == byte && ++at_;
    }
    bool value() {
        if (take('{')) return list('}', [this] { return string() && take(':') && value(); });
        if (take('[')) return list(']', [this] { return value(); });
        return string() || number();
    }
    bool list(char end, const std::function<bool()>& item) {
        if (take(end)) return true;
        do {
            if (!item()) return false;
        } while (take(','));
        return take(end);
    }
    bool string() {
        if (!take('"')) return false;
        for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] < 0x20 || text_[at_] > 0x7e) return false;
            if (text_[at_] != '\\') continue;
            if (text_[++at_] != 'u' && text_[at_] != '"' && text_[at_] != '\\') return false;
        }
        return take('"');
    }
    bool number() {
        const std::size_t end = text_.find_first_not_of("0123456789.", at_ += text_[at_] == ' ');
        const bool some = end != at_ && end != text_.npos;
        at_ = std::min(end, text_.size());
        return some;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

// The one line that --json prints. It holds each of these.
void check_json(const Run& run, const Words& parts) {
    const std::string text = run.process.output();
    CAPTURE(text);
    CHECK(JsonReader(text).is_object_and_nothing_else());
    for (const std::string& part : parts) {
        CAPTURE(part);
        CHECK(has(text, part));
    }
}

}  // namespace

TEST_CASE("echo-client sends a message, and prints the echo", "[tools]") {
    const Server server(echoes);
    Run client(with({"--message", "hello, world"}, server));
    CHECK(client.ending() == "exit code 0");
    CHECK(client.process.output() == "hello, world\n");
    CHECK(client.complaint().empty());
}

TEST_CASE("echo-client measures round trips, a line each, and sums up", "[tools]") {
    const Server server(echoes);
    Run client(with({"--count", "3", "--interval", "10ms", "--size", "100"}, server));
    CHECK(client.ending() == "exit code 0");
    CHECK(client.complaint().empty());
    const std::string output = client.process.output();
    CAPTURE(output);
    for (const char* const number : {"1", "2", "3"})
        CHECK(has(output,
                  "100 bytes from 127.0.0.1:" + server.port() + ": echo " + number + " of 3, "));
    CHECK(has(output, "\n3 sent, 3 came back as they were sent\nround trip: min "));
    CHECK(std::count(output.begin(), output.end(), '\n') == 5);
}

TEST_CASE("echo-client carries small and large messages", "[tools]") {
    const std::string size = GENERATE(as<std::string>{}, "1", "1000000");
    const Server server(echoes);
    Run client(with({"--count", "5", "--interval", "0ms", "--size", size}, server));
    CHECK(client.ending() == "exit code 0");
    CHECK(has(client.process.output(), "5 sent, 5 came back as they were sent\n"));
}

TEST_CASE("echo-client goes on sending while it waits for the echo", "[tools]") {
    // More than the systems hold, and the server begins only when it has all.
    constexpr std::size_t size = 12000000;
    const auto answers_at_the_end = [](echo::Connection& client, const auto&) {
        std::string all(size, '?');
        if (client.recv_exactly(all, soon())) (void)client.send_all(all, soon()).bytes;
        echoes(client, {});
    };
    const Words mode = GENERATE(Words{"--count", "1"}, Words{"--connections=1", "--duration=10ms"});
    const Server server(answers_at_the_end);
    Words arguments = with(mode, server);
    arguments.insert(arguments.begin(), {"--size", std::to_string(size)});
    Run client(arguments);
    CHECK(client.ending() == "exit code 0");
    CHECK(client.complaint().empty());
}

TEST_CASE("echo-client puts a server under load", "[tools]") {
    const std::string size = GENERATE(as<std::string>{}, "1", "300000");
    const Server server(echoes, 5);
    Run client(with({"--connections", "5", "--duration", "60ms", "--size", size}, server));
    CHECK(client.ending() == "exit code 0");
    CHECK(client.complaint().empty());  // no bar either: this is no terminal
    const std::string output = client.process.output();
    CAPTURE(output);
    CHECK(has(output, "5 connections to 127.0.0.1:" + server.port() + ", " + size + " bytes"));
    CHECK(has(output, " messages came back as they were sent: "));
    CHECK(has(output, "\nround trip: min "));
    CHECK(has(output, "\n  up to "));
}

TEST_CASE("with --json echo-client prints one object and nothing else", "[tools]") {
    const Server server(echoes);
    const std::string common =
        "\"host\": \"127.0.0.1\", \"port\": " + server.port() + ", \"address\": \"127.0.0.1:";
    const std::string fine = "\"status\": \"ok\", \"exit_code\": 0}";
    SECTION("of a message, whatever bytes it has") {
        Run client(with({"--json", "--message", "say \"\\\x01\x1f\x7f\""}, server));
        CHECK(client.ending() == "exit code 0");
        check_json(client,
                   {"{\"mode\": \"message\", ", common, "\"round_trip_ms\": ", fine,
                    "\"received\": \"say \\u0022\\u005c\\u0001\\u001f\\u007f\\u0022\\u000a\""});
    }
    SECTION("of round trips") {
        Run client(with({"--json", "--count", "2", "--interval", "0ms"}, server));
        CHECK(client.ending() == "exit code 0");
        check_json(client, {"{\"mode\": \"ping\", ", common, fine, "\"size\": 64", "\"sent\": 2",
                            "\"received\": 2", "\"round_trip_ms\": {\"min\": ", "\"p99\": "});
    }
    SECTION("of a load") {
        Run client(with({"--json", "--connections", "1", "--duration", "20ms"}, server));
        CHECK(client.ending() == "exit code 0");
        check_json(client,
                   {"{\"mode\": \"load\", ", common, fine, "\"connections\": 1", "\"failed\": 0",
                    "\"messages_per_second\": ", "\"histogram\": [{\"up_to_ms\": "});
    }
    SECTION("of lines, whose echo it keeps to itself") {
        Run client(with({"--json"}, server), "one\ntwo\n");
        CHECK(client.ending() == "exit code 0");
        check_json(client, {"{\"mode\": \"lines\", ", common, fine, "\"bytes_sent\": 8",
                            "\"bytes_received\": 8"});
    }
}

TEST_CASE("the JSON object says what went wrong, too", "[tools]") {
    const Server server(answers([](const std::string&) { return std::string("\xff\"\n"); }));
    Run client(with({"--json", "--message", "ab"}, server));
    CHECK(client.ending() == "exit code 8");
    check_json(client, {"\"sent\": \"ab\\u000a\"", "\"received\": \"\\u00ff\\u0022\\u000a\"",
                        "\"error\": \"byte 1 came back wrong: ", "\"status\": \"wrong bytes\"",
                        "\"exit_code\": 8}"});
    CHECK(has(client.complaint(), "byte 1 came back wrong"));

    Run nowhere({"--json", "--count", "1", "no such \x02 host", "7"});
    CHECK(nowhere.ending() == "exit code 6");
    check_json(nowhere, {"\"host\": \"no such \\u0002 host\"", "\"status\": \"no such host\""});
}

namespace {

// The same conversation in each of the modes. The last one compares nothing.
const std::vector<Words> modes{{"--message", "hello"},
                               {"--count", "2", "--interval", "0ms"},
                               {"--connections", "1", "--duration", "1s"},
                               {}};

struct Fault {
    const char* name;
    Behaviour behaviour;
    const char* ending;
    const char* complaint;
};

// What a client waits: for what never comes; for what has to come first, on a busy machine too; for
// what comes at once.
constexpr const char *quick = "40ms", *fair = "400ms", *patient = "10s";

// Looks at how a client ends with such a server, in all these modes at once: most of them wait.
void check(const Fault& fault, const std::vector<Words>& in, const char* timeout) {
    struct Conversation {
        Conversation(const Fault& with_fault, const Words& in_mode, const char* within)
            : server(with_fault.behaviour), client(arguments(in_mode, within), "hello\n") {}
        Words arguments(const Words& in_mode, const char* within) const {
            Words all = with(in_mode, server);
            all.insert(all.begin(), {"--timeout", within});
            return all;
        }
        Server server;
        Run client;
    };
    std::list<Conversation> conversations;
    for (const Words& mode : in) conversations.emplace_back(fault, mode, timeout);
    auto mode = in.begin();
    for (Conversation& conversation : conversations) {
        CAPTURE(fault.name, *mode);
        ++mode;
        CHECK(conversation.client.ending() == fault.ending);
        const std::string complaint = conversation.client.complaint();
        CAPTURE(complaint);
        CHECK(has(complaint, fault.complaint));
    }
}

}  // namespace

TEST_CASE("echo-client tells in every mode that there is no echo", "[tools]") {
    check({"silent", is_silent, "exit code 7", "connected, but nothing came back within 40ms; is"},
          modes, quick);
    check({"never reads", never_reads, "exit code 7", "nothing came back within 40ms; is it an"},
          modes, quick);
    const auto half = [](const std::string& bytes) { return bytes.substr(0, bytes.size() / 2); };
    check({"answers half", answers(half), "exit code 7", " bytes came back within 400ms; is it"},
          modes, fair);
    check({"closes", closes, "exit code 7", "the server went away (end of stream) before"}, modes,
          patient);
    check({"resets", resets, "exit code 7", "the server went away ("}, modes, patient);
}

TEST_CASE("echo-client tells an echo from another answer", "[tools]") {
    const std::vector<Words> comparing(modes.begin(), modes.end() - 1);
    const auto change_case = [](std::string bytes) {
        for (char& letter : bytes) letter = static_cast<char>(letter ^ 0x20);
        return bytes;
    };
    check({"greets", greets, "exit code 8", "byte 1 came back wrong: expected \""}, comparing,
          patient);
    check({"changes the case", answers(change_case), "exit code 8", "byte 1 came back wrong: "},
          comparing, patient);
    check({"floods", floods, "exit code 8", "byte 1 came back wrong: "}, comparing, patient);
}

TEST_CASE("echo-client wants no byte more than it sent, and an end", "[tools]") {
    const auto twice = [](const std::string& bytes) { return bytes + bytes; };
    check({"twice", answers(twice), "exit code 8", " bytes more came back than were sent: \""},
          {modes[0], modes[1]}, patient);
    check({"never ends", never_ends, "exit code 7",
           "everything came back, but the server did not end the conversation within 400ms"},
          {modes[0], modes[1], modes[3]}, fair);
}

TEST_CASE("echo-client prints what comes to its lines, whatever it is", "[tools]") {
    SECTION("something else, and more") {
        const Server server(answers([](const std::string& bytes) { return "HELLO " + bytes; }));
        Run client(with({}, server), "hello\n");
        CHECK(client.ending() == "exit code 0");
        CHECK(client.process.output() == "HELLO hello\n");
        CHECK(client.complaint().empty());
    }
    SECTION("a flood, until its time is over")
    check({"floods", floods, "exit code 7", "did not end the conversation within 400ms"}, {{}},
          fair);
}

TEST_CASE("echo-client names the byte that is wrong, of all that it sent", "[tools]") {
    // Of what comes in 700 bytes, the one at 1234 is lost.
    const auto lose_one = [at = std::size_t{0}](std::string bytes) mutable {
        const std::size_t begin = std::exchange(at, at + bytes.size());
        if (begin <= 1234 && 1234 < at) bytes.erase(1234 - begin, 1);
        return bytes;
    };
    const Server server(answers(lose_one));
    Run client(with({"--count", "5", "--interval", "0ms", "--size", "700"}, server));
    CHECK(client.ending() == "exit code 8");
    CHECK(has(client.complaint(), "byte 1235 came back wrong: expected \""));
    CHECK(has(client.process.output(), "2 sent, 1 came back as they were sent\n"));
}

TEST_CASE("echo-client knows which of its messages comes back", "[tools]") {
    const auto replays = [first = std::string()](std::string bytes) mutable {
        if (first.empty()) first = std::move(bytes);
        return first;
    };
    const Server server(answers(replays));
    Run client(with({"--count", "3", "--interval", "0ms", "--size", "10"}, server));
    CHECK(client.ending() == "exit code 8");
    CHECK(has(client.complaint(), "byte 11 came back wrong"));
}

TEST_CASE("echo-client notices in a pause that the server goes away", "[tools]") {
    const Server server([](echo::Connection& client, const auto&) {
        char buffer[100];
        const auto got = client.recv(buffer, soon());
        (void)client.send_all(echo::first(buffer, got.bytes)).bytes;
    });
    Run client(with({"--count", "2", "--interval", "1h"}, server));
    CHECK(client.ending() == "exit code 7");
    CHECK(has(client.complaint(), "the server went away (end of stream)"));
    CHECK(has(client.process.output(), "1 sent, 1 came back as they were sent\n"));
}

TEST_CASE("echo-client goes on with those that echo, and tells how many did not", "[tools]") {
    std::atomic<int> number{0};
    const Server server(
        [&](echo::Connection& client, const std::shared_future<void>& over) {
            number++ % 2 == 0 ? closes(client, over) : echoes(client, over);
        },
        4);
    Run client(with({"--json", "--connections", "4", "--duration", "50ms"}, server));
    CHECK(client.ending() == "exit code 7");
    check_json(client, {"\"connections\": 4, \"failed\": 2, ", "\"histogram\": [{"});
    CHECK(has(client.complaint(), "2 of 4 connections failed; the first: the server went away"));
}

TEST_CASE("echo-client tells in every mode why it can't connect", "[tools]") {
    for (const Words& mode : modes) {
        CAPTURE(mode);
        Words nobody = mode;
        {
            const echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
            nobody.insert(nobody.end(), {"127.0.0.1", std::to_string(listener.endpoint().port())});
        }
        Run refused(nobody);
        CHECK(refused.ending() == "exit code 3");
        CHECK(has(refused.complaint(), "connection refused; nothing listens there"));
        Words unknown = mode;
        unknown.emplace_back("no such host");
        Run no_host(unknown);
        CHECK(no_host.ending() == "exit code 6");
        CHECK(has(no_host.complaint(), "no such host; check the spelling"));
    }
}

TEST_CASE("echo-client waits for a connection as long as it is told", "[tools]") {
    // A line of length zero that is full: the system drops whoever knocks then, as a firewall does.
    echo::Socket full(static_cast<echo::Handle>(echo::sys::socket(AF_INET).value));
    echo::Endpoint where;
    REQUIRE(echo::sys::bind(full.handle(), echo::Endpoint::loopback(0)).error == 0);
    REQUIRE(echo::sys::local_endpoint(full.handle(), where).error == 0);
    REQUIRE(::listen(full.handle(), 0) == 0);
    std::vector<echo::Socket> in_line;
    for (int i = 0; i < 5; ++i) {
        in_line.emplace_back(static_cast<echo::Handle>(echo::sys::socket(AF_INET).value));
        in_line.back().set_nonblocking(true);
        (void)echo::sys::connect(in_line.back().handle(), where);
    }
    if (echo::sys::poll_connect(in_line.back().handle(), POLLOUT, 50).value != 0)
        SKIP_BECAUSE("this system answers everyone in a full line");
    Run client({"--timeout", "40ms", "--count", "1", "127.0.0.1", std::to_string(where.port())});
    CHECK(client.ending() == "exit code 4");
    CHECK(has(client.complaint(), "timed out; no answer came, check"));
}

TEST_CASE("echo-client says that there is no way to a host", "[tools]") {
    // Nobody can have a conversation with a group, and no packet leaves this machine to try.
    try {
        (void)echo::connect("224.0.0.1", 7, echo::after(50ms));
    } catch (const echo::Error& error) {
        const bool unreachable = error.code() == std::errc::network_unreachable ||
                                 error.code() == std::errc::host_unreachable;
        if (!unreachable) SKIP_BECAUSE("this system says something else of a group's address");
    }
    Run client({"--timeout", "1s", "--message", "hello", "224.0.0.1", "7"});
    CHECK(client.ending() == "exit code 5");
    CHECK(has(client.complaint(), "unreachable; check the address and the network"));
}

TEST_CASE("echo-client's exit code says what stood in the way of a connection", "[tools]") {
    const auto of = [](const char* call, std::errc code) {
        return outcome_of(echo::Error(call, "host", std::make_error_code(code)));
    };
    CHECK(of("connect", std::errc::connection_refused) == Outcome::refused);
    CHECK(of("connect", std::errc::timed_out) == Outcome::no_answer);
    CHECK(of("connect", std::errc::host_unreachable) == Outcome::unreachable);
    CHECK(of("connect", std::errc::network_unreachable) == Outcome::unreachable);
    CHECK(of("connect", std::errc::network_down) == Outcome::unreachable);
    CHECK(of("connect", std::errc::permission_denied) == Outcome::failed);
    CHECK(of("socket", std::errc::too_many_files_open) == Outcome::failed);
    CHECK(of("write", std::errc::timed_out) == Outcome::failed);
    CHECK(of("host", std::errc::timed_out) == Outcome::no_host);
}

TEST_CASE("echo-client refuses options that make no sense, and says what would", "[tools]") {
    struct Row {
        Words arguments;
        const char* advice;
    };
    const Row row = GENERATE(
        Row{{"--count", "0"}, "--count \"0\": not valid; give a whole number from 1 to"},
        Row{{"--count", "x"}, "a whole number"}, Row{{"--count"}, "--count wants a value"},
        Row{{"--count", "1", "--interval", "5"}, "and its unit (ms,"},
        Row{{"--count", "1", "--size", "0"}, "from 1 to 16777216"},
        Row{{"--connections", "100001"}, "from 1 to 100000"},
        Row{{"--connections", "1", "--duration", "1ms"}, "from 10ms to 24h"},
        Row{{"--timeout", "0s"}, "from 1ms to 24h"},
        Row{{"--count", "1", "--connections", "1"}, "exclude each other; give one"},
        Row{{"--message", "x", "--count", "1"}, "exclude each other; give one"},
        Row{{"--message=", "--connections=1"}, "exclude each other; give one"},
        Row{{"--interval", "1s"}, "add --count"}, Row{{"--duration", "1s"}, "add --connections"},
        Row{{"--size", "9"}, "add one of them"}, Row{{"--message", "x", "--size", "9"}, "add one"},
        Row{{"--connections", "1", "--interval", "1s"}, "add --count"},
        Row{{"--jason"}, "--help tells which there are"}, Row{{"4444"}, "the host comes first"});
    CAPTURE(row.arguments);
    Run client(row.arguments);
    CHECK(client.ending() == "exit code 2");
    CHECK(client.process.output().empty());
    CHECK(has(client.complaint(), row.advice));
}

TEST_CASE("Ctrl-C ends echo-client's measuring with the figures so far", "[tools]") {
    if (course::hides_resets()) SKIP_BECAUSE("Wine passes no Ctrl-C on to a program");
    std::promise<void> nth;  // message has come to the server
    const auto echoes_until = [&](int most) {
        return answers([&, most, count = 0](std::string bytes) mutable {
            if (++count == most) nth.set_value();
            return count < most ? bytes : std::string();
        });
    };
    const auto stop = [&](Run& client) {
        REQUIRE(nth.get_future().wait_until(soon()) == std::future_status::ready);
        client.process.ask_to_end();
    };
    SECTION("of round trips") {
        const Server server(echoes_until(3));
        Run client(with({"--count", "1000", "--interval", "1ms"}, server));
        stop(client);
        CHECK(client.ending() == "exit code 0");
        CHECK(has(client.process.output(), "\n3 sent, 2 came back as they were sent\n"));
        CHECK(client.complaint().empty());
    }
    SECTION("in a pause") {
        const Server server(echoes);
        Run client(with({"--count", "1000", "--interval", "1h"}, server));
        REQUIRE(client.process.wait_for_output(
            [](const std::string& output) { return has(output, "echo 1 of 1000"); }, soon()));
        client.process.ask_to_end();
        CHECK(client.ending() == "exit code 0");
        CHECK(has(client.process.output(), "\n1 sent, 1 came back as they were sent\n"));
    }
    SECTION("of a load") {
        const Server server(echoes_until(100));
        Run client(with({"--connections", "1", "--duration", "1h"}, server));
        stop(client);
        CHECK(client.ending() == "exit code 0");
        CHECK(has(client.process.output(), "\n99 messages came back as they were sent: "));
    }
    SECTION("where there are none yet") {
        const Server server(echoes_until(1));
        Run client(with({"--count", "10"}, server));
        stop(client);
        CHECK(client.ending() == "exit code 7");
        CHECK(has(client.complaint(), "stopped before anything had come back"));
    }
}

TEST_CASE("echo-client says that it can't print its figures", "[tools]") {
    const bool full = GENERATE(false, true);
    if (!harness::can_close_streams)
        SKIP_BECAUSE("on this system a program can't be started without a standard stream");
    if (full && !std::filesystem::exists("/dev/full")) SKIP_BECAUSE("this system has no /dev/full");
    for (const Words& mode : {Words{"--count", "2"}, Words{"--message", "x", "--json"},
                              Words{"--connections", "1", "--duration", "10ms"}}) {
        const Server server(echoes);
        Process::Options options = Run::options(with(mode, server));
        options.closed[1] = !full;
        if (full)
            options.arguments.insert(options.arguments.begin(),
                                     {"sh", "-c", "exec \"$0\" \"$@\" > /dev/full"});
        Process client(options);
        const auto ending = client.wait(soon());
        REQUIRE(ending.has_value());
        CHECK(ending->text() == "exit code 1");
        CHECK(has(client.errors(), "to standard output: "));
    }
}

TEST_CASE("with standard error closed echo-client's exit code is the same", "[tools]") {
    if (!harness::can_close_streams)
        SKIP_BECAUSE("on this system a program can't be started without a standard stream");
    const Server server(closes);
    Process::Options options = Run::options(with({"--json", "--message", "x"}, server));
    options.closed[2] = true;
    Process client(options);
    const auto ending = client.wait(soon());
    REQUIRE(ending.has_value());
    CHECK(ending->text() == "exit code 7");
    CHECK(has(client.output(), "\"exit_code\": 7}"));
}

TEST_CASE("a histogram's figures are right within two percent, and exact at the ends", "[tools]") {
    Histogram histogram;
    std::vector<std::int64_t> all;
    std::uint64_t state = 1;
    for (int i = 0; i < 10000; ++i) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        all.push_back(static_cast<std::int64_t>(state >> (30 + state % 30)));
        histogram.add(Histogram::Duration(all.back()));
    }
    std::sort(all.begin(), all.end());
    CHECK(histogram.count() == all.size());
    CHECK(histogram.min().count() == all.front());
    CHECK(histogram.max().count() == all.back());
    for (const double share : {0.0001, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        CAPTURE(share);
        const std::int64_t exact =
            all[static_cast<std::size_t>(share * static_cast<double>(all.size()) + 0.5) - 1];
        const std::int64_t told = histogram.quantile(share).count();
        CHECK(told >= exact);
        CHECK(told <= exact + exact / 50 + 1);
    }
}

TEST_CASE("a histogram's rows end at powers of two, in microseconds", "[tools]") {
    Histogram histogram;
    for (const std::int64_t nanoseconds : {0, 1, 1000, 1001, 2000, 2001, 4000, 1024000, 1024001})
        histogram.add(Histogram::Duration(nanoseconds));
    CHECK(histogram.json_rows() ==
          "{\"up_to_ms\": 0.001000, \"count\": 3}, {\"up_to_ms\": 0.002000, \"count\": 2}, "
          "{\"up_to_ms\": 0.004000, \"count\": 2}, {\"up_to_ms\": 1.024000, \"count\": 1}, "
          "{\"up_to_ms\": 2.048000, \"count\": 1}");
    CHECK(Histogram().json_rows().empty());
    CHECK(histogram.mean() ==
          Histogram::Duration((0 + 1 + 1000 + 1001 + 2000 + 2001 + 4000 + 1024000 + 1024001) / 9));
}
