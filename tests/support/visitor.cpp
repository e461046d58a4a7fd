#include "visitor.hpp"

#include <algorithm>
#include <array>
#include <iostream>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;

// A path is shown from the project's folder on: the rest is noise, and too wide.
std::string short_path(std::string path) {
    const std::string folder = std::string(ECHO_SOURCE_DIR) + '/';
    const std::size_t at = path.find(folder);
    if (at != std::string::npos) path.erase(at, folder.size());
    return path;
}

// The lines that a StartFailure shows as the program's standard error.
std::string errors_in(std::string_view text) {
    constexpr std::string_view title = "its standard error:\n";
    constexpr std::string_view indent = "    ";
    const std::size_t at = text.find(title);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + title.size());
    std::string errors;
    while (text.substr(0, indent.size()) == indent) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        errors += std::string(text.substr(indent.size(), end - indent.size())) + '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return errors;
}

// A program that goes round and round writes a trace of any length: its two ends are enough.
std::string cut_trace(std::string trace) {
    constexpr std::size_t most = std::size_t{4} << 20;
    if (trace.size() > most)
        trace.erase(most / 2, trace.find('\n', trace.size() - most / 2) - most / 2);
    return trace;
}

std::string ordinal(std::string_view number) {
    if (number == "1") return "the first ";
    if (number == "2") return "the second ";
    return "number " + std::string(number) + " of the calls of ";
}

// "send:short=3; recv:EINTR@2": "each send moves at most 3 bytes, the second recv fails".
std::string in_words(std::string_view faults) {
    std::string words;
    while (!faults.empty()) {
        const std::size_t end = std::min(faults.find(';'), faults.size());
        std::string_view rule = faults.substr(0, end);
        faults.remove_prefix(std::min(end + 1, faults.size()));
        rule.remove_prefix(std::min(rule.find_first_not_of(' '), rule.size()));

        const std::string call(rule.substr(0, rule.find(':')));
        const std::size_t at = rule.find('@');
        const std::size_t equals = rule.find('=');
        const std::string which =
            at == std::string_view::npos ? "each " : ordinal(rule.substr(at + 1));
        if (!words.empty()) words += ", ";
        words += which + call;
        if (equals == std::string_view::npos)
            words += " fails";
        else
            words += " moves at most " + std::string(rule.substr(equals + 1, at - equals - 1)) +
                     " bytes";
    }
    return words;
}

std::string seconds(std::chrono::milliseconds time) {
    const auto count = time.count();
    return std::to_string(count / 1000) + (count % 1000 == 0 ? "" : ".5") + " seconds";
}

}  // namespace

// --- The program -----------------------------------------------------------------------------

void Subject::look(Evidence& evidence) {
    evidence.program_is_client = is_client;
    evidence.lesson = lesson;
    evidence.faults = faults;
    if (!program) return;
    evidence.output = program->process().output();
    evidence.errors = program->process().errors();
    evidence.ending = program->process().ending();
    evidence.trace = cut_trace(program->trace());
}

void Subject::fail(Evidence evidence) { story.fail(evidence); }

template <typename Start>
void Subject::start(std::string_view of_lesson, std::string_view faults_wanted, Start start_it) {
    lesson = of_lesson;
    const std::string name = is_client ? "/client" : "/server";
    set_default_program(std::string(ECHO_BUILD_DIR) + "/lessons/" + lesson + name);
    std::string setting;
    if (!faults_wanted.empty())
        setting =
            " with ECHO_FAULTS=\"" + std::string(faults_wanted) + "\": " + in_words(faults_wanted);
    try {
        program.emplace(start_it());
    } catch (const StartFailure& failure) {
        story.step("the test started the program" + setting);
        Evidence evidence;
        evidence.wanted = Wanted::start;
        evidence.program_is_client = is_client;
        evidence.lesson = lesson;
        evidence.start_failure = failure.what();
        evidence.errors = errors_in(failure.what());
        story.fail(evidence);
    }
    story.step("the test started " + short_path(program->command()) + setting);
}

void Subject::check_faults(std::string_view faults_wanted) {
    if (faults_wanted.empty()) return;
    if (program->understands_faults()) {
        faults = faults_wanted;
        return;
    }
    const std::string note = "this program does not know ECHO_FAULTS: the case ran without " +
                             std::string(faults_wanted);
    std::cout << "note: " << note << std::endl;
    story.step(note);
}

void Subject::start_server(std::string_view of_lesson, std::string_view faults_wanted) {
    start(of_lesson, faults_wanted, [&] { return Program::server(faults_wanted); });
    check_faults(faults_wanted);
}

void Subject::start_client(std::string_view of_lesson, std::string_view host, std::uint16_t port,
                           std::string_view faults_wanted) {
    start(of_lesson, faults_wanted, [&] { return Program::client(host, port, faults_wanted); });
}

