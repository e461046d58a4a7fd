#include "shutdown.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;
using Manner = Evidence::Manner;

std::vector<std::string> options(const std::string& drain, const std::vector<std::string>& more) {
    std::vector<std::string> all{"--drain", drain};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

std::string in_words(Process::StopBy how) {
    return how == Process::StopBy::ctrl_c ? "by Ctrl-C (SIGINT)" : "by SIGTERM, as `kill` does";
}

std::string in_words(Manner manner) {
    if (manner == Manner::reads_nothing) return "one client does not read its echo";
    if (manner == Manner::silent) return "one client stays, and says nothing";
    return "one client goes on talking";
}

// One that comes when it is too late.
class Newcomer : public Talk {
public:
    Newcomer(Subject& subject, echo::Connection connection)
        : Talk(subject, std::move(connection)) {}

    // What the test sees of it; empty: it is let go.
    std::string welcome() {
        constexpr std::string_view words = "am I too late?\n";
        const echo::Deadline deadline = echo::after(patience() / 2);
        note_status(give(words, deadline).status);
        while (stream_ == Stream::open && got_.size() < words.size())
            if (receive(deadline) == echo::Status::timed_out)
                return "a connection, and then nothing" + silence();
        return stream_ == Stream::open ? "a client that is served" : std::string();
    }
    const std::string& got() const { return got_; }
};

}  // namespace

// --- The server ------------------------------------------------------------------------------

StoppableServer::StoppableServer(std::string_view lesson, const std::string& drain,
                                 const std::vector<std::string>& more)
    : ServerTest(lesson, Setting{.arguments = options(drain, more)}),
      drain_(echo::parse_duration(drain)) {
    subject().past.drain = true;
}

// A request that comes before the program waits for something tells little.
bool StoppableServer::ask_to_stop(StopBy how) {
    const auto sleeps = [](const Sleeper& one) { return one.in != Sleeper::In::awake; };
    const auto all_sleep = [&] {
        const auto threads = subject().program->process().threads();
        return !threads.empty() && std::all_of(threads.begin(), threads.end(), sleeps);
    };
    (void)subject().await(echo::after(patience() / 40), all_sleep);
    return ask_now(how);
}

bool StoppableServer::ask_now(StopBy how) {
    Subject& of = subject();
    Process& process = of.program->process();
    const bool again = of.past.asked_to_stop++ > 0;
    of.story.step("the test asked the program to stop" +
                  std::string(again ? " once more, " : ", ") + in_words(how));
    said_before_ = process.errors().size();
    asked_ = Clock::now();
    return process.ask_to_stop(how);
}

bool StoppableServer::ask_to_stop_after(StopBy how, const std::function<void()>& deed) {
    Process& process = subject().program->process();
    const bool still = process.pause(Process::Pause::with_a_signal);
    if (still) subject().story.step("the test held the program still");
    deed();
    const bool asked = ask_now(how);
    if (still) subject().story.step("the test let the program go on");
    if (still) process.resume();
    return asked;
}

// All its threads have slept for a while in calls without a deadline: only the test could wake
// them, and it does nothing. Of a program without a trace nobody knows: a timer may be among what
// it waits for.
bool StoppableServer::sleeps_for_good() {
    std::vector<Sleeper> threads = subject().program->process().threads();
    const bool awake =
        threads.empty() || std::any_of(threads.begin(), threads.end(),
                                       [](auto& one) { return one.in == Sleeper::In::awake; });
    if (awake || threads != slept_) {
        slept_ = awake ? std::vector<Sleeper>() : std::move(threads);
        asleep_since_ = Clock::now();
        return false;
    }
    return Clock::now() - asleep_since_ >= patience() / 20 &&
           subject().program->understands_faults();
}

bool StoppableServer::ends_by(Clock::time_point deadline) {
    slept_.clear();
    Process& process = subject().program->process();
    (void)subject().await(deadline, [&] { return process.ending() || sleeps_for_good(); });
    return process.ending().has_value();
}

void StoppableServer::fail(Evidence evidence) { subject().look_and_fail(std::move(evidence)); }

void StoppableServer::fail(Wanted wanted, std::string expected, std::string got) {
    Evidence evidence;
    evidence.wanted = wanted;
    evidence.expected_text = std::move(expected);
    evidence.got_text = std::move(got);
    fail(std::move(evidence));
}

