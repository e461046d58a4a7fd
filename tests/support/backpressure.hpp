// Clients that are too much for a server: one that does not read what comes back to it, one that
// sends without end, and those beside them, who are to be served all the same.
#pragma once

#include "bytes.hpp"
#include "visitor.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace harness {

// A client with tiny buffers of its own: what the program sends meets a full one.
class NarrowVisitor : public Visitor {
public:
    explicit NarrowVisitor(ServerTest& test);
};

// A client that sends, and does not read.
class SlowReader : public Visitor {
public:
    explicit SlowReader(ServerTest& test);

    // Sends until the program takes no more. Others are to talk `meanwhile`, again and again: when
    // they have been answered, the program has had its turn, however slow the machine is. What the
    // program keeps for this client has a bound.
    void send_until_stuck(const std::function<void()>& meanwhile);
    // The same up to so many bytes. Gives how many the system took.
    std::size_t send_some(std::size_t bytes);
    // Now it reads all that it has sent.
    void read_all();
    // The same, but it goes on sending, less than it reads. So there is a time when the program has
    // received everything, and can't send all of it: what comes then has to wait behind its queue.
    // `meanwhile` others talk.
    void catch_up(const std::function<void()>& meanwhile);
    void break_off();

private:
    std::size_t send_more(std::size_t bytes, echo::Deadline deadline);
    bool read_more(std::size_t bytes);
    void begin_to_read();
    void expect_bounded(std::optional<std::size_t> memory_before);

    RandomBytes random_;
    std::string next_;  // to be sent
    std::size_t taken_ = 0;
};

// A client that sends and asks for nothing else than its turn.
class Neighbour : public Visitor {
public:
    explicit Neighbour(ServerTest& test);

    void ask();
    bool is_answered();  // by now
    [[noreturn]] void fail_for_want_of_a_turn(const std::string& meanwhile);
};

// A client that sends without end, and reads its echo as fast as it can.
class Torrent : public Visitor {
public:
    explicit Torrent(ServerTest& test);

    // Goes on for some hundred MiB. The neighbour talks all the while, and has its turn each time.
    void rush_past(Neighbour& neighbour);

private:
    std::uint64_t rush_until_answered(Neighbour& neighbour);
    void move();

    std::uint64_t sent_ = 0, echoed_ = 0;
    bool pours_ = true;  // sends more than it receives
};

}  // namespace harness
