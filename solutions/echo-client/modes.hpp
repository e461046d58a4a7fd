// The four things that the tool can do. Each adds what it found to the report, also when it ends
// with an exception: Trouble, echo::Error.
#pragma once

#include "json.hpp"
#include "options.hpp"

#include <echo.hpp>

void talk_in_lines(const Options& options, Json& report);
void send_message(const Options& options, Json& report);
void ping(const Options& options, Json& report);
void put_under_load(const Options& options, Json& report);

// Connects to where the options say, and reports who answered.
echo::Connection connect(const Options& options, Json& report);
