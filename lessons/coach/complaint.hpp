// The compiler's first error, out of all that a build printed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coach {

struct Complaint {
    std::string file;                  // "server.cpp", without its folder; empty for the linker
    std::string line;                  // "17"; empty when it has none
    std::string message;               // "'bufer' was not declared in this scope"
    std::vector<std::string> excerpt;  // the line of code, with a caret, as the compiler shows it

    // "server.cpp line 17"
    std::string where() const;
};

// In the forms of GCC, clang and Visual Studio, and of their linkers. `file` is the one that the
// student edits: an error elsewhere is followed by the place in it from where it came, if the
// compiler says so.
std::optional<Complaint> first_error(std::string_view output, std::string_view file);
std::optional<Complaint> first_warning(std::string_view output);

}  // namespace coach
