#include "program.hpp"

#include "command_line.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <system_error>
#include <utility>

namespace harness {

namespace {

namespace fs = std::filesystem;

std::string default_program;

// How long a server may take for its first line: starting a program, perhaps with an interpreter,
// is slower than any step that follows.
constexpr int patience_for_start = 3;

// Far more than any lesson needs; far less than a machine has.
constexpr std::size_t most_memory = std::size_t{1} << 30;

std::optional<std::string> variable(const char* name) {
    const char* value = std::getenv(name);
    if (!value) return std::nullopt;
    return value;
}

// ".../lessons/03-byte-stream/server" is built by the target lesson-03.
std::string how_to_build(const fs::path& program) {
    const std::string folder = program.parent_path().filename().string();
    const std::string kind = program.parent_path().parent_path().filename().string();
    if (folder.size() > 2 && folder[2] == '-' && (kind == "lessons" || kind == "solutions"))
        return "build it: cmake --build build --target " + kind.substr(0, kind.size() - 1) + "-" +
               folder.substr(0, 2);
    return "build it: cmake --build build";
}

bool is_file(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored) ||
           fs::is_regular_file(path.string() + ".exe", ignored);
}

// A lesson's own program, which the coach runs through the tests of earlier lessons: its student has
// never heard of ECHO_PROGRAM.
bool is_own(const std::string& command) {
    return command.find(std::string(ECHO_BUILD_DIR) + "/lessons/") != std::string::npos;
}

[[noreturn]] void could_not_start(const std::string& command, const std::string& reason,
                                  const std::string& advice) {
    throw StartFailure(
        "The program could not be started.\n"
        "  program:    " +
        command +
        "\n"
        "  reason:     " +
        reason +
        "\n"
        "  what to do: " +
        advice);
}

// A text that may have many lines, each moved to the right.
std::string indented(const std::string& text) {
    std::string result;
    std::size_t begin = 0;
    while (begin < text.size()) {
        std::size_t end = text.find('\n', begin);
        if (end == std::string::npos) end = text.size();
        result += "    " + text.substr(begin, end - begin) + "\n";
        begin = end + 1;
    }
    return result;
}

constexpr std::size_t shown_at_most = 2000;

// As much as helps: a flood of short lines would push the advice off the screen.
std::string start_of(const std::string& text) {
    constexpr int most_lines = 10;
    std::size_t end = 0;
    for (int line = 0; line < most_lines; ++line) {
        end = text.find('\n', end);
        if (end == std::string::npos) return text.substr(0, shown_at_most);
        ++end;
    }
    return text.substr(0, std::min(end, shown_at_most));
}

// One output of the program, for a message: nothing but what can be printed.
std::string shown(const std::string& title, const std::string& text) {
    if (text.empty()) return "  " + title + ": nothing\n";
    const std::string start = start_of(text);
    std::string clean;
    for (const char c : start) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\r') continue;
        if (c == '\n' || c == '\t' || (byte >= 32 && byte != 127))
            clean += c;
        else
            clean += '?';
    }
    std::string result = "  " + title + ":\n" + indented(clean);
    if (text.size() > start.size())
        result += "    (and " + std::to_string(text.size() - start.size()) + " bytes more)\n";
    return result;
}

constexpr const char* expected_line =
    "  expected as its first line: listening on 127.0.0.1:PORT, with the port it listens on\n";

// What a server's first line says. Behind the port, after a comma, it may say more to its reader.
struct Listening {
    std::string host;
    std::uint16_t port;
};

