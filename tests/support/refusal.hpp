// A server that can't start, and has to say why.
#pragma once

#include "subject.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace harness {

class RefusedServer {
public:
    // Starts the program of a lesson, or ECHO_PROGRAM, with these arguments and these faults.
    RefusedServer(std::string_view lesson, Evidence::Refusal why,
                  const std::vector<std::string>& arguments, std::string_view faults = {});

    // Whether the faults reach it. To be asked before anything is expected of it.
    bool knows_faults();

    // It ends with this exit code, and says why in one line on standard error, which names this.
    void expect_refusal(int exit_code, std::string_view named);

private:
    void await_first_line_or_end();
    std::string fault_of(const Evidence& evidence, int exit_code, std::string_view named) const;

    Subject subject_;
    Evidence::Refusal why_;
};

}  // namespace harness
