// The header comes after others, with `min` and `max` in the way as macros.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <iostream>
#include <string>

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#include <echo.hpp>

namespace units {
const void* last();
const void* last() { return reinterpret_cast<const void*>(&echo::parse_port); }
}  // namespace units
