// The coach with everything that it drives: a compiler, the lessons' tests, a student's program.
// A course in a folder of its own is built by CMake. The tests in it are the real ones.
#include "catch.hpp"
#include "coach_course.hpp"

#include "process.hpp"
#include "run.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#ifndef _WIN32
#include <array>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#endif

namespace {

using course::SmallCourse;
using harness::Process;

// Only a test that fails waits for so long.
harness::Deadline soon() { return harness::Clock::now() + std::chrono::seconds(100); }

// The same program before and after the student's work.
std::string program(const std::string& work) {
    std::string text(course::first_starter);
    return text.replace(text.find("// TODO 1: receive."), 19, work);
}

const std::string good = R"(std::string buffer(100, ' ');
    while (auto got = client.recv(buffer)) client.send_all(echo::first(buffer, got.bytes));
)";

// What the project's own CMakeLists.txt does, as far as the coach needs it.
void make_buildable(const SmallCourse& small) {
    const std::string source = ECHO_SOURCE_DIR, build = ECHO_BUILD_DIR;
    small.write(
        "CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.20)\nproject(small CXX)\n"
        "set(CMAKE_CXX_STANDARD 20)\ninclude_directories(" +
            source +
            "/include)\n"
            "add_library(faults OBJECT " +
            source +
            "/tests/support/faults.cpp)\n"
            "add_executable(lesson-01 lessons/01-one-client/server.cpp)\n"
            "if(UNIX)  # builds wait while there is a file called gate\n"
            "    add_custom_target(gate COMMAND sh -c\n"
            "        \"while test -e '${CMAKE_SOURCE_DIR}/gate'; do sleep 0.05; done\" VERBATIM)\n"
            "    add_dependencies(lesson-01 gate)\n"
            "endif()\n"
            "target_link_libraries(lesson-01 faults)\n"
            "set_target_properties(lesson-01 PROPERTIES OUTPUT_NAME server\n"
            "    RUNTIME_OUTPUT_DIRECTORY $<1:${CMAKE_BINARY_DIR}/lessons/01-one-client>)\n"
            "add_custom_target(lesson_tests)\n"
            "file(CREATE_LINK " +
            build + "/lesson_tests ${CMAKE_BINARY_DIR}/lesson_tests SYMBOLIC)\n");
    Process::Options options;
    options.arguments = {ECHO_CMAKE,
                         "-G",
                         ECHO_GENERATOR,
                         "-S",
                         small.path().string(),
                         "-B",
                         small.path("build").string(),
                         std::string("-DCMAKE_CXX_COMPILER=") + ECHO_CXX};
    const coach::Ran ran = coach::run(options, std::chrono::seconds(100));
    INFO(ran.output << ran.errors);
    REQUIRE(ran.succeeded());
}

Process::Options learn(const SmallCourse& small, std::vector<std::string> arguments) {
    Process::Options options;
    options.arguments = {ECHO_LEARN, "--project", small.path().string(), "--build",
                         small.path("build").string()};
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    return options;
}

