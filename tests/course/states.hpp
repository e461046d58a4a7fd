// Reads a state diagram whose %%= lines say which calls about a connection mean which transition,
// and goes through it with the calls of a run.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace course {

// One way to take a transition: `%%= recv, send?, send failed` (a "?": perhaps).
struct Way {
    int line = 0;
    std::vector<std::string> calls;  // none: the transition makes no call
};

// An arrow, or what a connection does in a state without leaving it.
struct Transition {
    int line = 0;
    std::string from, to;
    std::string text;  // as written
    std::vector<Way> ways;
};

struct Machine {
    std::string name;
    std::vector<Transition> transitions;
    // What is not in the regular form, a sentence each with its file and line.
    std::vector<std::string> mistakes;

    std::string at(int line) const;  // "diagrams/10-never-block-states.mmd:12"
    // The state that another one is a part of, or itself.
    const std::string& whole(const std::string& state) const;

    std::vector<std::pair<std::string, std::string>> parts;  // a state, and of which it is a part
};

Machine parse_machine(const std::string& name, std::string_view source);

// What a trace tells of the first connection that the program accepted: "accept", "recv", "recv end
// of stream", "recv failed", "send", "send would block", "send failed", "shutdown", "watch for
// writing", "watch for reading", "poll" (of this one alone), "close"; and "wait timed out", which is
// about all. A send that takes only a part and the next one are one "send".
std::vector<std::string> connection_calls(std::string_view trace);

// Goes from [*] to [*] with these calls, and notes the lines of the ways that it takes. What it says
// is where there is no way on. Empty: it got to the end.
std::string follow(const Machine& machine, const std::vector<std::string>& calls,
                   std::set<int>& taken);

}  // namespace course