std::optional<Listening> parse_first_line(std::string_view line) {
    constexpr std::string_view start = "listening on ";
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> hosts{{
        // what it says, and where to reach it
        {"127.0.0.1", "127.0.0.1"},
        {"0.0.0.0", "127.0.0.1"},
        {"localhost", "localhost"},
        {"[::]", "::1"},
        {"[::1]", "::1"},
    }};
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.substr(0, start.size()) != start) return std::nullopt;
    line.remove_prefix(start.size());
    for (const auto& [said, reached] : hosts) {
        if (line.substr(0, said.size()) != said) continue;
        if (line.size() <= said.size() || line[said.size()] != ':') continue;
        const std::string_view where = line.substr(said.size() + 1);
        const std::string_view digits = where.substr(0, where.find(", "));
        std::uint16_t port = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), port);
        if (error != std::errc() || end != digits.data() + digits.size() || port == 0)
            return std::nullopt;
        return Listening{std::string(reached), port};
    }
    return std::nullopt;
}

// Reads a server's first line. Throws StartFailure with all that is known when it is not there.
Listening read_first_line(Process& process, Lookout& lookout, const std::string& command) {
    constexpr std::size_t longest = 4096;
    const auto limit = patience() * patience_for_start;
    const auto is_there = [](const std::string& output) {
        return output.find('\n') != std::string::npos || output.size() > longest;
    };
    lookout.await(Clock::now() + limit, [&](Deadline piece) {
        return process.wait_for_output(is_there, piece) || process.ending();
    });
    const std::string output = process.output();
    const bool printed = is_there(output);
    const std::string line = output.substr(0, output.find('\n'));
    if (printed)
        if (auto listening = parse_first_line(line)) return *listening;

    const auto seen = [&] {
        return shown("its standard output", process.output()) +
               shown("its standard error", process.errors());
    };
    const std::string program = "  program: " + command + "\n";
    if (printed)
        throw StartFailure("The program's first line is not what the tests need.\n" + program +
                           expected_line + seen() +
                           "  Print this line first, before anything else; other messages can go "
                           "to standard error.");
    if (const auto ending = process.ending())
        throw StartFailure("The program ended before it said where it listens.\n" + program +
                           "  how it ended: " + ending->text() + "\n" + expected_line + seen() +
                           "  A server prints this line after listen, and then waits in accept.");
    const std::string waited = std::to_string(limit.count() / 1000);
    if (lookout.reason().empty() && process.cpu_time() * 10 >= limit)
        throw StartFailure("The program did not say where it listens within " + waited +
                           " seconds, and kept a processor busy all the time.\n" + program +
                           expected_line + seen() +
                           "  It goes round in a loop before it prints the line.");
    const std::string how = lookout.reason().empty() ? " within " + waited + " seconds."
                                                     : ": " + lookout.reason() + '.';
    throw StartFailure(
        "The program did not say where it listens" + how + '\n' + program + expected_line + seen() +
        "  Either it never gets as far as printing the line, or the line waits in a buffer:\n"
        "  a program whose output is not a terminal must flush it (std::endl in C++,\n"
        "  flush=True in Python).");
}

}  // namespace

std::chrono::milliseconds patience() {
    constexpr std::chrono::milliseconds ordinary(2000);
    const auto value = variable("ECHO_PATIENCE");
    if (!value || value->empty()) return ordinary;
    int factor = 0;
    const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), factor);
    if (error != std::errc() || end != value->data() + value->size() || factor < 1 || factor > 1000)
        throw StartFailure("ECHO_PATIENCE is \"" + *value +
                           "\"; it must be a whole number from 1 to 1000: how many times longer "
                           "than usual to wait.");
    return ordinary * factor;
}

void set_default_program(std::string path) { default_program = std::move(path); }

std::vector<std::string> Setting::command_line(std::string_view port) const {
    std::vector<std::string> all = before;
    all.emplace_back(port);
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
}

