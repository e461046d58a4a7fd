// What the tool has found out, as an exit code: a firewall test has to tell these apart. 2 is
// for what is wrong with the command line: see echo::run_tool.
#pragma once

#include <echo.hpp>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

enum class Outcome {
    fine = 0,
    failed = 1,       // anything that has no code of its own
    refused = 3,      // the host says that nothing listens there
    no_answer = 4,    // nothing came back to the attempts to connect
    unreachable = 5,  // the network says that there is no way to the host
    no_host = 6,      // the name leads to no address
    not_echoing = 7,  // connected; but the echo does not come in time, or the connection ends
    wrong_bytes = 8,  // connected; but what comes is not what was sent
};

// "ok", "refused", ...
std::string_view name(Outcome outcome);

// Ends the tool. what() is one line.
class Trouble : public std::runtime_error {
public:
    Trouble(Outcome outcome, const std::string& what)
        : std::runtime_error(what), outcome_(outcome) {}
    Outcome outcome() const { return outcome_; }

private:
    Outcome outcome_;
};

// What it means that the library could not set something up.
Outcome outcome_of(const echo::Error& error);

// The ways in which a server that is connected turns out not to be one that echoes.
Trouble gone(const echo::Result& how);
Trouble silent(std::size_t came, std::size_t sent, echo::Clock::duration timeout);
Trouble endless(echo::Clock::duration timeout);
Trouble wrong(std::size_t right, std::string_view expected, std::string_view got);
Trouble too_much(std::size_t count, std::string_view got);
