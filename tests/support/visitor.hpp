// The test's own end of a conversation: it sends, waits for what must come, and tells the story
// when it does not come.
//
//     ServerTest test("01-one-client");
//     Visitor client(test);
//     client.send("hello\n");
//     client.expect_echo();
//
// Every wait has a deadline. A conversation that goes wrong ends the test case: see Story.
#pragma once

#include "causes.hpp"
#include "program.hpp"
#include "story.hpp"

#include <echo.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

// The program under test and the story of what was done to it.
struct Subject {
    Story story;
    std::optional<Program> program;
    bool is_client = false;
    std::string lesson;
    std::string faults;  // what ECHO_FAULTS was set to, if the program knows it

    // What is known about the program now.
    void look(Evidence& evidence);
    [[noreturn]] void fail(Evidence evidence);
    // Starts the program of a lesson, or ECHO_PROGRAM, or fails the test with the reason.
    void start_server(std::string_view of_lesson, std::string_view faults_wanted);
    void start_client(std::string_view of_lesson, std::string_view host, std::uint16_t port,
                      std::string_view faults_wanted);
    // Notes whether the program knows the faults. Once it has come to its main.
    void check_faults(std::string_view faults_wanted);

private:
    template <typename Start>
    void start(std::string_view of_lesson, std::string_view faults_wanted, Start start_it);
};

// Either end of one conversation with the program.
class Talk {
public:
    Talk(const Talk&) = delete;
    Talk& operator=(const Talk&) = delete;

    void send(std::string_view bytes);
    void send_byte_by_byte(std::string_view bytes);
    // Sends while it receives the echo. It sends whenever it can and receives only then, so that
    // the program's own sends are often short of room.
    void exchange(std::string_view bytes);

    // Sends these bytes again and again and reads nothing, until no more can be sent. Only then it
    // reads the echo. The program's sends meet a full buffer.
    void exchange_reading_late(std::string_view bytes);

    // These bytes come next, and no wrong byte or more.
    void expect(std::string_view bytes);
    // The stream ends, not by a reset, and nothing comes before its end.
    void expect_end_of_stream();

    // Half-close: the program sees the end of our stream, and can still send.
    void finish_sending();
    // Full close.
    void close();
    void reset();

protected:
    Talk(Subject& subject, echo::Connection connection);

    // How long the processor and the clock ran during a wait.
    struct Wait {
        std::chrono::milliseconds cpu_before;
        echo::Clock::time_point began;
    };
    Wait begin_wait() const;
    bool was_busy(const Wait& wait) const;

    echo::Status receive(echo::Deadline deadline);  // appends to got_
    bool good_so_far() const;
    void receive_expected();
    std::size_t send_until_stuck(std::string_view bytes);
    void read_what_is_there();
    void note_status(echo::Status status);
    void check_sent(const echo::Result& result, std::size_t bytes);
    void remember_sent(std::string_view bytes);
    Evidence evidence(Evidence::Wanted wanted) const;
    [[noreturn]] void fail(Evidence::Wanted wanted, bool busy, std::string expected_text = {},
                           std::string got_text = {});
    void find_out(Evidence& evidence);
    std::string what_comes(std::string_view after);

    Subject& subject_;
    echo::Connection connection_;
    std::vector<std::string> messages_;
    std::string expected_;
    std::string got_;
    std::size_t checked_ = 0;  // so many of got_ are as expected
    bool finished_sending_ = false;
    Evidence::Stream stream_ = Evidence::Stream::open;
};

// A server under test.
class ServerTest {
public:
    // Starts the program of a lesson ("01-one-client"), or ECHO_PROGRAM, with these faults.
    explicit ServerTest(std::string_view lesson, std::string_view faults = {});

    Subject& subject() { return subject_; }
    bool has_faults() const { return !subject_.faults.empty(); }
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

    // All that was sent has come back.
    void expect_echo();
    // The program may stop echoing, but what came is right, and its stream ends without a reset.
    void expect_clean_end();
    // The program's stream has ended, but the program still takes what comes: no reset.
    void expect_still_heard();
    // As somebody who hangs up in the middle: sends these bytes again and again until no more go,
    // reads nothing, resets.
    void reset_in_the_middle(std::string_view bytes);
};

}  // namespace harness
