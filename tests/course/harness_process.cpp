// The harness: programs that behave, misbehave, crash, hang and flood.
#include "catch.hpp"

#include "process.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#ifndef _WIN32
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace {

using harness::Clock;
using harness::Ending;
using harness::Process;

// Far beyond what anything here takes, also with sanitizers, under Wine, on a busy machine. Only a
// test that fails waits for so long.
harness::Deadline soon() { return Clock::now() + std::chrono::seconds(60); }

Process puppet(std::vector<std::string> actions, bool capture_input = false) {
    Process::Options options;
    options.arguments = {ECHO_PUPPET};
    options.arguments.insert(options.arguments.end(), actions.begin(), actions.end());
    options.capture_input = capture_input;
    return Process(options);
}

Ending end_of(Process& process) {
    const auto ending = process.wait(soon());
    REQUIRE(ending.has_value());
    return *ending;
}

bool prints(Process& process, const std::string& text) {
    return process.wait_for_output(
        [&](const std::string& output) { return output.find(text) != std::string::npos; }, soon());
}

std::string complaint_about(std::vector<std::string> arguments) {
    Process::Options options;
    options.arguments = std::move(arguments);
    try {
        Process process(options);
    } catch (const std::runtime_error& failure) {
        return failure.what();
    }
    return "no complaint";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// A folder for this test alone, removed at the end.
class Folder {
public:
    Folder() {
        static std::atomic<int> count{0};
        const auto now = Clock::now().time_since_epoch().count();
        path_ = std::filesystem::temp_directory_path() /
                ("echo-harness-" + std::to_string(now) + "-" + std::to_string(count++));
        std::filesystem::create_directory(path_);
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string file(const std::string& name, const std::string& content) const {
        const auto path = path_ / name;
        std::ofstream(path, std::ios::binary) << content;
        return path.string();
    }
    std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

}  // namespace

TEST_CASE("a process's exit code is reported", "[harness]") {
    Process quiet = puppet({});
    CHECK(end_of(quiet).text() == "exit code 0");
    Process three = puppet({"exit", "3"});
    const Ending ending = end_of(three);
    CHECK_FALSE(ending.by_signal);
    CHECK(ending.code == 3);
    CHECK(ending.text() == "exit code 3");
    CHECK(three.ending()->code == 3);
}

TEST_CASE("a crash is reported by its name", "[harness]") {
    Process process = puppet({"print", "before", "crash"});
    const Ending ending = end_of(process);
    CHECK(ending.by_signal);
    CHECK(contains(ending.text(), "it touched memory that is not its own"));
#ifdef _WIN32
    CHECK(contains(ending.text(), "access violation"));
    CHECK(contains(ending.text(), "0xC0000005"));
    CHECK(process.output().compare(0, 7, "before\n") == 0);  // Wine adds a report of its own
#else
    CHECK(ending.code == SIGSEGV);
    CHECK(ending.text() == "ended by SIGSEGV (it touched memory that is not its own)");
    CHECK(process.output() == "before\n");
#endif
}

TEST_CASE("what a process prints is kept, complete once it has ended", "[harness]") {
    Process process = puppet({"print", "one", "complain", "two", "mutter", "three", "exit", "0"});
    end_of(process);
    CHECK(process.output() == "one\nthree");
    CHECK(process.errors() == "two\n");
    CHECK(process.output_dropped() == 0);
    CHECK(process.errors_dropped() == 0);
}

TEST_CASE("output is seen while the process runs", "[harness]") {
    Process process = puppet({"print", "ready", "hang"});
    CHECK(prints(process, "ready\n"));
    CHECK_FALSE(process.ending().has_value());
}

TEST_CASE("waiting for output ends early when the process does", "[harness]") {
    Process process = puppet({"print", "something else"});
    const auto begin = Clock::now();
    CHECK_FALSE(prints(process, "ready"));
    CHECK(Clock::now() < begin + std::chrono::seconds(50));
    CHECK(process.ending().has_value());
    CHECK(prints(process, "something else"));  // still true after the end
}

TEST_CASE("waits end at their deadline", "[harness]") {
    Process process = puppet({"print", "ready", "hang"});
    REQUIRE(prints(process, "ready"));
    const auto deadline = Clock::now() + std::chrono::milliseconds(50);
    CHECK_FALSE(process.wait(deadline).has_value());
    CHECK(Clock::now() >= deadline);
    CHECK_FALSE(process.wait_for_output([](const std::string&) { return false; }, deadline));
    // One in the past is not waited for.
    CHECK_FALSE(process.wait(Clock::now() - std::chrono::hours(1)).has_value());
}

TEST_CASE("the predicate may look at the process itself", "[harness]") {
    Process process = puppet({"print", "ready", "hang"});
    CHECK(process.wait_for_output(
        [&](const std::string& output) {
            return contains(process.output(), output) && contains(output, "ready");
        },
        soon()));
}

TEST_CASE("a hanging process is killed", "[harness]") {
    Process process = puppet({"print", "ready", "hang"});
    REQUIRE(prints(process, "ready"));
    process.kill();
    const Ending ending = end_of(process);
    CHECK(ending.by_signal);
    CHECK(ending.code == 9);
    CHECK(contains(ending.text(), "killed from outside"));
    process.kill();  // once more does no harm
    CHECK(process.wait(soon())->code == 9);
}

TEST_CASE("a process is asked to stop, by either signal", "[harness]") {
#ifdef _WIN32
    SKIP_BECAUSE("only what runs in the same console can be asked, and hears Ctrl-Break");
#else
    for (const auto& [how, name] : {std::pair(Process::StopBy::ctrl_c, "SIGINT"),
                                    std::pair(Process::StopBy::terminate, "SIGTERM")}) {
        Process process = puppet({"print", "ready", "hang"});
        REQUIRE(prints(process, "ready"));
        CHECK(process.ask_to_stop(how));
        CHECK(contains(end_of(process).text(), name));
    }
    // While it is held still, it is asked, and hears of it when it goes on.
    Process process = puppet({"print", "ready", "hang"});
    REQUIRE(prints(process, "ready"));
    REQUIRE(process.pause(Process::Pause::with_a_signal));
    CHECK(process.ask_to_stop(Process::StopBy::terminate));
    CHECK_FALSE(process.ending());
    process.resume();
    CHECK(contains(end_of(process).text(), "SIGTERM"));
#endif
}

TEST_CASE("what a process started ends with it", "[harness]") {
#ifdef _WIN32
    SKIP_BECAUSE("no portable way to see a grandchild on Windows; the job object ends it");
#else
    // The pipe's other end is held by the grandchild alone, so its end of stream is its end.
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    {
        Process process = puppet({"child", "hang", "print", "started", "exit", "0"});
        ::close(ends[1]);
        REQUIRE(end_of(process).code == 0);
        CHECK(process.output() == "started\n");
    }
    struct pollfd watched {
        ends[0], POLLIN, 0
    };
    CHECK(::poll(&watched, 1, 60000) == 1);
    ::close(ends[0]);
#endif
}

TEST_CASE("an end is reported although a grandchild holds the output open", "[harness]") {
    Process process = puppet({"child", "hang", "print", "bye", "exit", "4"});
    CHECK(end_of(process).code == 4);
    CHECK(process.output() == "bye\n");
}

TEST_CASE("a flood is read, kept up to the limit and counted", "[harness]") {
    Process process = puppet({"flood", "16384", "flood-errors", "3072", "print", "done"});
    CHECK(end_of(process).code == 0);
    const std::size_t mebibyte = std::size_t{1} << 20;
    CHECK(process.output().size() == mebibyte);
    CHECK(process.output_dropped() == 15 * mebibyte + 5);
    CHECK(process.errors().size() == mebibyte);
    CHECK(process.errors_dropped() == 2 * mebibyte);
}

TEST_CASE("what is still in the pipe at the end is not lost", "[harness]") {
    // As much as a wide pipe holds, so that the program can end before all of it is read.
    for (int turn = 0; turn < 10; ++turn) {
        Process process = puppet({"widen", "burst", "1020", "exit", "0"});
        CHECK(end_of(process).code == 0);
        CHECK(process.output().size() == 1020 * 1024);
    }
}

TEST_CASE("an endless flood does not hold up its end", "[harness]") {
    Process process = puppet({"flood", "2000000000"});
    REQUIRE(prints(process, "xxx"));
    process.kill();
    CHECK(end_of(process).by_signal);
    CHECK(process.output().size() <= std::size_t{1} << 20);
}

TEST_CASE("a process reads what it is given", "[harness]") {
    Process process = puppet({"echo"}, true);
    process.write_input("hello\n");
    CHECK(prints(process, "hello\n"));
    process.write_input("wor");
    process.write_input("ld\n");
    process.close_input();
    CHECK(end_of(process).code == 0);
    CHECK(process.output() == "hello\nworld\ninput over\n");
}

TEST_CASE("a long input never blocks the writer", "[harness]") {
    const std::string line = std::string(9999, 'y') + "\n";
    Process deaf = puppet({"print", "ready", "hang"}, true);
    for (int i = 0; i < 500; ++i) deaf.write_input(line);  // 5 MB, more than any pipe holds

    Process process = puppet({"echo"}, true);
    for (int i = 0; i < 50; ++i) process.write_input(line);
    process.close_input();
    CHECK(end_of(process).code == 0);
    CHECK(process.output().size() == 50 * line.size() + std::string("input over\n").size());
}

TEST_CASE("writing to a process that has ended does no harm", "[harness]") {
    Process process = puppet({"exit", "0"}, true);
    process.write_input(std::string(1 << 20, 'z'));
    CHECK(end_of(process).code == 0);
    process.write_input("more");
    process.close_input();
    process.close_input();
    CHECK(end_of(process).code == 0);
}

TEST_CASE("without input a process reads the end at once", "[harness]") {
    Process process = puppet({"echo"});
    CHECK(end_of(process).code == 0);
    CHECK(process.output() == "input over\n");
}

TEST_CASE("arguments arrive as they are", "[harness]") {
    const std::vector<std::string> arguments = {
        "plain",        "two words", "",      "\"", "\\",        "a\\\"b", "ends\\",
        "ends\\\\ two", "'",         "$HOME", "*",  "tab\there", "%PATH%", "\\\\server\\share",
    };
    std::vector<std::string> actions = {"arguments"};
    actions.insert(actions.end(), arguments.begin(), arguments.end());
    Process process = puppet(actions);
    CHECK(end_of(process).code == 0);
    std::string expected;
    for (const std::string& argument : arguments) expected += "[" + argument + "]\n";
    CHECK(process.output() == expected);
}

TEST_CASE("the environment is passed on with changes", "[harness]") {
    Process::Options options;
    options.arguments = {ECHO_PUPPET, "variable", "ECHO_HARNESS_ONE", "variable", "PATH"};
    options.environment = {{"ECHO_HARNESS_ONE", "1 and = more"}};
    Process process(options);
    CHECK(end_of(process).code == 0);
    CHECK(contains(process.output(), "1 and = more\n"));
    CHECK_FALSE(contains(process.output(), "(not set)"));

    options.arguments = {ECHO_PUPPET, "variable", "PATH"};
    options.environment = {{"PATH", ""}};
    Process without(options);
    CHECK(end_of(without).code == 0);
    CHECK(without.output() == "(not set)\n");
}

TEST_CASE("a program that can't be started is named with the reason", "[harness]") {
    const Folder folder;
    const std::string missing = folder.path() + "/missing";
    CHECK(complaint_about({missing}) == "cannot start \"" + missing + "\": there is no such file");
    CHECK(complaint_about({"no-such-program-anywhere"}) ==
          "cannot start \"no-such-program-anywhere\": it is not in any folder of the PATH");
    CHECK(contains(complaint_about({""}), "no program is named"));
    CHECK(contains(complaint_about({}), "no program is named"));
    CHECK(contains(complaint_about({folder.path()}), "folder"));
#ifndef _WIN32
    const std::string text = folder.file("notes.txt", "not a program\n");
    CHECK(complaint_about({text}) ==
          "cannot start \"" + text + "\": the file is not executable; chmod +x makes it so");
    ::chmod(text.c_str(), 0755);
    CHECK(contains(complaint_about({text}), "first line such as #!"));
    const std::string script = folder.file("script", "#!/no/such/interpreter\n");
    ::chmod(script.c_str(), 0755);
    CHECK(contains(complaint_about({script}), "interpreter"));
#else
    const std::string text = folder.file("notes.exe", "not a program\n");
    CHECK(contains(complaint_about({text}), "not a Windows program"));
#endif
}

TEST_CASE("a name without a slash is found on the PATH", "[harness]") {
#ifdef _WIN32
    const std::vector<std::string> command = {"cmd", "/c", "echo", "found"};
#else
    const std::vector<std::string> command = {"sh", "-c", "echo found"};
#endif
    Process::Options options;
    options.arguments = command;
    Process process(options);
    CHECK(end_of(process).code == 0);
    CHECK(contains(process.output(), "found"));
}

TEST_CASE("the processor time of a spinning process grows", "[harness]") {
    Process idle = puppet({"print", "ready", "hang"});
    Process busy = puppet({"print", "ready", "spin"});
    REQUIRE(prints(idle, "ready"));
    REQUIRE(prints(busy, "ready"));
    const auto begin = busy.cpu_time();
    const auto deadline = soon();
    while (busy.cpu_time() < begin + std::chrono::milliseconds(100)) {
        REQUIRE(Clock::now() < deadline);
        busy.wait(Clock::now() + std::chrono::milliseconds(10));
    }
    CHECK(idle.cpu_time() < std::chrono::seconds(2));
    busy.kill();
    end_of(busy);
    CHECK(busy.cpu_time() >= begin + std::chrono::milliseconds(100));  // also after the end
}

TEST_CASE("a process that takes too much memory is ended", "[harness]") {
#if !defined(_WIN32) && !defined(__linux__) && !defined(__APPLE__)
    SKIP_BECAUSE("the memory of another process is not measured on this system");
#else
    Process::Options options;
    options.memory_limit = std::size_t{128} << 20;
    options.arguments = {ECHO_PUPPET, "grow", "200", "hang"};
    Process greedy(options);
    CHECK(end_of(greedy).text() == "ended by the tests: it used more than 128 MiB of memory");

    options.arguments = {ECHO_PUPPET, "grow", "20", "print", "done"};
    Process modest(options);
    CHECK(end_of(modest).text() == "exit code 0");
    CHECK(modest.output() == "grown\ndone\n");
#endif
}

TEST_CASE("a process and its children can't reserve more memory than they may", "[harness]") {
#ifndef __linux__
    SKIP_BECAUSE("no portable way to ask for this limit");
#else
    Process::Options options;
    options.arguments = {"sh", "-c", "ulimit -v; sh -c 'ulimit -v'"};
    options.reserve_limit = std::size_t{200} << 20;
    Process process(options);
    CHECK(end_of(process).code == 0);
    CHECK(process.output() == "204800\n204800\n");
#endif
}

// What it holds after each line that it is given.
struct Steps {
    explicit Steps(std::vector<std::string> actions) : process(puppet(actions, true)) {}
    harness::Holdings next() {
        process.write_input("go on\n");
        REQUIRE(prints(process, std::string(++lines, '.')));
        return process.holdings();
    }
    Process process;
    std::size_t lines = 0;
};

TEST_CASE("what a program holds is seen, and that it has let it go", "[harness]") {
    Steps steps({"await-line", "mutter", ".", "await-line", "open", "20", "threads", "10", "mutter",
                 ".", "await-line", "let-go", "mutter", ".", "hang"});
    const harness::Holdings before = steps.next();
    const harness::Holdings held = steps.next();
    const harness::Holdings after = steps.next();
    if (!before.descriptors) SKIP_BECAUSE("this system does not tell what a program holds");
    CHECK(*held.descriptors >= *before.descriptors + 20);
    CHECK(*after.descriptors < *before.descriptors + 20);
#if defined(__linux__) || defined(__APPLE__)
    CHECK(*after.descriptors == *before.descriptors);
    CHECK(*before.threads == 1);
    CHECK(*held.threads == 11);
    CHECK(*after.threads == 1);
    CHECK(*held.reserved > *before.reserved);
#endif
}

TEST_CASE("the memory that a program uses is seen", "[harness]") {
    Steps steps({"await-line", "mutter", ".", "await-line", "grow", "64", "mutter", ".", "hang"});
    const harness::Holdings before = steps.next();
    steps.process.write_input("go on\n");
    REQUIRE(prints(steps.process, "grown"));
    const harness::Holdings held = steps.process.holdings();
    if (!before.memory)
        SKIP_BECAUSE("the memory of another process is not measured on this system");
    const std::size_t grown = *held.memory - *before.memory;
    CHECK(grown > std::size_t{60} << 20);
    CHECK(grown < std::size_t{80} << 20);
}

TEST_CASE("threads that have ended and that nobody joins hold their addresses", "[harness]") {
#ifndef __linux__
    SKIP_BECAUSE("how large a thread's stack is, and who keeps it, is known of Linux");
#else
    Steps steps({"await-line", "mutter", ".", "await-line", "hoard", "100", "mutter", ".", "hang"});
    const harness::Holdings before = steps.next();
    harness::Holdings held = steps.next();
    const auto deadline = soon();
    while (*held.threads > 1 && Clock::now() < deadline) held = steps.process.holdings();
    CHECK(*held.threads == 1);
    struct rlimit stack {};
    ::getrlimit(RLIMIT_STACK, &stack);
    if (stack.rlim_cur != std::size_t{8} << 20) SKIP_BECAUSE("stacks have another size here");
    CHECK(*held.reserved > *before.reserved + (std::size_t{790} << 20));
#endif
}

TEST_CASE("a process can't have more descriptors than it may, nor allow itself more", "[harness]") {
    if (!harness::can_limit_descriptors)
        SKIP_BECAUSE("this system does not limit a program's descriptors");
#ifndef _WIN32
    Process::Options options;
    options.arguments = {"sh", "-c", "ulimit -n; ulimit -H -n; ulimit -n 100 || echo refused"};
    options.descriptor_limit = 64;
    Process process(options);
    end_of(process);
    CHECK(contains(process.output(), "64\n64\n"));
    CHECK((contains(process.output(), "refused") || !process.errors().empty()));
#endif
}

TEST_CASE("the tests can have more descriptors, and never fewer than before", "[harness]") {
    const std::size_t before = harness::allow_descriptors(0);
    CHECK(harness::allow_descriptors(1) >= before);
    CHECK(harness::allow_descriptors(before) >= before);
    CHECK(harness::allow_descriptors(before + 1) >= before);
}

TEST_CASE("a signal interrupts the calls of a program that wants it, and of no other",
          "[harness]") {
#ifdef _WIN32
    Process idle = puppet({"hang"});
    CHECK_FALSE(idle.interrupt());
    SKIP_BECAUSE("this system has no signals that interrupt a call");
#else
    const bool wants = GENERATE(true, false);
    const Folder folder;
    const std::string trace = folder.file("trace", "");
    Process::Options options;
    options.arguments = {ECHO_PUPPET, "serve"};
    options.environment = {{"ECHO_TRACE", trace}, {"ECHO_INTERRUPTS", wants ? "1" : ""}};
    Process process(options);
    REQUIRE(prints(process, "\n"));
    // Whether it has come to accept already is not to be seen everywhere: so it is sent more than
    // one. One that is left alone by them gets as many as that, and serves all the same.
    const auto noticed = [&] {
        std::ifstream file(trace);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        return contains(text, "accept -> failed: interrupted by a signal");
    };
    const auto deadline = soon();
    for (int times = 0; times < 20 || (wants && !noticed() && Clock::now() < deadline); ++times) {
        CHECK(process.interrupt());
        process.wait(Clock::now() + std::chrono::milliseconds(1));
    }
    CHECK(noticed() == wants);
    CHECK_FALSE(process.ending().has_value());
#endif
}

TEST_CASE("a process can be held still, and goes on", "[harness]") {
    Process process = puppet({"echo"}, true);
    process.write_input("one\n");
    REQUIRE(prints(process, "one\n"));
    if (!process.pause()) SKIP_BECAUSE("this system can't hold a program still");
    process.write_input("two\n");
    const auto says_two = [](const std::string& output) { return contains(output, "two"); };
    CHECK_FALSE(process.wait_for_output(says_two, Clock::now() + std::chrono::milliseconds(20)));
    process.resume();
    CHECK(process.wait_for_output(says_two, soon()));
    CHECK(process.pause());
    process.kill();
    CHECK(end_of(process).code == 9);
    CHECK_FALSE(process.pause());
}

TEST_CASE("the children of a process are counted", "[harness]") {
#if !defined(__linux__)
    SKIP_BECAUSE("this system does not tell of a process's children");
#else
    Process alone = puppet({"print", "here", "hang"});
    REQUIRE(prints(alone, "here\n"));
    CHECK(alone.holdings().children == std::size_t{0});
    Process parent = puppet({"child", "hang", "hang"});
    const auto deadline = soon();
    while (parent.holdings().children != std::size_t{1} && Clock::now() < deadline)
        (void)parent.wait(Clock::now() + std::chrono::milliseconds(1));
    CHECK(parent.holdings().children == std::size_t{1});
#endif
}

TEST_CASE("a process is started in a folder", "[harness]") {
    const Folder own;
    const std::string folder = std::filesystem::canonical(own.path()).string();
    Process::Options options;
#ifdef _WIN32
    options.arguments = {"cmd", "/c", "cd"};
#else
    options.arguments = {"sh", "-c", "pwd -P"};
#endif
    options.folder = folder;
    Process process(options);
    CHECK(end_of(process).code == 0);
    CHECK(contains(process.output(), folder));

    options.folder = folder + "/no such folder";
    REQUIRE_THROWS_AS(Process(options), std::runtime_error);
}

TEST_CASE("processes are started by many threads at once", "[harness]") {
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number)
        threads.emplace_back([&good, number] {
            for (int turn = 0; turn < 3; ++turn) {
                const std::string text = std::to_string(number * 100 + turn);
                Process process = puppet({"echo"}, true);
                process.write_input(text + "\n");
                process.close_input();
                const auto ending = process.wait(soon());
                if (ending && ending->code == 0 && process.output() == text + "\ninput over\n")
                    ++good;
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(good == 12);
}

TEST_CASE("a process can be moved", "[harness]") {
    Process first = puppet({"print", "first", "hang"});
    Process second = std::move(first);
    CHECK(prints(second, "first"));
    second = puppet({"print", "second"});  // this ends the one before
    CHECK(end_of(second).code == 0);
    CHECK(second.output() == "second\n");
}

#ifndef _WIN32
TEST_CASE("a process does not inherit ignored signals or core files", "[harness]") {
    Process::Options options;
    options.arguments = {"sh", "-c", "ulimit -c; kill -PIPE $$; echo survived"};
    struct rlimit core {};
    ::getrlimit(RLIMIT_CORE, &core);
    const struct rlimit raised { core.rlim_max, core.rlim_max };
    ::setrlimit(RLIMIT_CORE, &raised);
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    Process process(options);
    std::signal(SIGPIPE, before);
    ::setrlimit(RLIMIT_CORE, &core);
    const Ending ending = end_of(process);
    CHECK(ending.text() ==
          "ended by SIGPIPE (it wrote to a connection or pipe that the other side had closed)");
    CHECK(process.output() == "0\n");
}

// Pipes that were left open to us by whoever started the tests, such as make.
int foreign_pipes() {
    int count = 0;
    for (int fd = 3; fd < 1024; ++fd) {
        struct stat about {};
        const int flags = ::fcntl(fd, F_GETFD);
        if (flags >= 0 && !(flags & FD_CLOEXEC) && ::fstat(fd, &about) == 0 &&
            S_ISFIFO(about.st_mode))
            ++count;
    }
    return count;
}

TEST_CASE("a process inherits no descriptors of the harness", "[harness]") {
    if (!std::filesystem::exists("/proc/self/fd")) SKIP_BECAUSE("this system has no /proc/self/fd");
    Process other = puppet({"hang"}, true);
    Process::Options options;
    options.arguments = {"sh", "-c", "readlink /proc/self/fd/* | grep -c '^pipe:'"};
    Process process(options);
    end_of(process);
    // readlink's own standard input and error, and its output to grep.
    CHECK(process.output() == std::to_string(3 + foreign_pipes()) + "\n");
}
#endif
