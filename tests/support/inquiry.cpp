// The half of Talk that a test needs when it goes wrong: what came, what the program is doing, and
// what it does when the test tries something.
#include "causes.hpp"
#include "talk.hpp"

#include <algorithm>
#include <array>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;

}  // namespace

Evidence Talk::evidence(Wanted wanted) const {
    Evidence evidence;
    evidence.wanted = wanted;
    evidence.sent = messages_;
    evidence.expected = expected_;
    evidence.got = got_;
    evidence.finished_sending = finished_sending_;
    evidence.stream = stream_;
    if (connection_.is_open()) evidence.port = std::to_string(connection_.local().port());
    for (const Talk* other : others()) {
        ++evidence.others.count;
        evidence.others.sent += other->last_sent_;
    }
    return evidence;
}

void Talk::read_what_has_come() {
    std::array<char, 65536> buffer;
    while (const echo::Result got = connection_.recv(buffer, echo::Clock::now())) {
        got_ += echo::first(buffer, got.bytes);
        account_.received += got.bytes;
    }
}

// The rest of a wrong answer says more than its first byte: take what comes at once.
void Talk::read_what_is_there() {
    // Of a long conversation more: what is missing may come later.
    constexpr std::size_t some = std::size_t{1} << 16;
    const std::size_t enough = std::max(some, std::min(expected_.size() / 16, 32 * some));
    const std::size_t before = got_.size();
    while (stream_ == Stream::open && got_.size() - before < enough)
        if (receive(echo::after(patience() / 40)) != echo::Status::ok) break;
}

void Talk::fail(Wanted wanted, bool busy, std::string expected_text, std::string got_text) {
    const bool timed_out = stream_ == Stream::open && good_so_far();
    if (connection_.is_open() && !timed_out) read_what_is_there();

    // A program whose connection has ended may be about to end itself, and how it does tells much.
    if (stream_ != Stream::open) (void)subject_.await_end(echo::after(patience() / 8));

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
            all.got_text = "then nothing more" + silence();
        if (all.got.empty() && !all.got_text.empty()) all.got_text.replace(0, 4, "nothing but");
        if (all.got_text.find("nothing but nothing") == 0) all.got_text = "nothing" + silence();
    }
    look_at_the_others(all);
    if (timed_out && !subject_.is_client && !finished_sending_ &&
        all.got.size() < all.expected.size())
        find_out(all);
    subject_.fail(std::move(all));
}

// What has come to this client beyond what is its own. Waits for nothing.
std::string Talk::astray() {
    if (stuck_ || !good_so_far()) return {};
    read_what_has_come();
    return got_.substr(std::min(expected_.size(), got_.size()));
}

// Bytes that are missing here may have gone to another client.
void Talk::look_at_the_others(Evidence& evidence) {
    for (Talk* other : others()) {
        const std::string astray = other->astray();
        if (astray.empty()) continue;
        other->step("to find the reason, the test looked here, too: " + describe(astray) +
                    " had come");
        evidence.others.astray += astray;
    }
}

// What comes after the test has tried something, for a moment.
std::string Talk::what_comes(std::string_view after, std::chrono::milliseconds time) {
    const std::size_t before = got_.size();
    if (receive(echo::after(time)) == echo::Status::ok) read_what_is_there();
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
    step(words);
    return came;
}

// Bytes are missing and the program is silent. What is it waiting for? The lessons know what to try.
void Talk::find_out(Evidence& evidence) {
    for (const Experiment& experiment : experiments_up_to(evidence.lesson)) {
        if (!experiment.makes_sense(*this)) continue;
        Evidence::Trial trial;
        trial.experiment = experiment.name;
        trial.sent = experiment.attempt(*this);
        trial.came = what_comes(experiment.words, patience() / experiment.part);
        trial.ended = stream_ != Stream::open;
        evidence.trials.push_back(trial);
        if (!trial.came.empty() || trial.ended) return;
    }
}

std::string Talk::try_bytes(std::string_view bytes) {
    const echo::Result sent = give(bytes, echo::after(patience() / 10));
    return std::string(bytes.substr(0, sent.bytes));
}

std::string Talk::try_alone() {
    for (Talk* other : others()) other->connection_.close();
    return {};
}

bool Talk::has_others_that_do_not_read() const {
    const auto all = others();
    return std::any_of(all.begin(), all.end(), [](const Talk* other) { return other->stuck_; });
}

// As long as bytes come: a program that waits for room may need much of it.
std::string Talk::try_reading() {
    for (Talk* other : others())
        while (other->stuck_ && other->receive(echo::after(patience() / 40)) == echo::Status::ok)
            continue;
    return {};
}

std::string Talk::try_end() {
    account_.finished = true;
    connection_.shutdown_send();
    return {};
}

}  // namespace harness
