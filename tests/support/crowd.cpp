#include "crowd.hpp"

#include "upkeep.hpp"

#include <optional>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Holding = Evidence::Holding;
using Fate = Applicant::Fate;

constexpr std::size_t mebibyte = std::size_t{1} << 20;

// What a program may hold more than before, and is no leak. After 800 clients in bursts of 8 right
// servers in Python, Go and JavaScript had 3 threads, 10 MiB of memory and 261 MiB of addresses more
// than after the first burst: runtimes take some in advance. A thread that has ended and that nobody
// has joined keeps 8 MiB of addresses on Linux, its stack's.
struct Slack {
    Holding holding;
    std::optional<std::size_t> Holdings::*of;
    std::size_t more;
    std::size_t unit;
    const char* name;
};
constexpr Slack slack_of_threads{Holding::threads, &Holdings::threads, 24, 1, "threads"};
constexpr Slack slack_of_processes{Holding::processes, &Holdings::children, 24, 1, "processes"};
constexpr Slack slack_of_memory{Holding::memory, &Holdings::memory, 64 * mebibyte, mebibyte,
                                "MiB of memory"};
constexpr Slack slack_of_addresses{Holding::reserved, &Holdings::reserved, 1024 * mebibyte,
                                   mebibyte, "MiB of reserved addresses"};
constexpr std::size_t slack_of_descriptors = 12;

std::size_t held(ServerTest& test, const Slack& slack) {
    return (holdings(test).*slack.of).value_or(0);
}

// By now, or soon.
bool comes_down(ServerTest& test, const Slack& slack, std::size_t most) {
    return test.subject().await(echo::after(patience()), [&] { return held(test, slack) <= most; });
}

void expect_like(ServerTest& test, const Holdings& before, const Slack& slack) {
    const auto had = before.*slack.of;
    if (!had || comes_down(test, slack, *had + slack.more)) return test.subject().story.good();
    test.subject().story.step("they had left, and the test looked what the program holds");
    const auto in_words = [&](std::size_t count) {
        return std::to_string(count / slack.unit) + ' ' + slack.name;
    };
    Evidence evidence;
    evidence.wanted = Wanted::holdings;
    evidence.holding = slack.holding;
    evidence.expected_text = "about as much as before: " + in_words(*had);
    evidence.got_text = in_words(held(test, slack));
    test.subject().look_and_fail(std::move(evidence));
}

}  // namespace

Holdings holdings(ServerTest& test) { return test.subject().program->process().holdings(); }

void expect_threads_like(ServerTest& test, const Holdings& before) {
    expect_like(test, before, slack_of_threads);
}

void expect_all_like(ServerTest& test, const Holdings& before) {
    expect_like(test, before, slack_of_threads);
    expect_like(test, before, slack_of_processes);
    if (before.descriptors) expect_descriptors(test, *before.descriptors + slack_of_descriptors);
    expect_like(test, before, slack_of_memory);
    expect_like(test, before, slack_of_addresses);
}

std::string why_it_needs_more_room(std::string_view lesson) {
    ServerTest with_room(lesson);
    if (!with_room.subject().program->understands_faults())
        return "this program may need much memory for itself, so it is not started with little";
    const auto reserved = holdings(with_room).reserved;
    if (!reserved) return "this system does not tell how much memory a program reserves";
    if (*reserved < room_for_few_threads / 4) return {};
    return "this program has reserved " + std::to_string(*reserved / mebibyte) +
           " MiB before anybody came, as one with a sanitizer does";
}

CrampedServer::CrampedServer(std::string_view lesson)
    : ServerTest(lesson, Setting{.reserve_limit = room_for_few_threads}) {
    subject().past.few_threads = true;
    subject().story.step("the system lets it have " +
                         std::to_string(room_for_few_threads / mebibyte) +
                         " MiB, so there is room for a few threads only");
}

Applicant::Applicant(ServerTest& test, bool in_a_crowd)
    : Visitor(test, in_a_crowd), fate_(find_out()) {}

Fate Applicant::find_out() {
    constexpr std::string_view word = "is there room for me?\n";
    const echo::Deadline deadline = echo::after(patience());
    remember_sent(word);
    (void)give(word, deadline);
    expected_ += word;
    while (got_.size() < word.size() && receive(deadline) == echo::Status::ok) continue;
    const Fate fate = got_ == word                        ? Fate::served
                      : stream_ == Evidence::Stream::open ? Fate::waits
                                                          : Fate::let_go;
    step("the test sent " + describe(word) + ", and " +
         (fate == Fate::served   ? "it came back"
          : fate == Fate::let_go ? "the connection ended"
                                 : "no answer came" + silence()));
    checked_ = got_.size();
    return fate;
}

void expect_room_again(ServerTest& test) {
    test.subject().story.step("all of them left, and the test looked whether there is room again");
    const echo::Deadline deadline = echo::after(patience());
    for (;;) {
        Applicant client(test);
        if (client.fate() == Fate::let_go && echo::Clock::now() < deadline) continue;
        client.expect_echo();
        return;
    }
}

}  // namespace harness
