// A run's diagram as a page of its own: the projector's, which then opens on the run.
#pragma once

#include <string>
#include <string_view>

namespace harness {

struct RunOnPage {
    std::string title;
    std::string beside;  // the name of the lesson's diagram that is shown beside it
    std::string source;  // mermaid
};

// `projector` is diagrams/projector.html. Throws std::runtime_error when it has no place for a run.
std::string page_with_run(std::string_view projector, const RunOnPage& run);

}  // namespace harness
