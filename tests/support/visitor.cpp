#include "visitor.hpp"

#include "signs.hpp"

#include <utility>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;

// Where the program listens, when it is not where it said.
std::string found_elsewhere(const Program& program) {
    for (const std::string_view host : {"127.0.0.1", "::1", "127.0.0.2", "127.0.1.1"}) {
        if (host == program.host()) continue;
        try {
            return echo::connect(host, program.port(), echo::after(patience() / 4)).peer().text();
        } catch (const echo::Error&) {  // not there either
        }
    }
    return {};
}

// A program that is about to end, because of the client before or of a fault, does so first: what
// the next one meets shall not depend on which of the two is quicker.
void let_it_end(Subject& subject) {
    if (subject.past.clients > 0 || !subject.faults.empty())
        (void)subject.await_end(echo::after(patience() / 40));
}

echo::Connection visit(Subject& subject, bool in_a_crowd = false) {
    if (!in_a_crowd) let_it_end(subject);
    const Program& program = *subject.program;
    const std::string where = program.host() + ':' + std::to_string(program.port());
    try {
        echo::Connection connection =
            echo::connect(program.host(), program.port(), echo::after(patience()));
        const int number = ++subject.past.clients;
        subject.story.step("the test connected to " + connection.peer().text(), number);
        return connection;
    } catch (const echo::Error& error) {
        subject.story.step("the test tried to connect to " + where);
        Evidence evidence;
        evidence.wanted = Wanted::connection;
        evidence.expected_text = "a connection: the program said \"listening on " + where + "\"";
        evidence.got_text = error.what();
        evidence.listens_elsewhere = found_elsewhere(program);
        if (!evidence.listens_elsewhere.empty())
            evidence.got_text += "; but somebody listens on " + evidence.listens_elsewhere;
        (void)subject.await_end(echo::after(patience() / 8));
        subject.look_and_fail(evidence);
    }
}

// The one after a client that left rudely.
struct NextClient : Talk {
    NextClient(Subject& subject, echo::Connection connection)
        : Talk(subject, std::move(connection)) {}

    bool is_served() {
        constexpr std::string_view word = "ok";
        const echo::Deadline deadline = echo::after(patience());
        if (!give(word, deadline)) return false;
        while (got_.size() < word.size() && receive(deadline) == echo::Status::ok) continue;
        return got_.size() == word.size();
    }

    // Is served, stays until the program has been ended, and closes after it.
    void see_it_end() {
        (void)is_served();
        subject_.program->process().kill();
        (void)subject_.program->process().wait(echo::after(patience()));
        while (receive(echo::after(patience())) == echo::Status::ok) continue;
    }
};

}  // namespace

ServerTest::ServerTest(std::string_view lesson, std::string_view faults)
    : ServerTest(lesson, Setting{.faults = std::string(faults)}) {}

ServerTest::ServerTest(std::string_view lesson, const Setting& setting) {
    subject_.start_server(lesson, setting);
}

ServerTest::ServerTest(Subject& beside) {
    subject_.story.step("the test left a first server running");
    subject_.past.beside = true;
    subject_.start_server(beside.lesson, {});
}

void ServerTest::start_again() {
    Program& program = *subject_.program;
    const std::uint16_t port = program.port();
    {
        // The program's end is the first of the two to close, so its side has to rest.
        NextClient witness(subject_, visit(subject_));
        witness.see_it_end();
    }
    subject_.story.step("the test ended the program while this client was connected");
    subject_.past.restarted = true;
    subject_.start_server(subject_.lesson, {.faults = subject_.faults}, std::to_string(port));
    if (subject_.program->port() == port) return subject_.story.good();
    Evidence evidence;
    evidence.wanted = Wanted::port;
    subject_.look(evidence);
    evidence.expected_text = "a server that listens on port " + std::to_string(port);
    evidence.got_text = "one that listens on port " + std::to_string(subject_.program->port());
    subject_.fail(evidence);
}

Visitor::Visitor(ServerTest& test) : Visitor(test, false) {}

Visitor::Visitor(ServerTest& test, bool in_a_crowd)
    : Talk(test.subject(), visit(test.subject(), in_a_crowd)) {}

void Visitor::expect_echo() { expect(sent_from(expected_.size())); }

bool Visitor::has_its_echo_soon() {
    step("the test gave it a moment to answer");
    const std::size_t sent = all_sent().size();
    const echo::Deadline deadline = echo::after(patience() / 8);
    while (got_.size() < sent && receive(deadline) == echo::Status::ok) continue;
    subject_.story.good();
    return got_.size() >= sent;
}

