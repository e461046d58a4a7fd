# Makes the README's examples programs that the tests can run: build/tests/readme/example-1, and so on.
# Their port, 7777, becomes one that nobody else has: that of the variable PORT for a client, and for
# a server a free one, which it prints.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/README.md)
file(READ ${PROJECT_SOURCE_DIR}/README.md text)
set(before "#include <cstdlib>
#include <echo.hpp>

[[maybe_unused]] static echo::Listener announced() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    echo::print_line(\"listening on \" + listener.endpoint().text());
    return listener;
}
")

# One by one: a list would be cut at each semicolon of the code.
set(number 0)
while(text MATCHES "```cpp\n([^`]*)```(.*)")
    set(example "${CMAKE_MATCH_1}")
    set(text "${CMAKE_MATCH_2}")
    math(EXPR number "${number} + 1")
    if(example MATCHES "echo::Server")
        string(REPLACE "7777" "announced()" example "${example}")
    else()
        string(REPLACE "7777" "echo::parse_port(std::getenv(\"PORT\"))" example "${example}")
    endif()
    set(source ${CMAKE_CURRENT_BINARY_DIR}/readme/example-${number}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "@before@@example@" @ONLY)
    echo_program(readme-example-${number} tests/readme example-${number} ${source})
    list(APPEND readme_examples readme-example-${number})
endwhile()
