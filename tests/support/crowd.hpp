// What a server of many clients at once is looked at for: what it holds when they have left, and what
// becomes of a client for whom it can't have a thread.
#pragma once

#include "visitor.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace harness {

// What the program holds now.
Holdings holdings(ServerTest& test);
// By now, or soon, it holds no more than that, but for what any language may take for itself.
void expect_threads_like(ServerTest& test, const Holdings& before);
void expect_all_like(ServerTest& test, const Holdings& before);

// So little that a program has room for a few threads, and for everything else.
inline constexpr std::size_t room_for_few_threads = std::size_t{256} << 20;
// Why a program can't be tested with so little; empty: it can.
std::string why_it_needs_more_room(std::string_view lesson);
// Starts a lesson's program with so little.
class CrampedServer : public ServerTest {
public:
    explicit CrampedServer(std::string_view lesson);
};

// A client that finds out what becomes of it.
class Applicant : public Visitor {
public:
    enum class Fate { served, let_go, waits };  // waits: nothing has happened, or will
    explicit Applicant(ServerTest& test, bool in_a_crowd = false);
    Fate fate() const { return fate_; }

private:
    Fate find_out();
    Fate fate_;
};

// There is room again, now or soon, and somebody who comes is served.
void expect_room_again(ServerTest& test);

}  // namespace harness
