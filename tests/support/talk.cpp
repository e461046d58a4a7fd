#include "talk.hpp"

#include <algorithm>
#include <array>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;

}  // namespace

std::string seconds(std::chrono::milliseconds time) {
    const auto count = time.count();
    return std::to_string(count / 1000) + (count % 1000 == 0 ? "" : ".5") + " seconds";
}

Talk::Talk(Subject& subject, echo::Connection connection)
    : subject_(subject),
      connection_(std::move(connection)),
      account_(lookout().connected(subject.is_client ? 0 : connection_.local().port())),
      number_(subject.is_client ? 0 : subject.past.clients) {
    subject.talks.push_back(this);
}

Talk::~Talk() {
    account_.finished = true;
    auto& talks = subject_.talks;
    talks.erase(std::find(talks.begin(), talks.end(), this));
}

std::vector<Talk*> Talk::others() const {
    std::vector<Talk*> others;
    for (Talk* talk : subject_.talks)
        if (talk != this && talk->connection_.is_open()) others.push_back(talk);
    return others;
}

void Talk::step(std::string words) const { subject_.story.step(std::move(words), number_); }

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

echo::Result Talk::give(std::string_view bytes, echo::Deadline deadline) {
    echo::Result all;
    account_.about_to_send = true;
    lookout().await(deadline, account_, [&](echo::Deadline piece) {
        const echo::Result result = connection_.send_all(bytes.substr(all.bytes), piece);
        account_.sent += result.bytes;
        all = {result.status, all.bytes + result.bytes, result.error};
        return result.status != echo::Status::timed_out;
    });
    account_.about_to_send = false;
    return all;
}

echo::Status Talk::receive(echo::Deadline deadline) {
    static thread_local std::array<char, 65536> buffer;
    echo::Result result;
    lookout().await(deadline, account_, [&](echo::Deadline piece) {
        result = connection_.recv(buffer, piece);
        return result.status != echo::Status::timed_out;
    });
    if (result) got_ += echo::first(buffer, result.bytes);
    account_.received += result.bytes;
    note_status(result.status);
    return result.status;
}

std::string Talk::silence() const {
    const std::string& reason = lookout().reason();
    return reason.empty() ? " for " + seconds(patience()) : ": " + reason;
}

// Nothing that came is wrong, or too much. Looks only at what is new.
bool Talk::good_so_far() const {
    return got_.size() <= expected_.size() &&
           std::string_view(got_).substr(checked_) ==
               std::string_view(expected_).substr(checked_, got_.size() - checked_);
}

std::string Talk::sent_from(std::size_t begin) const {
    std::string bytes;
    for (const std::string& message : messages_) {
        if (begin < message.size()) bytes += std::string_view(message).substr(begin);
        begin -= std::min(begin, message.size());
    }
    return bytes;
}

// Its last bytes are enough to know it again at another client.
void Talk::remember_last(std::string_view bytes) {
    constexpr std::size_t enough = std::size_t{1} << 16;
    last_sent_ = bytes.substr(bytes.size() - std::min(bytes.size(), enough));
}

void Talk::remember_sent(std::string_view bytes) {
    remember_last(bytes);
    constexpr std::size_t most = 64;  // single messages help to find the cause; many do not
    if (messages_.size() < most)
        messages_.emplace_back(bytes);
    else
        messages_.back() += bytes;
}

void Talk::send(std::string_view bytes) {
    step("the test sent " + describe(bytes));
    remember_sent(bytes);
    check_sent(give(bytes, echo::after(patience())), bytes.size());
}

