#include "backpressure.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;

constexpr std::size_t mebibyte = std::size_t{1} << 20;

std::string in_mebibytes(std::uint64_t bytes) { return std::to_string(bytes / mebibyte) + " MiB"; }

}  // namespace

// They hold less than the program sends at a time. (Yet smaller ones, on a connection that is there
// already, make TCP wait for its timers.)
NarrowVisitor::NarrowVisitor(ServerTest& test) : Visitor(test) {
    constexpr int tiny = 65536;
    const echo::Handle socket = connection_.handle();
    echo::sys::set_option(socket, SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF", tiny);
    echo::sys::set_option(socket, SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF", tiny);
}

// --- One that does not read ----------------------------------------------------------------------

// The system must not make its buffer larger: how much is on the way would be chance.
SlowReader::SlowReader(ServerTest& test) : Visitor(test, true) {
    echo::sys::set_option(connection_.handle(), SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF", 262144);
}

// It is stuck when in two goes nothing went, and the program has had its turn in between. More than
// the systems hold on the way, and more than a program may grow, is enough to know.
void SlowReader::send_until_stuck(const std::function<void()>& meanwhile) {
    constexpr std::size_t at_once = 8 * mebibyte;
    constexpr std::size_t enough = 96 * mebibyte;
    const auto memory_before = subject_.program->process().holdings().memory;
    for (int in_vain = 0; in_vain < 2 && taken_ < enough;) {
        in_vain = send_some(at_once) > 0 ? 0 : in_vain + 1;
        expect_bounded(memory_before);
        meanwhile();
    }
}

std::size_t SlowReader::send_some(std::size_t bytes) {
    if (!std::exchange(stuck_, true)) ++subject_.past.not_reading;
    const std::size_t sent = send_more(bytes, echo::after(patience() / 100));
    step("the test sent " + count_of(sent) + ", and read nothing");
    return sent;
}

std::size_t SlowReader::send_more(std::size_t bytes, echo::Deadline deadline) {
    if (next_.size() < bytes) next_ += random_.next(bytes - next_.size());
    const echo::Result given = give(std::string_view(next_).substr(0, bytes), deadline);
    note_status(given.status);
    remember_sent(std::string_view(next_).substr(0, given.bytes));
    next_.erase(0, given.bytes);
    taken_ += given.bytes;
    return given.bytes;
}

// What is on the way is the system's. A program may have a few MiB of its own; this is more, and as
// good as without a bound.
void SlowReader::expect_bounded(std::optional<std::size_t> memory_before) {
    constexpr std::size_t no_bound = 32 * mebibyte;
    const auto memory = subject_.program->process().holdings().memory;
    if (!memory || !memory_before || *memory < *memory_before + no_bound) return;
    if (taken_ < no_bound) return;  // it has grown for another reason
    Evidence all = evidence(Wanted::bounds);
    all.expected_text =
        "a program that stops receiving from a client that does not read, after a few MiB";
    all.got_text = "one that has taken " + in_mebibytes(taken_) + " of it, and grown by " +
                   in_mebibytes(*memory - *memory_before);
    subject_.look_and_fail(std::move(all));
}

void SlowReader::begin_to_read() {
    if (std::exchange(stuck_, false)) --subject_.past.not_reading;
}

// Gives false when no more comes.
bool SlowReader::read_more(std::size_t bytes) {
    const std::size_t enough = std::min(got_.size() + bytes, taken_);
    while (got_.size() < enough && receive(echo::after(patience())) == echo::Status::ok) continue;
    return got_.size() >= enough;
}

void SlowReader::read_all() {
    begin_to_read();
    expect_echo();
}

void SlowReader::catch_up(const std::function<void()>& meanwhile) {
    constexpr std::size_t piece = 131072;
    begin_to_read();
    step("then the test read, and sent more, but less than it read");
    while (taken_ - got_.size() > piece && read_more(piece)) {
        (void)send_more(piece / 4 * 3, echo::Clock::now());
        meanwhile();
    }
    expect_echo();
}

void SlowReader::break_off() {
    begin_to_read();
    reset();
}

// --- One that sends without end ------------------------------------------------------------------

Neighbour::Neighbour(ServerTest& test) : Visitor(test, true) {}

void Neighbour::ask() {
    constexpr std::string_view words = "it is my turn\n";
    expected_ += words;
    remember_sent(words);
    (void)give(words, echo::after(patience()));
}

bool Neighbour::is_answered() {
    read_what_has_come();
    return got_.size() >= expected_.size();
}

void Neighbour::fail_for_want_of_a_turn(const std::string& meanwhile) {
    Evidence all = evidence(Wanted::turns);
    all.expected_text = "an answer to this client, too, between two pieces of the other one's";
    all.got_text = "none, " + meanwhile;
    subject_.look_and_fail(std::move(all));
}

Torrent::Torrent(ServerTest& test) : Visitor(test, true) {
    account_.about_to_send = true;
    connection_.set_nonblocking(true);
}

// Who has one thread decides alone whose turn it is. What it moves for one client alone, beyond
// what is decent, adds up. Of several threads the system decides: they are judged by time.
void Torrent::rush_past(Neighbour& neighbour) {
    constexpr std::uint64_t decent = 4 * mebibyte;  // in one pass; libuv may move 2 MiB
    constexpr std::uint64_t too_much = 16 * mebibyte;
    constexpr std::uint64_t enough = 192 * mebibyte;
    const Holdings has = subject_.program->process().holdings();
    const bool by_bytes = has.threads == 1 && has.children == 0;
    step("the test sent without end, and read at the same time, while its neighbour talked");
    std::uint64_t beyond = 0;
    const echo::Deadline last = echo::after(patience() / 2);
    for (int round = 0; round < 8 || (echoed_ < enough && echo::Clock::now() < last); ++round) {
        const std::uint64_t alone = rush_until_answered(neighbour);
        beyond += alone - std::min(alone, decent);
        if (by_bytes && beyond > too_much)
            neighbour.fail_for_want_of_a_turn("again and again, while more than " +
                                              in_mebibytes(too_much) +
                                              " were moved for the other one alone");
    }
    subject_.story.good();
}

// Gives how many bytes the other one sent after the neighbour had asked, and had back before it was
// answered. Those that were under way before don't count.
std::uint64_t Torrent::rush_until_answered(Neighbour& neighbour) {
    const std::uint64_t before = sent_;
    std::uint64_t echoed = echoed_;
    neighbour.ask();
    const echo::Deadline deadline = echo::after(patience());
    while (!neighbour.is_answered()) {
        echoed = echoed_;
        move();
        if (echo::Clock::now() > deadline)
            neighbour.fail_for_want_of_a_turn("for " + seconds(patience()));
    }
    return echoed - std::min(echoed, before);
}

// By turns it sends more than it receives, and only receives: so that there is always more for the
// program than it has echoed, even where that is quicker than we are.
void Torrent::move() {
    static const std::string bytes(262144, '~');
    static thread_local std::array<char, 262144> buffer;
    constexpr std::uint64_t most_under_way = 8 * mebibyte;
    const std::uint64_t under_way = sent_ - echoed_;
    if (under_way >= most_under_way) pours_ = false;
    if (under_way <= most_under_way / 8) pours_ = true;
    std::size_t moved = 0;
    for (int twice = 0; pours_ && twice < 2; ++twice) moved += connection_.send(bytes).bytes;
    const echo::Result got = connection_.recv(buffer);
    account_.sent = sent_ += moved;
    account_.received = echoed_ += got.bytes;
    if (moved + got.bytes > 0) return;
    echo::Watched socket(connection_.handle(), echo::Interest::both);
    echo::poll({&socket, 1}, echo::after(std::chrono::milliseconds(1)));
}

}  // namespace harness
