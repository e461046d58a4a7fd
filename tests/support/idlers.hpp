// Clients that move too little, and one that is quiet for most of its time: whom a server lets go,
// and when.
//
// The rule: in each stretch of --idle a client moves at least --pace bytes, or it is let go, no
// sooner than --idle after it last did, and no later than twice that. A test can't know when the
// server saw a byte move. But it was not before the byte was sent. So an end that comes sooner than
// --idle after that moment is too soon, however slow the machine is. Too late is one that does not
// come for many stretches.
#pragma once

#include "full_house.hpp"

#include <echo.hpp>

#include <chrono>
#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

// A stretch that is as short as it can be: the ordinary machine is late by far less than an eighth
// of it.
std::chrono::milliseconds short_stretch();

// A server that is told by --idle how long a client may move too little.
class TimedServer : public ServerTest {
public:
    // "500ms"
    TimedServer(std::string_view lesson, const std::string& idle,
                const std::vector<std::string>& more = {});
    TimedServer(std::string_view lesson, std::chrono::milliseconds idle,
                const std::vector<std::string>& more = {});
    Clock::duration idle() const { return idle_; }

private:
    Clock::duration idle_;
};

// One of its clients.
class Idler : public Visitor {
public:
    explicit Idler(TimedServer& test, Clock::time_point came = Clock::now());

    // Sends this and takes its echo. False: it has been let go.
    bool says(std::string_view text);
    // Says nothing until then, or for such a part of a stretch after it last said something. False:
    // it has been let go.
    bool is_quiet_until(Clock::time_point moment);
    bool is_quiet_for(int part, int of) {
        return is_quiet_until(moved_ + test_.idle() * part / of);
    }
    // Sends this, and takes its echo. False: its end came instead.
    void asks(std::string_view text);
    bool is_answered();
    // Says something, and is quiet for three quarters of a stretch. Fails the test when it is let
    // go. False: it was let go, but was late itself, on a machine with too much to do.
    bool stays();
    // The same with ten bytes, which are enough for a pace of 16 only together with their echo.
    bool stays_by_half();
    // Says something after it was quiet, and takes its echo. There was time enough.
    void expect_still_served(std::string_view text);
    // Ends its stream, and waits for the end of the program's. Gives when it would have been due.
    Clock::time_point leave();
    // Another one, who would have been due then, left just before this one came.
    void comes_after(Clock::time_point anothers_due) { anothers_due_ = anothers_due; }

    // These move too little from now on: one says nothing (while others talk, or not), one says a
    // byte now and then, one sends as much as it can and reads nothing.
    bool is_let_go(Clock::time_point by);
    void expect_let_go(bool in_company = false);
    void expect_let_go_dribbling();
    void expect_let_go_unread();

    bool is_gone() const { return stream_ != Evidence::Stream::open; }
    // When it will be too late to let it go.
    Clock::time_point latest() const;

private:
    friend class Idlers;

    bool stays_by(Evidence::Manner manner, std::string_view words);
    void look(echo::Deadline deadline);
    void note_end();
    bool sends_on(std::string_view bytes, std::size_t& sent);
    bool gets_all(std::size_t sent);
    double stretches(Clock::duration time) const;
    bool is_too_soon() const;
    bool has_talked() const { return moved_ != came_; }
    void judge_end();
    void find_out(Evidence& evidence, bool in_vain);
    void find_out_beside(Evidence& evidence);
    Clock::duration stay_of_a_silent_one();
    Evidence evidence_of(Evidence::Wanted wanted) const;
    [[noreturn]] void fail_too_soon(bool at_one_time = false);
    [[noreturn]] void fail_kept(bool had_talked = false);

    TimedServer& test_;
    Evidence::Manner manner_ = Evidence::Manner::silent;
    bool in_company_ = false;
    const Clock::time_point came_;
    Clock::time_point moved_;   // at the soonest: when it began to move enough for the last time
    Clock::time_point echoed_;  // at the latest
    Clock::time_point ended_{};
    Clock::time_point anothers_due_{};
};

// Several, who come one after the other, and say nothing more.
class Idlers {
public:
    explicit Idlers(TimedServer& test) : test_(test) {}

    void come();
    void come_and_talk();
    void pass(Clock::duration time);
    // Each is let go, when its own time is over.
    void expect_let_go();

private:
    bool all_gone() const;
    void watch(echo::Deadline deadline);
    bool ended_with_another(const Idler& one) const;
    bool only_those_stay_who_talked() const;

    TimedServer& test_;
    std::list<Idler> idlers_;
};

// One who comes to a full house, and says its line.
class Heir : public Guest {
public:
    explicit Heir(ServerTest& test) : Guest(test), test_(test) { ask(); }
    // Others have been let go, so there is a seat for it, or will be in a moment.
    void expect_seat();

private:
    ServerTest& test_;
};

}  // namespace harness