ServerTest::ServerTest(std::string_view lesson, std::string_view faults) {
    subject_.start_server(lesson, faults);
}

// --- A conversation --------------------------------------------------------------------------

Talk::Talk(Subject& subject, echo::Connection connection)
    : subject_(subject), connection_(std::move(connection)) {}

Talk::Wait Talk::begin_wait() const {
    return {subject_.program->process().cpu_time(), echo::Clock::now()};
}

// Busy: it used the processor for a tenth of a wait of some length. A machine with much to do gives
// it no more, and a program that waits uses next to nothing.
bool Talk::was_busy(const Wait& wait) const {
    const auto waited = echo::Clock::now() - wait.began;
    const auto used = subject_.program->process().cpu_time() - wait.cpu_before;
    return waited >= patience() / 2 && used * 10 >= waited;
}

void Talk::note_status(echo::Status status) {
    if (status == echo::Status::end) stream_ = Stream::ended;
    if (status == echo::Status::reset || status == echo::Status::failed) stream_ = Stream::reset;
}

echo::Status Talk::receive(echo::Deadline deadline) {
    static thread_local std::array<char, 65536> buffer;
    const echo::Result result = connection_.recv(buffer, deadline);
    if (result) got_ += echo::first(buffer, result.bytes);
    note_status(result.status);
    return result.status;
}

// Nothing that came is wrong, or too much. Looks only at what is new.
bool Talk::good_so_far() const {
    return got_.size() <= expected_.size() &&
           std::string_view(got_).substr(checked_) ==
               std::string_view(expected_).substr(checked_, got_.size() - checked_);
}

void Talk::remember_sent(std::string_view bytes) {
    constexpr std::size_t most = 64;  // single messages help to find the cause; many do not
    if (messages_.size() < most)
        messages_.emplace_back(bytes);
    else
        messages_.back() += bytes;
}

void Talk::send(std::string_view bytes) {
    subject_.story.step("the test sent " + describe(bytes));
    remember_sent(bytes);
    check_sent(connection_.send_all(bytes, echo::after(patience())), bytes.size());
}

