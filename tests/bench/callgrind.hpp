// Counts what a server itself does for a message, without the system: an exact figure, whatever else
// the machine does.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace bench {

// So many clients send a message each, the server finds them all at once, and so again and again.
struct Rounds {
    std::size_t clients = 50, few = 20, many = 120;
};

// Instructions in user space for one message. The server is run twice under valgrind's callgrind,
// with few rounds and with many; of the difference its beginning and its end are no part.
double instructions_a_message(const std::vector<std::string>& command,
                              const std::vector<std::string>& arguments, const Rounds& rounds);

}  // namespace bench
