// The harness: a wait ends early when nothing can come any more, and never before.
#include "catch.hpp"
#include "resets.hpp"

#include "echo.hpp"
#include "lesson_run.hpp"
#include "lookout.hpp"
#include "program.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using harness::Account;
using harness::Clock;
using harness::Deadline;
using harness::Ledger;
using harness::Lookout;
using harness::Process;
using harness::Program;
using harness::Sleeper;

Deadline soon() { return Clock::now() + std::chrono::seconds(60); }
Deadline in_a_moment() { return Clock::now() + std::chrono::milliseconds(60); }

#ifdef __linux__
#define SKIP_WHERE_NOTHING_IS_TOLD() (void)0
#else
#define SKIP_WHERE_NOTHING_IS_TOLD() \
    SKIP_BECAUSE("this system does not tell what a thread waits in")
#endif

// A name for a file, which is removed at the end.
struct TraceFile {
    TraceFile() {
        static std::atomic<unsigned> count{0};
        std::random_device random;
        path = std::filesystem::temp_directory_path() /
               ("echo-lookout-" + std::to_string(random()) + '-' + std::to_string(count++));
    }
    ~TraceFile() {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }
    TraceFile(const TraceFile&) = delete;
    TraceFile& operator=(const TraceFile&) = delete;

    std::filesystem::path path;
};

// A puppet with its trace, a server or not, and the books of the test.
class Watched {
public:
    explicit Watched(std::vector<std::string> actions)
        : process_(options(std::move(actions), trace_.path)), lookout_(process_, trace_.path) {}
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    Process& process() { return process_; }
    Lookout& lookout() { return lookout_; }
    std::string trace() const {
        std::ifstream file(trace_.path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }

    // The next wait of the test is for nothing at all: why does it end?
    std::string reason(Deadline deadline = soon()) {
        lookout_.await(deadline, never_comes);
        return lookout_.reason();
    }
    static bool never_comes(Deadline piece) {
        // The process would tell of its end; until then this waits for the time.
        std::mutex mutex;
        std::condition_variable nobody;
        std::unique_lock<std::mutex> lock(mutex);
        return nobody.wait_until(lock, piece, [] { return false; });
    }

    echo::Endpoint endpoint() {
        const auto is_there = [](const std::string& output) {
            return output.find('\n') != std::string::npos;
        };
        REQUIRE(process_.wait_for_output(is_there, soon()));
        const std::string line = process_.output();
        const std::string start = "listening on ";
        return echo::Endpoint::parse(line.substr(start.size(), line.find('\n') - start.size()));
    }

private:
    static Process::Options options(std::vector<std::string> actions,
                                    const std::filesystem::path& trace) {
        Process::Options options;
        options.arguments = {ECHO_PUPPET};
        for (std::string& action : actions) options.arguments.push_back(std::move(action));
        options.capture_input = true;
        options.environment = {{"ECHO_TRACE", trace.string()}, {"ECHO_TRACE_WAITS", "1"}};
        return options;
    }

    TraceFile trace_;  // goes last: Windows removes no file that a process holds open
    Process process_;
    Lookout lookout_;
};

// The test's end of a conversation, and its books.
struct Client {
    explicit Client(Watched& server)
        : lookout(server.lookout()),
          connection(echo::connect(server.endpoint(), soon())),
          account(lookout.connected(connection.local().port())) {}

    void send(const std::string& bytes) {
        REQUIRE(connection.send_all(bytes, soon()));
        account.sent += bytes.size();
    }
    // What comes, and empty when the wait for it ended early.
    std::string receive(Deadline deadline = soon()) {
        std::array<char, 4096> buffer;
        echo::Result got;
        lookout.await(deadline, account, [&](Deadline piece) {
            got = connection.recv(buffer, piece);
            return got.status != echo::Status::timed_out;
        });
        account.received += got.bytes;
        return std::string(echo::first(buffer, got.bytes));
    }

