// A program that a test starts, watches and ends.
//
// The program runs in a process group of its own (a job on Windows), so that ending it also ends
// what it started. Its standard output and standard error are always read, so it never blocks on
// a full pipe, however much it prints. Nothing here waits without a deadline, and no wait polls a
// clock, but for the limit on memory.
//
// One of the few files of the harness that depend on the system: process_posix.cpp and
// process_windows.cpp.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harness {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

// How a program ended.
struct Ending {
    bool by_signal = false;  // by a signal, a Windows exception or the harness, not by its own exit
    int code = 0;  // its exit code, or the signal's number (Windows: the exception's; 9: killed)
    std::size_t memory_limit = 0;  // not 0: it was ended for using more bytes than these

    // In words: "exit code 0", "ended by SIGSEGV (it touched memory that is not its own)".
    std::string text() const;
};

// False on Windows, where the parent can't decide that.
extern const bool can_close_streams;
// False on Windows, where a program may have as many as there are.
extern const bool can_limit_descriptors;
// How many clients at once are a crowd: a thousand. Fewer on Windows: Wine, where our tests run, takes
// long for each thread.
extern const std::size_t crowd_size;

// What one thread of a program waits in.
struct Sleeper {
    // Calls without a deadline that wait for the test or for another thread. A thread that may go
    // on by itself, because it runs, or sleeps for a time, or anything else, is `awake`.
    enum class In { awake, recv, accept, send, poll, input, lock };
    In in = In::awake;
    long socket = -1;            // in recv, accept or send: on which
    long thread = 0;             // the system's number
    unsigned long long nap = 0;  // which sleep it is: the same number, the same sleep

    bool operator==(const Sleeper&) const = default;
};

// What a program holds at one moment, without what its children hold. Nothing where the system does
// not tell.
struct Holdings {
    std::optional<std::size_t> descriptors;  // open files and sockets; on Windows all handles
    std::optional<std::size_t> threads;
    std::optional<std::size_t>
        children;  // processes that it has started, and that it has not waited for
    std::optional<std::size_t> memory;    // in bytes, what is really there
    std::optional<std::size_t> reserved;  // in bytes, what its addresses are reserved for
};

// Lets this process have so many descriptors, where it may. Gives how many it can have now.
std::size_t allow_descriptors(std::size_t wanted);

class Process {
public:
    struct Options {
        // The program and its arguments. A name without a slash is looked for on the PATH. On
        // Windows ".exe" is added when only that file exists.
        std::vector<std::string> arguments;
        // Variables on top of the environment of this process; an empty value removes the variable.
        std::vector<std::pair<std::string, std::string>> environment;
        // true: write_input() feeds its standard input. false: its standard input is empty.
        bool capture_input = false;
        // Which of its standard input, output and error it is started without, as a careless parent
        // does. Only where can_close_streams.
        std::array<bool, 3> closed{};
        // How much of each output is kept. The rest is read, counted and dropped.
        std::size_t output_limit = std::size_t{1} << 20;
        // It is ended when it has taken more memory than this, in bytes. 0: no limit. Measured, ten
        // times a second: a limit set by the system would also count the address space that
        // sanitizers and garbage collectors reserve by the terabyte, and never use.
        std::size_t memory_limit = 0;
        // No process of it, its children too, may reserve more memory than this, in bytes. 0: no
        // limit. The system holds to it at once, so it is for a build, whose compiler is a
        // grandchild. (macOS does not hold to it.)
        std::size_t reserve_limit = 0;
        // It gets no more descriptors than these. 0: as many as we. Only where
        // can_limit_descriptors.
        std::size_t descriptor_limit = 0;
        // The folder to start it in; empty: ours. With one, give the program's whole path.
        std::string folder{};
    };

    // Starts the program. Throws std::runtime_error, one line with the program's name and the
    // reason.
    explicit Process(const Options& options);
    // Ends the program, and all that it started, and waits until it is gone.
    ~Process();
    Process(Process&&) noexcept;
    Process& operator=(Process&&) noexcept;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    // Waits until `predicate` holds for the standard output so far. False: the deadline passed,
    // or the program ended first.
    bool wait_for_output(const std::function<bool(const std::string&)>& predicate,
                         Deadline deadline);
    // What it has printed so far on standard output and standard error. Complete once it has ended.
    std::string output() const;
    std::string errors() const;
    // How many bytes were beyond the limit.
    std::size_t output_dropped() const;
    std::size_t errors_dropped() const;

    // Queues bytes for its standard input; never blocks. What a program that has ended did not
    // read is dropped.
    void write_input(std::string_view bytes);
    // Its standard input ends after the queued bytes.
    void close_input();

    // Waits for its end; std::nullopt: it still runs.
    std::optional<Ending> wait(Deadline deadline);
    std::optional<Ending> ending() const;
    // Ends it and all that it started. Returns at once: wait() tells when it is gone.
    void kill();
    // Asks it, and all that it started, to end: a build tool then takes half-written files away. It
    // may not listen.
    void ask_to_end();

    // Asks it to stop, and nothing that it started: as Ctrl-C does, or as `kill` and the system do
    // when it goes down. (On Windows both are Ctrl-Break, which only a program of the same console
    // hears.) False: here nobody can.
    enum class StopBy { ctrl_c, terminate };
    bool ask_to_stop(StopBy how);

    // The processor time (user and system) that it has used so far, also while it runs. Without
    // its children.
    std::chrono::milliseconds cpu_time() const;

    // Without its children.
    Holdings holdings() const;

    // Sends it the signal SIGWINCH. It interrupts the call of a program that has a handler for it,
    // as ours have (faults.cpp); no other program notices. To this thread of it, where the system
    // tells of threads; 0: to any. False: this system has no signals.
    bool interrupt(long thread = 0);

    // Stops it, and all that it started, as Ctrl-Z does, and returns when it stands still. resume()
    // lets it go on, and what has come meanwhile it finds all at once. False: this system, or this
    // program, can't be stopped without harm. (On Linux epoll_wait fails with EINTR when a stopped
    // program goes on. That is no harm where another signal is to come meanwhile, which does the
    // same.)
    enum class Pause { harmless, with_a_signal };
    bool pause(Pause how = Pause::harmless);
    void resume();

    // What each of its threads waits in. Empty where the system does not tell. When two looks are
    // the same, every thread has slept all the time from the end of the first to the begin of the
    // second, and all that the program has printed is in output() and errors().
    std::vector<Sleeper> threads() const;

    struct State;  // what the two platforms differ in

private:
    std::unique_ptr<State> state_;
};

}  // namespace harness
