// The header is the first thing here, and it is included twice.
#include <echo.hpp>

namespace units {
const void* last();
const void* windows_first();
const void* windows_last();
}  // namespace units

// Every unit must mean the same function. Two units that were given different code for one name
// would be one of the quietest of all bugs.
int main() {
    const void* here = reinterpret_cast<const void*>(&echo::parse_port);
    bool same =
        here == units::last() && here == units::windows_first() && here == units::windows_last();
    return same ? 0 : 1;
}
