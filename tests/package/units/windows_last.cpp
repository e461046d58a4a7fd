// The header before <windows.h>.
#include <echo.hpp>

#ifdef _WIN32
#include <windows.h>
#endif

namespace units {
const void* windows_last();
const void* windows_last() { return reinterpret_cast<const void*>(&echo::parse_port); }
}  // namespace units