// Whether it was busy for such a time, or polled again and again. It may have ended.
bool StoppableServer::is_busy_for(std::chrono::milliseconds time) {
    constexpr std::uint64_t too_often = 100;
    Process& process = subject().program->process();
    Lookout& lookout = subject().program->lookout();
    const auto cpu_before = process.cpu_time();
    const auto polls_before = lookout.count_polls();
    const auto began = Clock::now();
    (void)process.wait(echo::after(time));
    return (process.cpu_time() - cpu_before) * 4 >= Clock::now() - began ||
           lookout.count_polls() - polls_before > too_often;
}

// At first it may still have some to move.
void StoppableServer::expect_patience(std::chrono::milliseconds time) {
    constexpr int stretches = 4;
    bool busy = true;
    for (int i = 0; i < stretches && busy; ++i) busy = is_busy_for(time);
    const auto ending = subject().program->process().ending();
    if (!ending && !busy) return subject().story.good();
    if (!ending)
        fail(Wanted::idleness, "a program that sleeps while it waits for its clients",
             "a program that is busy");
    Evidence evidence;
    evidence.wanted = Wanted::own_end;
    evidence.gave_up_early = true;
    evidence.expected_text = "a program that ends when its clients have got what they are owed";
    evidence.got_text = ending->text() + ", before that";
    fail(std::move(evidence));
}

void StoppableServer::check_ending() {
    const Process& process = subject().program->process();
    const Ending ending = *process.ending();
    if (ending.by_signal || ending.code != 0) fail(Wanted::own_end, "exit code 0", ending.text());
    if (process.errors().size() + process.errors_dropped() > said_before_)
        return subject().story.good();
    fail(Wanted::last_word, "a word on standard error about its end", "none");
}

// Does it look whether it was asked, but only when something else happens?
void StoppableServer::find_out(Evidence& evidence) {
    if (subject().past.clients > 0) return;
    subject().story.step("to find the reason, the test let a client come, talk and leave");
    try {
        const Program& program = *subject().program;
        echo::Connection guest =
            echo::connect(program.host(), program.port(), echo::after(patience() / 4));
        (void)guest.send_all("hello?\n", echo::after(patience() / 4));
        guest.close();
        const auto soon = echo::after(patience() / 4);
        evidence.woken = subject().program->process().wait(soon).has_value();
    } catch (const echo::Error&) {  // nobody listens: that tells nothing
    }
    if (evidence.woken) evidence.got_text += ", until a client came";
}

void StoppableServer::expect_end() {
    subject().story.step("the test waited for the program's end");
    if (ends_by(Clock::now() + patience())) return check_ending();
    const std::string& reason = subject().program->lookout().reason();
    Evidence evidence;
    evidence.wanted = Wanted::own_end;
    evidence.expected_text = "the end of the program, with exit code 0";
    evidence.got_text = "a program that runs on" + (reason.empty() ? "" : ": " + reason);
    find_out(evidence);
    fail(std::move(evidence));
}

Clock::time_point StoppableServer::latest_end() const { return asked_ + drain_ + patience() / 2; }

// What it says from here on is of how it ended, if the test is not late itself.
void StoppableServer::note_what_it_has_said() {
    const Process& process = subject().program->process();
    const std::size_t said = process.errors().size() + process.errors_dropped();
    if (Clock::now() < asked_ + drain_ * 15 / 16) said_before_ = said;
}

// A timer may be early by a little: on Windows by 16 milliseconds.
void StoppableServer::expect_end_in_time(Manner manner) {
    subject().story.step(in_words(manner) + "; the test waited for the program's end");
    // Until then it may sleep as it likes.
    const bool too_soon = subject().program->process().wait(asked_ + drain_ * 7 / 8).has_value();
    if (!too_soon && manner == Manner::reads_nothing) note_what_it_has_said();
    if (!too_soon && ends_by(latest_end())) return check_ending();
    Evidence evidence;
    evidence.wanted = Wanted::own_end;
    evidence.manner = manner;
    evidence.gave_up_early = too_soon && manner == Manner::reads_nothing;
    if (too_soon && !evidence.gave_up_early) return check_ending();
    evidence.expected_text =
        "the end of the program, " + echo::text(drain_) + " after it was asked to stop";
    evidence.got_text =
        too_soon ? "its end before that: " + subject().program->process().ending()->text()
                 : "a program that runs on";
    fail(std::move(evidence));
}

