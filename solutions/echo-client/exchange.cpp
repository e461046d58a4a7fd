#include "exchange.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

Pattern::Pattern(std::size_t size) : size_(size), bytes_(period + size, '\0') {
    std::uint32_t state = 1;
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
        state = state * 1664525u + 1013904223u;
        bytes_[i] = i < period ? static_cast<char>(state >> 24) : bytes_[i - period];
    }
}

Exchange::Exchange(echo::Connection connection, const Pattern& pattern, std::size_t number)
    : connection_(std::move(connection)), pattern_(pattern), place_(Pattern::first(number)) {
    connection_.set_nonblocking(true);
    connection_.set_no_delay();
}

void Exchange::begin(echo::Clock::duration timeout) {
    state_ = State::echoing;
    sent_ = came_ = 0;
    start_ = echo::Clock::now();
    due_ = start_ + timeout;
    send();
}

void Exchange::step() {
    if (state_ == State::echoing && !trouble_) send();
    if (!trouble_) receive();
}

void Exchange::end(echo::Clock::duration timeout) {
    state_ = State::ending;
    due_ = echo::after(timeout);
    connection_.shutdown_send();
}

void Exchange::give_up(echo::Clock::duration timeout) {
    trouble_ = state_ == State::ending ? endless(timeout) : silent(came_, pattern_.size(), timeout);
}

echo::Interest Exchange::interest() const {
    const bool sends = state_ == State::echoing && sent_ < pattern_.size();
    return sends ? echo::Interest::both : echo::Interest::read;
}

void Exchange::send() {
    while (sent_ < pattern_.size()) {
        const echo::Result took = connection_.send(message().substr(sent_));
        sent_ += took.bytes;
        if (took.status == echo::Status::would_block) return;
        if (!took) {
            trouble_ = gone(took);
            return;
        }
    }
}

void Exchange::receive() {
    std::array<char, 65536> buffer;
    const echo::Result got = connection_.recv(buffer);
    if (got.status == echo::Status::would_block) return;
    if (got.status == echo::Status::end && state_ == State::ending)
        state_ = State::idle;
    else if (!got)
        trouble_ = gone(got);
    else
        compare(echo::first(buffer, got.bytes));
}

// Nothing may come that has not been sent.
void Exchange::compare(std::string_view came) {
    const bool echoing = state_ == State::echoing;
    const std::string_view missing = echoing ? message().substr(came_, sent_ - came_) : "";
    const std::string_view expected = missing.substr(0, came.size());
    const auto same = static_cast<std::size_t>(
        std::mismatch(expected.begin(), expected.end(), came.begin()).first - expected.begin());
    if (same < expected.size())
        trouble_ = wrong(before_ + came_ + same, expected.substr(same), came.substr(same));
    else if (expected.size() < came.size())
        trouble_ = too_much(came.size() - expected.size(), came.substr(expected.size()));
    came_ += same;
    if (!trouble_ && echoing && came_ == pattern_.size()) finish();
}

void Exchange::finish() {
    took_ = echo::Clock::now() - start_;
    state_ = State::idle;
    before_ += pattern_.size();
    place_ = pattern_.next(place_);
}
