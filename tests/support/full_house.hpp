// A server that serves only so many clients at once: what becomes of one more, of a crowd of them,
// and of the server itself when the system has no descriptor left for it.
#pragma once

#include "visitor.hpp"

#include <echo.hpp>

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

// A server that is told by --max-clients how many clients to serve at once.
class LimitedServer : public ServerTest {
public:
    LimitedServer(std::string_view lesson, int seats);
};

// One of its clients. What is asked of the server for a client too many: it waits in line until
// there is a seat, or is told that there is none, in some words and an orderly end.
class Guest : public Visitor {
public:
    explicit Guest(ServerTest& test) : Visitor(test, true), test_(test) {}

    // The echo of this comes.
    void talk(std::string_view text);
    // Our stream ends, and then the program's.
    void leave();
    // Says its line, without waiting for an answer.
    void ask();
    // It waits in line, or is told. Fails the test when it is served at once, or dropped.
    void expect_no_seat();
    // It was not told, so it must get its echo when there is a seat.
    bool waits() const { return stream_ == Evidence::Stream::open; }
    // False: it is not served, but told.
    bool is_served();

private:
    bool answers(echo::Deadline deadline);
    void expect_orderly_end();
    [[noreturn]] void fail_seated();

    ServerTest& test_;
    bool has_asked_ = false;
};

// A client that has a seat and has talked. There is a free one, or will be in a moment: whoever is
// told that there is none comes again, for a while.
Guest& take_seat(ServerTest& test, std::list<Guest>& seated);

// Clients who come all at once, and send a line each. Some may not be served, or not even accepted.
class Crowd {
public:
    // As many as that, or fewer: as soon as the line is full, nobody else comes.
    Crowd(ServerTest& test, std::size_t size);
    ~Crowd() { leave(); }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    std::size_t size() const { return members_.size(); }
    // Looks how many have their echo by now, and how many still wait for it.
    std::size_t served();
    std::size_t waiting();
    void leave();

private:
    struct Member {
        echo::Connection connection;
        Account& account;
        std::size_t got = 0;
        bool gone = false;
    };
    bool join(ServerTest& test);
    void look();

    std::vector<Member> members_;
};

// The threads of the program do not grow with the crowd that waits in line.
void expect_thin_line(ServerTest& test, const Crowd& crowd, const Holdings& before);
// The crowd is more than the program can have descriptors for. It does not ask for them again and
// again without a pause, and says so, but not again and again.
void expect_calm(ServerTest& test, Crowd& crowd);
// Since so many of the crowd were served, others have left. So one more is, if anybody waits.
void expect_next_in_line(ServerTest& test, Crowd& crowd, std::size_t served);

}  // namespace harness