void StoppableServer::expect_end_at_once() {
    subject().story.step("the test waited for the program's end");
    if (ends_by(Clock::now() + patience() / 2)) return subject().story.good();
    fail(Wanted::end_at_once, "the end of the program, at once", "a program that runs on");
}

void StoppableServer::expect_closed_door() {
    subject().story.step("the test looked whether somebody new is taken in");
    Evidence evidence;
    evidence.wanted = Wanted::closed_door;
    evidence.expected_text = "a client that is refused, or let go";
    try {
        const Program& program = *subject().program;
        Newcomer one(subject(),
                     echo::connect(program.host(), program.port(), echo::after(patience())));
        evidence.got_text = one.welcome();
        evidence.got = one.got();
    } catch (const echo::Error&) {  // refused
    }
    if (evidence.got_text.empty()) return subject().story.good();
    fail(std::move(evidence));
}

// --- Its clients -----------------------------------------------------------------------------

Bystander::Bystander(StoppableServer& test) : Visitor(test, true) {}

void Bystander::talk() {
    send("is it my turn?\n");
    expect_echo();
}

void Bystander::expect_goodbye() {
    expect_end_of_stream();
    expect_still_heard();
}

Latecomer::Latecomer(StoppableServer& test) : Visitor(test, true) { send("I came in time\n"); }

void Latecomer::expect_seat() {
    subject_.past.in_line = true;
    expect_echo();
    subject_.past.in_line = false;
}

// What it gets it has by now: the program has been busy with another one since.
void Latecomer::expect_no_seat() {
    step("the test looked whether the one in line got a seat that there was not");
    read_what_is_there();
    if (got_.empty()) return subject_.story.good();
    subject_.past.in_line = true;
    expected_ = got_;
    Evidence all = evidence(Wanted::fate);
    all.expected_text = "nothing, or the end of its connection: all seats are taken";
    all.got_text = "its echo";
    subject_.look_and_fail(std::move(all));
}

void Latecomer::expect_fate() {
    step("the test looked what becomes of the one in line");
    subject_.past.in_line = true;
    const std::string words = all_sent();
    const echo::Deadline deadline = echo::after(patience());
    while (stream_ == Stream::open && got_.size() < words.size())
        if (receive(deadline) == echo::Status::timed_out) {
            Evidence all = evidence(Wanted::fate);
            all.expected_text = "its echo, or the end of its connection";
            all.got_text = "nothing" + silence() + "; it is left waiting";
            subject_.look_and_fail(std::move(all));
        }
    expected_ = words.substr(0, got_.size());
    if (!good_so_far()) fail(Wanted::bytes, false);
    subject_.past.in_line = false;
    subject_.story.good();
}

FarAway::FarAway(StoppableServer& test) : Bystander(test), test_(test) {}

// A program that does not wait for them says goodbye at once, and most have done so by then. Those
// that wait do it much longer.
bool FarAway::land_in_time(std::string_view words) {
    constexpr std::chrono::milliseconds flight(50);
    constexpr std::chrono::milliseconds surely_in_time(120);
    step("the test waited a little: what this client says is still on its way");
    (void)subject_.program->process().wait(echo::after(flight - test_.time_passed()));
    send(words);
    return test_.time_passed() < surely_in_time;
}

Chatterer::Chatterer(StoppableServer& test) : Visitor(test, true), test_(test) {
    send("let me tell you\n");
    expect_echo();
}

// Its stream may end at any time now, and a reset is all that stops it.
void Chatterer::talk_on() {
    constexpr std::string_view words = "and then I said\n";
    constexpr std::chrono::milliseconds breath(5);
    std::array<char, 4096> buffer;
    Process& process = subject_.program->process();
    step("the test went on talking");
    account_.about_to_send = true;
    while (Clock::now() < test_.latest_end() && !process.wait(echo::after(breath))) {
        if (stream_ == Stream::reset) continue;
        note_status(connection_.send_all(words, echo::after(breath)).status);
        while (connection_.recv(buffer, Clock::now())) continue;
    }
}

}  // namespace harness
