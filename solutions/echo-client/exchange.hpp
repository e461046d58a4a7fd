// One connection on which messages go out and come back, without ever waiting.
#pragma once

#include "outcome.hpp"

#include <echo.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// What is sent: bytes of which no part looks like another one, so that it shows when one is
// missing, comes twice, or comes from elsewhere. Each message begins where the last one has ended.
class Pattern {
public:
    explicit Pattern(std::size_t size);

    std::size_t size() const { return size_; }  // of a message
    std::string_view message(std::size_t place) const {
        return std::string_view(bytes_).substr(place, size_);
    }
    // Where the next message begins; or the first one, of the connection with this number.
    std::size_t next(std::size_t place) const { return (place + size_) % period; }
    static std::size_t first(std::size_t connection) { return connection * 7919 % period; }

private:
    static constexpr std::size_t period = 65521;  // a prime: no size of a message repeats it soon

    std::size_t size_;
    std::string bytes_;
};

class Exchange {
public:
    // The pattern has to outlive it.
    Exchange(echo::Connection connection, const Pattern& pattern, std::size_t number);

    // Begins with the next message, which has to be back by then.
    void begin(echo::Clock::duration timeout);
    // Sends and receives what goes at this moment. To be called when the socket is ready.
    void step();
    // Finishes sending. The server has to do so too, by then.
    void end(echo::Clock::duration timeout);
    // Its time is over.
    void give_up(echo::Clock::duration timeout);

    // There is something that has to come, an echo or the end.
    bool is_under_way() const { return state_ != State::idle && !trouble_; }
    const std::optional<Trouble>& trouble() const { return trouble_; }
    echo::Deadline due() const { return due_; }
    echo::Clock::duration took() const { return took_; }  // by the last message
    echo::Interest interest() const;

    const echo::Connection& connection() const { return connection_; }
    echo::Connection& connection() { return connection_; }
    // What it is watched for by now; the caller's to keep.
    echo::Interest watched = echo::Interest::read;

private:
    enum class State { idle, echoing, ending };

    std::string_view message() const { return pattern_.message(place_); }
    void send();
    void receive();
    void compare(std::string_view came);
    void finish();

    echo::Connection connection_;
    const Pattern& pattern_;
    std::size_t place_;  // in the pattern
    State state_ = State::idle;
    std::size_t sent_ = 0, came_ = 0;  // of this message
    std::size_t before_ = 0;           // bytes that came back of those before
    echo::Deadline start_{}, due_ = echo::never;
    echo::Clock::duration took_{};
    std::optional<Trouble> trouble_;
};
