// From what a failed test saw to the likely cause, by name.
//
// Each lesson has rules in a file of its own, lessons/NN-name.cpp. They know nothing about the
// program's source, only the evidence, so they also fit programs in other languages. The tests of
// a lesson ask the rules of that lesson and of those before it: nobody is told of what is still to
// come, and a new lesson changes no verdict of an older one. Several rules may fit. Which one wins:
//
//     The most direct evidence; of equally direct ones the newest lesson's rule; and within a
//     lesson the special case.
//
// In which order the rules stand in a file means nothing.
#pragma once

#include "evidence.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace harness {

class Talk;

// What a rule rests on, the most direct evidence first.
enum class Basis {
    ending,      // how the program ended, in the system's words or in its own
    beginning,   // it never got as far as a conversation
    deeds,       // what it was seen to do: its calls, or a busy processor
    experiment,  // what came when the test tried something
    bytes,       // the bytes that came are exactly those that this mistake makes
    shape,       // where bytes are missing, wrong or too many, and what the connection did
    failure,     // that there was a failure of this kind, and no more
};

// A classic mistake, and how to know it.
struct Rule {
    std::string_view name;  // of the cause. Several rules may give the same: then only one may fit
    Basis basis;
    std::string_view row;  // what its reader sees, the row in the lesson's table "What goes wrong"
    bool (*fits)(const Evidence&);
    std::string_view text;  // one or two sentences. "{error}": the last line on standard error
    std::string_view special_case_of = {};  // the name of another cause of the same lesson
};

// Something to try when bytes are missing and the program is silent. The first of all that makes
// the program do something is the last one tried.
struct Experiment {
    // The cheapest first: an end is for ever.
    enum class Cost { nothing, some_bytes, many_bytes, the_end };
    std::string_view name;
    Cost cost;
    std::string_view words;         // "the test sent a newline"
    std::string (*attempt)(Talk&);  // gives the bytes that it sent
    bool (*makes_sense)(const Talk&) = [](const Talk&) { return true; };
    int part = 5;  // an answer may take a fifth of the patience
};

// What one lesson knows.
struct LessonCauses {
    std::string_view lesson;  // "01-one-client"
    std::vector<Rule> rules;
    std::vector<Experiment> experiments = {};
};

// A lesson's file has one of these, so that the rest of the program finds what it knows.
struct Known {
    explicit Known(const LessonCauses& lesson);  // has to last as long as the program
};

// All lessons up to this one, the first first. With an empty name all there are.
std::vector<const LessonCauses*> lessons_up_to(std::string_view lesson);
std::vector<Experiment> experiments_up_to(std::string_view lesson);

struct Cause {
    std::string name;     // "c-string"
    std::string text;     // one or two sentences
    std::string lesson;   // to read: "01-one-client", never one after the lesson under test
    std::string section;  // of that lesson's README.md
    std::string row;      // in that section; empty: none
};

struct Verdict {
    Cause cause;                         // always some cause
    std::vector<std::string> also_fits;  // the names of the others, sorted
    // Another cause has as good a claim: the lesson's author has to say which is the special case.
    std::string rival;
};

Verdict judge(Evidence evidence);

// The same for any rules, in any order.
Verdict judge(Evidence evidence, const std::vector<const LessonCauses*>& lessons);

}  // namespace harness
