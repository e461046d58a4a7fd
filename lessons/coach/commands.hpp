// The coach without a terminal: each command says its piece and ends.
#pragma once

#include "coach.hpp"

#include <string>
#include <vector>

namespace coach {

// All return the program's exit code: 0, or 1 when something is not passed.
int list_command(const Coach& coach);
// diagram: the file into which the run is drawn; empty: none.
int check_command(Coach& coach, const Lesson& lesson, const std::string& command,
                  const std::string& diagram);
int hint_command(Coach& coach, const Lesson& lesson);
// The text of a lesson, or of the whole course: nullptr. all: what is folded too.
int read_command(const Coach& coach, const Lesson* lesson, bool all);
int reset_command(Coach& coach, const Lesson& lesson);
// What an instructor runs over a hand-in. No lessons: all that are written.
int verify_command(Coach& coach, std::vector<const Lesson*> lessons, bool json);

// As a string in JSON.
std::string json_string(const std::string& text);

}  // namespace coach
