// The lessons' tests know nothing of C++: a correct server in Python passes them.

#include "catch.hpp"
#include "lesson_run.hpp"
#include "program.hpp"

#include <stdexcept>
#include <string>

namespace {

bool python_runs() {
    try {
        harness::Process::Options options;
        options.arguments = {"python3", "-c", "import sys; sys.exit(sys.version_info < (3, 8))"};
        harness::Process python(options);
        const auto ending = python.wait(harness::Clock::now() + harness::patience() * 5);
        return ending && !ending->by_signal && ending->code == 0;
    } catch (const std::runtime_error&) {
        return false;
    }
}

void check_python(const std::string& how_many) {
    if (!python_runs()) SKIP_BECAUSE("there is no python3, version 3.8 or newer, on the PATH");
    const std::string server = std::string(ECHO_SOURCE_DIR) + "/tests/course/server.py";
    for (const std::string number : {"01", "03", "04"}) {
        harness::LessonRun run(number, "python3 \"" + server + "\" " + how_many, true);
        INFO("lesson " << number);
        INFO(run.text());
        CHECK(run.passed());
    }
}

}  // namespace

TEST_CASE("a server in Python that serves one client passes") { check_python("once"); }
TEST_CASE("a server in Python that serves one client after another passes") {
    check_python("forever");
}
