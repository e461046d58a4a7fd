// The program under test: a student's server or client, started by its path, or any other by
// ECHO_PROGRAM.
#pragma once

#include "lookout.hpp"
#include "process.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

// The program could not be started, or did not get as far as its first line. what() is the whole
// text for the student, several lines: what happened, what was seen, what to do.
class StartFailure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// How long a step may take: 2 seconds, times ECHO_PATIENCE (a whole number) for slow machines.
// Throws StartFailure when ECHO_PATIENCE is not a whole number from 1 to 1000.
std::chrono::milliseconds patience();

// The program to run when ECHO_PROGRAM is not set: a lesson's own, build/lessons/NN-name/server.
void set_default_program(std::string path);

// The name of the test that runs, for the traces that are kept. Set in the tests; other programs
// have no tests.
inline std::string (*running_test)() = nullptr;

// How a server is started, apart from its port.
struct Setting {
    std::string faults{};                  // passed on in ECHO_FAULTS: see fault_rules.hpp
    std::vector<std::string> before{};     // arguments before its port
    std::vector<std::string> arguments{};  // and behind it
    std::size_t reserve_limit = 0;         // see Process::Options
    std::size_t descriptor_limit = 0;

    std::vector<std::string> command_line(std::string_view port) const;
};

class Program {
public:
    // Starts a server with its port (0: a free one) as its first argument, and waits for its first
    // line, "listening on HOST:PORT". Throws StartFailure.
    static Program server(const Setting& setting = {}, std::string_view port = "0");
    // The same, but with nothing but these arguments, and waits for nothing: a server that may not
    // get as far as its first line.
    static Program launch(std::string_view faults, const std::vector<std::string>& arguments);
    // Starts a client with the arguments HOST PORT. Feed it with process().write_input(). Throws
    // StartFailure.
    static Program client(std::string_view host, std::uint16_t port, std::string_view faults = {});

    // The server's port, and the address at which to reach it: usually "127.0.0.1", "::1" for a
    // server that said [::] or [::1].
    std::uint16_t port() const { return port_; }
    const std::string& host() const { return host_; }
    // The command line, for messages.
    const std::string& command() const { return command_; }

    Process& process() { return *process_; }
    const Process& process() const { return *process_; }
    // For waits that end early when the program waits in vain.
    Lookout& lookout() { return *lookout_; }
    const Lookout& lookout() const { return *lookout_; }

    // Its calls so far, one line each, as echo::trace writes them. Empty for a program without
    // the trace.
    std::string trace() const;
    // True once the program has opened its trace file, before its main: it was built with the
    // course's faults.cpp, so ECHO_FAULTS works in it. A program in another language never does.
    bool understands_faults() const;

private:
    class TraceFile;  // a temporary file, removed at the end

    Program() = default;
    static Program start(const std::vector<std::string>& arguments, const Setting& setting,
                         bool capture_input);

    std::string command_;
    std::string host_;
    std::uint16_t port_ = 0;
    std::shared_ptr<TraceFile> trace_;  // before process_: the program ends before its file goes
    std::unique_ptr<Process> process_;
    std::unique_ptr<Lookout> lookout_;
};

}  // namespace harness
