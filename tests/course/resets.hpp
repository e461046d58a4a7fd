// How this system shows a client's reset.
#pragma once

#ifdef _WIN32
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#include <echo.hpp>  // before windows.h
#endif

namespace course {

// Wine ends the stream before it resets a connection, so a program may take a reset for an end.
inline bool hides_resets() {
#ifdef _WIN32
    return GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version") != nullptr;
#else
    return false;
#endif
}

}  // namespace course
