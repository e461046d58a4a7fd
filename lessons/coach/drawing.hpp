// The run that the trace shows, as a diagram in a file of its own.
#pragma once

#include "coach.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace coach {

// .mmd: the source, in mermaid. .html: a page, with the lesson's diagram beside it.
bool can_be_drawn_into(std::string_view file);

// False: there is no trace to draw. Throws Trouble.
bool draw_run(const Coach& coach, const Lesson& lesson, bool passed,
              const std::filesystem::path& file);

// For the address line of a browser: "file:///home/anna/run.html".
std::string url_of(const std::filesystem::path& file);

}  // namespace coach