void Visitor::expect_clean_end() {
    step("the test waited for the end of the program's stream");
    expected_ = all_sent();
    const Wait wait = begin_wait();
    const echo::Deadline deadline = echo::after(patience());
    while (stream_ == Stream::open && good_so_far()) {
        checked_ = got_.size();
        if (receive(deadline) == echo::Status::timed_out) {
            expected_ = got_;  // it was free to stop here, but not to stay
            fail(Wanted::end_of_stream, was_busy(wait), "the end of the stream",
                 "nothing" + silence() + "; the connection is still open");
        }
    }
    if (!good_so_far()) fail(Wanted::bytes, false);
    if (stream_ == Stream::ended) return subject_.story.good();
    expected_ = got_;
    fail(Wanted::end_of_stream, false, "the echo, or a part of it, and then the end of the stream",
         "a part of it, and then a connection reset, which can destroy bytes on their way");
}

void Visitor::expect_still_heard() {
    step("the test, which had not finished, sent two more messages");
    // To a closed connection the first is answered with a reset, which the second then meets.
    for (int i = 0; i < 2 && stream_ != Stream::reset; ++i)
        note_status(give("I am still talking\n", echo::after(patience())).status);
    if (stream_ != Stream::reset) return subject_.story.good();
    expected_ = got_;
    fail(Wanted::end_of_stream, false, "a program that reads until the client has finished, too",
         "a connection reset: the program has closed while the client was talking");
}

// To a closed connection the first is answered with a reset, which the second then meets.
bool Visitor::has_been_left() {
    for (int i = 0; i < 2 && stream_ != Stream::reset; ++i)
        note_status(give(".", echo::after(patience())).status);
    return stream_ == Stream::reset;
}

// A wait that has a deadline is not waited for, where the system tells it from one that has none.
void Visitor::expect_parting_from_the_silent() {
    step("the test stayed, and said nothing more");
    const bool told = !subject_.program->process().threads().empty();
    const auto time = told ? patience() / 8 : patience() * 3 / 2;
    const auto ending = subject_.await_end(echo::after(time));
    const bool in_vain = !lookout().reason().empty();
    if (ending || (told && !in_vain) || (!told && has_been_left())) return subject_.story.good();
    fail_kept(Evidence::Manner::silent, "one that stays" + silence());
}

void Visitor::expect_parting_from_the_busy() {
    constexpr std::size_t enough = std::size_t{64} << 20;
    step("the test went on sending, up to " + count_of(enough));
    const std::string bytes(std::size_t{1} << 20, 'x');
    std::size_t sent = 0;
    for (echo::Result given; stream_ != Stream::reset && sent < enough; sent += given.bytes) {
        given = give(bytes, echo::after(patience() * 3 / 2));
        note_status(given.status);
        if (given.status == echo::Status::timed_out) break;
    }
    if (stream_ == Stream::reset) return subject_.story.good();
    fail_kept(Evidence::Manner::active, "one that is still there after " + count_of(sent));
}

void Visitor::fail_kept(Evidence::Manner manner, std::string what_it_does) {
    Evidence all = evidence(Wanted::parting);
    all.manner = manner;
    all.expected_text = "a program that closes soon after its goodbye, whatever the client does";
    all.got_text = std::move(what_it_does);
    subject_.look_and_fail(std::move(all));
}

void Visitor::reset_in_the_middle(std::string_view bytes) {
    // The program now waits for room to send, and has more to read.
    (void)send_until_stuck(bytes);
    reset();
}

void ServerTest::expect_survival() {
    Process& process = subject_.program->process();
    subject_.story.step("the test looked whether the program serves the next client, or has ended");
    const auto cpu_before = process.cpu_time();
    const auto began = echo::Clock::now();
    Evidence evidence;
    evidence.wanted = Wanted::survival;
    evidence.expected_text = "a program that serves the next client, or has ended by itself";
    bool echoed = false;
    try {
        const Program& program = *subject_.program;
        NextClient next(subject_,
                        echo::connect(program.host(), program.port(), echo::after(patience())));
        echoed = next.is_served();
    } catch (const echo::Error&) {
        // Nobody listens any more: a program that serves one client ends now.
    }
    if (echoed) return subject_.story.good();
    const auto waited = echo::Clock::now() - began;
    // If it was silent for the whole time already, it is not about to end.
    const auto ending =
        subject_.await_end(echo::after(patience() / (waited < patience() ? 1 : 20)));
    const std::string& reason = subject_.program->lookout().reason();
    subject_.look(evidence);
    evidence.busy = waited >= patience() && (process.cpu_time() - cpu_before) * 10 >= waited;
    evidence.got_text =
        ending ? "a program that did not end by itself" : "a program that does neither";
    if (!ending && !reason.empty()) evidence.got_text += ": " + reason;
    if (!ending || crashed(*ending)) subject_.fail(evidence);
    subject_.story.good();
}

}  // namespace harness
