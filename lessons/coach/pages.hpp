// What the coach says, as pages: the same words for the screen, for plain lines and for commands.
#pragma once

#include "coach.hpp"
#include "screen.hpp"

#include <cstddef>

namespace coach {

// Where the student is. `brief` leaves out what fits in no small terminal.
Page head_page(const Coach& coach, std::size_t width, bool brief);
// "12 of 13 lessons passed", as a bar.
std::string progress_bar(const Coach& coach, std::size_t width);

// A verdict, and after a pass what was learned and what comes next. cause_first: for a screen,
// which shows the beginning; what scrolls away is best read from its end. The name of a failed test
// is shortened for its line to fit into the width.
inline constexpr std::size_t any_width = static_cast<std::size_t>(-1);
Page verdict_page(const Coach& coach, const Lesson& lesson, const Verdict& verdict,
                  bool cause_first, std::size_t width = any_width);
std::string word_for(Verdict::Kind kind);

Page list_page(const Coach& coach);
Page hint_page(const Coach& coach, const Lesson& lesson);
// The student's file against the solution.
Page diff_page(const Coach& coach, const Lesson& lesson);
// The trace of the last test that was run, drawn.
Page trace_page(const Coach& coach, const Lesson& lesson, const std::string& test);

}  // namespace coach
