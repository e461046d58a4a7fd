// What a program holds, and what its threads wait in, as Linux tells it in /proc. macOS tells a part
// of it; other systems do not.
#include "process_state.hpp"

#ifdef __linux__

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace harness {
namespace {

// A small file of /proc, or nothing. Its text may be there for once only: no second try.
std::optional<std::string> read_small_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    std::array<char, 16384> text;
    const auto size = ::read(file, text.data(), text.size());
    ::close(file);
    if (size < 0) return std::nullopt;
    return std::string(text.data(), static_cast<std::size_t>(size));
}

// The value of a line such as "State:\tS (sleeping)".
std::string_view value_of(std::string_view status, std::string_view key) {
    const std::size_t at = status.find(key);
    if (at == std::string_view::npos) return {};
    status.remove_prefix(at + key.size());
    status.remove_prefix(std::min(status.find_first_not_of(" \t"), status.size()));
    return status.substr(0, status.find('\n'));
}

unsigned long long number(std::string_view text, int base = 10) {
    unsigned long long value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, base);
    return value;
}

// A system call that a thread is asleep in: its number and its arguments.
struct SystemCall {
    long number = -1;  // none: it runs, or waits for something else, such as its memory
    std::array<unsigned long long, 6> arguments{};
};

// From "45 0x4 0x7ffd 0x1000 0x0 0x0 0x0 0x7ffc 0x7f0e", or "running".
SystemCall parse_call(std::string_view text) {
    SystemCall call;
    if (text.empty() || text[0] < '0' || text[0] > '9') return call;
    call.number = static_cast<long>(number(text));
    for (auto& argument : call.arguments) {
        const std::size_t at = text.find(" 0x");
        if (at == std::string_view::npos) break;
        text.remove_prefix(at + 3);
        argument = number(text, 16);
    }
    return call;
}

// Longer than any test waits for anything.
bool is_long(unsigned long long milliseconds) {
    constexpr int minute = 60 * 1000;
    const int limit = static_cast<int>(milliseconds);
    return limit < 0 || limit >= minute;
}

// In a call whose deadline is near nobody waits in vain. (A deadline that was given to the socket
// itself, SO_RCVTIMEO, is not seen here. echo.hpp goes on waiting after it, and other calls do not
// show in the trace.)
Sleeper::In waits_in(const SystemCall& call) {
    switch (call.number) {
        case SYS_recvfrom: return Sleeper::In::recv;
#ifdef SYS_accept
        case SYS_accept:
#endif
        case SYS_accept4: return Sleeper::In::accept;
        case SYS_sendto: return Sleeper::In::send;
#ifdef SYS_poll
        case SYS_poll: return is_long(call.arguments[2]) ? Sleeper::In::poll : Sleeper::In::awake;
#endif
#ifdef SYS_epoll_wait
        case SYS_epoll_wait:
#endif
        case SYS_epoll_pwait:
            return is_long(call.arguments[3]) ? Sleeper::In::poll : Sleeper::In::awake;
        case SYS_ppoll: return call.arguments[2] == 0 ? Sleeper::In::poll : Sleeper::In::awake;
        case SYS_read: return call.arguments[0] == 0 ? Sleeper::In::input : Sleeper::In::awake;
#ifdef SYS_futex
        case SYS_futex: {
            const int operation = static_cast<int>(call.arguments[1]) & FUTEX_CMD_MASK;
            const bool waits = operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET;
            return waits && call.arguments[3] == 0 ? Sleeper::In::lock : Sleeper::In::awake;
        }
#endif
        default: return Sleeper::In::awake;
    }
}

// The kernel gives the call of a thread only while it really sleeps, and counts how often a thread
// has gone to sleep. The count is read after the call. So when a second look finds the same count,
// the sleep that it saw had begun before the count was read in the first.
std::optional<Sleeper> look_at(const std::string& folder) {
    const auto text = read_small_file(folder + "syscall");
    const auto status = read_small_file(folder + "status");
    if (!text || !status) return std::nullopt;
    const SystemCall call = parse_call(*text);
    Sleeper sleeper;
    sleeper.nap = number(value_of(*status, "\nvoluntary_ctxt_switches:"));
    // Stopped by a debugger, say, it is in state T.
    if (value_of(*status, "\nState:").substr(0, 1) == "S") sleeper.in = waits_in(call);
    if (sleeper.in == Sleeper::In::recv || sleeper.in == Sleeper::In::accept ||
        sleeper.in == Sleeper::In::send)
        sleeper.socket = static_cast<long>(call.arguments[0]);
    return sleeper;
}

// An alarm clock: a timer, or a handler for the signal of the old alarm call.
bool has_alarm(const std::string& folder) {
    const auto timers = read_small_file(folder + "timers");
    const auto status = read_small_file(folder + "status");
    if (!timers || !status || !timers->empty()) return true;
    return (number(value_of(*status, "\nSigCgt:"), 16) >> (SIGALRM - 1) & 1) != 0;
}

