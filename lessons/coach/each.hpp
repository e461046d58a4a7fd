// `learn verify --each`: the hand-ins of a class, one after another. What one of them does, or
// fails to do, never keeps the others from being checked.
#pragma once

#include "check.hpp"
#include "hand_in.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace coach {

struct LessonResult {
    const Lesson* lesson;
    std::string cause;    // in a few words, to count and to sort by; empty: passed
    std::string message;  // the verdict's headline
    bool passed() const { return cause.empty(); }
};

struct HandInResult {
    std::string student;
    std::filesystem::path folder;
    std::string trouble;                // why it could not be checked at all; empty: it was
    std::vector<LessonResult> lessons;  // then none
    std::chrono::milliseconds took{0};

    std::size_t passed() const;
    const LessonResult* first_failure() const;  // nullptr: none
};

// What one hand-in may take. For the compiler as much memory as the tests give to a program; GCC
// needs a fifth of that for a lesson. For all lessons together far more time than a good one needs.
struct ClassLimits {
    Checker::Limits lesson{std::chrono::seconds(60), std::chrono::seconds(60),
                           std::size_t{1} << 30, 1};
    std::chrono::seconds hand_in{600};
};

class ClassCheck {
public:
    ClassCheck(const Course& course, std::vector<const Lesson*> lessons,
               const Checker::Folders& project, const ClassLimits& limits = {})
        : course_(course),
          lessons_(std::move(lessons)),
          project_(project),
          limits_(limits),
          checker_(project) {}

    // Builds the tests, once for all. Throws Trouble.
    void prepare(const Checker::Progress& progress, const Stop& stop);
    // Throws nothing: what goes wrong is in the result.
    HandInResult check(const HandIn& hand_in, const Stop& stop) const;

    std::size_t asked() const { return lessons_.size(); }

private:
    void check_all(const HandIn& hand_in, const Stop& stop, HandInResult& result) const;

    const Course& course_;
    std::vector<const Lesson*> lessons_;
    Checker::Folders project_;
    ClassLimits limits_;
    Checker checker_;
};

enum class Format { table, csv, json };

// Prints the results as they come. Returns the exit code: 0 when everything is passed, or 1.
int each_command(const Course& course, const Checker::Folders& project,
                 std::vector<const Lesson*> lessons, const std::vector<std::string>& folders,
                 Format format);

}  // namespace coach
