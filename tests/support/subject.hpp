// The program under test, and the story of what was done to it.
#pragma once

#include "evidence.hpp"
#include "program.hpp"
#include "story.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

class Talk;

struct Subject {
    Story story;
    std::optional<Program> program;
    bool is_client = false;
    std::string lesson;
    std::string faults;  // what ECHO_FAULTS was set to, if the program knows it
    Evidence::Past past;
    std::vector<Talk*> talks;  // all that there are, in the order in which they came

    // Waits until this holds, or can't come to hold any more.
    bool await(Deadline deadline, const std::function<bool()>& holds);
    // Waits for the program's end, as long as it may come.
    std::optional<Ending> await_end(Deadline deadline);
    // What is known about the program now.
    void look(Evidence& evidence);
    [[noreturn]] void fail(Evidence evidence);
    // Both, one after the other.
    [[noreturn]] void look_and_fail(Evidence evidence);
    // Starts the program of a lesson, or ECHO_PROGRAM, or fails the test with the reason.
    void start_server(std::string_view of_lesson, const Setting& setting,
                      std::string_view port = "0");
    // Starts it, and does not wait until it listens.
    void launch_server(std::string_view of_lesson, std::string_view faults_wanted,
                       const std::vector<std::string>& arguments);
    void start_client(std::string_view of_lesson, std::string_view host, std::uint16_t port,
                      std::string_view faults_wanted);
    // Notes whether the program knows the faults. Once it has come to its main.
    void check_faults(std::string_view faults_wanted);

private:
    std::optional<Program> ended_;  // the one before this, whose books may still be looked at

    template <typename Start>
    void start(std::string_view of_lesson, std::string_view faults_wanted,
               const std::vector<std::string>& arguments, Start start_it);
};

}  // namespace harness
