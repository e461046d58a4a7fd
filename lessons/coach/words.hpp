// What the coach says: the same words for the screen, for plain lines and for commands.
#pragma once

#include "coach.hpp"
#include "lines.hpp"

#include <cstddef>

namespace coach {

// Where the student is. `brief` leaves out what fits in no small terminal.
Lines head_lines(const Coach& coach, std::size_t width, bool brief);
// "12 of 13 lessons passed", as a bar.
std::string progress_bar(const Coach& coach, std::size_t width);

// A verdict, and after a pass what was learned and what comes next. cause_first: for a screen,
// which shows the beginning; what scrolls away is best read from its end.
Lines verdict_lines(const Coach& coach, const Lesson& lesson, const Verdict& verdict,
                    bool cause_first);
std::string word_for(Verdict::Kind kind);
// What can be done after a pass, by which key.
std::string keys_after_pass(const Coach& coach, const Lesson& lesson);

Lines list_lines(const Coach& coach, std::size_t width);
Lines hint_lines(const Coach& coach, const Lesson& lesson);
// The student's file against the solution.
Lines diff_lines(const Coach& coach, const Lesson& lesson);
// What the program did, drawn: after a pass in the test that shows most of it, otherwise in the
// last one.
Lines trace_lines(const Coach& coach, const Lesson& lesson, bool passed);

}  // namespace coach
