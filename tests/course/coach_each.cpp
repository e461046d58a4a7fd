// The hand-ins of a class: learn verify --each.
#include "catch.hpp"
#include "coach_course.hpp"

#include "each_table.hpp"
#include "hand_in.hpp"
#include "run.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#ifndef _WIN32
#include <cerrno>
#include <csignal>

#include <sys/stat.h>
#endif

namespace {

namespace fs = std::filesystem;
using harness::Clock;
using harness::Process;

using Rows = std::vector<std::string>;

// Of a row of CSV: student, passed, of, lesson, cause.
std::string first_fields(const std::string& row) {
    std::size_t end = 0;
    for (int field = 0; field < 5; ++field) end = row.find(',', end) + 1;
    return row.substr(0, end - 1);
}

// A class, in a folder of its own. Of each hand-in there is only what a test puts there.
class Class {
public:
    Class() {
        std::random_device random;
        folder_ = fs::canonical(fs::temp_directory_path()) /
                  ("echo-class-" + std::to_string(random()) + '-' + std::to_string(random()));
        fs::create_directories(folder_ / "tmp");
    }
    ~Class() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    Class(const Class&) = delete;
    Class& operator=(const Class&) = delete;

    fs::path path(const std::string& file = {}) const { return folder_ / file; }
    std::string text(const std::string& file) const { return path(file).string(); }
    void write(const std::string& file, const std::string& content) const {
        fs::create_directories(path(file).parent_path());
        coach::write_file(path(file), content);
    }
    void hand_in(const std::string& student, const std::string& program) const {
        write(student + "/lessons/01-one-client/server.cpp", program);
    }

    // What learn is started with. Its temporary files are under our eyes.
    Process::Options learn(std::vector<std::string> arguments) const {
        Process::Options options;
        options.arguments = {ECHO_LEARN, "verify", "01"};
        options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
        options.environment = {{"TMPDIR", text("tmp")}};
        return options;
    }
    // The rows of `learn verify 01 --csv --each` without the title, and without what follows the
    // cause: the message and the time.
    Rows verify(const std::vector<std::string>& students) const {
        std::vector<std::string> arguments{"--csv", "--each"};
        for (const std::string& student : students) arguments.push_back(text(student));
        const coach::Ran ran =
            coach::run(learn(arguments), std::chrono::seconds(110) * coach::patience());
        INFO(ran.no_start << ran.output << ran.errors);
        REQUIRE(ran.ending);
        Rows rows = coach::lines_of(ran.output);
        REQUIRE(rows.size() == students.size() + 1);
        rows.erase(rows.begin());
        bool all_passed = true;
        for (std::string& row : rows) {
            row = first_fields(row);
            all_passed = all_passed && row.find(",1,1,") != std::string::npos;
        }
        CHECK(ran.ending->text() == (all_passed ? "exit code 0" : "exit code 1"));
        CHECK(fs::is_empty(path("tmp")));  // nothing is left behind
        return rows;
    }

private:
    fs::path folder_;
};

const std::string good = R"(#include <echo.hpp>
#include <array>
#include <iostream>
#include <string>
#ifndef _WIN32
#include <csignal>
#include <fstream>
#include <unistd.h>
#endif

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    /* mischief */
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
}
)";

// The good program, which does this before it says where it listens.
std::string with(const std::string& mischief) {
    std::string program = good;
    return program.replace(program.find("/* mischief */"), 14, mischief);
}

#ifdef _WIN32
#define SKIP_WITHOUT_POSIX SKIP_BECAUSE("there is no compiler here to be driven by the coach")
#else
#define SKIP_WITHOUT_POSIX \
    do {                   \
    } while (false)
#endif

coach::HandIn named(const std::string& student, const fs::path& folder = {}) {
    return {student, folder};
}

std::string trouble_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const coach::Trouble& trouble) {
        return trouble.what();
    }
    return "none";
}

}  // namespace

