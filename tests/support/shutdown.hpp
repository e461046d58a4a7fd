// A server that is asked to stop: what becomes of its clients, of those in line, of who comes
// later, and of the server itself.
#pragma once

#include "backpressure.hpp"

#include <echo.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

// Why a test can't be run where ask_to_stop() gives false.
inline constexpr const char* nobody_can_ask =
    "there is no console here, so the tests can't ask a program to stop";

// A server that is told by --drain how long its end may take.
class StoppableServer : public ServerTest {
public:
    using StopBy = Process::StopBy;

    StoppableServer(std::string_view lesson, const std::string& drain,
                    const std::vector<std::string>& more = {});

    // False: on this system nobody can ask it.
    bool ask_to_stop(StopBy how);
    // The same, while the program is held still; `deed` is done just before. So it finds all of it
    // at once when it goes on. Where it can't be held still, one comes soon after the other.
    bool ask_to_stop_after(StopBy how, const std::function<void()>& deed);

    // For such a time it runs on, because somebody is owed something, and sleeps.
    void expect_patience(std::chrono::milliseconds time);
    // It ends by itself, with exit code 0, and has said something of its end.
    void expect_end();
    // The same, and not before its drain is over, nor much later, though this is how a client keeps
    // it waiting. When that one has been given up it says something of it.
    void expect_end_in_time(Evidence::Manner manner);
    // It has been asked again, and ends, however it does.
    void expect_end_at_once();
    // Who comes now is refused, or let go.
    void expect_closed_door();
    Clock::time_point latest_end() const;
    // Since it was asked.
    Clock::duration time_passed() const { return Clock::now() - asked_; }

private:
    bool ask_now(StopBy how);
    bool is_busy_for(std::chrono::milliseconds time);
    bool ends_by(Clock::time_point deadline);
    void note_what_it_has_said();
    void check_ending();
    void find_out(Evidence& evidence);
    bool sleeps_for_good();
    [[noreturn]] void fail(Evidence::Wanted wanted, std::string expected, std::string got);
    [[noreturn]] void fail(Evidence evidence);

    const Clock::duration drain_;
    Clock::time_point asked_{};
    std::size_t said_before_ = 0;  // bytes on its standard error
    std::vector<Sleeper> slept_{};
    Clock::time_point asleep_since_{};
};

// A client of it that is owed nothing.
class Bystander : public Visitor {
public:
    explicit Bystander(StoppableServer& test);
    // Its stream ends, but whatever it says then is still taken.
    void expect_goodbye();
    // It says something, and gets it back.
    void talk();
};

// One that connects, and says something, and has not been accepted yet.
class Latecomer : public Visitor {
public:
    explicit Latecomer(StoppableServer& test);
    // There is a seat for it.
    void expect_seat();
    // Nobody has left: there is no seat for it.
    void expect_no_seat();
    // It is served, or its connection ends. It is not left waiting.
    void expect_fate();
};

// One whose words were on their way when the program was asked to stop.
class FarAway : public Bystander {
public:
    explicit FarAway(StoppableServer& test);
    // They land soon after. False: the test was slow, so that may have been too late.
    bool land_in_time(std::string_view words);

private:
    StoppableServer& test_;
};

// One that goes on talking, whatever it hears.
class Chatterer : public Visitor {
public:
    explicit Chatterer(StoppableServer& test);
    // Until the program has ended, or it is too late for that.
    void talk_on();

private:
    StoppableServer& test_;
};

}  // namespace harness
