// Files and text: read, written, cleaned for a terminal, broken into lines.
#pragma once

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace coach {

// Something that the student has to know and can mend. what() is one line.
class Trouble : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// The whole file. Throws Trouble.
std::string read_file(const std::filesystem::path& path);
// The whole file or none of it: a full disk must not cost a student their program. Throws Trouble.
void write_file(const std::filesystem::path& path, std::string_view text);

std::vector<std::string> lines_of(std::string_view text);   // without their ends, \n or \r\n
std::string joined(const std::vector<std::string>& lines);  // each with \n
std::string trimmed(std::string_view text);
std::string lowered(std::string text);  // A to Z in small letters
bool starts_with(std::string_view text, std::string_view start);

bool is_utf8(std::string_view text);
// A line that is safe to show, whatever a program or a file put into it: no control characters, no
// escape sequences, a question mark for each byte that is not UTF-8.
std::string printable(std::string_view line);

// How wide a line is on a terminal. A character counts as one column.
std::size_t columns(std::string_view line);
// The first characters, as many as fit.
std::string cut(std::string_view line, std::size_t width);
// Breaks a line that is too long at its spaces, a long path behind its marks. What follows is
// indented as its beginning is, or as what stands behind its mark, "-" or "+".
std::vector<std::string> wrap(std::string_view line, std::size_t width);

// Tells one version of a file from another, however its lines end. (FNV-1a, 64 bits: good against
// mistakes, no protection against forgers.)
std::string fingerprint(std::string_view text);

}  // namespace coach
