// The tests of lesson 13: the finished tool.
// They start build/lessons/13-the-echo-server/server, or the program in ECHO_PROGRAM, as `server 0`
// with the options that it has to know: `--host 127.0.0.1`, `--threads 4`, `--log-format json`.

#include "catch.hpp"
#include "full_house.hpp"
#include "readiness.hpp"
#include "refusal.hpp"
#include "tool.hpp"

#include <cstddef>
#include <iostream>
#include <list>
#include <string>
#include <string_view>
#include <vector>

using harness::Guest;
using harness::RefusedServer;
using harness::ServerTest;
using harness::Setting;
using harness::StoppableServer;
using harness::Visitor;
using Refusal = harness::Evidence::Refusal;
using Words = std::vector<std::string>;

namespace {

constexpr std::string_view lesson = "13-the-echo-server";

void refuse(const Words& option, int exit_code, std::string_view named) {
    Words arguments{"0"};
    arguments.insert(arguments.end(), option.begin(), option.end());
    const Refusal why = exit_code == 1 ? Refusal::failed_call : Refusal::bad_option;
    RefusedServer(lesson, why, arguments).expect_refusal(exit_code, named);
}

void refuse_each(const std::string& option, const Words& values) {
    for (const std::string& value : values) refuse({option, value}, 2, option);
    refuse({option}, 2, option);
}

// The server has several threads.
struct ThreadedServer : ServerTest {
    ThreadedServer(int threads, const Words& more = {}) : ServerTest(lesson, with(threads, more)) {
        subject().past.threads = threads;
    }
    static Setting with(int threads, const Words& more) {
        Setting setting{.arguments = {"--threads", std::to_string(threads)}};
        setting.arguments.insert(setting.arguments.end(), more.begin(), more.end());
        return setting;
    }
};

// Says this, and has it back.
Visitor& talk(std::list<Visitor>& clients, ServerTest& test, const std::string& text) {
    clients.emplace_back(test, true);
    clients.back().send(text);
    clients.back().expect_echo();
    return clients.back();
}

void leave(Visitor& client) {
    client.finish_sending();
    client.expect_end_of_stream();
}

}  // namespace

TEST_CASE("it is reached at every address of this machine, and says so first", "[13]") {
    ServerTest test(lesson);
    harness::expect_reached(test, {"127.0.0.1", "127.0.0.2", "::1"});
    harness::expect_told_how_to_restrict(test);
    if (!harness::has_address("::1")) SKIP_BECAUSE("this system has no IPv6");
}

TEST_CASE("with --host it is reached there alone", "[13]") {
    {
        ServerTest test(lesson, Setting{.arguments = {"--host", "127.0.0.1"}});
        harness::expect_reached(test, {"127.0.0.1"});
        harness::expect_not_reached(test, {"127.0.0.2", "::1"});
    }
    if (!harness::has_address("::1")) SKIP_BECAUSE("this system has no IPv6");
    ServerTest test(lesson, Setting{.arguments = {"--host", "::1"}});
    harness::expect_reached(test, {"::1"});
    harness::expect_not_reached(test, {"127.0.0.1"});
}

TEST_CASE("what an option can't have is refused, and the option named", "[13]") {
    refuse_each("--host", {""});
    refuse_each("--threads", {"0", "-1", "x", "2x"});
    refuse_each("--log-level", {"loud", ""});
    refuse_each("--log-format", {"xml", ""});
    refuse({"--host", "203.0.113.7"}, 1, "203.0.113.7");  // which no machine has
}

TEST_CASE("it knows each level of the log", "[13]") {
    for (const char* level : {"debug", "info", "warning", "error", "none"}) {
        ServerTest test(lesson, Setting{.arguments = {"--log-level", level}});
        std::list<Visitor> clients;
        leave(talk(clients, test, "hello\n"));
    }
}

