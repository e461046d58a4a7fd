# Read by ctest each time it starts: asks the test programs for their cases and adds each of them as
# a test of its own, so that `ctest -j4` runs them side by side and names the one that failed.
# Catch2 has such a function too, but another one in each version, and version 2 lists the cases at
# build time, which a student waits for.

cmake_minimum_required(VERSION 3.20)

# cases(NAME TESTS [LABEL label] [FILTER filter] [PREFIX prefix] [PROGRAM path] [FIXTURE fixture])
function(cases name tests)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "LABEL;FILTER;PREFIX;PROGRAM;FIXTURE" "")

    # ECHO_PATIENCE is how many times slower than usual the machine is.
    set(timeout 120)
    if("$ENV{ECHO_PATIENCE}" MATCHES "^[1-9][0-9]*$")
        math(EXPR timeout "${timeout} * $ENV{ECHO_PATIENCE}")
    endif()
    # A case is skipped if it said so (SKIP_BECAUSE) and nothing in it failed.
    set(properties TIMEOUT ${timeout} LABELS "${arg_LABEL}"
        SKIP_REGULAR_EXPRESSION "(^|\n)skipped: .*All tests passed")
    if(arg_PROGRAM)
        list(APPEND properties ENVIRONMENT "ECHO_PROGRAM=\"${arg_PROGRAM}\"")
    endif()
    if(arg_FIXTURE)
        list(APPEND properties FIXTURES_REQUIRED "${arg_FIXTURE}")
    endif()

    execute_process(COMMAND ${emulator} ${tests} ${arg_FILTER} ${list_names}
        OUTPUT_VARIABLE names ERROR_QUIET)
    if(NOT names)
        # Nothing to run must not look like success: this test has no program, and so fails.
        add_test("${arg_PREFIX}${name} ${arg_FILTER} is not built, or has no such case"
            "${tests} ${arg_FILTER}")
    endif()

    # One name a line. Not a list of CMake's: names may hold brackets and semicolons.
    while(names MATCHES "^[\r\n]*([^\r\n]+)(.*)$")
        set(case "${CMAKE_MATCH_1}")
        set(names "${CMAKE_MATCH_2}")
        # A backslash before what means something in a filter of Catch2.
        string(REGEX REPLACE "([\\,[])" "\\\\\\1" pattern "${case}")
        add_test("${arg_PREFIX}${case}" ${emulator} "${tests}" "${pattern}")
        set_tests_properties("${arg_PREFIX}${case}" PROPERTIES ${properties})
    endwhile()
endfunction()
