# Makes the README's example a program that the tests can run: build/tests/readme/example. Its port,
# 7777, becomes the variable PORT of its environment, for no test may want a port of its own.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/README.md)
file(READ ${PROJECT_SOURCE_DIR}/README.md text)
string(REGEX MATCH "```cpp\n([^`]*)```" block "${text}")
string(REPLACE "7777" "echo::parse_port(std::getenv(\"PORT\"))" example "${CMAKE_MATCH_1}")
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/readme/example.cpp
    CONTENT "#include <cstdlib>\n@example@" @ONLY)
echo_program(readme-example tests/readme example ${CMAKE_CURRENT_BINARY_DIR}/readme/example.cpp)
