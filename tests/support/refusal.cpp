#include "refusal.hpp"

#include "signs.hpp"

#include <echo.hpp>

#include <algorithm>
#include <utility>

namespace harness {
namespace {

std::string wish(int exit_code, std::string_view named) {
    std::string text =
        "exit code " + std::to_string(exit_code) + ", and one line on standard error";
    if (!named.empty()) text += " that names " + std::string(named);
    return text;
}

}  // namespace

RefusedServer::RefusedServer(std::string_view lesson, Evidence::Refusal why,
                             const std::vector<std::string>& arguments, std::string_view faults)
    : why_(why) {
    subject_.launch_server(lesson, faults, arguments);
}

// What is wrong with what it did, or nothing.
std::string RefusedServer::fault_of(const Evidence& evidence, int exit_code,
                                    std::string_view named) const {
    if (!evidence.ending)
        return evidence.output.empty() ? "a program that still runs, and says nothing"
                                       : "a program that runs on";
    if (evidence.ending->by_signal || evidence.ending->code != exit_code)
        return evidence.ending->text();
    if (evidence.errors.empty()) return "no word on standard error";
    if (lines_in(evidence.errors) != 1)
        return std::to_string(lines_in(evidence.errors)) + " lines on standard error";
    if (evidence.errors.find(named) == std::string::npos)
        return "a line on standard error that does not name " + std::string(named);
    return {};
}

// A first line says that it listens: then it is not about to end.
void RefusedServer::await_first_line_or_end() {
    (void)subject_.program->process().wait_for_output(
        [](const std::string& output) { return output.find('\n') != std::string::npos; },
        echo::after(patience()));
}

bool RefusedServer::knows_faults() {
    await_first_line_or_end();
    return subject_.program->understands_faults();
}

void RefusedServer::expect_refusal(int exit_code, std::string_view named) {
    subject_.story.step("the test waited for the program to end, and to say why");
    Process& process = subject_.program->process();
    await_first_line_or_end();
    (void)process.wait(echo::after(patience() / (process.output().empty() ? 20 : 8)));
    Evidence evidence;
    evidence.wanted = Evidence::Wanted::refusal;
    evidence.refusal = why_;
    evidence.refused_word = named;
    subject_.look(evidence);
    evidence.expected_text = wish(exit_code, named);
    evidence.got_text = fault_of(evidence, exit_code, named);
    if (!evidence.got_text.empty()) subject_.fail(std::move(evidence));
    subject_.story.good();
}

}  // namespace harness
