// Writes a diagram's source anew, after a run: rows that the run confirms stay as they are.
#pragma once

#include "acting.hpp"
#include "diagram.hpp"

#include <string>
#include <string_view>

namespace course {

// `source` is the text that `diagram` was read from. A row whose calls came to something else gets
// the calls of the run; calls that it lacks get rows of their own; rows that did not happen go, and
// with them what is said of them.
std::string redraw(const Diagram& diagram, std::string_view source, const Performance& performance);

}  // namespace course
