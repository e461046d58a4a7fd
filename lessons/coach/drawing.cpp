#include "drawing.hpp"

#include "run_diagram.hpp"
#include "run_page.hpp"
#include "text.hpp"

#include <exception>
#include <system_error>
#include <utility>
#include <vector>

namespace coach {

namespace fs = std::filesystem;

namespace {

// The lesson's own diagram; empty: it has none.
std::string diagram_of(const Coach& coach, const Lesson& lesson) {
    const fs::path file = coach.path("diagrams/" + lesson.name + ".mmd");
    std::error_code ignored;
    return fs::is_regular_file(file, ignored) ? read_file(file) : std::string();
}

// Who is called what, as in the lesson's.
harness::RunTitle title_for(const Lesson& lesson, const std::string& diagram,
                            const std::string& test) {
    harness::RunTitle title;
    title.title = "Lesson " + lesson.number + ": your run in the test \"" + printable(test) + '"';
    title.program_is_client = lesson.is_client;
    title.letters = diagram.find("as client A") != std::string::npos;
    title.threads = diagram.find("\n%% threads") != std::string::npos;
    return title;
}

std::string page_of(const Coach& coach, const Lesson& lesson, const std::string& title,
                    const std::string& source) {
    const std::string projector = read_file(coach.path("diagrams/projector.html"));
    try {
        return harness::page_with_run(projector, {title, lesson.name, source});
    } catch (const std::exception& wrong) {
        throw Trouble(wrong.what());
    }
}

}  // namespace

bool can_be_drawn_into(std::string_view file) {
    const std::string kind = fs::path(file).extension().string();
    return kind == ".mmd" || kind == ".html";
}

bool draw_run(const Coach& coach, const Lesson& lesson, bool passed, const fs::path& file) {
    const std::vector<Trace> traces = coach.traces();
    const Trace* const trace = shown(traces, passed, lesson.is_client);
    if (!trace) return false;
    const auto title = title_for(lesson, diagram_of(coach, lesson), trace->test);
    const std::string source = harness::draw_run(trace->calls, title);
    const bool is_page = file.extension() == ".html";
    write_file(file, is_page ? page_of(coach, lesson, title.title, source) : source);
    return true;
}

std::string url_of(const fs::path& file) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const std::string path = fs::absolute(file).lexically_normal().generic_string();
    std::string url = path[0] == '/' ? "file://" : "file:///";
    for (const char c : path) {
        const auto value = static_cast<unsigned char>(c);
        if (value > 0x20 && value < 0x7f && c != '%' && c != '#' && c != '?' && c != '"')
            url += c;
        else
            ((url += '%') += digits[value >> 4]) += digits[value & 15];
    }
    return url;
}

}  // namespace coach