    Lookout& lookout;
    echo::Connection connection;
    Account& account;
};

constexpr const char* in_recv = "the program waits in recv, for bytes that will not come";
constexpr const char* in_accept = "the program waits in accept, for a client that will not come";

}  // namespace

TEST_CASE("a server that waits in vain is told from one that may go on", "[harness]") {
    SKIP_WHERE_NOTHING_IS_TOLD();
    Watched server({"serve"});
    (void)server.endpoint();
    CHECK(server.reason() == in_accept);
    Client client(server);
    client.send("hello");
    CHECK(client.receive() == "hello");
    CHECK(client.receive().empty());
    CHECK(server.lookout().reason() == in_recv);
    client.connection.shutdown_send();
    client.account.finished = true;
    CHECK(server.process().wait(soon()).has_value());
}

TEST_CASE("as long as something is on its way, nobody waits in vain", "[harness]") {
    SKIP_WHERE_NOTHING_IS_TOLD();
    Watched server({"serve"});
    Client client(server);
    client.send("hello");
    CHECK(client.receive() == "hello");
    CHECK(client.receive().empty());

    // Each of these is a lie, and each would be a reason to wait.
    const auto not_in_vain = [&](const char* what) {
        INFO(what);
        CHECK(client.receive(in_a_moment()).empty());
        CHECK(server.lookout().reason().empty());
    };
    const Account truth = client.account;
    client.account.sent += 1;
    not_in_vain("a byte that the program has not received yet");
    client.account = truth;
    client.account.received -= 1;
    not_in_vain("a byte that the test has not received yet");
    client.account = truth;
    client.account.finished = true;
    not_in_vain("the end of the test's stream");
    client.account = truth;
    client.account.about_to_send = true;
    not_in_vain("bytes that the test is about to send");
    client.account = truth;
    client.account.port ^= 1;
    not_in_vain("a client of whom the test knows nothing");
    client.account = truth;
    CHECK(client.receive().empty());
    CHECK(server.lookout().reason() == in_recv);
}

TEST_CASE("who waits in accept waits for those in line", "[harness]") {
    SKIP_WHERE_NOTHING_IS_TOLD();
    Watched server({"serve-two"});
    Client first(server);
    first.send("one");
    CHECK(first.receive() == "one");
    Account& in_line = server.lookout().connected(1);  // nobody, but the program can't know
    CHECK(first.receive(in_a_moment()).empty());
    CHECK(server.lookout().reason().empty());
    in_line.port = first.account.port;
    CHECK(first.receive().empty());
    CHECK(server.lookout().reason() ==
          "all 2 threads of the program wait, one of them in recv, for bytes that will not come");
    Client second(server);
    second.send("two");
    CHECK(second.receive() == "two");
    CHECK(second.receive().empty());
    CHECK(server.lookout().reason().find("all 3 threads") == 0);
}

TEST_CASE("who waits in one poll for many waits for all of them, and for those in line",
          "[harness]") {
    SKIP_WHERE_NOTHING_IS_TOLD();
    const std::string in_poll = "the program waits in poll, for something that will not come";
    const std::string way = GENERATE(as<std::string>{}, "serve-by-poll", "serve-by-poller");
    Watched server({way});
    Client first(server);
    Client second(server);
    for (Client* client : {&second, &first}) {
        client->send("hello");
        CHECK(client->receive() == "hello");
    }
    CHECK(first.receive().empty());
    CHECK(server.lookout().reason() == in_poll);

    // Each of these is a lie, and each would be a reason to wait.
    const Account truth = second.account;
    second.account.sent += 1;
    CHECK(first.receive(in_a_moment()).empty());
    CHECK(server.lookout().reason().empty());
    second.account = truth;
    second.account.finished = true;
    CHECK(first.receive(in_a_moment()).empty());
    CHECK(server.lookout().reason().empty());
    second.account = truth;
    Account& in_line = server.lookout().connected(1);
    CHECK(first.receive(in_a_moment()).empty());
    CHECK(server.lookout().reason().empty());
    in_line.port = first.account.port;
    CHECK(first.receive().empty());
    CHECK(server.lookout().reason() == in_poll);

    // Of one whom it does not watch it learns nothing.
    second.send("ignore me");
    CHECK(second.receive() == "ignore me");
    second.send("hello?");
    CHECK(second.receive().empty());
    CHECK(server.lookout().reason() == in_poll);
    first.send("hello");
    CHECK(first.receive() == "hello");
    CHECK(server.lookout().count_polls() >= 6);
}

