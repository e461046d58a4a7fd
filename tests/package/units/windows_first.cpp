// The header after a plain <windows.h>, which brings in the old winsock.h. Microsoft's winsock2.h
// can't follow that: there the header refuses with a message, unless WIN32_LEAN_AND_MEAN is set.
#ifdef _WIN32
#ifdef _MSC_VER
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#endif

#include <echo.hpp>

namespace units {
const void* windows_first();
const void* windows_first() { return reinterpret_cast<const void*>(&echo::parse_port); }
}  // namespace units
