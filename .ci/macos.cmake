# Compiles for macOS on Linux, with the clang, the headers and the libraries that come with zig.
# ECHO_ZIG is the path of zig; CMAKE_SYSTEM_PROCESSOR is aarch64 or x86_64.

set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ECHO_ZIG CMAKE_SYSTEM_PROCESSOR)

set(CMAKE_CXX_COMPILER ${ECHO_ZIG})
set(CMAKE_CXX_COMPILER_ARG1 "c++ -target ${CMAKE_SYSTEM_PROCESSOR}-macos")

# The archiver is a command of zig's too, and CMake's own rules have no room for two words.
set(CMAKE_CXX_ARCHIVE_CREATE "${ECHO_ZIG} ar qc <TARGET> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_APPEND "${ECHO_ZIG} ar q <TARGET> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_FINISH "${ECHO_ZIG} ranlib <TARGET>")
