// What a server that waits for many clients at once is looked at for: that they cost it no threads,
// that it sleeps while they are quiet, and that it serves all whom one poll has found ready.
#pragma once

#include "visitor.hpp"

#include <cstddef>

namespace harness {

// So many clients are connected and served. It has fewer than half as many threads, and processes
// that it started. False: this system does not tell.
bool expect_few_threads(ServerTest& test, std::size_t clients);

// Nobody says anything now: it does nothing, either. It may need a moment to come to rest.
void expect_idle(ServerTest& test);

// The system has no room for another client at first, who is in line: until it is accepted this one
// is served all the same. A program that was not told so has nothing to show.
void expect_service_meanwhile(ServerTest& test, Visitor& seated);

// In no pass through its array has it left out one who was ready, and gone on behind it. A program
// that does not tell of its polls is taken at its word.
void expect_no_slot_skipped(ServerTest& test);

// It has closed no socket that a poller still watched. A program that does not tell what it watches
// is taken at its word.
void expect_forgotten_in_time(ServerTest& test);

}  // namespace harness
