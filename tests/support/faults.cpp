// Linked into every program of the lessons, so that the tests can look into it and disturb it:
//
//     ECHO_TRACE=FILE    appends each system call that echo.hpp makes to FILE
//     ECHO_FAULTS=RULES  makes calls fail or come up short, see fault_rules.hpp
//
// The lessons' programs do not know of it. Without the two variables it does nothing.
#include "fault_rules.hpp"

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

namespace {

// Before main nobody could catch an exception, so the program ends here.
[[noreturn]] void give_up(const std::string& line) {
    std::fputs((line + "\n").c_str(), stderr);
    std::fflush(stderr);
    std::_Exit(2);
}

// Like echo::trace, but it does not fill the disk when a program spins.
class TraceToFile : public echo::Hook {
public:
    explicit TraceToFile(const char* path) : file_(std::fopen(path, "ab")) {
        if (!file_) give_up("ECHO_TRACE: cannot write to \"" + std::string(path) + "\"");
    }

    void after(const echo::Call& call) override { write(echo::describe(call)); }

private:
    void write(const std::string& line) {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (lines_ > most_lines) return;
        const std::string text = lines_ < most_lines ? line : "(the trace is cut off here)";
        std::fputs((text + "\n").c_str(), file_);
        std::fflush(file_);
        ++lines_;
    }

    static constexpr long most_lines = 100000;
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
    if (const char* path = variable("ECHO_TRACE")) {
        static echo::Hook& trace = *new TraceToFile(path);
        echo::add_hook(trace);
    }
    return true;
}

// Runs before main. echo's list of hooks needs no initialiser of its own, so the order does not
// matter.
[[maybe_unused]] const bool installed = install();

}  // namespace
