#include "readiness.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;

[[noreturn]] void fail(ServerTest& test, Wanted wanted, std::string expected, std::string got) {
    Evidence evidence;
    evidence.wanted = wanted;
    evidence.expected_text = std::move(expected);
    evidence.got_text = std::move(got);
    test.subject().look_and_fail(std::move(evidence));
}

// How a stretch of time went in which nothing happened.
enum class Stretch { quiet, busy, polls_again_and_again, ended };

// One that sleeps without a deadline is quiet, which shows at once. Any other is given the whole
// stretch: one that wakes a few times in it needs less than a hundredth of a processor.
Stretch watch(ServerTest& test) {
    constexpr std::uint64_t too_often = 100;
    Process& process = test.subject().program->process();
    Lookout& lookout = test.subject().program->lookout();
    const auto cpu_before = process.cpu_time();
    const auto polls_before = lookout.count_polls();
    const auto began = echo::Clock::now();
    bool polls = false;
    lookout.await(echo::after(patience() / 8), [&](Deadline piece) {
        polls = lookout.count_polls() - polls_before > too_often;
        return polls || process.wait(piece).has_value();
    });
    if (process.ending()) return Stretch::ended;
    if (polls) return Stretch::polls_again_and_again;
    const auto waited = echo::Clock::now() - began;
    if (lookout.reason().empty() && (process.cpu_time() - cpu_before) * 100 >= waited)
        return Stretch::busy;
    return Stretch::quiet;
}

// From one poll of many to the next one.
struct Pass {
    std::vector<std::string> ready;   // whom it has found
    std::vector<std::string> served;  // whom the program turned to
    bool goes_on_after_a_close = false;

    void note(const TracedCall& call) {
        const bool turned_to = call.name == "recv" || call.name == "accept" || call.name == "send";
        if (turned_to && closed_ && contains(ready, call.socket)) goes_on_after_a_close = true;
        if (turned_to || call.name == "close") served.push_back(call.socket);
        closed_ = closed_ || call.name == "close";
    }
    // The first one that it has left out; empty: none. Whoever stops after a close, and polls anew,
    // has left nobody out.
    std::string skipped() const {
        if (!goes_on_after_a_close) return {};
        for (const std::string& socket : ready)
            if (!contains(served, socket)) return socket;
        return {};
    }

    bool turned_to(const std::string& socket) const { return contains(served, socket); }

private:
    static bool contains(const std::vector<std::string>& all, const std::string& one) {
        return std::find(all.begin(), all.end(), one) != all.end();
    }
    bool closed_ = false;
};

// One who is never turned to has another trouble: skipped is who had to wait for the next pass.
std::string skipped_slot(const std::string& trace) {
    Pass pass;
    std::string skipped;
    for (const TracedCall& call : read_trace(trace)) {
        if (!call.polls_many()) {
            pass.note(call);
            continue;
        }
        if (pass.turned_to(skipped)) return skipped;
        skipped = pass.skipped();
        pass = {};
        pass.ready = call.ready();
    }
    return {};
}

// What the program did while its accepts failed.
struct Shortage {
    std::vector<int> heard;  // words of its clients, after each try
    bool is_over = false;

    // Between two tries.
    int least() const { return *std::min_element(heard.begin(), heard.end() - 1); }
    int most() const { return *std::max_element(heard.begin(), heard.end()); }
};

Shortage shortage_in(const std::string& trace) {
    Shortage shortage;
    for (const TracedCall& call : read_trace(trace)) {
        if (call.name == "accept" && call.failed()) shortage.heard.push_back(0);
        if (shortage.heard.empty()) continue;
        if (call.name == "recv" && call.moved() > 0) ++shortage.heard.back();
        if (!call.accepted().empty()) shortage.is_over = true;
    }
    return shortage;
}

// A socket that was closed while a poller watched it; empty: none.
std::string closed_while_watched(const std::string& trace) {
    std::set<std::string> watched;
    for (const TracedCall& call : read_trace(trace)) {
        if (call.result != "ok") continue;
        if (call.tells_a_poller() && call.arguments == "forget") watched.erase(call.socket);
        if (call.tells_a_poller() && call.arguments != "forget") watched.insert(call.socket);
        if (call.name == "close" && watched.count(call.socket) > 0) return call.socket;
    }
    return {};
}

}  // namespace

bool expect_few_threads(ServerTest& test, std::size_t clients) {
    const Holdings has = test.subject().program->process().holdings();
    if (!has.threads) return false;
    test.subject().story.step("the test looked how many threads the program has for " +
                              std::to_string(clients) + " clients");
    const std::size_t children = has.children.value_or(0);
    if ((*has.threads + children) * 2 < clients) return test.subject().story.good(), true;
    fail(test, Wanted::few_threads, "few threads, however many clients there are",
         std::to_string(*has.threads) + " threads, and " + std::to_string(children) +
             " processes that it started");
}

void expect_idle(ServerTest& test) {
    constexpr int stretches = 4;
    test.subject().story.step("nobody said anything, and the test looked what the program does");
    Stretch how = Stretch::busy;
    for (int i = 0; i < stretches && how == Stretch::busy; ++i) how = watch(test);
    if (how == Stretch::quiet) return test.subject().story.good();
    std::string got = "a program that has ended";
    if (how == Stretch::busy) got = "a program that keeps a processor busy";
    if (how == Stretch::polls_again_and_again) got = "a program that polls again and again";
    fail(test, Wanted::idleness, "a program that sleeps until somebody is ready", got);
}

// A pause between two tries is long enough for many words. A program that sleeps in it hears one of
// them before it tries again. (One that makes no pause is looked at elsewhere.)
void expect_service_meanwhile(ServerTest& test, Visitor& seated) {
    if (!test.has_faults()) return;
    constexpr int enough = 4;
    constexpr std::chrono::milliseconds short_pause(20);
    test.subject().story.step("there was no room for one in line, and the test talked meanwhile");
    const auto began = echo::Clock::now();
    Shortage shortage;
    while (!shortage.is_over && echo::Clock::now() < began + patience()) {
        seated.send("I am still here\n");
        seated.expect_echo();
        shortage = shortage_in(test.subject().program->trace());
        if (!shortage.heard.empty() && shortage.most() >= enough)
            return test.subject().story.good();
    }
    const auto tries = static_cast<int>(shortage.heard.size());
    const bool pauses = echo::Clock::now() - began >= short_pause * tries;
    if (tries < 2 || shortage.least() == 0 || !pauses) return;
    fail(test, Wanted::service, "answers to many words between two tries to accept",
         "answers to " + std::to_string(shortage.most()) + " at most, in " + std::to_string(tries) +
             " tries");
}

void expect_no_slot_skipped(ServerTest& test) {
    const std::string socket = skipped_slot(test.subject().program->trace());
    if (socket.empty()) return test.subject().story.good();
    test.subject().story.step("the test looked whether it served all whom a poll had found ready");
    fail(test, Wanted::fairness, "all whom a poll has found ready are served before the next poll",
         "a pass in which socket " + socket +
             " was ready and left out, right after another one "
             "was closed");
}

void expect_forgotten_in_time(ServerTest& test) {
    const std::string socket = closed_while_watched(test.subject().program->trace());
    if (socket.empty()) return test.subject().story.good();
    test.subject().story.step("the test looked whether it forgot each socket before it closed it");
    fail(test, Wanted::forgetting, "no socket is closed while the poller watches it",
         "socket " + socket + " was closed, and the poller had not been told to forget it");
}

}  // namespace harness