void Talk::send_byte_by_byte(std::string_view bytes) {
    step("the test sent " + describe(bytes) + ", one byte at a time");
    remember_sent(bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        check_sent(give(bytes.substr(i, 1), echo::after(patience())), 1);
}

void Talk::check_sent(const echo::Result& result, std::size_t bytes) {
    if (result) return;
    note_status(result.status);
    std::string how = "the connection was closed by the program";
    if (result.status == echo::Status::timed_out) how = "the program did not take more";
    step("after " + std::to_string(result.bytes) + " of " + count_of(bytes) + ' ' + how);
    if (!subject_.is_client) expected_ = all_sent();
    fail(Wanted::bytes, false);
}

void Talk::expect(std::string_view bytes) {
    step("the test waited for " + describe(bytes));
    expected_ += bytes;
    receive_expected();
}

// As long as bytes come, a long message may take its time. Where we did not read for a while, our
// system may have dropped some of what the program sent. The program's system sends that again, after
// a pause that doubles each time, up to seconds, and the program can't help it.
void Talk::receive_expected() {
    const echo::Deadline last = echo::after(patience() * 10);
    got_.reserve(expected_.size());
    while (good_so_far() && got_.size() < expected_.size()) {
        checked_ = got_.size();
        const Wait wait = begin_wait();
        const echo::Status status = receive((std::min)(echo::after(patience()), last));
        const bool pauses = status == echo::Status::timed_out && lookout().is_under_way(account_);
        if (pauses && echo::Clock::now() < last) continue;
        if (status != echo::Status::ok) fail(Wanted::bytes, was_busy(wait));
    }
    if (!good_so_far()) fail(Wanted::bytes, false);
    checked_ = got_.size();
    subject_.story.good();
}

std::size_t Talk::send_until_stuck(std::string_view bytes) {
    remember_last(bytes);
    constexpr std::size_t most = std::size_t{64} << 20;
    std::size_t sent = 0;
    while (sent < most) {
        const echo::Result result = give(bytes, echo::after(patience() / 40));
        sent += result.bytes;
        if (result) continue;
        note_status(result.status);
        break;
    }
    step("the test sent " + count_of(sent) + ", until no more went, and read nothing");
    return sent;
}

void Talk::exchange_reading_late(std::string_view bytes, const std::function<void()>& meanwhile) {
    const std::size_t sent = send_until_stuck(bytes);
    std::string all;
    while (all.size() < sent) all += bytes.substr(0, sent - all.size());
    remember_sent(all);
    stuck_ = true;
    meanwhile();
    stuck_ = false;
    step("then the test waited for " + count_of(all.size()));
    expected_ += all;
    receive_expected();
}

void Talk::expect_end_of_stream() {
    step("the test waited for the end of the program's stream");
    const Wait wait = begin_wait();
    const echo::Deadline deadline = echo::after(patience());
    while (got_ == expected_ && stream_ == Stream::open) {
        if (receive(deadline) == echo::Status::timed_out)
            fail(Wanted::end_of_stream, was_busy(wait),
                 "the end of the stream, and nothing before it",
                 "nothing" + silence() + "; the connection is still open");
    }
    if (got_ != expected_) fail(Wanted::end_of_stream, false);
    if (stream_ == Stream::reset)
        fail(Wanted::end_of_stream, false, "the end of the stream", "a connection reset");
    subject_.story.good();
}

void Talk::exchange(std::string_view bytes) {
    step("the test sent " + describe(bytes) + ", and received at the same time");
    remember_sent(bytes);
    expected_ += bytes;
    got_.reserve(expected_.size());
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
            account_.sent += result.bytes;
            account_.about_to_send = sent < bytes.size();
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
        const bool in_vain = moved == 0 && !lookout().reason().empty();
        if (stream_ != Stream::open || in_vain || now > deadline || now > last) {
            account_.about_to_send = false;
            if (sent < bytes.size()) step("the program took only " + count_of(sent));
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
    step("the test finished sending (half-close), and still listened");
    finished_sending_ = true;
    account_.finished = true;
    connection_.shutdown_send();
}

void Talk::close() {
    step("the test closed the connection");
    ++subject_.past.left;
    account_.finished = true;
    connection_.close();
}

void Talk::reset() {
    step("the test broke the connection off with a reset");
    subject_.past.rude = true;
    ++subject_.past.left;
    account_.finished = true;
    connection_.reset();
}

}  // namespace harness