// A folder of its own, so that the file's absence means that nobody has opened it.
class Program::TraceFile {
public:
    TraceFile() {
        static std::atomic<unsigned> count{0};
        std::random_device random;
        for (int attempt = 0; attempt < 100; ++attempt) {
            folder_ = fs::temp_directory_path() /
                      ("echo-test-" + std::to_string(random()) + "-" + std::to_string(count++));
            if (fs::create_directory(folder_)) return;  // false: someone else's
        }
        throw StartFailure("cannot make a temporary folder in " +
                           fs::temp_directory_path().string());
    }
    ~TraceFile() {
        std::error_code ignored;
        // For the coach, which draws traces: each with the name of its test in front.
        static std::atomic<unsigned> kept{0};
        if (const auto folder = variable("ECHO_KEEP_TRACES"); folder && fs::exists(path(), ignored))
            std::ofstream(fs::path(*folder) / std::to_string(++kept), std::ios::binary)
                << (running_test ? running_test() : "") << '\n'
                << std::ifstream(path(), std::ios::binary).rdbuf();
        fs::remove_all(folder_, ignored);
    }
    TraceFile(const TraceFile&) = delete;
    TraceFile& operator=(const TraceFile&) = delete;

    fs::path path() const { return folder_ / "trace"; }

private:
    fs::path folder_;
};

Program Program::start(const std::vector<std::string>& arguments, const Setting& setting,
                       bool capture_input) {
    Program program;
    Process::Options options;
    std::string advice;
    if (const auto command = variable("ECHO_PROGRAM")) {
        program.command_ = *command;
        if (!is_own(*command)) program.command_ += " (from ECHO_PROGRAM)";
        try {
            options.arguments = split_command_line(*command);
        } catch (const std::invalid_argument& wrong) {
            could_not_start(program.command_, wrong.what(), "correct ECHO_PROGRAM");
        }
        if (options.arguments.empty())
            could_not_start("(from ECHO_PROGRAM)", "ECHO_PROGRAM is set, but empty",
                            "put a command line there, such as \"python3 my_server.py\", or unset "
                            "it to test the lesson's own program");
        advice =
            "correct ECHO_PROGRAM, a command line such as \"python3 my_server.py\" (a path "
            "with spaces needs quotes)";
    } else {
        program.command_ = default_program;
        if (default_program.empty())
            could_not_start("(none)", "no program is named",
                            "set ECHO_PROGRAM to its command line");
        if (!is_file(default_program))
            could_not_start(default_program, "there is no such file",
                            how_to_build(default_program));
        options.arguments = {default_program};
        advice = how_to_build(default_program);
    }

    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    options.capture_input = capture_input;
    options.memory_limit = most_memory;
    options.reserve_limit = setting.reserve_limit;
    options.descriptor_limit = setting.descriptor_limit;
    program.trace_ = std::make_shared<TraceFile>();
    // glibc reserves 64 MiB for the malloc of each of the first threads. Then nobody could see what
    // the threads themselves reserve: so all use one place.
    options.environment = {{"MALLOC_ARENA_MAX", "1"},
                           {"ECHO_TRACE", program.trace_->path().string()},
                           {"ECHO_TRACE_WAITS", "1"},
                           {"ECHO_INTERRUPTS", "1"},
                           {"ECHO_FAULTS", setting.faults}};
    try {
        program.process_ = std::make_unique<Process>(options);
    } catch (const std::runtime_error& failure) {
        could_not_start(program.command_, failure.what(), advice);
    }
    program.lookout_ = std::make_unique<Lookout>(*program.process_, program.trace_->path());
    return program;
}

Program Program::launch(std::string_view faults, const std::vector<std::string>& arguments) {
    return start(arguments, {.faults = std::string(faults)}, false);
}

Program Program::server(const Setting& setting, std::string_view port) {
    Program program = start(setting.command_line(port), setting, false);
    const Listening listening =
        read_first_line(*program.process_, *program.lookout_, program.command_);
    program.host_ = listening.host;
    program.port_ = listening.port;
    return program;
}

Program Program::client(std::string_view host, std::uint16_t port, std::string_view faults) {
    Program program =
        start({std::string(host), std::to_string(port)}, {.faults = std::string(faults)}, true);
    program.host_ = host;
    program.port_ = port;
    return program;
}

std::string Program::trace() const {
    std::ifstream file(trace_->path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool Program::understands_faults() const {
    std::error_code ignored;
    return fs::exists(trace_->path(), ignored);
}

}  // namespace harness
