// What the harness knows about a running program, on any system. Only process*.cpp include this.
//
// One thread a process, the pump, moves all bytes: it reads both outputs into here and writes the
// queued input. Whoever waits, waits on `changed`.
#pragma once

#include "process.hpp"

#include <condition_variable>
#include <mutex>
#include <vector>

namespace harness {

// Keeps the beginning of an output and counts the rest.
struct Captured {
    std::size_t limit = 0;
    std::string kept;
    std::size_t dropped = 0;

    void add(const char* bytes, std::size_t count) {
        const std::size_t room = limit - kept.size();
        const std::size_t taken = count < room ? count : room;
        kept.append(bytes, taken);
        dropped += count - taken;
    }
};

struct Process::State {
    explicit State(const Process::Options& options) : memory_limit(options.memory_limit) {
        output.limit = options.output_limit;
        errors.limit = options.output_limit;
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    virtual ~State() = default;

    // Makes the pump look at the queued input.
    virtual void wake() = 0;
    virtual void kill() = 0;
    virtual void ask_to_end() = 0;
    virtual std::chrono::milliseconds cpu_time() = 0;
    virtual std::size_t memory_used() = 0;      // in bytes, 0: nobody knows
    virtual Holdings holdings() { return {}; }  // but its memory
    virtual bool ask_to_stop(Process::StopBy how) = 0;
    virtual bool interrupt(long /*thread*/) { return false; }
    virtual bool pause(Process::Pause /*how*/) { return false; }
    virtual void resume() {}
    virtual std::vector<Sleeper> threads() { return {}; }

    // For the pump: ends a program that has taken too much memory. Looks ten times a second.
    void watch_memory() {
        const Deadline now = Clock::now();
        if (memory_limit == 0 || too_much_memory || now < next_look) return;
        next_look = now + std::chrono::milliseconds(memory_pause);
        if (memory_used() <= memory_limit) return;
        too_much_memory = true;
        kill();
    }
    // For the pump: how long it may sleep, in milliseconds.
    int longest_sleep() const { return memory_limit > 0 ? memory_pause : -1; }

    // For the pump: more output has come.
    void captured(Captured& where, const char* bytes, std::size_t count) {
        const std::lock_guard<std::mutex> lock(mutex);
        where.add(bytes, count);
        changed.notify_all();
    }

    // For the pump: the program has ended, and all that it printed is here.
    void has_ended(Ending how) {
        const std::lock_guard<std::mutex> lock(mutex);
        if (too_much_memory) how.memory_limit = memory_limit;
        ended = how;
        changed.notify_all();
    }

    // For the pump: the next bytes to write, at most `at_most`. Empty: nothing is queued.
    std::string next_input(std::size_t at_most) {
        const std::lock_guard<std::mutex> lock(mutex);
        return input.substr(input_done, at_most);
    }

    // For the pump: `count` bytes of the input were written.
    void wrote_input(std::size_t count) {
        const std::lock_guard<std::mutex> lock(mutex);
        input_done += count;
        if (input_done < input.size()) return;
        input.clear();
        input_done = 0;
    }

    // For the pump: everything is written and nothing will follow.
    bool input_is_over() {
        const std::lock_guard<std::mutex> lock(mutex);
        return input_closed && input.empty();
    }

    // For the pump: nobody will read the input.
    void drop_input() {
        const std::lock_guard<std::mutex> lock(mutex);
        input.clear();
        input_done = 0;
        input_closed = true;
    }

    // The pump's own.
    static constexpr int memory_pause = 100;
    const std::size_t memory_limit;
    Deadline next_look;
    bool too_much_memory = false;

    std::mutex mutex;  // guards what follows
    std::condition_variable changed;
    Captured output;
    Captured errors;
    std::optional<Ending> ended;
    std::string input;  // queued, of which `input_done` bytes are written
    std::size_t input_done = 0;
    bool input_closed = false;
};

// The platform's part: starts the program, or throws std::runtime_error.
std::unique_ptr<Process::State> start_process(const Process::Options& options);

// What the threads of a process wait in, where the system tells; and what it holds, but its memory.
std::vector<Sleeper> threads_of(long process);
Holdings holdings_of(long process);
// Whether a stop signal makes a call of it fail when it goes on.
bool minds_a_pause(long process);

// The platform's words for an ending that was not the program's own exit.
std::string words_for_signal(int code);

// `cannot start "NAME": REASON`
std::string cannot_start(const std::string& name, const std::string& reason);

}  // namespace harness
