// How a conversation ends.
#pragma once

#include "outcome.hpp"

#include <echo.hpp>

#include <array>

// Finishes sending. The server has answered everything, so it owes us nothing any more but its own
// end of stream, in time. What comes before that goes to `more`.
template <class More>
void finish(echo::Connection& server, echo::Clock::duration timeout, More more) {
    std::array<char, 16384> buffer;
    const echo::Deadline deadline = echo::after(timeout);
    server.shutdown_send();
    for (;;) {
        const echo::Result got = server.recv(buffer, deadline);
        if (got.status == echo::Status::end) return;
        if (got) more(echo::first(buffer, got.bytes));
        // A flood always has something to receive, and has no end either.
        if (got.status == echo::Status::timed_out || echo::Clock::now() >= deadline)
            throw endless(timeout);
        if (!got) throw gone(got);
    }
}
