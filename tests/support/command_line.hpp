// Splits a command line, such as the value of ECHO_PROGRAM, into the program and its arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace harness {

// Words are separated by spaces or tabs. "..." and '...' hold a word with spaces together (also a
// part of a word, and "" is an empty word). A backslash is an ordinary character, on purpose:
// C:\my\server.exe works as it stands. Nothing else is special: no variables, no wildcards, no
// pipes. Throws std::invalid_argument when a quote is not closed, and says which.
std::vector<std::string> split_command_line(std::string_view line);

}  // namespace harness
