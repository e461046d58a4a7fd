// The test as a client of the server under test.
//
//     ServerTest test("01-one-client");
//     Visitor client(test);
//     client.send("hello\n");
//     client.expect_echo();
#pragma once

#include "talk.hpp"

#include <string>
#include <string_view>

namespace harness {

// A server under test.
class ServerTest {
public:
    // Starts the program of a lesson ("01-one-client"), or ECHO_PROGRAM, with these faults.
    explicit ServerTest(std::string_view lesson, std::string_view faults = {});
    // The same in any other setting.
    ServerTest(std::string_view lesson, const Setting& setting);

    // One more of the same program, while that one runs.
    explicit ServerTest(Subject& beside);

    Subject& subject() { return subject_; }
    bool has_faults() const { return !subject_.faults.empty(); }
    // Ends the program while a client is connected, so that its port rests (TIME_WAIT), and starts
    // it again on that port, at once.
    void start_again();
    // After a client that left rudely: the program serves the next one, or has ended by itself.
    void expect_survival();

private:
    Subject subject_;
};

// A client of the server under test. Where a test has several, talk to the one that came last
// first: a server that serves one at a time must not pass because the others wait in line.
class Visitor : public Talk {
public:
    explicit Visitor(ServerTest& test);
    // One of a crowd: it does not give the program time to end because of the one before.
    Visitor(ServerTest& test, bool in_a_crowd);
    static Visitor in_a_crowd(ServerTest& test) { return {test, true}; }

    // Its own address and port. While it is connected.
    echo::Endpoint endpoint() const { return connection_.local(); }

    // All that was sent has come back.
    void expect_echo();
    // Takes of it what comes within a moment. False: not all of it has.
    bool has_its_echo_soon();
    // The program may stop echoing, but what came is right, and its stream ends without a reset.
    void expect_clean_end();
    // The program's stream has ended, but the program still takes what comes: no reset.
    void expect_still_heard();
    // The program has said goodbye, and still listens. It has done so with who says nothing after a
    // while, and with who never stops sending after some megabytes.
    void expect_parting_from_the_silent();
    void expect_parting_from_the_busy();
    // As somebody who hangs up in the middle: sends these bytes again and again until no more go,
    // reads nothing, resets.
    void reset_in_the_middle(std::string_view bytes);

private:
    bool has_been_left();
    [[noreturn]] void fail_kept(Evidence::Manner manner, std::string what_it_does);
};

}  // namespace harness
