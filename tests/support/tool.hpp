// What the finished tool is looked at for: where it can be reached, what its log is like, and what it
// says in the end.
#pragma once

#include "shutdown.hpp"
#include "visitor.hpp"

#include <echo.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

// Whether this system has such an address: "::1", "127.0.0.2".
bool has_address(std::string_view address);

// Somebody who connects there is served. Addresses that this system does not have are left out.
void expect_reached(ServerTest& test, const std::vector<std::string>& addresses);
// Nobody listens there.
void expect_not_reached(ServerTest& test, const std::vector<std::string>& addresses);
// Its first line says that every address is meant, and names the option that restricts it.
void expect_told_how_to_restrict(ServerTest& test);

// By now, or soon, it has as many threads, or processes, as it was told.
void expect_many_threads(ServerTest& test);

// Asks it to stop, or where nobody can, ends it. Then all that it has written is there.
void end(StoppableServer& test);

// Each line of its log is an object of its own, with time, level and message; and one of them names
// this client as its peer. When it has ended.
void expect_json_log(StoppableServer& test, const echo::Endpoint& client);
// How many lines of its log name this client. When it has ended.
std::size_t lines_about(StoppableServer& test, const echo::Endpoint& client);
// So many at debug are no fewer than at info.
void expect_more_at_debug(StoppableServer& test, std::size_t at_info, std::size_t at_debug);
// Its log says nothing of these clients. When it has ended.
void expect_silent_log(StoppableServer& test, const std::vector<echo::Endpoint>& clients);

// A line of its log tells of so many clients, and so many bytes. No line about one of these clients.
// When it has ended.
void expect_summary(StoppableServer& test, const std::vector<echo::Endpoint>& clients,
                    std::size_t bytes);

}  // namespace harness
