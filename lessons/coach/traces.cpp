#include "traces.hpp"

#include "text.hpp"
#include "trace_reader.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <system_error>
#include <utility>

namespace coach {

namespace fs = std::filesystem;

// Each file has the test's name in its first line. Its own name is a number.
std::vector<Trace> read_traces(const fs::path& folder) {
    std::vector<std::pair<int, Trace>> numbered;
    std::error_code failed;
    for (fs::directory_iterator at(folder, failed); !failed && at != fs::directory_iterator();
         at.increment(failed)) {
        const std::string text = read_file(at->path());
        const std::size_t end = std::min(text.find('\n'), text.size());
        const int number = std::atoi(at->path().filename().string().c_str());
        const std::string calls = end < text.size() ? text.substr(end + 1) : std::string();
        numbered.push_back({number, {text.substr(0, end), calls}});
    }
    std::sort(numbered.begin(), numbered.end(),
              [](const auto& one, const auto& other) { return one.first < other.first; });
    std::vector<Trace> traces;
    for (auto& [number, trace] : numbered) traces.push_back(std::move(trace));
    return traces;
}

namespace {

// How many kinds of calls, and how many rows of a picture.
std::pair<std::size_t, std::size_t> richness(const Trace& trace, bool program_is_client) {
    constexpr std::size_t at_a_glance = 40;
    std::set<std::string> kinds;
    for (const harness::TracedCall& call : harness::read_trace(trace.calls))
        kinds.insert(call.name);
    const std::string picture = harness::draw_trace(trace.calls, program_is_client);
    const auto rows = static_cast<std::size_t>(std::count(picture.begin(), picture.end(), '\n'));
    return {kinds.size(), rows > at_a_glance ? 0 : rows};
}

}  // namespace

const Trace* richest(const std::vector<Trace>& traces, bool program_is_client) {
    const auto best =
        std::max_element(traces.begin(), traces.end(), [&](const Trace& one, const Trace& other) {
            return richness(one, program_is_client) < richness(other, program_is_client);
        });
    return best == traces.end() ? nullptr : &*best;
}

const Trace* shown(const std::vector<Trace>& traces, bool passed, bool program_is_client) {
    if (passed) return richest(traces, program_is_client);
    return traces.empty() ? nullptr : &traces.back();
}

}  // namespace coach