TEST_CASE("verify --each: a hand-in that does not compile costs only itself", "[coach]") {
    SKIP_WITHOUT_POSIX;
    const Class students;
    students.hand_in("broken", "int main( {\n");
    students.hand_in("wrong", with("return 3;"));
    students.hand_in("right", good);
    CHECK(students.verify({"broken", "missing", "wrong", "right"}) ==
          Rows{"broken,0,1,01-one-client,does not compile", "missing,0,1,,no such folder",
               "wrong,0,1,01-one-client,ended-at-once", "right,1,1,,"});
}

TEST_CASE("verify --each: a hand-in that kills its tests costs only itself", "[coach]") {
    SKIP_WITHOUT_POSIX;
    const Class students;
    students.hand_in("parent", with("::kill(::getppid(), SIGKILL);"));
    students.hand_in("right", good);
    CHECK(students.verify({"parent", "right"}) ==
          Rows{"parent,0,1,01-one-client,ended its tests", "right,1,1,,"});
}

TEST_CASE("verify --each: a flood is dammed", "[coach]") {
    SKIP_WITHOUT_POSIX;
    const Class students;
    students.hand_in("flood", "#include <cstdio>\nint main() { for (;;) std::puts(\"flood\"); }\n");
    CHECK(coach::starts_with(students.verify({"flood"})[0], "flood,0,1,01-one-client,"));
}

// With limits that a test can wait for: a build without end, a test without end, and both together.
TEST_CASE("a hand-in that takes too long is ended", "[coach]") {
    SKIP_WITHOUT_POSIX;
#ifndef _WIN32
    const Class students;
    const coach::Course course = coach::read_course(ECHO_SOURCE_DIR);
    const auto cause = [&](const std::string& student, const coach::ClassLimits& limits) {
        coach::ClassCheck check(course, {course.find("01")}, {ECHO_SOURCE_DIR, ECHO_BUILD_DIR},
                                limits);
        const auto never = [] { return false; };
        check.prepare([](const std::string&) {}, never);
        const auto result = check.check(named(student, students.path(student)), never);
        INFO(result.trouble);
        REQUIRE(result.lessons.size() == 1);
        return result.lessons[0].cause + ": " + result.lessons[0].message;
    };
    REQUIRE(::mkfifo(students.path("endless").c_str(), 0600) == 0);
    students.hand_in("build", "#include \"" + students.text("endless") + "\"\n");
    students.hand_in("tests", with("::kill(::getppid(), SIGSTOP);"));
    coach::ClassLimits limits;
    limits.lesson.build = std::chrono::seconds(2);
    CHECK(cause("build", limits) == "took too long: the build took too long, and was ended");
    limits = {};
    limits.lesson.tests = std::chrono::seconds(2);
    CHECK(cause("tests", limits) == "took too long: the tests took too long, and were ended");
    limits = {};
    limits.hand_in = std::chrono::seconds(1);
    CHECK(cause("build", limits) == "no time left: stopped");
#endif
}

TEST_CASE("verify --each: the compiler is not given all the memory", "[coach]") {
    SKIP_WITHOUT_POSIX;
#ifdef __APPLE__
    SKIP_BECAUSE("macOS does not hold to a limit on the memory of a process");
#endif
    const Class students;
    // GCC reads the file, which has no end. Others take it for empty, and compute what follows.
    students.hand_in("greedy", R"(#include "/dev/zero"
constexpr unsigned long sum() {
    unsigned long all = 0;
    char* blocks[40]{};
    for (auto& block : blocks) {
        block = new char[100'000'000]{};
        all += static_cast<unsigned long>(block[1]);
    }
    for (auto* block : blocks) delete[] block;
    return all;
}
static_assert(sum() == 0);
int main() {}
)");
    CHECK(students.verify({"greedy"}) ==
          Rows{"greedy,0,1,01-one-client,the compiler needed too much memory"});
}

#ifdef __linux__
TEST_CASE("verify --each: a process that leaves its group is ended too", "[coach]") {
    const Class students;
    const std::string file = students.text("number");
    students.hand_in("daemon",
                     with("int ready[2]; if (::pipe(ready) != 0) return 1;\n"
                          "    if (::fork() == 0) {\n"
                          "        ::setsid();\n"
                          "        std::ofstream(\"" +
                          file +
                          "\") << ::getpid() << std::endl;\n"
                          "        for (::close(ready[1]);;) ::pause();\n"
                          "    }\n"
                          "    ::close(ready[1]);\n"
                          "    char none; if (::read(ready[0], &none, 1) != 0) return 1;"));
    CHECK(students.verify({"daemon"}).front().substr(0, 8) == "daemon,1");
    const auto number = static_cast<pid_t>(std::stol(coach::read_file(file)));
    REQUIRE(number > 1);
    CHECK(::kill(number, 0) == -1);
    CHECK(errno == ESRCH);
}
#endif

