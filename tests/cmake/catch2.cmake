# Makes the target echo_catch2: Catch2 with its main, whichever version can be had. In this order:
# an installed version 3, an installed version 2 (Debian 12, Ubuntu 22.04), version 3 downloaded.
# Where there is none, there is no target, and nothing else fails.
# catch2_list_names: what to say to a test program so that it prints the bare names of its cases.

add_library(echo_catch2_found INTERFACE)

set(catch2_list_names --list-tests --verbosity quiet)

# When we build for another system, a library of this machine is of no use; a header is.
if(CMAKE_CROSSCOMPILING)
    set(where NO_CMAKE_SYSTEM_PATH)
endif()
find_package(Catch2 3 QUIET ${where})
if(Catch2_FOUND)
    message(STATUS "Catch2 ${Catch2_VERSION}: ${Catch2_DIR}")
    add_library(echo_catch2 ALIAS echo_catch2_found)
    target_link_libraries(echo_catch2_found INTERFACE Catch2::Catch2WithMain)
    target_compile_definitions(echo_catch2_found INTERFACE ECHO_CATCH2_VERSION=3)
    return()
endif()

find_path(ECHO_CATCH2_HEADER catch2/catch.hpp PATHS /usr/include NO_CMAKE_FIND_ROOT_PATH)
mark_as_advanced(ECHO_CATCH2_HEADER)
if(ECHO_CATCH2_HEADER)
    message(STATUS "Catch2 2: ${ECHO_CATCH2_HEADER}")
    # A copy, because a cross compiler must not see the rest of the folder it is in.
    set(copy ${CMAKE_CURRENT_BINARY_DIR}/catch2)
    file(COPY ${ECHO_CATCH2_HEADER}/catch2/catch.hpp DESTINATION ${copy}/catch2)
    add_library(echo_catch2 ALIAS echo_catch2_found)
    target_include_directories(echo_catch2_found SYSTEM INTERFACE ${copy})
    target_compile_definitions(echo_catch2_found INTERFACE ECHO_CATCH2_VERSION=2)
    set(catch2_list_names --list-test-names-only)

    # Version 2 is a header with everything in it. Its main is compiled once, without optimising and
    # without sanitizers: with -O1 and the address sanitizer it takes more than a minute.
    file(CONFIGURE OUTPUT ${copy}/main.cpp
        CONTENT "#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n")
    add_library(echo_catch2_main STATIC ${copy}/main.cpp)
    target_include_directories(echo_catch2_main SYSTEM PRIVATE ${copy})
    target_compile_features(echo_catch2_main PRIVATE cxx_std_20)
    if(NOT MSVC)
        target_compile_options(echo_catch2_main PRIVATE -O0 -g0 -fno-sanitize=all)
    endif()
    target_link_libraries(echo_catch2_found INTERFACE echo_catch2_main)
    return()
endif()

# Download first and look at what came, so that a machine without a network is told so, not stopped.
set(version 3.7.1)
set(hash c991b247a1a0d7bb9c39aa35faf0fe9e19764213f28ffba3109388e62ee0269c)
set(archive ${CMAKE_CURRENT_BINARY_DIR}/catch2-${version}.tar.gz)
if(NOT EXISTS ${archive} AND NOT FETCHCONTENT_FULLY_DISCONNECTED)
    message(STATUS "Catch2 is not installed: downloading version ${version}")
    file(DOWNLOAD https://github.com/catchorg/Catch2/archive/refs/tags/v${version}.tar.gz
        ${archive}.part TIMEOUT 60 INACTIVITY_TIMEOUT 10 TLS_VERIFY ON STATUS status)
    list(GET status 0 failed)
    if(failed)
        message(STATUS "The download failed: ${status}")
    else()
        file(SHA256 ${archive}.part got)
        if(got STREQUAL hash)
            file(RENAME ${archive}.part ${archive})
        else()
            message(STATUS "The download is not Catch2 ${version}: its SHA256 is ${got}")
        endif()
    endif()
    file(REMOVE ${archive}.part)
endif()
if(EXISTS ${archive})
    if(POLICY CMP0135) # from CMake 3.24 on: unpacked files are as old as their unpacking
        cmake_policy(SET CMP0135 NEW)
    endif()
    include(FetchContent)
    FetchContent_Declare(Catch2 URL ${archive} URL_HASH SHA256=${hash})
    FetchContent_MakeAvailable(Catch2)
    add_library(echo_catch2 ALIAS echo_catch2_found)
    target_link_libraries(echo_catch2_found INTERFACE Catch2::Catch2WithMain)
    target_compile_definitions(echo_catch2_found INTERFACE ECHO_CATCH2_VERSION=3)
endif()