// It has started other processes, or had: whatever they do, nothing is known of it. The ninth
// field after the name counts the page faults of those that have ended, and all have some.
bool has_children(const std::string& folder, const std::vector<Sleeper>& threads) {
    for (const Sleeper& thread : threads) {
        const std::string file = folder + "task/" + std::to_string(thread.thread) + "/children";
        const auto children = read_small_file(file);
        if (!children || !children->empty()) return true;
    }
    const auto stat = read_small_file(folder + "stat");
    if (!stat) return true;
    std::string_view rest(*stat);
    rest.remove_prefix(std::min(rest.rfind(')'), rest.size()));
    for (int field = 0; field < 9; ++field)
        rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
    return number(rest) != 0;
}

std::vector<long> numbers_of_threads(const std::string& folder) {
    std::vector<long> numbers;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder + "task", error), end; !error && at != end;
         at.increment(error))
        numbers.push_back(std::atol(at->path().filename().c_str()));
    std::sort(numbers.begin(), numbers.end());
    return error ? std::vector<long>() : numbers;
}

std::size_t count_words(std::string_view text) {
    std::size_t words = 0;
    for (std::size_t at = 0; at < text.size(); ++at)
        if (text[at] != ' ' && (at == 0 || text[at - 1] == ' ')) ++words;
    return words;
}

std::optional<std::size_t> children_of(const std::string& folder) {
    std::size_t count = 0;
    for (const long thread : numbers_of_threads(folder)) {
        const auto children =
            read_small_file(folder + "task/" + std::to_string(thread) + "/children");
        if (!children) return std::nullopt;
        count += count_words(*children);
    }
    return count;
}

}  // namespace

std::vector<Sleeper> threads_of(long process) {
    const std::string folder = "/proc/" + std::to_string(process) + '/';
    std::vector<Sleeper> threads;
    for (const long thread : numbers_of_threads(folder)) {
        const auto sleeper = look_at(folder + "task/" + std::to_string(thread) + '/');
        if (!sleeper) return {};
        threads.push_back(*sleeper);
        threads.back().thread = thread;
        if (sleeper->in == Sleeper::In::awake) return threads;  // no need to know more
    }
    if (!threads.empty() && (has_alarm(folder) || has_children(folder, threads)))
        threads[0].in = Sleeper::In::awake;
    return threads;
}

Holdings holdings_of(long process) {
    const std::string folder = "/proc/" + std::to_string(process) + '/';
    Holdings all;
    std::error_code error;
    std::size_t descriptors = 0;
    for (std::filesystem::directory_iterator at(folder + "fd", error), end; !error && at != end;
         at.increment(error))
        ++descriptors;
    if (!error) all.descriptors = descriptors;
    all.children = children_of(folder);
    if (const auto status = read_small_file(folder + "status")) {
        all.threads = static_cast<std::size_t>(number(value_of(*status, "\nThreads:")));
        all.reserved = static_cast<std::size_t>(number(value_of(*status, "\nVmSize:"))) * 1024;
    }
    return all;
}

bool minds_a_pause(long process) {
    std::error_code error;
    for (std::filesystem::directory_iterator at("/proc/" + std::to_string(process) + "/fd", error),
         end;
         !error && at != end; at.increment(error)) {
        std::error_code ignored;
        const auto what = std::filesystem::read_symlink(at->path(), ignored).string();
        if (what.find("eventpoll") != std::string::npos) return true;
    }
    return false;
}

}  // namespace harness

#elif defined(__APPLE__)

#include <libproc.h>

namespace harness {

std::vector<Sleeper> threads_of(long) { return {}; }
bool minds_a_pause(long) { return false; }

Holdings holdings_of(long process) {
    const int pid = static_cast<int>(process);
    Holdings all;
    proc_taskinfo task{};
    if (::proc_pidinfo(pid, PROC_PIDTASKINFO, 0, &task, sizeof task) == sizeof task) {
        all.threads = static_cast<std::size_t>(task.pti_threadnum);
        all.reserved = static_cast<std::size_t>(task.pti_virtual_size);
    }
    // Asked without a place to put them, it says how many there might be; so give it room for all.
    std::vector<proc_fdinfo> open(4096);
    const int size = static_cast<int>(open.size() * sizeof open[0]);
    const int used = ::proc_pidinfo(pid, PROC_PIDLISTFDS, 0, open.data(), size);
    if (used > 0) all.descriptors = static_cast<std::size_t>(used) / sizeof open[0];
    return all;
}

}  // namespace harness

#elif !defined(_WIN32)

namespace harness {
std::vector<Sleeper> threads_of(long) { return {}; }
bool minds_a_pause(long) { return false; }
Holdings holdings_of(long) { return {}; }
}  // namespace harness

#endif