TEST_CASE("verify --each: Ctrl-C leaves the rows so far, no process and no file", "[coach]") {
    SKIP_WITHOUT_POSIX;
#ifndef _WIN32
    const Class students;
    const std::string file = students.text("number");
    students.hand_in("first", std::string(1 << 21, ' '));
    students.hand_in("second", with("std::ofstream(\"" + file +
                                    "\") << ::getpid() << std::endl; for (;;) ::pause();"));
    Process learn(students.learn({"--each", students.text("first"), students.text("second")}));
    const harness::Deadline deadline = Clock::now() + std::chrono::seconds(100) * coach::patience();
    const auto is_running = [&] { return fs::exists(file) && !coach::read_file(file).empty(); };
    while (!is_running()) {
        REQUIRE(Clock::now() < deadline);
        REQUIRE_FALSE(learn.wait(Clock::now() + std::chrono::milliseconds(10)));
    }
    learn.ask_to_end();
    const auto ending = learn.wait(deadline);
    REQUIRE(ending);
    CHECK(ending->text() == "ended by SIGTERM (it was asked from outside to end)");
    INFO(learn.output() << learn.errors());
    CHECK(learn.output().find("first    0 of 1") != std::string::npos);
    CHECK(learn.output().find("1 not checked\n") != std::string::npos);
    CHECK(fs::is_empty(students.path("tmp")));
    CHECK(::kill(static_cast<pid_t>(std::stol(coach::read_file(file))), 0) == -1);
#endif
}

TEST_CASE("a hand-in's folder is found, and told apart from others of its name", "[coach]") {
    const Class students;
    const course::SmallCourse small;
    const coach::Course course = coach::read_course(small.path());
    students.hand_in("anna", good);
    students.write("ben/03-byte-stream/server.cpp", good);
    students.write("cleo/notes.txt", "later\n");
    CHECK(coach::lessons_in(named("", students.path("anna")), course) ==
          students.path("anna") / "lessons");
    CHECK(coach::lessons_in(named("", students.path("ben")), course) == students.path("ben"));
    const auto trouble = [&](const std::string& folder) {
        return trouble_of([&] { coach::lessons_in(named("", students.path(folder)), course); });
    };
    CHECK(trouble("cleo") == "no lessons in it");
    CHECK(trouble("cleo/notes.txt") == "not a folder");
    CHECK(trouble("dora") == "no such folder");

    const auto all = coach::hand_ins_in({"a/anna/", "a/ben/lessons", "b/anna"});
    CHECK(all[0].student == "a/anna/");
    CHECK(all[1].student == "ben");
    CHECK(all[2].student == "b/anna");
}

TEST_CASE("of a hand-in only plain programs and their headers are taken", "[coach]") {
    const Class students;
    const course::SmallCourse small;
    const coach::Course course = coach::read_course(small.path());
    const coach::Scratch scratch;
    const auto take = [&](const std::string& student, const std::string& lesson) {
        const fs::path lessons = students.path(student + "/lessons");
        return trouble_of([&] { scratch.take(*course.find(lesson), lessons); });
    };
    students.hand_in("starter", std::string(course::first_starter));
    students.hand_in("large", std::string((1 << 20) + 1, ' '));
    students.write("folder/lessons/01-one-client/server.cpp/x", good);
    CHECK(take("starter", "01") == "not started");
    CHECK(take("starter", "03") == "not handed in");
    CHECK(take("large", "01") == "server.cpp is larger than 1 MiB");
    CHECK(take("folder", "01") == "server.cpp is not a plain file");
#ifndef _WIN32
    const fs::path lesson = students.path("starter/lessons/03-byte-stream");
    fs::create_directory(lesson);
    for (const char* target : {"/dev/zero", "../01-one-client/server.cpp"}) {
        fs::create_symlink(target, lesson / "server.cpp");
        CHECK(take("starter", "03") == "server.cpp is not a plain file");
        fs::remove(lesson / "server.cpp");
    }
    REQUIRE(::mkfifo((lesson / "server.cpp").c_str(), 0600) == 0);
    CHECK(take("starter", "03") == "server.cpp is not a plain file");
#endif
    CHECK(fs::is_empty(scratch.root() / "lessons"));

    students.hand_in("anna", good);
    for (const char* file : {"mine.hpp", "CMakeLists.txt", "other.cpp", "large.txt"})
        students.write("anna/lessons/01-one-client/" + std::string(file), "x");
    CHECK(take("anna", "01") == "none");
    std::vector<std::string> taken;
    for (const auto& entry : fs::directory_iterator(scratch.root() / "lessons/01-one-client"))
        taken.push_back(entry.path().filename().string());
    std::sort(taken.begin(), taken.end());
    CHECK(taken == std::vector<std::string>{"mine.hpp", "server.cpp"});
}