void Talk::send_byte_by_byte(std::string_view bytes) {
    subject_.story.step("the test sent " + describe(bytes) + ", one byte at a time");
    remember_sent(bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        check_sent(connection_.send_all(bytes.substr(i, 1), echo::after(patience())), 1);
}

void Talk::check_sent(const echo::Result& result, std::size_t bytes) {
    if (result) return;
    note_status(result.status);
    std::string how = "the connection was closed by the program";
    if (result.status == echo::Status::timed_out) how = "the program did not take more";
    subject_.story.step("after " + std::to_string(result.bytes) + " of " + count_of(bytes) + ' ' +
                        how);
    if (!subject_.is_client) {
        expected_.clear();
        for (const std::string& message : messages_) expected_ += message;
    }
    fail(Wanted::bytes, false);
}

void Talk::expect(std::string_view bytes) {
    subject_.story.step("the test waited for " + describe(bytes));
    expected_ += bytes;
    receive_expected();
}

// As long as bytes come, a long message may take its time.
void Talk::receive_expected() {
    const echo::Deadline last = echo::after(patience() * 10);
    while (good_so_far() && got_.size() < expected_.size()) {
        checked_ = got_.size();
        const Wait wait = begin_wait();
        const echo::Status status = receive((std::min)(echo::after(patience()), last));
        if (status != echo::Status::ok) fail(Wanted::bytes, was_busy(wait));
    }
    if (!good_so_far()) fail(Wanted::bytes, false);
    checked_ = got_.size();
    subject_.story.good();
}

std::size_t Talk::send_until_stuck(std::string_view bytes) {
    constexpr std::size_t most = std::size_t{64} << 20;
    std::size_t sent = 0;
    while (sent < most) {
        const echo::Result result = connection_.send_all(bytes, echo::after(patience() / 40));
        sent += result.bytes;
        if (result) continue;
        note_status(result.status);
        break;
    }
    subject_.story.step("the test sent " + count_of(sent) +
                        ", until no more went, and read nothing");
    return sent;
}

void Talk::exchange_reading_late(std::string_view bytes) {
    const std::size_t sent = send_until_stuck(bytes);
    std::string all;
    while (all.size() < sent) all += bytes.substr(0, sent - all.size());
    remember_sent(all);
    subject_.story.step("then the test waited for " + count_of(sent));
    expected_ += all;
    receive_expected();
}

void Talk::expect_end_of_stream() {
    subject_.story.step("the test waited for the end of the program's stream");
    const Wait wait = begin_wait();
    const echo::Deadline deadline = echo::after(patience());
    while (got_ == expected_ && stream_ == Stream::open) {
        if (receive(deadline) == echo::Status::timed_out)
            fail(Wanted::end_of_stream, was_busy(wait),
                 "the end of the stream, and nothing before it",
                 "nothing for " + seconds(patience()) + "; the connection is still open");
    }
    if (got_ != expected_) fail(Wanted::end_of_stream, false);
    if (stream_ == Stream::reset)
        fail(Wanted::end_of_stream, false, "the end of the stream", "a connection reset");
    subject_.story.good();
}

void Talk::exchange(std::string_view bytes) {
    subject_.story.step("the test sent " + describe(bytes) + ", and received at the same time");
    remember_sent(bytes);
    expected_ += bytes;
    const echo::Deadline last = echo::after(patience() * 10);
    echo::Deadline deadline = echo::after(patience());
    Wait wait = begin_wait();
    std::size_t sent = 0;
    connection_.set_nonblocking(true);
    while (good_so_far() && got_.size() < expected_.size()) {
        checked_ = got_.size();
        std::size_t moved = 0;
        if (sent < bytes.size()) {
            const echo::Result result = connection_.send(bytes.substr(sent));
            moved += result.bytes;
            sent += result.bytes;
        }
        // When nothing can be sent: receive, and wait a little for it. With more to send the wait
        // is short, for room may come first.
        if (moved == 0) {
            const bool all_sent = sent == bytes.size();
            const auto soon = echo::after(std::chrono::milliseconds(5));
            receive(all_sent ? (std::min)(deadline, last) : soon);
            moved += got_.size() - checked_;
        }
        const auto now = echo::Clock::now();
        if (stream_ != Stream::open || now > deadline || now > last) {
            if (sent < bytes.size()) subject_.story.step("the program took only " + count_of(sent));
            fail(Wanted::bytes, was_busy(wait));
        }
        if (moved > 0) {
            deadline = echo::after(patience());
            wait = begin_wait();
        }
    }
    connection_.set_nonblocking(false);
    if (!good_so_far()) fail(Wanted::bytes, false);
    checked_ = got_.size();
    subject_.story.good();
}

void Talk::finish_sending() {
    subject_.story.step("the test finished sending (half-close), and still listened");
    finished_sending_ = true;
    connection_.shutdown_send();
}

void Talk::close() {
    subject_.story.step("the test closed the connection");
    connection_.close();
}

void Talk::reset() {
    subject_.story.step("the test broke the connection off with a reset");
    connection_.reset();
}

// --- When it goes wrong ----------------------------------------------------------------------

Evidence Talk::evidence(Wanted wanted) const {
    Evidence evidence;
    evidence.wanted = wanted;
    evidence.sent = messages_;
    evidence.expected = expected_;
    evidence.got = got_;
    evidence.finished_sending = finished_sending_;
    evidence.stream = stream_;
    return evidence;
}

// The rest of a wrong answer says more than its first byte: take what comes at once.
void Talk::read_what_is_there() {
    constexpr std::size_t enough = std::size_t{1} << 18;
    const std::size_t before = got_.size();
    while (stream_ == Stream::open && got_.size() - before < enough)
        if (receive(echo::after(patience() / 40)) != echo::Status::ok) break;
}

void Talk::fail(Wanted wanted, bool busy, std::string expected_text, std::string got_text) {
    const bool timed_out = stream_ == Stream::open && good_so_far();
    if (connection_.is_open() && !timed_out) read_what_is_there();

    // A program whose connection has ended may be about to end itself, and how it does tells much.
    if (stream_ != Stream::open)
        (void)subject_.program->process().wait(echo::after(patience() / 8));

    Evidence all = evidence(wanted);
    all.busy = busy;
    all.expected_text = std::move(expected_text);
    all.got_text = std::move(got_text);
    subject_.look(all);
    if (all.got_text.empty() && all.got.size() < all.expected.size()) {
        if (stream_ == Stream::ended)
            all.got_text = "then the end of the program's stream";
        else if (stream_ == Stream::reset)
            all.got_text = "then a connection reset";
        else if (timed_out)
            all.got_text = "then nothing more for " + seconds(patience());
        if (all.got.empty() && !all.got_text.empty()) all.got_text.replace(0, 4, "nothing but");
        if (all.got_text.find("nothing but nothing") == 0)
            all.got_text = "nothing for " + seconds(patience());
    }
    if (timed_out && !subject_.is_client && !finished_sending_ &&
        all.got.size() < all.expected.size())
        find_out(all);
    subject_.fail(std::move(all));
}

// What comes after the test has tried something, for a moment.
std::string Talk::what_comes(std::string_view after) {
    const std::size_t before = got_.size();
    if (receive(echo::after(patience() / 5)) == echo::Status::ok) read_what_is_there();
    const std::string came = got_.substr(before);
    std::string words = "to find the reason, " + std::string(after) + ": ";
    if (!came.empty())
        words += "now " + describe(came) + " came";
    else if (stream_ == Stream::ended)
        words += "the program's stream ended";
    else if (stream_ == Stream::reset)
        words += "the connection was reset";
    else
        words += "nothing came";
    subject_.story.step(words);
    return came;
}

// Bytes are missing and the program is silent. What is it waiting for? A newline, a full buffer,
// the end of the stream?
void Talk::find_out(Evidence& evidence) {
    const auto try_bytes = [&](std::string_view bytes, std::string_view words) -> std::string {
        if (stream_ != Stream::open) return {};
        if (!connection_.send(bytes, echo::after(patience() / 10))) return {};
        return what_comes(words);
    };
    evidence.after_newline = try_bytes("\n", "the test sent a newline");
    if (evidence.after_newline.empty())
        evidence.after_more = try_bytes(std::string(65536, 'x'), "the test sent 65,536 more bytes");
    if (!evidence.after_more.empty() || stream_ != Stream::open) return;
    if (!evidence.after_newline.empty()) return;
    connection_.shutdown_send();
    evidence.after_end = what_comes("the test finished sending");
    evidence.ended_after_end = stream_ != Stream::open;
}

// --- A client of the server under test -------------------------------------------------------

namespace {

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

echo::Connection visit(Subject& subject) {
    const Program& program = *subject.program;
    const std::string where = program.host() + ':' + std::to_string(program.port());
    try {
        echo::Connection connection =
            echo::connect(program.host(), program.port(), echo::after(patience()));
        subject.story.step("the test connected to " + connection.peer().text());
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
        (void)subject.program->process().wait(echo::after(patience() / 8));
        subject.look(evidence);
        subject.fail(evidence);
    }
}

}  // namespace

Visitor::Visitor(ServerTest& test) : Talk(test.subject(), visit(test.subject())) {}

void Visitor::expect_echo() {
    std::string all;
    for (const std::string& message : messages_) all += message;
    expect(std::string_view(all).substr(expected_.size()));
}

void Visitor::expect_clean_end() {
    subject_.story.step("the test waited for the end of the program's stream");
    expected_.clear();
    for (const std::string& message : messages_) expected_ += message;
    const Wait wait = begin_wait();
    const echo::Deadline deadline = echo::after(patience());
    while (stream_ == Stream::open && good_so_far()) {
        checked_ = got_.size();
        if (receive(deadline) == echo::Status::timed_out) {
            expected_ = got_;  // it was free to stop here, but not to stay
            fail(Wanted::end_of_stream, was_busy(wait), "the end of the stream",
                 "nothing for " + seconds(patience()) + "; the connection is still open");
        }
    }
    if (!good_so_far()) fail(Wanted::bytes, false);
    if (stream_ == Stream::ended) return subject_.story.good();
    expected_ = got_;
    fail(Wanted::end_of_stream, false, "the echo, or a part of it, and then the end of the stream",
         "a part of it, and then a connection reset, which can destroy bytes on their way");
}

void Visitor::expect_still_heard() {
    subject_.story.step("the test, which had not finished, sent two more messages");
    // To a closed connection the first is answered with a reset, which the second then meets.
    for (int i = 0; i < 2 && stream_ != Stream::reset; ++i)
        note_status(connection_.send_all("I am still talking\n", echo::after(patience())).status);
    if (stream_ != Stream::reset) return subject_.story.good();
    expected_ = got_;
    fail(Wanted::end_of_stream, false, "a program that reads until the client has finished, too",
         "a connection reset: the program has closed while the client was talking");
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
        echo::Connection next =
            echo::connect(program.host(), program.port(), echo::after(patience()));
        std::array<char, 2> answer{};
        if (next.send_all("ok", echo::after(patience())))
            echoed = bool(next.recv_exactly(answer, echo::after(patience())));
    } catch (const echo::Error&) {
        // Nobody listens any more: a program that serves one client ends now.
    }
    if (echoed) return subject_.story.good();
    const auto waited = echo::Clock::now() - began;
    // If it was silent for the whole time already, it is not about to end.
    const auto ending = process.wait(echo::after(patience() / (waited < patience() ? 1 : 20)));
    subject_.look(evidence);
    evidence.busy = waited >= patience() && (process.cpu_time() - cpu_before) * 10 >= waited;
    evidence.got_text =
        ending ? "a program that did not end by itself" : "a program that does neither";
    if (!ending || crashed(*ending)) subject_.fail(evidence);
    subject_.story.good();
}

}  // namespace harness
