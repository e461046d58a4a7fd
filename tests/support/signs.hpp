// What the rules for causes ask of the evidence: single questions that several of them share.
#pragma once

#include "evidence.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

// --- Texts -----------------------------------------------------------------------------------

bool contains(std::string_view text, std::string_view part);
bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts);
bool starts_with(std::string_view text, std::string_view start);
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);
std::string lower_case(std::string text);
// Without the blanks at its end, and on request those at its start. A zero byte is no blank.
std::string stripped(std::string text, bool also_left);
// How many lines it has; the last one need not end.
std::size_t lines_in(std::string_view text);
// The line of an error output that says most: the last that is not empty.
std::string last_line(std::string_view text);
// One of the lines of a log holds this address and this port, in whatever form.
bool names_client(std::string_view log, std::string_view address, std::string_view port);
// The index of the first byte that is different, or the shorter length; npos when they are equal.
std::size_t first_difference(std::string_view expected, std::string_view got);
// A byte that is not ASCII.
bool high(char byte);

// --- Who, and what was waited for ------------------------------------------------------------

bool server(const Evidence& e);
bool client(const Evidence& e);
bool about_bytes(const Evidence& e);
// The program never said where it listens, and the StartFailure's text has this in it.
bool start(const Evidence& e, std::string_view sign);
// The end of the program's stream was due, all that came before it was right, and it is still open.
bool open_end(const Evidence& e);
// Nothing more comes for this client, and the program lives and keeps the connection.
bool is_silent(const Evidence& e);
// Nobody said anything, and the program did not sleep.
bool keeps_awake(const Evidence& e);
// The program ran with such a fault: "send:short".
bool with_fault(const Evidence& e, std::string_view fault);

// --- How the program ended -------------------------------------------------------------------

bool ended_by(const Evidence& e, std::string_view signal);
// By abort(): on Windows that is no signal, but exit code 3.
bool aborted(const Ending& ending);
bool crashed(const Ending& ending);
// It has ended, and not because it was asked to stop and did so without a failure.
bool ended_unasked(const Evidence& e);

// --- What came, compared with what was expected ----------------------------------------------

bool all_came(const Evidence& e);
bool cut(const Evidence& e);    // only the end is missing
bool more(const Evidence& e);   // all came, and then more
bool wrong(const Evidence& e);  // a byte in the middle is another one
bool cut_before(const Evidence& e, char byte);
// Cut before such a byte, and none of its kind has come back.
bool cut_before_the_first(const Evidence& e, char byte);
// Bytes are left out, and what comes after them is right again.
bool hole(const Evidence& e);
// From the difference on, the bytes go on as from an earlier place.
bool again(const Evidence& e);
// What came, and what should have come, from the first difference on.
std::string_view rest(const Evidence& e);
std::string_view missing(const Evidence& e);
// The messages that were to come back, where they are known one by one.
std::vector<std::string> messages(const Evidence& e);
// The messages that came back are whole, and at least one is there.
bool cut_between_messages(const Evidence& e);
// A size that programmers give to buffers, or one less.
bool buffer_size(std::size_t size);

// Exactly what came, from a program that turns the messages that were to come into `predicted`.
bool gives_what_came(const Evidence& e, std::string_view predicted);

// True when a program that does this to each message gives exactly what came.
template <typename Change>
bool explained_by(const Evidence& e, Change change) {
    std::string predicted;
    for (const std::string& message : messages(e)) predicted += change(message);
    return gives_what_came(e, predicted);
}

// --- What the program was seen to do ---------------------------------------------------------

// How many times recv said of one and the same stream that it has ended.
std::size_t ends_received(const Evidence& e);

// A call of this name failed again and again on one socket, and none succeeded in between.
bool fails_again_and_again(const Evidence& e, std::initializer_list<std::string_view> names);

// What came after an experiment; empty: it was not tried, or nothing came.
std::string_view came_after(const Evidence& e, std::string_view experiment);
bool ended_after(const Evidence& e, std::string_view experiment);
// What was missing came after this experiment, or at least an answer of some other form.
bool answered_after(const Evidence& e, std::string_view experiment);

}  // namespace harness
