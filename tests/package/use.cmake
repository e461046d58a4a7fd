# Configures, builds and runs the project in this folder against an install, or against the source.
cmake_minimum_required(VERSION 3.20)

set(here ${built}/package/${way})
file(REMOVE_RECURSE ${here})
file(MAKE_DIRECTORY ${here})

function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "this ended with ${result}: ${command}")
    endif()
endfunction()

if(way STREQUAL "find_package")
    run(${CMAKE_COMMAND} --install ${built} --config ${config} --prefix ${here}/installed)
    set(where -D CMAKE_PREFIX_PATH=${here}/installed)
else()
    set(where -D ECHO=${source})
endif()
if(platform)
    list(APPEND where -A ${platform})
endif()

run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${here}/build -G ${generator}
    -D WAY=${way} -D CMAKE_BUILD_TYPE=${config} -D CMAKE_CXX_COMPILER=${compiler}
    -D CMAKE_CXX_FLAGS=${flags} -D CMAKE_RUNTIME_OUTPUT_DIRECTORY=$<1:${here}> ${where})
run(${CMAKE_COMMAND} --build ${here}/build --config ${config})
run(${here}/app)
