#include "host.hpp"

#include "command_line.hpp"

#include <algorithm>
#include <cstdlib>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;

std::string default_client(std::string_view lesson) {
    return std::string(ECHO_BUILD_DIR) + "/lessons/" + std::string(lesson) + "/client";
}

// Windows writes \n as \r\n in the text that a program prints.
std::string without_carriage_returns(std::string text) {
#ifdef _WIN32
    for (std::size_t at = text.find("\r\n"); at != std::string::npos; at = text.find("\r\n", at))
        text.erase(at, 1);
#endif
    return text;
}

}  // namespace

// --- The conversation ------------------------------------------------------------------------

void Host::expect_patience() {
    subject_.story.step("the test looked whether the client waits for the rest");
    // Long enough for a client that does not wait to show it; one that waits has all the time.
    const echo::Status status = receive(echo::after(patience() / 40));
    if (status == echo::Status::timed_out) return subject_.story.good();
    if (status != echo::Status::ok) {
        client_finished_ = true;
        subject_.story.step("the client had ended its stream by then");
        return;
    }
    fail(Wanted::patience, false, "a client that waits for the rest of its echo",
         "a client that has gone on already: it sent " + describe(got_.substr(checked_)));
}

void Host::hang_up() { Talk::close(); }

void Host::part() {
    if (!connection_.is_open() || finished_sending_) return;
    while (stream_ == Evidence::Stream::open && good_so_far()) {
        checked_ = got_.size();
        if (receive(echo::after(patience())) == echo::Status::timed_out) return;
    }
    finish_sending();
}

// --- The client ------------------------------------------------------------------------------

ClientTest::ClientTest(std::string_view lesson, std::string_view faults) : faults_(faults) {
    subject_.is_client = true;
    listener_.emplace(echo::listen(echo::Endpoint::loopback(0)));
    const echo::Endpoint where = listener_->endpoint();
    subject_.story.step("the test listened on " + where.text());
    subject_.start_client(lesson, where.address(), where.port(), faults);
}

ClientTest::ClientTest(std::string_view lesson, std::string host, std::string port) {
    subject_.is_client = true;
    subject_.lesson = lesson;
    const char* other = std::getenv("ECHO_PROGRAM");
    const std::string program = other ? other : '"' + default_client(lesson) + '"';
    Process::Options options;
    options.capture_input = true;
    try {
        options.arguments = split_command_line(program);
        options.arguments.push_back(host);
        options.arguments.push_back(port);
        alone_.emplace(options);
    } catch (const std::exception& failure) {  // a bad command line, or no such program
        Evidence evidence;
        evidence.wanted = Wanted::start;
        evidence.program_is_client = true;
        evidence.lesson = lesson;
        evidence.start_failure =
            std::string("The program could not be started.\n  ") + failure.what();
        subject_.story.step("the test started the program");
        subject_.fail(evidence);
    }
    subject_.story.step("the test started the client with the arguments \"" + host + "\" \"" +
                        port + "\"");
}

Process& ClientTest::process() { return alone_ ? *alone_ : subject_.program->process(); }

std::string ClientTest::printed() { return without_carriage_returns(process().output()); }

template <typename Once>
void ClientTest::await(Once once) {
    const Deadline deadline = echo::after(patience());
    if (alone_)
        once(deadline);
    else
        subject_.program->lookout().await(deadline, once);
}

std::string ClientTest::reason() const {
    if (alone_ || subject_.program->lookout().reason().empty()) return {};
    return "; " + subject_.program->lookout().reason();
}

Host& ClientTest::host() {
    // A client that ends instead of connecting need not be waited for.
    echo::Accepted guest;
    await([&](Deadline piece) {
        guest = listener_->try_accept(piece);
        return guest || process().ending();
    });
    if (guest) {
        subject_.story.step("the client connected");
        subject_.check_faults(faults_);
        return host_.emplace(subject_, std::move(guest.connection));
    }
    subject_.story.step("the test waited for the client to connect");
    fail(Wanted::connection, "a connection to " + listener_->endpoint().text(),
         "no connection" + reason());
}

void ClientTest::type(std::string_view text) {
    subject_.story.step("the test typed " + describe(text));
    typed_ += text;
    process().write_input(text);
}

void ClientTest::end_input() {
    subject_.story.step("the test ended the client's input");
    process().close_input();
}

Evidence ClientTest::evidence(Wanted wanted) {
    Evidence evidence;
    evidence.wanted = wanted;
    evidence.sent = {typed_};
    evidence.expected = to_print_;
    evidence.got = printed();
    evidence.finished_sending = host_ && host_->client_has_finished();
    subject_.look(evidence);
    evidence.output = process().output();
    evidence.errors = process().errors();
    evidence.ending = process().ending();
    return evidence;
}

void ClientTest::fail(Wanted wanted, const std::string& expected_text,
                      const std::string& got_text) {
    Evidence all = evidence(wanted);
    all.expected_text = expected_text;
    all.got_text = got_text;
    subject_.fail(std::move(all));
}

void ClientTest::expect_printed(std::string_view bytes) {
    to_print_ += bytes;
    subject_.story.step("the test waited for the client to print " + describe(bytes));
    const auto is_there = [&](const std::string& output) {
        return without_carriage_returns(output).size() >= to_print_.size();
    };
    await([&](Deadline piece) {
        return process().wait_for_output(is_there, piece) || process().ending();
    });
    if (printed() != to_print_) fail(Wanted::printed);
    subject_.story.good();
}

void ClientTest::expect_exit(int code) {
    // A client may finish sending, and wait for the server to do the same.
    if (host_) host_->part();
    subject_.story.step("the test waited for the client to end");
    const auto cpu_before = process().cpu_time();
    await([&](Deadline piece) { return process().wait(piece).has_value(); });
    const auto ending = process().ending();
    if (ending && code == 0 && printed() != to_print_) fail(Wanted::printed);
    if (ending && !ending->by_signal && ending->code == code) return subject_.story.good();
    Evidence all = evidence(Wanted::exit);
    all.busy = !ending && (process().cpu_time() - cpu_before) * 10 >= patience();
    all.expected_text = "exit code " + std::to_string(code);
    all.got_text = ending ? ending->text() : "a client that still runs" + reason();
    subject_.fail(std::move(all));
}

void ClientTest::expect_complaint(std::string_view value) {
    const std::string errors = without_carriage_returns(process().errors());
    const bool one_line = errors.find('\n') == errors.size() - 1 && errors.size() > 1;
    if (one_line && errors.find(value) != std::string::npos) return subject_.story.good();
    std::string wanted = "one line on standard error";
    if (!value.empty()) wanted += " that names " + std::string(value);
    std::string got = errors.empty() ? "nothing there" : "see below";
    fail(Wanted::complaint, wanted, got);
}

std::uint16_t ClientTest::closed_port() {
    return echo::listen(echo::Endpoint::loopback(0)).endpoint().port();
}

}  // namespace harness