TEST_CASE("who waits for room to send does not wait in vain", "[harness]") {
    SKIP_WHERE_NOTHING_IS_TOLD();
    Watched server({"serve-a-flood"});
    Client client(server);
    REQUIRE_FALSE(client.receive().empty());
    const auto sleeps_in_poll = [&](Deadline piece) {
        (void)Watched::never_comes(piece);
        const auto threads = server.process().threads();
        return threads.size() == 1 && threads[0].in == Sleeper::In::poll;
    };
    REQUIRE(server.lookout().await(soon(), sleeps_in_poll));
    CHECK(server.reason(in_a_moment()).empty());
}

TEST_CASE("neither does a poller that watches anybody for writing, or is one of two", "[harness]") {
    harness::Ledger ledger;
    const auto wait = harness::read_trace_line("socket 3: epoll_wait until one is ready").value();
    const auto told = [&](const std::string& line) { ledger.add("socket " + line + '\n'); };
    told("-: epoll_create1 -> ok");
    told("-: pipe -> ok");
    told("4: epoll_ctl watch, until readable -> ok");  // its own
    CHECK(ledger.waits_to_read(wait).empty());
    told("6: epoll_ctl watch, until readable -> ok");
    told("7: epoll_ctl watch, until readable -> failed: not enough memory");
    CHECK(ledger.waits_to_read(wait) == std::vector<std::string>{"6"});
    told("8: epoll_ctl watch, until either -> ok");
    CHECK(ledger.waits_to_read(wait) == std::vector<std::string>{"6", "8"});
    CHECK(ledger.waits_to_write(wait));
    told("8: epoll_ctl change, for nothing -> ok");
    CHECK(ledger.waits_to_read(wait) == std::vector<std::string>{"6"});
    CHECK_FALSE(ledger.waits_to_write(wait));
    told("6: epoll_ctl change, until writable -> ok");
    CHECK(ledger.waits_to_write(wait));
    told("6: epoll_ctl forget -> ok");
    CHECK_FALSE(ledger.waits_to_write(wait));
    told("8: epoll_ctl change, until readable -> ok");
    CHECK(ledger.waits_to_read(wait) == std::vector<std::string>{"8"});
    told("-: epoll_create1 -> ok");
    CHECK(ledger.waits_to_read(wait).empty());
}

TEST_CASE("a client in line does not wake a server that is busy with another", "[harness]") {
    SKIP_WHERE_NOTHING_IS_TOLD();
    Watched server({"serve"});
    Client first(server);
    first.send("one");
    CHECK(first.receive() == "one");
    Client second(server);
    second.send("two");
    CHECK(second.receive().empty());
    CHECK(server.lookout().reason() == in_recv);
}

TEST_CASE("a program that is slow is not taken for one that waits in vain", "[harness]") {
    for (const char* way : {"compute", "sleep", "wait", "poll", "helper"}) {
        CAPTURE(way);
        Watched server({"answer-late", way});
        Client client(server);
        client.send("hello");
        CHECK(client.receive() == "late");
        CHECK(server.lookout().reason().empty());
    }
}

TEST_CASE("neither is one that goes on by an alarm, another process, or calls of its own",
          "[harness]") {
#ifdef _WIN32
    SKIP_BECAUSE("Windows has no signals and no fork");
#else
    for (const char* way : {"alarm", "timer", "child", "orphan", "past-the-trace"}) {
#ifndef __linux__
        if (way == std::string("timer")) continue;  // not every system has these
#endif
        CAPTURE(way);
        Watched server({"answer-late", way});
        Client client(server);
        client.send("hello");
        CHECK(client.receive() == "late");
        CHECK(server.lookout().reason().empty());
    }
#endif
}

