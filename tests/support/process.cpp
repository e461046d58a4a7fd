#include "process.hpp"

#include "process_state.hpp"

#include <stdexcept>

namespace harness {

std::string Ending::text() const {
    if (memory_limit > 0)
        return "ended by the tests: it used more than " + std::to_string(memory_limit >> 20) +
               " MiB of memory";
    if (by_signal) return words_for_signal(code);
    return "exit code " + std::to_string(code);
}

std::string cannot_start(const std::string& name, const std::string& reason) {
    return "cannot start \"" + name + "\": " + reason;
}

Process::Process(const Options& options) {
    if (options.arguments.empty() || options.arguments.front().empty())
        throw std::runtime_error(cannot_start("", "no program is named"));
    state_ = start_process(options);
}

Process::~Process() = default;
Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&&) noexcept = default;

bool Process::wait_for_output(const std::function<bool(const std::string&)>& predicate,
                              Deadline deadline) {
    std::unique_lock<std::mutex> lock(state_->mutex);
    for (;;) {
        // The predicate sees a copy, without the lock: it may call output() and the like.
        const std::string seen = state_->output.kept;
        const bool last = state_->ended.has_value();
        lock.unlock();
        if (predicate(seen)) return true;
        if (last) return false;
        lock.lock();
        const bool news = state_->changed.wait_until(lock, deadline, [&] {
            return state_->output.kept.size() != seen.size() || state_->ended;
        });
        if (!news) return false;
    }
}

std::string Process::output() const {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    return state_->output.kept;
}

std::string Process::errors() const {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    return state_->errors.kept;
}

std::size_t Process::output_dropped() const {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    return state_->output.dropped;
}

std::size_t Process::errors_dropped() const {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    return state_->errors.dropped;
}

void Process::write_input(std::string_view bytes) {
    {
        const std::lock_guard<std::mutex> lock(state_->mutex);
        if (state_->input_closed) return;
        state_->input.append(bytes);
    }
    state_->wake();
}

void Process::close_input() {
    {
        const std::lock_guard<std::mutex> lock(state_->mutex);
        state_->input_closed = true;
    }
    state_->wake();
}

std::optional<Ending> Process::wait(Deadline deadline) {
    std::unique_lock<std::mutex> lock(state_->mutex);
    state_->changed.wait_until(lock, deadline, [&] { return state_->ended.has_value(); });
    return state_->ended;
}

std::optional<Ending> Process::ending() const {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    return state_->ended;
}

void Process::kill() { state_->kill(); }

void Process::ask_to_end() { state_->ask_to_end(); }

bool Process::ask_to_stop(StopBy how) { return state_->ask_to_stop(how); }

std::chrono::milliseconds Process::cpu_time() const { return state_->cpu_time(); }

Holdings Process::holdings() const {
    Holdings all = state_->holdings();
    if (const std::size_t memory = state_->memory_used()) all.memory = memory;
    return all;
}

bool Process::interrupt(long thread) { return state_->interrupt(thread); }

bool Process::pause(Pause how) { return state_->pause(how); }

void Process::resume() { state_->resume(); }

std::vector<Sleeper> Process::threads() const { return state_->threads(); }

}  // namespace harness
