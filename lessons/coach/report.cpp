#include "report.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace coach {

namespace {

using namespace std::string_view_literals;

std::string unescaped(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, char>, 5> names{{{"&lt;"sv, '<'},
                                                                      {"&gt;"sv, '>'},
                                                                      {"&quot;"sv, '"'},
                                                                      {"&apos;"sv, '\''},
                                                                      {"&amp;"sv, '&'}}};
    std::string plain;
    while (!text.empty()) {
        const auto name = std::find_if(names.begin(), names.end(), [&](const auto& entry) {
            return starts_with(text, entry.first);
        });
        plain += name == names.end() ? text.front() : name->second;
        text.remove_prefix(name == names.end() ? 1 : name->first.size());
    }
    return plain;
}

// What stands between two marks, from `at` on; moves `at` behind it. Empty when it is not there.
std::string_view between(std::string_view text, std::string_view open, std::string_view close,
                         std::size_t& at) {
    const std::size_t begin = text.find(open, at);
    if (begin == std::string_view::npos) return {};
    const std::size_t end = text.find(close, begin + open.size());
    if (end == std::string_view::npos) return {};
    at = end + close.size();
    return text.substr(begin + open.size(), end - begin - open.size());
}

// The text of the first failure: FAIL, an exception or a crash, after the name of its element.
std::string story_in(std::string_view test) {
    for (const std::string_view kind : {"Failure"sv, "Exception"sv, "FatalErrorCondition"sv}) {
        std::size_t at = test.find("<" + std::string(kind) + ' ');
        if (at == std::string_view::npos) continue;
        const std::string close = "</" + std::string(kind) + '>';
        // The element's own line holds a path, in which nothing is escaped but by the rules.
        const std::string_view body = between(test, ">", close, at);
        std::string story;
        for (const std::string& line : lines_of(unescaped(body))) story += line + '\n';
        return trimmed(story);
    }
    // A comparison, as no test of a lesson should make: its parts as they come.
    std::size_t at = 0;
    return unescaped(trimmed(between(test, "<Expanded>", "</Expanded>", at)));
}

}  // namespace

TestReport read_report(std::string_view xml) {
    TestReport report;
    std::size_t at = 0;
    for (;;) {
        const std::string name = unescaped(between(xml, "<TestCase name=\"", "\"", at));
        if (name.empty()) break;
        const std::size_t end = xml.find("</TestCase>", at);
        const std::string_view test =
            xml.substr(at, end == std::string_view::npos ? end : end - at);
        if (test.find("<OverallResult success=\"true\"") != std::string_view::npos) {
            report.passed.push_back(name);
            // A note of the lessons' tests, for a program that is not linked with faults.cpp.
            if (test.find("does not know ECHO_FAULTS") != std::string_view::npos)
                ++report.without_faults;
            continue;
        }
        report.failed = name;
        report.story = story_in(test);
        break;
    }
    report.complete = xml.find("</Catch") != std::string_view::npos;
    return report;
}

// The story was broken into lines for a terminal of its own choice.
std::string cause_first(const std::string& story) {
    const std::size_t at = story.find("\nLikely cause");
    if (at == std::string::npos) return story;
    const std::size_t end = std::min(story.find("\nRead: ", at), story.size());
    std::string cause;
    for (const std::string& line : lines_of(story.substr(at + 1, end - at - 1)))
        cause += (cause.empty() ? "" : " ") + trimmed(line);
    return cause + '\n' + trimmed(story.substr(end)) + "\n\n" + trimmed(story.substr(0, at));
}

std::optional<Reference> reference_in(std::string_view story) {
    std::size_t at = 0;
    const std::string lesson(between(story, "\nRead: lessons/", "/README.md", at));
    const std::string section(between(story, ", section \"", "\"", at));
    if (lesson.empty() || section.empty()) return std::nullopt;
    constexpr std::string_view row = "\n      the row: ";
    story.remove_prefix(at);
    if (!starts_with(story, row)) return Reference{lesson, section, {}};
    story.remove_prefix(row.size());
    return Reference{lesson, section, std::string(story.substr(0, story.find('\n')))};
}

}  // namespace coach
