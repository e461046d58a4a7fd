// The test's own end of a conversation: it sends, waits for what must come, and tells the story
// when it does not come. Every wait has a deadline, and ends before it when nothing can come any
// more: see Lookout. A conversation that goes wrong ends the test case: see Story.
//
// Visitor is the end of a server's client, Host the end of a client's server.
#pragma once

#include "subject.hpp"

#include <echo.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

// "2 seconds", "2.5 seconds"
std::string seconds(std::chrono::milliseconds time);

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
    // `meanwhile` is done before it reads.
    void exchange_reading_late(
        std::string_view bytes, const std::function<void()>& meanwhile = [] {});

    // These bytes come next, and no wrong byte or more.
    void expect(std::string_view bytes);
    // The stream ends, not by a reset, and nothing comes before its end.
    void expect_end_of_stream();

    // Half-close: the program sees the end of our stream, and can still send.
    void finish_sending();
    // Full close.
    void close();
    void reset();

    // For experiments: tells no story and is no failure when it does not work. They give the bytes
    // that were sent.
    std::string try_bytes(std::string_view bytes);
    std::string try_end();
    std::string try_alone();    // the other clients leave
    std::string try_reading();  // those that read nothing now do
    bool has_others() const { return !others().empty(); }
    bool has_others_that_do_not_read() const;

protected:
    Talk(Subject& subject, echo::Connection connection);
    ~Talk();

    // The other ends of the same program's conversations that are open.
    std::vector<Talk*> others() const;
    void step(std::string words) const;

    // How long the processor and the clock ran during a wait.
    struct Wait {
        std::chrono::milliseconds cpu_before;
        echo::Clock::time_point began;
    };
    Wait begin_wait() const;
    bool was_busy(const Wait& wait) const;

    // Gives all of the bytes to the system, or says why not.
    echo::Result give(std::string_view bytes, echo::Deadline deadline);
    echo::Status receive(echo::Deadline deadline);  // appends to got_
    // What is said of a wait in which nothing came: for how long, or why nothing could come.
    std::string silence() const;
    Lookout& lookout() const { return subject_.program->lookout(); }
    bool good_so_far() const;
    void receive_expected();
    std::string sent_from(std::size_t begin) const;  // all that was sent, but so many bytes
    std::string all_sent() const { return sent_from(0); }
    std::size_t send_until_stuck(std::string_view bytes);
    void read_what_is_there();
    void read_what_has_come();
    std::string astray();
    void look_at_the_others(Evidence& evidence);
    void note_status(echo::Status status);
    void check_sent(const echo::Result& result, std::size_t bytes);
    void remember_last(std::string_view bytes);
    void remember_sent(std::string_view bytes);
    Evidence evidence(Evidence::Wanted wanted) const;
    [[noreturn]] void fail(Evidence::Wanted wanted, bool busy, std::string expected_text = {},
                           std::string got_text = {});
    void find_out(Evidence& evidence);
    std::string what_comes(std::string_view after, std::chrono::milliseconds time);

    Subject& subject_;
    echo::Connection connection_;
    Account& account_;
    const int number_;  // of this client, from 1 on
    std::vector<std::string> messages_;
    std::string expected_;
    std::string got_;
    std::string last_sent_;  // the end of it
    bool stuck_ = false;       // it reads nothing, and there is something
    std::size_t checked_ = 0;  // so many of got_ are as expected
    bool finished_sending_ = false;
    Evidence::Stream stream_ = Evidence::Stream::open;
};

}  // namespace harness