TEST_CASE("who asks again and again after the end is not waited for", "[harness]") {
    Watched server({"serve-past-the-end"});
    Client client(server);
    client.connection.shutdown_send();
    client.account.finished = true;
    CHECK(client.receive().empty());
    CHECK(server.lookout().reason().find("goes round") != std::string::npos);
}

TEST_CASE("nor who tries a broken connection again and again", "[harness]") {
    if (course::hides_resets()) SKIP_BECAUSE("Wine ends the stream before it resets a connection");
    Watched server({"serve-one-who-has-gone"});
    Client client(server);
    client.connection.reset();
    client.account.finished = true;
    CHECK(server.reason().find("goes round") != std::string::npos);
    CHECK(server.lookout().reason().find("send has failed") != std::string::npos);
}

TEST_CASE("a program that waits in send waits for the test to read", "[harness]") {
    SKIP_WHERE_NOTHING_IS_TOLD();
    Watched server({"serve-one-who-has-gone"});
    Client client(server);
    const Deadline deadline = soon();
    const auto sends = [&] {
        const std::vector<Sleeper> threads = server.process().threads();
        return threads.size() == 1 && threads[0].in == Sleeper::In::send;
    };
    while (!sends() && Clock::now() < deadline) (void)server.reason(in_a_moment());
    CHECK(sends());
    CHECK(server.reason(in_a_moment()).empty());
}

TEST_CASE("a program that waits for input waits in vain when none is there", "[harness]") {
    SKIP_WHERE_NOTHING_IS_TOLD();
    Watched client({"echo"});
    CHECK(client.reason() == "the program waits for input, which will not come");
    client.process().write_input("hello\n");
    const auto echoed = [](const std::string& output) { return output == "hello\n"; };
    CHECK(client.lookout().await(
        soon(), [&](Deadline piece) { return client.process().wait_for_output(echoed, piece); }));
    CHECK(client.reason() == "the program waits for input, which will not come");
    client.process().close_input();
    CHECK(client.process().wait(soon()).has_value());
}

TEST_CASE("a client whose connection the test has not accepted may still come", "[harness]") {
    SKIP_WHERE_NOTHING_IS_TOLD();
    const echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    Watched client({"connect", std::to_string(listener.endpoint().port()), "print", "", "echo"});
    REQUIRE(
        client.process().wait_for_output([](const std::string& out) { return out != ""; }, soon()));
    CHECK(client.reason(in_a_moment()).empty());
    (void)client.lookout().connected(0);
    CHECK(client.reason() == "the program waits for input, which will not come");
}

TEST_CASE("a program without a trace is waited for", "[harness]") {
    Process::Options options;
    options.arguments = {ECHO_PUPPET, "echo"};
    options.capture_input = true;
    const Process process(options);
    Lookout lookout(process, "no/such/trace");
    lookout.await(in_a_moment(), Watched::never_comes);
    CHECK(lookout.reason().empty());
}

TEST_CASE("a look at a program's threads shows whether they have slept through", "[harness]") {
    SKIP_WHERE_NOTHING_IS_TOLD();
    Watched program({"echo"});
    (void)program.reason();
    const std::vector<Sleeper> first = program.process().threads();
    REQUIRE(first.size() == 1);
    CHECK(first[0].in == Sleeper::In::input);
    CHECK(program.process().threads() == first);
    program.process().write_input("again\n");
    (void)program.lookout().await(soon(), [&](Deadline piece) {
        return program.process().wait_for_output(
            [](const std::string& output) { return output == "again\n"; }, piece);
    });
    (void)program.reason();
    const std::vector<Sleeper> second = program.process().threads();
    REQUIRE(second.size() == 1);
    CHECK(second[0].in == Sleeper::In::input);
    CHECK_FALSE(second == first);  // it waits as before, but it has been awake

    Watched asleep({"print", "here", "hang"});
    (void)asleep.process().wait_for_output([](const std::string& output) { return output != ""; },
                                           soon());
    const auto threads = asleep.process().threads();
    REQUIRE(threads.size() == 1);
    CHECK(threads[0].in == Sleeper::In::awake);
}

