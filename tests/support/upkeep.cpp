#include "upkeep.hpp"

#include "signs.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;

[[noreturn]] void fail(ServerTest& test, Evidence evidence) {
    (void)test.subject().await_end(echo::after(patience() / 40));
    test.subject().look_and_fail(std::move(evidence));
}

std::string in_words(Sleeper::In call) {
    switch (call) {
        case Sleeper::In::accept: return "accept";
        case Sleeper::In::recv: return "recv";
        default: return "send";
    }
}

// The thread that waits in this call. Where it only tries the call, and waits in poll, that one; but
// of several threads the one in poll may be another than the one that is to send.
const Sleeper* waits_in(const std::vector<Sleeper>& threads, Sleeper::In call) {
    const Sleeper* found = nullptr;
    for (const Sleeper& thread : threads) {
        if (thread.in == call) return &thread;
        const bool tries = call != Sleeper::In::send || threads.size() == 1;
        if (thread.in == Sleeper::In::poll && tries) found = &thread;
        if (thread.in == Sleeper::In::awake) return nullptr;
    }
    return found;
}

// Waits until a thread has gone to sleep in this call, another time than the last, and gives its
// number. 0: the system does not tell.
long await_sleep(Process& process, Sleeper::In call, Sleeper& last) {
    const echo::Deadline deadline = echo::after(patience() / 4);
    while (echo::Clock::now() < deadline) {
        const std::vector<Sleeper> threads = process.threads();
        const Sleeper* const found = waits_in(threads, call);
        if (found && !(*found == last)) {
            last = *found;
            return last.thread;
        }
        if (process.wait(echo::after(std::chrono::milliseconds(1)))) break;
    }
    return 0;
}

}  // namespace

void expect_logged(ServerTest& test, const echo::Endpoint& client) {
    Evidence evidence;
    evidence.wanted = Wanted::log;
    evidence.address = client.address();
    evidence.port = std::to_string(client.port());
    const Process& process = test.subject().program->process();
    test.subject().story.step("the test looked for " + client.text() + " in the program's log");
    const auto is_named = [&] {
        return names_client(process.errors(), evidence.address, evidence.port);
    };
    if (test.subject().await(echo::after(patience()), is_named)) return test.subject().story.good();
    evidence.expected_text = "a line on standard error that holds " + evidence.address + " and " +
                             evidence.port + ", the client's address and port";
    const std::size_t lines = lines_in(process.errors());
    evidence.got_text = lines == 0 ? "no line on standard error" : "lines that do not hold both";
    fail(test, std::move(evidence));
}

void expect_escaped(ServerTest& test, std::string_view line, std::string_view steering) {
    test.subject().story.step(
        "the test looked whether the log holds what the client sent, as it is");
    const std::string log = '\n' + test.subject().program->process().errors();
    Evidence evidence;
    evidence.wanted = Wanted::escaped;
    if (contains(log, '\n' + std::string(line)))
        evidence.got_text = "a line of the log that the client wrote";
    else if (contains(log, steering))
        evidence.got_text = "an ESC byte of the client's, which steers a terminal";
    if (evidence.got_text.empty()) return test.subject().story.good();
    evidence.expected_text = "nothing that the client sent, or all of it escaped";
    fail(test, std::move(evidence));
}

std::optional<std::size_t> descriptors(ServerTest& test) {
    return test.subject().program->process().holdings().descriptors;
}

void expect_descriptors(ServerTest& test, std::size_t most) {
    test.subject().story.step("the test looked how many descriptors the program has open");
    if (test.subject().await(echo::after(patience()),
                             [&] { return descriptors(test).value_or(0) <= most; }))
        return test.subject().story.good();
    Evidence evidence;
    evidence.wanted = Wanted::descriptors;
    evidence.expected_text = "not more than " + std::to_string(most) + ", as before";
    evidence.got_text = std::to_string(descriptors(test).value_or(0)) + " open descriptors";
    fail(test, std::move(evidence));
}

bool interrupt(ServerTest& test, Sleeper::In call) {
    Subject& subject = test.subject();
    Process& process = subject.program->process();
    if (!subject.program->understands_faults()) {
        const std::string note = "this program does not know ECHO_INTERRUPTS: no signal was sent";
        std::cout << "note: " << note << std::endl;
        subject.story.step(note);
        return true;
    }
    subject.story.step("a signal came while the program waited in " + in_words(call) +
                       ", three times");
    subject.past.interrupted = true;
    Sleeper last;
    for (int time = 0; time < 3; ++time)
        if (!process.interrupt(await_sleep(process, call, last))) return false;
    return true;
}

void while_held_still(ServerTest& test, const std::function<void()>& deed) {
    Process& process = test.subject().program->process();
    const bool still = process.pause();
    if (still) test.subject().story.step("the test held the program still");
    deed();
    if (!still) return;
    test.subject().story.step("the test let the program go on");
    process.resume();
}

}  // namespace harness
