# For CMAKE_TOOLCHAIN_FILE: a Debug build without debug information, which is a third of the compiler's
# work, and which nobody looks at here.
set(CMAKE_CXX_FLAGS_DEBUG "-g0" CACHE STRING "")