TEST_CASE("a failed test says what the program waits in", "[harness]") {
    SKIP_WHERE_NOTHING_IS_TOLD();
    const auto story_of = [](const std::string& number, const std::string& mistake) {
        return harness::LessonRun(number, std::string(ECHO_BUILD_DIR) + "/mistakes/" + mistake)
            .text();
    };
    // Where a line is broken depends on the words before it.
    const std::string stays_open = story_of("01", "01-stays-open");
    INFO(stays_open);
    CHECK(stays_open.find("the program waits in accept") != std::string::npos);
    CHECK(stays_open.find("accept: still waiting") != std::string::npos);
    const std::string client = story_of("02", "02-waits-for-a-full-buffer");
    INFO(client);
    CHECK(client.find("recv: still waiting") != std::string::npos);
}

TEST_CASE("the books of a program are kept from its trace, however it is cut", "[harness]") {
    const std::string trace =
        "socket 3: listen -> ok\n"
        "socket 3: accept\n"
        "socket 3: accept -> socket 4 from [::1]:51234\n"
        "socket 4: recv at most 64 bytes -> 3 bytes \"hi\\n\"\n"
        "socket 4: send 3 bytes \"hi\\n\" -> 2 bytes\n"
        "socket 4: send 1 byte \"\\n\" -> failed: connection reset\n"
        "socket 4: recv at most 64 bytes -> end of stream\n"
        "socket 4: close -> ok\n"
        "socket 3: accept -> socket 4 from 127.0.0.1:51235\n"
        "socket 4: shutdown sending -> ok\n"
        "socket 4: recv at most 64 bytes\n";
    for (std::size_t cut = 0; cut <= trace.size(); ++cut) {
        Ledger ledger;
        ledger.add(std::string_view(trace).substr(0, cut));
        ledger.add(std::string_view(trace).substr(cut));
        const Ledger::Entry* first = ledger.with_port(51234);
        const Ledger::Entry* second = ledger.with_port(51235);
        REQUIRE(first != nullptr);
        REQUIRE(second != nullptr);
        REQUIRE(first->received == 3);
        REQUIRE(first->sent == 2);
        REQUIRE(first->ends == 2);  // the send that failed, and the end of the stream
        REQUIRE(first->last_end == "recv has told it of the end");
        REQUIRE(first->finished);
        REQUIRE(first->socket.empty());
        REQUIRE(second->received == 0);
        REQUIRE(second->finished);
        REQUIRE(ledger.on_socket("4") == second);
        REQUIRE(ledger.on_socket("3") == nullptr);
        REQUIRE(ledger.is_listener("3"));
        REQUIRE(ledger.begun().size() == 1);
        REQUIRE(ledger.is_whole());
    }
    // A socket that was closed past the trace: the next has its number.
    Ledger reused;
    reused.add("socket 3: accept -> socket 4 from 127.0.0.1:1\n");
    reused.add("socket 3: accept -> socket 4 from 127.0.0.1:2\n");
    CHECK(reused.on_socket("4") == reused.with_port(2));
    CHECK(reused.with_port(1)->finished);

    Ledger cut;
    cut.add("(the trace is cut off here)\n");
    CHECK_FALSE(cut.is_whole());
}

// In the trace a socket's number must be free before another connection gets it, whichever thread
// comes first: otherwise the books mix up two connections.
TEST_CASE("a close is in the trace before its number is used again", "[harness]") {
    Watched server({"serve-many"});
    for (int i = 0; i < 1000; ++i) {
        Client client(server);
        client.send("x");
        REQUIRE(client.receive() == "x");
    }
    std::set<std::string> open;
    for (const harness::TracedCall& call : harness::read_trace(server.trace())) {
        if (call.name == "close") open.erase(call.socket);
        if (call.name != "accept") continue;
        const std::string number = call.result.substr(7, call.result.find(' ', 7) - 7);
        CHECK(open.insert(number).second);
    }
}
