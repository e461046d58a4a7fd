#include "full_house.hpp"

#include "signs.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;

constexpr std::string_view line_of_a_guest = "is there a seat for me?\n";
constexpr std::string_view line_of_the_crowd = "we are many\n";

// So long nothing may come to whom nothing is due. Whatever a program does at once, it does sooner;
// and where the system tells that nothing can come, the wait ends before.
std::chrono::milliseconds moment() { return patience() / 8; }

// Most of a flood is beyond what is kept.
std::size_t lines_logged(const Process& process) {
    return lines_in(process.errors()) + process.errors_dropped() / 100;
}

// As the trace tells. It may be long.
std::size_t failed_accepts(ServerTest& test) {
    constexpr std::string_view sign = ": accept -> failed";
    const std::string trace = test.subject().program->trace();
    std::size_t count = 0;
    for (std::size_t at = 0; (at = trace.find(sign, at)) != std::string::npos; at += sign.size())
        ++count;
    return count;
}

}  // namespace

// --- Seats -----------------------------------------------------------------------------------

LimitedServer::LimitedServer(std::string_view lesson, int seats)
    : ServerTest(lesson, Setting{.arguments = {"--max-clients", std::to_string(seats)}}) {
    subject().past.seats = seats;
}

void Guest::talk(std::string_view text) {
    send(text);
    expect_echo();
}

void Guest::leave() {
    finish_sending();
    expect_end_of_stream();
}

void Guest::ask() {
    step("the test sent " + describe(line_of_a_guest));
    remember_sent(line_of_a_guest);
    note_status(give(line_of_a_guest, echo::after(patience())).status);
    expected_ += line_of_a_guest;
    has_asked_ = true;
}

// Says its line, and gets something of it back.
bool Guest::answers(echo::Deadline deadline) {
    if (!has_asked_) ask();
    while (stream_ == Stream::open && good_so_far() && got_.size() < expected_.size())
        if (receive(deadline) != echo::Status::ok) break;
    return !got_.empty() && good_so_far();
}

bool Guest::is_served() {
    const Wait wait = begin_wait();
    const bool served = answers(echo::after(patience()));
    const bool told = stream_ != Stream::open || !good_so_far();
    if (!served && !told) fail(Wanted::bytes, was_busy(wait));
    checked_ = got_.size();
    return served;
}

void Guest::expect_no_seat() {
    step("one client too many: the test looked what becomes of it");
    if (!has_asked_) {
        if (receive(echo::after(moment())) != echo::Status::timed_out) return expect_orderly_end();
        step("it waits");
    }
    if (answers(echo::after(moment()))) fail_seated();
    if (stream_ != Stream::open || !got_.empty()) return expect_orderly_end();
    step("it still waits, in line");
    subject_.story.good();
}

// It was told something, and that is all.
void Guest::expect_orderly_end() {
    const echo::Deadline deadline = echo::after(patience());
    while (stream_ == Stream::open && receive(deadline) == echo::Status::ok) continue;
    if (stream_ == Stream::ended && !got_.empty()) {
        step("it was told " + describe(got_));
        return subject_.story.good();
    }
    std::string came = got_.empty() ? "" : describe(got_) + ", and then ";
    came += stream_ == Stream::open    ? "nothing" + silence()
            : stream_ == Stream::ended ? "the end of its stream"
                                       : "a connection reset";
    fail(Wanted::no_seat, false, "that it waits in line, or some words and the end of its stream",
         came);
}

// To tell a limit that is ignored from one that is a little too high.
void Guest::fail_seated() {
    constexpr int some_more = 8;
    int& seated = subject_.past.seated = subject_.past.seats + 1;
    std::list<Guest> others;
    while (seated < subject_.past.seats + some_more) {
        if (!others.emplace_back(test_).answers(echo::after(moment()))) break;
        ++seated;
    }
    fail(Wanted::no_seat, false,
         "at most " + std::to_string(subject_.past.seats) +
             " clients that are served at once; one more waits in line, or is told that there is "
             "no seat",
         (others.empty() || seated == subject_.past.seats + some_more ? "at least " : "") +
             std::to_string(seated) + " that are served at once");
}

Guest& take_seat(ServerTest& test, std::list<Guest>& seated) {
    const echo::Deadline deadline = echo::after(patience());
    for (;;) {
        Guest& guest = seated.emplace_back(test);
        if (echo::Clock::now() > deadline) {
            guest.talk(line_of_a_guest);
            return guest;
        }
        if (guest.is_served()) return guest;
        seated.pop_back();
    }
}

// --- Crowds ----------------------------------------------------------------------------------

Crowd::Crowd(ServerTest& test, std::size_t size) {
    constexpr std::size_t for_others = 100;  // of the test's own descriptors
    const std::size_t allowed = allow_descriptors(size + for_others);
    size = std::min(size, allowed > for_others ? allowed - for_others : 1);
    members_.reserve(size);
    while (members_.size() < size && join(test)) continue;
    test.subject().story.step("a crowd of " + std::to_string(members_.size()) +
                              " connected, and sent a line each" +
                              (members_.size() < size ? "; then nobody else could" : ""));
}

