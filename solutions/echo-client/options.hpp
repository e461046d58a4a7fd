// What the command line asks for.
#pragma once

#include <echo.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

struct Options {
    enum class Mode { lines, message, ping, load };

    Mode mode = Mode::lines;
    std::string host;
    std::uint16_t port = 0;
    bool json = false;
    echo::Clock::duration timeout{};  // for connecting, and for each answer

    std::string message;               // message: what to send, with the end of its line
    std::uint64_t count = 0;           // ping: so many messages ...
    echo::Clock::duration interval{};  // ... so far apart
    std::size_t connections = 0;       // load: so many at once ...
    echo::Clock::duration duration{};  // ... for so long
    std::size_t size = 0;              // ping and load: bytes a message
};

extern const std::string_view usage;

// "lines", "message", "ping" or "load".
std::string_view name(Options::Mode mode);

// Throws echo::UsageError.
Options read_options(echo::Arguments& arguments);
