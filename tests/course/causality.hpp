// What is wrong with a diagram can often be told without a run.
#pragma once

#include "diagram.hpp"

#include <string>
#include <vector>

namespace course {

// What can't happen in the order in which it is drawn, and what has to follow and does not. A
// sentence each, with the row's file, line and text.
std::vector<std::string> impossible_in(const Diagram& diagram);

// The rows whose %%! line names another line of code than one that makes the call.
std::vector<std::string> wrong_code_lines(const Diagram& diagram);

}  // namespace course