// Where the listen queue is full, the system does not answer a new client: it goes on trying.
bool Crowd::join(ServerTest& test) {
    Program& program = *test.subject().program;
    try {
        echo::Connection connection =
            echo::connect(program.host(), program.port(), echo::after(moment()));
        Account& account = program.lookout().connected(connection.local().port());
        ++test.subject().past.clients;
        const echo::Result sent = connection.send(line_of_the_crowd, echo::after(moment()));
        account.sent = sent.bytes;
        members_.push_back({std::move(connection), account});
        return true;
    } catch (const echo::Error&) {
        return false;
    }
}

void Crowd::look() {
    std::array<char, 256> buffer;
    for (Member& member : members_) {
        while (!member.gone && member.got < line_of_the_crowd.size()) {
            const echo::Result got = member.connection.recv(buffer, echo::Clock::now());
            if (got.status == echo::Status::timed_out) break;
            member.gone = !got;
            member.got += got.bytes;
            member.account.received += got.bytes;
        }
    }
}

std::size_t Crowd::served() {
    look();
    return static_cast<std::size_t>(
        std::count_if(members_.begin(), members_.end(),
                      [](const Member& member) { return member.got == line_of_the_crowd.size(); }));
}

std::size_t Crowd::waiting() {
    look();
    return static_cast<std::size_t>(
        std::count_if(members_.begin(), members_.end(), [](const Member& member) {
            return !member.gone && member.got < line_of_the_crowd.size();
        }));
}

void Crowd::leave() {
    for (Member& member : members_) {
        member.account.finished = true;
        member.connection.close();
    }
    members_.clear();
}

void expect_thin_line(ServerTest& test, const Crowd& crowd, const Holdings& before) {
    if (!before.threads) return;
    Process& process = test.subject().program->process();
    const std::size_t most = *before.threads + std::max<std::size_t>(crowd.size() / 4, 12);
    test.subject().story.step("the test looked how many threads the program has now");
    std::size_t threads = 0;
    const bool grown = test.subject().await(echo::after(patience() / 2), [&] {
        return (threads = process.holdings().threads.value_or(0)) > most;
    });
    if (!grown) return test.subject().story.good();
    Evidence evidence;
    evidence.wanted = Wanted::thin_line;
    evidence.expected_text =
        "about as many threads as before the crowd came: " + std::to_string(*before.threads);
    evidence.got_text = std::to_string(threads) + " threads";
    test.subject().look_and_fail(std::move(evidence));
}

namespace {

// No program with pauses makes so many calls so soon.
bool accepts_without_a_pause(ServerTest& test) { return failed_accepts(test) > 500; }

// It takes in whom it can, until for a while nobody else is served.
void await_shortage(ServerTest& test, Crowd& crowd) {
    std::size_t before = crowd.served();
    const auto goes_on = [&] { return crowd.served() > before || accepts_without_a_pause(test); };
    while (test.subject().await(echo::after(patience() / 20), goes_on) &&
           !accepts_without_a_pause(test))
        before = crowd.served();
}

// Looks how busy it is for a moment, in which nothing happens to it.
void watch(ServerTest& test, Evidence& evidence) {
    constexpr std::size_t flood = 200;  // lines
    const Process& process = test.subject().program->process();
    const auto cpu_before = process.cpu_time();
    const auto is_busy = [&] {
        return (process.cpu_time() - cpu_before) * 5 >= moment() || accepts_without_a_pause(test);
    };
    (void)test.subject().await(echo::after(moment()), is_busy);
    evidence.busy = is_busy();
    evidence.flooded = evidence.busy && lines_logged(process) > flood;
}

// Of a program with a trace it is known that accept has failed; how others come to know, and
// whether at all, is their language's affair.
bool says_nothing(ServerTest& test) {
    return failed_accepts(test) > 0 &&
           !contains_any(lower_case(test.subject().program->process().errors()),
                         {"too many", "emfile", "descriptor", "accept", "resource"});
}

}  // namespace

void expect_calm(ServerTest& test, Crowd& crowd) {
    await_shortage(test, crowd);
    test.subject().story.step(
        std::to_string(crowd.served()) +
        " of the crowd are served; the program may have no more descriptors, and the test looked "
        "what it does");
    // Nobody waits: it has room for all of them, has sent them off, or is about to end.
    if (crowd.waiting() == 0 && !test.subject().await_end(echo::after(patience() / 20)))
        return test.subject().story.good();
    Evidence evidence;
    evidence.wanted = Wanted::calm;
    watch(test, evidence);
    if (test.subject().program->process().ending())
        evidence.got_text = "a program that has ended";
    else if (evidence.flooded)
        evidence.got_text = "line after line on standard error";
    else if (evidence.busy)
        evidence.got_text = "a program that is busy, although nobody wants anything of it";
    else if (says_nothing(test))
        evidence.got_text = "no word on standard error";
    else
        return test.subject().story.good();
    evidence.expected_text =
        "a program that waits for a moment before it asks again, and says once what is the matter";
    test.subject().look_and_fail(std::move(evidence));
}

void expect_next_in_line(ServerTest& test, Crowd& crowd, std::size_t served) {
    test.subject().story.step("the test looked whether one of those in line is served now");
    const auto goes_on = [&] { return crowd.served() > served || crowd.waiting() == 0; };
    if (test.subject().await(echo::after(patience() * 2), goes_on))
        return test.subject().story.good();
    Evidence evidence;
    evidence.wanted = Wanted::bytes;
    evidence.sent = {std::string(line_of_the_crowd)};
    evidence.expected = line_of_the_crowd;
    evidence.got_text = "nothing, although others have left";
    test.subject().look_and_fail(std::move(evidence));
}

}  // namespace harness
