// Every sequence diagram that can be played on this system, played with its lesson's solution.
#pragma once

#include "acting.hpp"
#include "diagram.hpp"
#include "resets.hpp"

#include <algorithm>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace course {

struct Played {
    Diagram diagram;
    std::string source;
    Performance performance;
};

// Somebody in it breaks a connection off.
inline bool breaks_off(const Diagram& diagram) {
    const auto is_reset = [](const DrawnCall& call) { return call.name == "reset"; };
    return std::any_of(diagram.rows.begin(), diagram.rows.end(), [&](const Row& row) {
        return std::any_of(row.calls.begin(), row.calls.end(), is_reset);
    });
}

inline Performance perform_solution(const Diagram& diagram, const Audience& audience = {}) {
    harness::set_default_program(solution_of(diagram));
    return perform(diagram, audience);
}

// Says which ones are left out.
inline std::vector<Played> play_all() {
    std::vector<Played> all;
    for (Diagram& diagram : sequence_diagrams()) {
        const auto leave_out = [&](const std::string& reason) {
            std::cout << "note: " << diagram.name << " is not looked at, for " << reason << '\n';
        };
        if (breaks_off(diagram) && hides_resets()) {
            leave_out("Wine hides resets");
            continue;
        }
        Performance performance = perform_solution(diagram);
        if (!performance.can_stop) {
            leave_out("nobody can ask a program to stop");
            continue;
        }
        std::string source = read_source("diagrams/" + diagram.name + ".mmd");
        all.push_back({std::move(diagram), std::move(source), std::move(performance)});
    }
    return all;
}

inline std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + '\n';
    return text;
}

}  // namespace course
