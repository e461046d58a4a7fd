// The header after <windows.h>. WIN32_LEAN_AND_MEAN keeps the old winsock.h out, which Microsoft's
// own winsock2.h can't follow.
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#endif

#include <echo.hpp>

namespace units {
const void* windows_first();
const void* windows_first() { return reinterpret_cast<const void*>(&echo::parse_port); }
} // namespace units
