// The header after <windows.h>, as it is when nobody asked for the lean one.
#ifdef _WIN32
#include <windows.h>
#endif

#include <echo.hpp>

namespace units {
const void* windows_first();
const void* windows_first() { return reinterpret_cast<const void*>(&echo::parse_port); }
} // namespace units
