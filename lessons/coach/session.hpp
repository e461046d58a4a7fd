// The coach at a terminal: it watches, checks, shows, and does what the keys say.
#pragma once

#include "coach.hpp"

namespace coach {

struct SessionOptions {
    bool manual = false;  // check only when asked to
    bool lines = false;   // plain lines, nothing drawn: for screen readers and simple terminals
};

// Until q or Ctrl-C. Returns the exit code.
int run_session(Coach& coach, const SessionOptions& options);

}  // namespace coach
