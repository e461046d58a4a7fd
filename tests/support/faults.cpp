// Linked into every program of the lessons, so that the tests can look into it and disturb it:
//
//     ECHO_TRACE=FILE     appends each system call that echo.hpp makes to FILE
//     ECHO_TRACE_WAITS=1  tells there of the begin, too, of a call that can wait: the tests then
//                         know what a silent program waits in
//     ECHO_FAULTS=RULES   makes calls fail or come up short, see fault_rules.hpp
//     ECHO_INTERRUPTS=1   lets the signal SIGWINCH interrupt a call that waits (EINTR)
//
// The lessons' programs do not know of it. Without these variables it does nothing.
#include "fault_rules.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

namespace {

// A handler makes the difference: without one the system does not trouble a program with this
// signal. And without SA_RESTART, which std::signal sets, the system does not make the call again.
void let_signals_interrupt() {
#ifdef SIGWINCH
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGWINCH, &action, nullptr);
#endif
}

// Before main nobody could catch an exception, so the program ends here.
[[noreturn]] void give_up(const std::string& line) {
    std::fputs((line + "\n").c_str(), stderr);
    std::fflush(stderr);
    std::_Exit(2);
}

bool can_wait(const echo::Call& call) {
    constexpr std::array<std::string_view, 7> names{"accept", "connect", "epoll_wait", "poll",
                                                    "recv",   "select",  "send"};
    if (call.name == "kevent") return call.detail == "until one is ready";
    return std::find(names.begin(), names.end(), call.name) != names.end();
}

// Like echo::trace, but it does not fill the disk when a program spins.
class TraceToFile : public echo::Hook {
public:
    TraceToFile(const char* path, bool waits) : waits_(waits), file_(std::fopen(path, "ab")) {
        if (!file_) give_up("ECHO_TRACE: cannot write to \"" + std::string(path) + "\"");
    }

    // As soon as a socket is closed, another thread may get its number for a new one, and be the
    // first to say so. So a close is told of before it is made.
    void before(echo::Call& call) override {
        if (call.name == "close") return note(call);
        if (!waits_ || !can_wait(call)) return;
        const std::lock_guard<std::mutex> lock(mutex_);
        if (lines_ < most_lines) write(echo::describe_request(call));
    }

    void after(const echo::Call& call) override {
        if (call.name != "close" || call.error != 0) note(call);
    }

private:
    void note(const echo::Call& call) {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (lines_ > most_lines) return;
        write(lines_ < most_lines ? echo::describe(call) : "(the trace is cut off here)");
        ++lines_;
    }

    void write(const std::string& line) {
        std::fputs((line + '\n').c_str(), file_);
        std::fflush(file_);
    }

    static constexpr long most_lines = 100000;
    const bool waits_;
    std::FILE* file_;
    std::mutex mutex_;
    long lines_ = 0;
};

const char* variable(const char* name) {
    const char* value = std::getenv(name);
    return value && *value ? value : nullptr;
}

// The hooks are never deleted: a socket may be closed after main has ended.
bool install() {
    if (const char* rules = variable("ECHO_FAULTS")) {
        try {
            static echo::Hook& faults = *new harness::FaultHook(harness::parse_fault_rules(rules));
            echo::add_hook(faults);
        } catch (const std::invalid_argument& wrong) {
            give_up(std::string("ECHO_FAULTS: ") + wrong.what());
        }
    }
    if (variable("ECHO_INTERRUPTS")) let_signals_interrupt();
    if (const char* path = variable("ECHO_TRACE")) {
        static echo::Hook& trace = *new TraceToFile(path, variable("ECHO_TRACE_WAITS") != nullptr);
        echo::add_hook(trace);
    }
    return true;
}

// Runs before main. echo's list of hooks needs no initialiser of its own, so the order does not
// matter.
[[maybe_unused]] const bool installed = install();

}  // namespace
