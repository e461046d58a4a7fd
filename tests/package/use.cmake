# Builds and runs the program in this folder against an install, or against the source.
cmake_minimum_required(VERSION 3.20)

set(here ${built}/package/${way})
file(REMOVE_RECURSE ${here})
file(MAKE_DIRECTORY ${here})

# run(COMMAND...): what it printed is in `output`.
function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output)
    message("${output}")
    if(NOT result EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "this ended with ${result}: ${command}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

# What a person installs is all there: the tools, each with its page of the manual.
function(look_at_the_tools)
    foreach(tool IN ITEMS echo-server echo-client)
        run(${here}/installed/bin/${tool} --version)
        if(NOT output STREQUAL "${tool} ${version}\n")
            message(FATAL_ERROR "the version of ${tool} is not ${version} but ${output}")
        endif()
        if(NOT EXISTS ${here}/installed/share/man/man1/${tool}.1)
            message(FATAL_ERROR "there is no page of the manual for ${tool}")
        endif()
    endforeach()
endfunction()

if(way STREQUAL "find_package" OR way STREQUAL "pkg-config")
    run(${CMAKE_COMMAND} --install ${built} --config ${config} --prefix ${here}/installed)
    look_at_the_tools()
    set(where -D CMAKE_PREFIX_PATH=${here}/installed)
else()
    set(where -D ECHO=${source})
endif()
if(platform)
    list(APPEND where -A ${platform})
endif()

if(way STREQUAL "pkg-config")
    set(ENV{PKG_CONFIG_PATH} ${here}/installed/share/pkgconfig)
    run(${pkg_config} --cflags --libs "echo = ${version}")
    separate_arguments(options UNIX_COMMAND "${flags} ${output}")
    run(${compiler} -std=c++20 ${CMAKE_CURRENT_LIST_DIR}/app.cpp ${options} -o ${here}/app)
else()
    run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${here}/build -G ${generator}
        -D WAY=${way} -D CMAKE_BUILD_TYPE=${config} -D CMAKE_CXX_COMPILER=${compiler}
        -D CMAKE_CXX_FLAGS=${flags} -D CMAKE_RUNTIME_OUTPUT_DIRECTORY=$<1:${here}> ${where})
    run(${CMAKE_COMMAND} --build ${here}/build --config ${config})
endif()
run(${here}/app)