TEST_CASE("a scratch folder is removed, whatever was done to it", "[coach]") {
    fs::path root;
    {
        const coach::Scratch scratch;
        root = scratch.root();
        fs::create_directories(scratch.work() / "locked" / "inner");
        fs::permissions(scratch.work() / "locked", fs::perms::none);
        REQUIRE(fs::exists(root));
    }
    CHECK_FALSE(fs::exists(root));
}

TEST_CASE("what a spreadsheet would run or take apart is quoted", "[coach]") {
    CHECK(coach::csv_field("anna") == "anna");
    CHECK(coach::csv_field("") == "");
    CHECK(coach::csv_field("Ash, Ben") == "\"Ash, Ben\"");
    CHECK(coach::csv_field("the \"best\"") == "\"the \"\"best\"\"\"");
    for (const char* formula : {"=1+1", "+1", "-1", "@SUM(A1)"})
        CHECK(coach::csv_field(formula) == '\'' + std::string(formula));
    CHECK(coach::csv_field("a\nb\x1b[31m").find_first_of("\n\x1b") == std::string::npos);
}

TEST_CASE("the results of a class as a table, CSV and JSON", "[coach]") {
    const course::SmallCourse small;
    const coach::Course course = coach::read_course(small.path());
    const std::vector<coach::HandIn> class_of_two{named("anna"), named("=\x1b[1mben")};
    const coach::HandInResult anna{
        "anna", "a", {}, {{&course.lessons[0], {}, "all well"}}, std::chrono::milliseconds(12349)};
    const coach::HandInResult ben{class_of_two[1].student,
                                  "b",
                                  {},
                                  {{&course.lessons[0], "one-send", "at \"x\""}},
                                  std::chrono::milliseconds(50)};
    const auto printed = [&](coach::Format format) {
        std::ostringstream out;
        coach::EachTable table(out, format, class_of_two, 1);
        table.add(anna);
        table.add(ben);
        table.end();
        CHECK_FALSE(table.all_passed());
        return out.str();
    };
    CHECK(printed(coach::Format::table) ==
          "student  passed    seconds  first failure\n"
          "anna     1 of 1       12.3\n"
          "=ben     0 of 1        0.1  01-one-client: one-send\n"
          "1 of 2 passed everything\n");
    CHECK(printed(coach::Format::csv) ==
          "student,passed,of,lesson,cause,message,seconds\n"
          "anna,1,1,,,,12.3\n"
          "'=ben,0,1,01-one-client,one-send,\"at \"\"x\"\"\",0.1\n");
    CHECK(printed(coach::Format::json) ==
          R"({
  "asked": 1,
  "students": [
    {"student": "anna", "folder": "a", "passed": 1, "trouble": null, "seconds": 12.3, "lessons": [
      {"lesson": "01-one-client", "passed": true, "cause": null, "message": "all well"}]},
    {"student": "=ben", "folder": "b", "passed": 0, "trouble": null, "seconds": 0.1, "lessons": [
      {"lesson": "01-one-client", "passed": false, "cause": "one-send", "message": "at \"x\""}]}
  ]
}
)");
}
