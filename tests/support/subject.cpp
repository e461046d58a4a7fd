#include "subject.hpp"

#include <echo.hpp>

#include <algorithm>
#include <iostream>

namespace harness {
namespace {

// A path is shown from the project's folder on: the rest is noise, and too wide.
std::string short_path(std::string path) {
    const std::string folder = std::string(ECHO_SOURCE_DIR) + '/';
    const std::size_t at = path.find(folder);
    if (at != std::string::npos) path.erase(at, folder.size());
    return path;
}

// The lines that a StartFailure shows below a title, such as "its standard error:\n".
std::string shown_below(std::string_view title, std::string_view text) {
    constexpr std::string_view indent = "    ";
    const std::size_t at = text.find(title);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + title.size());
    std::string lines;
    while (text.substr(0, indent.size()) == indent) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines += std::string(text.substr(indent.size(), end - indent.size())) + '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

// A program that goes round and round writes a trace of any length: its two ends are enough.
std::string cut_trace(std::string trace) {
    constexpr std::size_t most = std::size_t{4} << 20;
    if (trace.size() <= most) return trace;
    const std::size_t begin = trace.rfind('\n', most / 2) + 1;
    const std::size_t end = trace.find('\n', trace.size() - most / 2) + 1;
    return trace.replace(begin, end - begin, "(a part is left out here)\n");
}

std::string ordinal(std::string_view number) {
    if (number == "1") return "the first ";
    if (number == "2") return "the second ";
    return "number " + std::string(number) + " of the calls of ";
}

// "send:short=3; recv:EINTR@2": "each send moves at most 3 bytes, the second recv fails".
std::string in_words(std::string_view faults) {
    std::string words;
    while (!faults.empty()) {
        const std::size_t end = std::min(faults.find(';'), faults.size());
        std::string_view rule = faults.substr(0, end);
        faults.remove_prefix(std::min(end + 1, faults.size()));
        rule.remove_prefix(std::min(rule.find_first_not_of(' '), rule.size()));

        const std::string call(rule.substr(0, rule.find(':')));
        const std::size_t at = rule.find('@');
        const std::size_t equals = rule.find('=');
        const std::string which =
            at == std::string_view::npos ? "each " : ordinal(rule.substr(at + 1));
        if (!words.empty()) words += ", ";
        words += which + call;
        if (equals == std::string_view::npos)
            words += " fails";
        else
            words += " moves at most " + std::string(rule.substr(equals + 1, at - equals - 1)) +
                     " bytes";
    }
    return words;
}

}  // namespace

bool Subject::await(Deadline deadline, const std::function<bool()>& holds) {
    program->lookout().await(deadline, [&](Deadline piece) {
        return holds() || program->process().wait(piece).has_value();
    });
    return holds();
}

std::optional<Ending> Subject::await_end(Deadline deadline) {
    Process& process = program->process();
    program->lookout().await(deadline,
                             [&](Deadline piece) { return process.wait(piece).has_value(); });
    return process.ending();
}

void Subject::look(Evidence& evidence) {
    evidence.program_is_client = is_client;
    evidence.lesson = lesson;
    evidence.faults = faults;
    evidence.past = past;
    if (!program) return;
    const Holdings holds = program->process().holdings();
    evidence.threads = holds.threads;
    evidence.children = holds.children;
    const std::vector<Sleeper> threads = program->process().threads();
    if (threads.size() == 1 && holds.threads.value_or(1) == 1) evidence.sleeps_in = threads[0].in;
    evidence.output = program->process().output();
    evidence.errors = program->process().errors();
    evidence.ending = program->process().ending();
    evidence.trace = cut_trace(program->trace());
}

void Subject::fail(Evidence evidence) { story.fail(evidence); }

void Subject::look_and_fail(Evidence evidence) {
    look(evidence);
    fail(std::move(evidence));
}

template <typename Start>
void Subject::start(std::string_view of_lesson, std::string_view faults_wanted,
                    const std::vector<std::string>& arguments, Start start_it) {
    lesson = of_lesson;
    const std::string name = is_client ? "/client" : "/server";
    set_default_program(std::string(ECHO_BUILD_DIR) + "/lessons/" + lesson + name);
    std::string setting;
    for (const std::string& argument : arguments)
        setting += (setting.empty() ? " with " : " ") + echo::quote(argument);
    if (!faults_wanted.empty())
        setting +=
            " with ECHO_FAULTS=\"" + std::string(faults_wanted) + "\": " + in_words(faults_wanted);
    try {
        if (program) ended_ = std::move(program);
        program.emplace(start_it());
    } catch (const StartFailure& failure) {
        story.step("the test started the program" + setting);
        Evidence evidence;
        evidence.wanted = Evidence::Wanted::start;
        evidence.program_is_client = is_client;
        evidence.lesson = lesson;
        evidence.past = past;
        evidence.start_failure = failure.what();
        evidence.output = shown_below("its standard output:\n", failure.what());
        evidence.errors = shown_below("its standard error:\n", failure.what());
        story.fail(evidence);
    }
    story.step("the test started " + short_path(program->command()) + setting);
}

void Subject::check_faults(std::string_view faults_wanted) {
    if (faults_wanted.empty()) return;
    if (program->understands_faults()) {
        faults = faults_wanted;
        return;
    }
    const std::string note = "this program does not know ECHO_FAULTS: the case ran without " +
                             std::string(faults_wanted);
    std::cout << "note: " << note << std::endl;
    story.step(note);
}

void Subject::start_server(std::string_view of_lesson, const Setting& setting,
                           std::string_view port) {
    past.options = !setting.arguments.empty();
    past.options_first = !setting.before.empty();
    past.few_descriptors = setting.descriptor_limit > 0;
    start(of_lesson, setting.faults, setting.command_line(port),
          [&] { return Program::server(setting, port); });
    check_faults(setting.faults);
}

void Subject::launch_server(std::string_view of_lesson, std::string_view faults_wanted,
                            const std::vector<std::string>& arguments) {
    start(of_lesson, faults_wanted, arguments,
          [&] { return Program::launch(faults_wanted, arguments); });
}

void Subject::start_client(std::string_view of_lesson, std::string_view host, std::uint16_t port,
                           std::string_view faults_wanted) {
    start(of_lesson, faults_wanted, {}, [&] { return Program::client(host, port, faults_wanted); });
}

}  // namespace harness