coach::Ran run_learn(const SmallCourse& small, std::vector<std::string> arguments) {
    return coach::run(learn(small, std::move(arguments)), std::chrono::seconds(100));
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// A session in plain lines. Each answer is looked for behind the one before it.
class Session {
public:
    explicit Session(const SmallCourse& small, std::vector<std::string> arguments)
        : process_(options(small, std::move(arguments))) {}

    // Its input is another file than the pipe that press() writes into.
    Session(const SmallCourse& small, std::vector<std::string> arguments, const std::string& input)
        : process_(redirected(options(small, std::move(arguments)), input)) {}

    void press(const std::string& keys) { process_.write_input(keys); }
    void end_input() { process_.close_input(); }
    void expect(const std::string& part) {
        std::size_t found = std::string::npos;
        process_.wait_for_output(
            [&](const std::string& output) {
                found = output.find(part, seen_);
                return found != std::string::npos;
            },
            soon());
        INFO("waited for: " << part << "\nin: " << process_.output().substr(seen_)
                            << process_.errors());
        REQUIRE(found != std::string::npos);
        seen_ = found + part.size();
    }
    std::string output() const { return process_.output(); }
    harness::Ending end() {
        const auto ending = process_.wait(soon());
        REQUIRE(ending);
        return *ending;
    }

private:
    static Process::Options options(const SmallCourse& small, std::vector<std::string> arguments) {
        Process::Options options = learn(small, std::move(arguments));
        options.capture_input = true;
        return options;
    }
    static Process::Options redirected(Process::Options options, const std::string& input) {
        const std::vector<std::string> shell = {"sh", "-c", "exec \"$@\" < \"$0\"", input};
        options.arguments.insert(options.arguments.begin(), shell.begin(), shell.end());
        return options;
    }

    Process process_;
    std::size_t seen_ = 0;
};

#ifndef _WIN32
// A terminal with nobody in front of it.
class Desk {
public:
    Desk() : end_(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)) {
        REQUIRE(end_ >= 0);
        REQUIRE(::grantpt(end_) == 0);
        REQUIRE(::unlockpt(end_) == 0);
        ::fcntl(end_, F_SETFD, FD_CLOEXEC);
    }
    ~Desk() { ::close(end_); }
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    std::string name() const { return ::ptsname(end_); }
    void resize(unsigned short columns, unsigned short rows) const {
        const winsize size{rows, columns, 0, 0};
        REQUIRE(::ioctl(end_, TIOCSWINSZ, &size) == 0);
    }
    void press(const std::string& keys) const {
        REQUIRE(::write(end_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
    }
    // Looks at what is drawn until that is there, behind what was seen before.
    void expect(const std::string& part) {
        const harness::Deadline deadline = soon();
        std::size_t found = std::string::npos;
        while ((found = shown_.find(part)) == std::string::npos) {
            INFO("waited for: " << part << "\nin: " << shown_);
            REQUIRE(harness::Clock::now() < deadline);
            look();
        }
        shown_.erase(0, found + part.size());
    }

private:
    void look() {
        pollfd watched{end_, POLLIN, 0};
        ::poll(&watched, 1, 100);
        std::array<char, 4096> bytes;
        const ssize_t got = ::read(end_, bytes.data(), bytes.size());
        if (got > 0) shown_.append(bytes.data(), static_cast<std::size_t>(got));
    }

    int end_;
    std::string shown_;
};

// The coach with a screen and a keyboard.
Process::Options learn_at(const Desk& desk, const SmallCourse& small) {
    Process::Options options = learn(small, {});
    const std::vector<std::string> shell = {"sh", "-c", "exec \"$@\" < \"$0\" > \"$0\"",
                                            desk.name()};
    options.arguments.insert(options.arguments.begin(), shell.begin(), shell.end());
    options.environment = {{"TERM", "xterm"}, {"NO_COLOR", "1"}};
    return options;
}
#endif

}  // namespace

#ifdef _WIN32
#define SKIP_WITHOUT_COMPILER SKIP_BECAUSE("there is no compiler here to be driven by the coach")
#else
#define SKIP_WITHOUT_COMPILER \
    do {                      \
    } while (false)
#endif

TEST_CASE("the coach goes through a lesson: an error, a failed test, a hint, a pass", "[coach]") {
    SKIP_WITHOUT_COMPILER;
    const SmallCourse small;
    make_buildable(small);
    const std::string file = "lessons/01-one-client/server.cpp";
    small.write("diagrams/projector.html",
                "<script type=\"application/json\" id=\"run\">null</script>\n");
    Session session(small, {"--lines"});
    session.expect("Lesson 01: the first");
    session.expect("NOT YET: a test failed: a line comes back");
    session.expect("This is the starter as it comes.");
    session.expect("Likely cause (");
    session.press("t");
    session.expect("What the program did in the test \"a line comes back\":\n\n");
    session.press("p");
    session.expect("Your run, drawn; open it in a browser:");
    session.expect("file:///");
    session.expect("run-01.html\n");
    CHECK(contains(small.read("build/run-01.html"), "wire: three-way handshake"));

    // Nobody presses a key: the coach watches the file.
    small.write(file, program("int x = bufer;"));
    session.expect("ERROR: it does not compile: server.cpp line ");
    session.expect("bufer");
    session.press("w");  // to what the compiler's error may mean
    session.expect("What goes wrong\n-");
    session.expect("nothing was sent");
    session.press("h");
    session.expect("Hint 1: one");
    session.press("o");
    session.expect("Lesson 01: the first\n=");
    session.expect("[+1] Hint 1: one\n");
    session.press("1");
    session.expect("Do this and that (lessons/01-one-client/x.md).\n\n[+2] Hint 2: two\n");
    session.press("d");
    session.expect("press d again");
    session.press("n");
    session.expect("press n again");
    session.press("x");
    session.press("c");
    session.expect("once it has passed");

    small.write(file, program(good));
    session.expect("PASSED: lesson 01: all ");
    session.expect("What you have learned: to go on.");
    session.expect("Next, lesson 02: Second?");
    session.expect("c: copy mine on");
    session.press("t");
    session.expect("What the program did in the test \"");
    session.expect("runs this one shows most.");
    session.expect("|-- connects ---");
    session.expect("end of stream");
    session.press("l");
    session.expect("> 01-one-client   passed");
    session.press("c");
    session.expect("Put your program of lesson 01 into lessons/03-byte-stream/server.cpp");
    session.press("y");
    session.expect("lessons/03-byte-stream/server.cpp is your own program now.");
    CHECK(contains(small.read("lessons/03-byte-stream/server.cpp"), "client.send_all"));
    session.press("r");
    session.expect("y: yes");
    session.press("y");
    session.expect("NOT YET: ");
    session.expect("kept as server.mine-1.cpp");
    CHECK(small.read("lessons/01-one-client/server.mine-1.cpp") == program(good));
    session.press("nn");
    session.expect("Lesson 02: the other end");
    session.press("q");
    CHECK(session.end().text() == "exit code 0");
}

TEST_CASE("a key that is pressed during a check does not hide its verdict", "[coach]") {
#ifdef _WIN32
    SKIP_BECAUSE("Windows has no pseudo-terminal that a program can be started on by a shell");
#else
    const SmallCourse small;
    make_buildable(small);
    const Desk keyboard;
    small.write("gate", "");
    Session session(small, {"--lines"}, keyboard.name());
    session.expect("compiling ");
    keyboard.press("hl");
    std::filesystem::remove(small.path("gate"));
    session.expect("NOT YET: a test failed");
    keyboard.press("d");
    session.expect("press d again");
    CHECK_FALSE(contains(session.output(), "Hint 1"));
    CHECK_FALSE(contains(session.output(), "> 01-one-client"));

    // But it can be left at any time.
    small.write("gate", "");
    keyboard.press("\n\n");  // the first belongs to the key before it
    session.expect("compiling ");
    keyboard.press("hq");
    CHECK(session.end().text() == "exit code 0");
#endif
}

TEST_CASE("the lesson can be read during a check, and the verdict waits", "[coach]") {
#ifdef _WIN32
    SKIP_BECAUSE("Windows has no pseudo-terminal that a program can be started on by a shell");
#else
    const SmallCourse small;
    make_buildable(small);
    small.write("gate", "");
    Desk desk;
    desk.resize(40, 20);
    Process process(learn_at(desk, small));
    desk.expect("compiling");
    desk.press("o");
    desk.expect("lessons/01-one-client/README.md");
    desk.press("1");
    desk.expect("[-1] Hint 1: one");
    std::filesystem::remove(small.path("gate"));
    desk.expect("Checked: NOT YET. v: the verdict.");
    desk.press("v");
    desk.expect("NOT YET: a test failed");
    desk.expect("w what goes wrong");
    desk.press("w");
    desk.expect("What goes wrong");
    desk.press("q");
    desk.expect("NOT YET: a test failed");
    // The text is open where it was left, and so it will be the next time.
    desk.press("o");
    desk.expect("[-1] Hint 1: one");
    // From a hint, too, q leads back; and a key during a check is seen.
    desk.press("q");
    desk.expect("NOT YET: a test failed");
    desk.expect("q quit");
    desk.press("h");
    desk.expect("q back");
    desk.press("q");
    desk.expect("q quit");
    small.write("gate", "");
    desk.press("\r");
    desk.expect("compiling");
    desk.press("t");
    desk.expect("A check is running");
    std::filesystem::remove(small.path("gate"));
    desk.expect("NOT YET: a test failed");
    desk.press("o");
    desk.expect("[-1] Hint 1: one");
    // Who saves while reading wants the verdict.
    small.write("lessons/01-one-client/server.cpp", program(good));
    desk.expect("PASSED: ");
    desk.press("q");
    const auto ending = process.wait(soon());
    REQUIRE(ending);
    CHECK(ending->text() == "exit code 0");
    CHECK(contains(small.read("build/learn-state.txt"), "\nplace 01-one-client "));
#endif
}

TEST_CASE("the coach checks only when asked to, if it is told so", "[coach]") {
    SKIP_WITHOUT_COMPILER;
    const SmallCourse small;
    make_buildable(small);
    Session session(small, {"--lines", "--manual", "01"});
    session.expect("NOT YET: a test failed");
    small.write("lessons/01-one-client/server.cpp", program(good));
    session.press("h");
    session.expect("Hint 1: one");
    session.press("\n");  // belongs to the key before it
    session.press("\n");
    session.expect("PASSED: ");
    session.end_input();
    CHECK(session.end().text() == "exit code 0");
}

TEST_CASE("the coach ends programs that hang, flood or crash, and goes on", "[coach]") {
    SKIP_WITHOUT_COMPILER;
    const SmallCourse small;
    make_buildable(small);
    const std::string file = "lessons/01-one-client/server.cpp";
    const std::vector<std::pair<std::string, std::string>> wrong = {
        {"for (;;) {}", "busy"},
        {"for (;;) std::cout << \"flood, flood\\n\";", "NOT YET"},
        {"volatile int* p = nullptr; *p = 1;", "it touched memory that is not its own"},
    };
    Session session(small, {"--lines"});
    session.expect("NOT YET: ");
    for (const auto& [work, words] : wrong) {
        small.write(file, program(work));
        session.expect("running the tests ...");
        session.expect(words);
        session.expect("Read: ");
    }
    small.write(file, program(good));
    session.expect("PASSED: ");
}

TEST_CASE("a program that eats memory is ended, and this is said", "[coach]") {
    SKIP_WITHOUT_COMPILER;
    const SmallCourse small;
    make_buildable(small);
    small.write("lessons/01-one-client/server.cpp",
                "#include <string>\n"
                "int main() { for (std::string all;;) all.append(1 << 24, 'x'); }\n");
    Process::Options options = learn(small, {"check", "01"});
    // As long as it takes on any machine.
    options.environment = {{"ECHO_PATIENCE", "10"}};
    const coach::Ran ran = coach::run(options, std::chrono::seconds(100));
    INFO(ran.output << ran.errors);
    CHECK(ran.ending->code == 1);
    CHECK(contains(ran.output, "it used more than 1024 MiB of memory"));
}

// As when two coaches build the same program. This one does it to itself, the first time.
TEST_CASE("where the program changes under its tests, they begin anew", "[coach]") {
    SKIP_WITHOUT_COMPILER;
    const SmallCourse small;
    make_buildable(small);
    const std::string once =
        "const std::string mark = MARK;\n"
        "    if (!std::ifstream(mark)) {\n"
        "        std::ofstream(mark) << 1;\n"
        "        std::filesystem::last_write_time(PROGRAM, "
        "std::filesystem::file_time_type::clock::now());\n"
        "        return 1;\n"
        "    }\n    ";
    const auto quoted = [&](const std::string& path) {
        return '"' + small.path(path).generic_string() + '"';
    };
    small.write("lessons/01-one-client/server.cpp",
                "#include <filesystem>\n#include <fstream>\n#include <string>\n#define MARK " +
                    quoted("build/mark") + "\n#define PROGRAM " +
                    quoted("build/lessons/01-one-client/server") + '\n' + program(once + good));
    const coach::Ran ran = run_learn(small, {"check", "01"});
    INFO(ran.output << ran.errors);
    CHECK(ran.ending->code == 0);
}

TEST_CASE("learn check and learn verify tell by their exit code", "[coach]") {
    SKIP_WITHOUT_COMPILER;
    const SmallCourse small;
    make_buildable(small);
    const std::string file = "lessons/01-one-client/server.cpp";
    CHECK(run_learn(small, {"check"}).ending->code == 1);
    small.write(file, program(good));
    const std::string diagram = small.path("run.mmd").string();
    const coach::Ran passed = run_learn(small, {"check", "01", "--diagram", diagram});
    CHECK(passed.ending->code == 0);
    CHECK(contains(passed.output, "\nYour run, drawn: file:///"));
    CHECK(contains(small.read("run.mmd"), "Note over S: recv end of stream, close\n"));
    CHECK(contains(passed.output, "PASSED: lesson 01"));
    CHECK(contains(run_learn(small, {"list"}).output, "> 01-one-client   passed"));
    CHECK(run_learn(small, {"verify", "01"}).ending->code == 0);
    CHECK(run_learn(small, {"verify", "01", "03"}).ending->code == 1);

    // Any other program, as a command line.
    const std::string own = small.path("build/lessons/01-one-client/server").string();
    const coach::Ran other = run_learn(small, {"check", "01", "--", own});
    CHECK(other.ending->code == 0);
    const coach::Ran none = run_learn(small, {"check", "01", "--", "no-such-program"});
    CHECK(none.ending->code == 1);
    CHECK(contains(none.output, "no-such-program"));

    // Latin-1, as old editors save it.
    small.write(file, program("int gr\xfc\xdf;"));
    const coach::Ran latin = run_learn(small, {"check", "01"});
    CHECK(latin.ending->code == 1);
    CHECK(contains(latin.output, "The file is not UTF-8 text (see line 12)"));

    // A build folder from which the tests are missing.
    small.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.20)\nproject(small NONE)\n");
    std::filesystem::remove(small.path("build/lesson_tests"));
    const coach::Ran without = run_learn(small, {"check", "01"});
    CHECK(without.ending->code == 1);
    CHECK(contains(without.output, "Catch2 was not found"));
}