TEST_CASE("with --threads it has as many, and each client is served", "[13]") {
    ThreadedServer test(4);
    std::list<Visitor> clients;
    while (clients.size() < 8) talk(clients, test, "I came\n");
    harness::expect_many_threads(test);
    harness::expect_idle(test);
    for (auto client = clients.rbegin(); client != clients.rend(); ++client) {
        client->send("I am still here\n");
        client->expect_echo();
    }
    for (Visitor& client : clients) leave(client);
}

TEST_CASE("all threads together serve no more than its limit", "[13]") {
    constexpr int seats = 2;
    ThreadedServer test(4, {"--max-clients", std::to_string(seats)});
    test.subject().past.seats = seats;
    std::list<Guest> seated;
    while (seated.size() < seats) harness::take_seat(test, seated);
    Guest one_more(test);
    one_more.expect_no_seat();
    seated.front().leave();
    if (one_more.waits()) one_more.expect_echo();
    seated.back().talk("I am still here\n");
}

TEST_CASE("its log in JSON is an object a line, whatever is said", "[13]") {
    StoppableServer test(lesson, "5s", {"--log-format", "json", "--log-level", "debug"});
    std::list<Visitor> clients;
    Visitor& one = talk(clients, test, "say \"hello\" \\ \t\x1b[31m\n");
    const echo::Endpoint peer = one.endpoint();
    leave(one);
    talk(clients, test, "and goodbye\n").reset();
    harness::end(test);
    harness::expect_json_log(test, peer);
}

TEST_CASE("a log of warnings leaves out who comes, talks and goes", "[13]") {
    StoppableServer test(lesson, "5s", {"--log-level", "warning"});
    std::list<Visitor> clients;
    std::vector<echo::Endpoint> peers;
    while (clients.size() < 3) peers.push_back(talk(clients, test, "hello\n").endpoint());
    for (Visitor& client : clients) leave(client);
    harness::end(test);
    harness::expect_silent_log(test, peers);
}

TEST_CASE("a log of errors, or of nothing, tells of no client", "[13]") {
    for (const char* const level : {"error", "none"}) {
        StoppableServer test(lesson, "5s", {"--log-level", level});
        std::list<Visitor> clients;
        Visitor& rude = talk(clients, test, "I break off\n");
        const echo::Endpoint peer = rude.endpoint();
        rude.reset();
        leave(talk(clients, test, "and the next\n"));  // so by now it has seen the reset
        harness::end(test);
        harness::expect_silent_log(test, {peer});
    }
}

TEST_CASE("a log for debugging tells no less than the usual one", "[13]") {
    std::size_t at_info = 0;
    for (const std::string level : {"info", "debug"}) {
        StoppableServer test(lesson, "5s", {"--log-level", level});
        std::list<Visitor> clients;
        Visitor& client = talk(clients, test, "hello\n");
        const echo::Endpoint peer = client.endpoint();
        leave(client);
        harness::end(test);
        const std::size_t lines = harness::lines_about(test, peer);
        if (level == "info")
            at_info = lines;
        else
            harness::expect_more_at_debug(test, at_info, lines);
    }
}

TEST_CASE("asked to stop, it says how many clients and bytes there were", "[13]") {
    StoppableServer test(lesson, "5s", {"--threads", "2"});
    test.subject().past.threads = 2;
    std::list<Visitor> clients;
    std::vector<echo::Endpoint> peers;
    std::size_t bytes = 0;
    const auto come = [&](std::size_t size) -> Visitor& {
        bytes += size;
        Visitor& client = talk(clients, test, std::string(size, 'x'));
        peers.push_back(client.endpoint());
        return client;
    };
    Visitor& early = come(1000);
    Visitor& rude = come(617);
    come(3000);
    leave(early);
    rude.reset();
    Visitor& silent = clients.emplace_back(test, true);
    peers.push_back(silent.endpoint());
    leave(silent);
    Visitor& last = come(94);
    if (!test.ask_to_stop(StoppableServer::StopBy::terminate))
        SKIP_BECAUSE("the tests have no console here, so they can't ask a program to stop");
    last.expect_end_of_stream();
    clients.clear();
    test.expect_end();
    harness::expect_summary(test, peers, bytes);
}
