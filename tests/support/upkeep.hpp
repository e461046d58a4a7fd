// What a server that lasts is looked at for, beside the bytes that it sends: what its log says,
// what it holds, and what a signal does to its calls.
#pragma once

#include "visitor.hpp"

#include <echo.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

namespace harness {

// By now, or soon, a line on its standard error holds this client's address and its port, in
// whatever form.
void expect_logged(ServerTest& test, const echo::Endpoint& client);

// What a client sent stands nowhere on its standard error as it is: not where it would begin a
// line, and not what begins with ESC, and so would steer a terminal.
void expect_escaped(ServerTest& test, std::string_view line, std::string_view steering);

// How many files and sockets it has open; nothing where the system does not tell.
std::optional<std::size_t> descriptors(ServerTest& test);
// By now, or soon, it has no more of them open than that.
void expect_descriptors(ServerTest& test, std::size_t most);

// Waits until the program sleeps in this call, and sends it a signal, three times: a send that has
// taken a part of its bytes gives these, and only the next one fails. False: this system has no
// signals. A program that does not know ECHO_INTERRUPTS is left alone, and a note says so.
bool interrupt(ServerTest& test, Sleeper::In call);

// Does this while the program is held still, as when it is busy elsewhere, whether it serves one
// client at a time or many. Where the system can't hold a program still, it just does it.
void while_held_still(ServerTest& test, const std::function<void()>& deed);

}  // namespace harness
