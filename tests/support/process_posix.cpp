// Process on Linux, macOS and the BSDs: fork, exec, pipes and poll.
#ifndef _WIN32

#include "process_state.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#ifdef __APPLE__
#include <libproc.h>
#include <mach/mach_time.h>
#endif

extern char** environ;

namespace harness {

const bool can_close_streams = true;
const bool can_limit_descriptors = true;
const std::size_t crowd_size = 1000;

namespace {

// A descriptor with an owner.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Fd() { close(); }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    int get() const { return fd_; }
    bool is_open() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

struct Pipe {
    Fd read;
    Fd write;
};

[[noreturn]] void fail(const char* call) {
    throw std::runtime_error(std::string(call) + ": " + std::strerror(errno));
}

// No program that is started inherits these, but by its own standard input and outputs. Numbers
// below 3 are avoided: the child puts its ends exactly there.
Fd above_standard(Fd low) {
    Fd high(::fcntl(low.get(), F_DUPFD_CLOEXEC, 3));
    if (!high.is_open()) fail("fcntl");
    return high;
}

Pipe make_pipe() {
    int ends[2];
    if (::pipe(ends) != 0) fail("pipe");
    Fd read(ends[0]);
    Fd write(ends[1]);
    return {above_standard(std::move(read)), above_standard(std::move(write))};
}

void never_block(const Fd& fd) {
    const int flags = ::fcntl(fd.get(), F_GETFL);
    if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0) fail("fcntl");
}

// Between pipe() and fcntl() a descriptor is inheritable for a moment, and fork() in another
// thread would leak it: a child that holds another's pipe keeps it from ending.
std::mutex& starting() {
    static std::mutex mutex;
    return mutex;
}

bool is_folder(const std::string& path) {
    struct stat about {};
    return ::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
}

// The file to run: found here, since a child after fork may do little more than exec.
std::string find_program(const std::string& name) {
    if (name.find('/') != std::string::npos) return name;
    const char* path = std::getenv("PATH");
    std::string_view rest = path ? path : "/usr/local/bin:/usr/bin:/bin";
    for (;;) {
        const std::size_t colon = rest.find(':');
        const std::string_view folder = rest.substr(0, colon);
        const std::string file = std::string(folder.empty() ? "." : folder) + "/" + name;
        if (::access(file.c_str(), X_OK) == 0 && !is_folder(file)) return file;
        if (colon == std::string_view::npos) break;
        rest.remove_prefix(colon + 1);
    }
    std::string reason = "it is not in any folder of the PATH";
    if (::access(name.c_str(), F_OK) == 0)
        reason += "; for the file in this folder write \"./" + name + "\"";
    throw std::runtime_error(cannot_start(name, reason));
}

std::string reason_for(const std::string& file, int error) {
    if (is_folder(file)) return "it is a folder, not a program";
    if (error == ENOENT && ::access(file.c_str(), F_OK) == 0)
        return "the file is there, but the interpreter or loader that it names is not; a script's "
               "first line must name one, such as #!/usr/bin/env python3";
    if (error == ENOENT || error == ENOTDIR) return "there is no such file";
    if (error == EACCES) return "the file is not executable; chmod +x makes it so";
    if (error == ENOEXEC)
        return "the system cannot run this kind of file; a script needs a first line such as "
               "#!/usr/bin/env python3";
    return std::strerror(error);
}

// NAME=VALUE strings: our own environment with the changes.
std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& changes) {
    std::vector<std::string> all;
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string text = *entry;
        const std::string name = text.substr(0, text.find('='));
        const bool changed = std::any_of(changes.begin(), changes.end(),
                                         [&](const auto& change) { return change.first == name; });
        if (!changed) all.push_back(text);
    }
    for (const auto& [name, value] : changes)
        if (!value.empty()) all.push_back(name + "=" + value);
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    for (std::string& text : strings) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

// All that the child needs, made before fork: it may not allocate.
struct Launch {
    std::string file;
    std::vector<std::string> arguments;
    std::vector<std::string> environment;
    std::vector<char*> argv;
    std::vector<char*> envp;
    Pipe input;
    Pipe output;
    Pipe errors;
    Pipe failure;  // the child writes errno here when it can't exec; exec closes it
    std::array<bool, 3> closed{};
    std::string folder;
    std::size_t reserve_limit = 0;
    std::size_t descriptor_limit = 0;
    pid_t parent = 0;
};

// A hard limit can't be raised again. (A soft one can, and Go, Java and node do it to this of
// descriptors before they begin.)
void limit(int what, rlim_t value, bool hard = false) {
    struct rlimit now {};
    if (::getrlimit(static_cast<decltype(RLIMIT_CORE)>(what), &now) != 0) return;
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < value) value = now.rlim_max;
    now.rlim_cur = value;
    if (hard) now.rlim_max = value;
    ::setrlimit(static_cast<decltype(RLIMIT_CORE)>(what), &now);
}

// No core files; no file beyond 1 GiB, and no more than 10 minutes of processor time, should the
// harness itself be gone. Memory is watched instead, but for a build: see Process::Options.
void set_limits(std::size_t reserve_limit, std::size_t descriptor_limit) {
    if (descriptor_limit > 0) limit(RLIMIT_NOFILE, static_cast<rlim_t>(descriptor_limit), true);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, rlim_t{1} << 30);
    limit(RLIMIT_CPU, 600);
#ifdef RLIMIT_AS
    if (reserve_limit > 0) limit(RLIMIT_AS, static_cast<rlim_t>(reserve_limit));
#else  // OpenBSD
    if (reserve_limit > 0) limit(RLIMIT_DATA, static_cast<rlim_t>(reserve_limit));
#endif
}

// The child after fork. Only async-signal-safe calls.
[[noreturn]] void become(const Launch& launch) {
    ::setpgid(0, 0);
#ifdef __linux__
    // Ends with the thread that forked, and so with the harness, however that ends.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != launch.parent) ::_exit(127);
#endif
    // What the test program ignores or blocks is its own affair.
    for (int number = 1; number < NSIG; ++number) {
        struct sigaction ordinary {};
        ordinary.sa_handler = SIG_DFL;
        ::sigaction(number, &ordinary, nullptr);
    }
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    set_limits(launch.reserve_limit, launch.descriptor_limit);
    const bool at_place = launch.folder.empty() || ::chdir(launch.folder.c_str()) == 0;
    if (at_place && ::dup2(launch.input.read.get(), 0) == 0 &&
        ::dup2(launch.output.write.get(), 1) == 1 && ::dup2(launch.errors.write.get(), 2) == 2) {
        for (int stream = 0; stream < 3; ++stream)
            if (launch.closed[static_cast<std::size_t>(stream)]) ::close(stream);
        ::execve(launch.file.c_str(), launch.argv.data(), launch.envp.data());
    }
    const int error = errno;
    const auto told = ::write(launch.failure.write.get(), &error, sizeof error);
    ::_exit(told == sizeof error ? 127 : 126);
}

struct PosixProcess final : Process::State {
    explicit PosixProcess(const Process::Options& options) : State(options) {
        input_closed = !options.capture_input;
        wake_ = make_pipe();
        never_block(wake_.read);
        never_block(wake_.write);
        auto started = std::make_shared<std::promise<void>>();
        auto result = started->get_future();
        // The pump forks, since Linux ends the child together with the thread that forked it.
        pump_ = std::thread([this, &options, started] { pump(options, *started); });
        try {
            result.get();
        } catch (...) {
            pump_.join();
            throw;
        }
    }

    // The child stays unreaped until here. So its number, which is also its group's, can't have
    // been given to anyone else whenever kill() is called.
    ~PosixProcess() override {
        kill();
        waiter_.join();
        stop_.store(true);
        wake();
        pump_.join();
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    }

    void wake() override {
        const char byte = 0;
        // When the pipe is full, the pump will wake anyway.
        [[maybe_unused]] const auto written = ::write(wake_.write.get(), &byte, 1);
    }

    void kill() override { ::kill(-pid_, SIGKILL); }
    void ask_to_end() override { ::kill(-pid_, SIGTERM); }

    bool ask_to_stop(Process::StopBy how) override {
        return ::kill(pid_, how == Process::StopBy::ctrl_c ? SIGINT : SIGTERM) == 0;
    }

    std::chrono::milliseconds cpu_time() override {
        using namespace std::chrono;
#if defined(__APPLE__)
        rusage_info_v2 usage{};
        mach_timebase_info_data_t base{};
        if (::proc_pid_rusage(pid_, RUSAGE_INFO_V2, reinterpret_cast<rusage_info_t*>(&usage)) != 0)
            return milliseconds(0);
        ::mach_timebase_info(&base);
        const auto ticks = usage.ri_user_time + usage.ri_system_time;
        const auto passed = ticks * base.numer / base.denom;
        return duration_cast<milliseconds>(nanoseconds(static_cast<long long>(passed)));
#elif defined(_POSIX_CPUTIME)
        clockid_t clock{};
        struct timespec now {};
        if (::clock_getcpuclockid(pid_, &clock) != 0) return milliseconds(0);
        if (::clock_gettime(clock, &now) != 0) return milliseconds(0);
        return duration_cast<milliseconds>(seconds(now.tv_sec) + nanoseconds(now.tv_nsec));
#else
        return milliseconds(0);
#endif
    }

    // What is in memory, not what is only reserved.
    std::size_t memory_used() override {
#if defined(__APPLE__)
        rusage_info_v2 usage{};
        if (::proc_pid_rusage(pid_, RUSAGE_INFO_V2, reinterpret_cast<rusage_info_t*>(&usage)) != 0)
            return 0;
        return static_cast<std::size_t>(usage.ri_phys_footprint);
#elif defined(__linux__)
        const std::string path = "/proc/" + std::to_string(pid_) + "/statm";
        const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        std::array<char, 128> text{};
        if (!file.is_open() || ::read(file.get(), text.data(), text.size() - 1) <= 0) return 0;
        // All pages, and then those in memory.
        const char* second = std::strchr(text.data(), ' ');
        const auto pages = second ? std::strtoull(second, nullptr, 10) : 0;
        return static_cast<std::size_t>(pages) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
#else
        return 0;
#endif
    }

    Holdings holdings() override { return holdings_of(pid_); }
    bool interrupt([[maybe_unused]] long thread) override {
#if defined(__linux__)
        if (thread != 0) return ::syscall(SYS_tgkill, pid_, thread, SIGWINCH) == 0;
#endif
        return ::kill(pid_, SIGWINCH) == 0;
    }

    bool pause(Process::Pause how) override {
        if (how == Process::Pause::harmless && minds_a_pause(pid_)) return false;
        if (::kill(-pid_, SIGSTOP) != 0) return false;
        siginfo_t about{};
        while (::waitid(P_PID, static_cast<id_t>(pid_), &about, WSTOPPED | WEXITED | WNOWAIT) != 0)
            if (errno != EINTR) return false;
        return about.si_code == CLD_STOPPED;
    }
    void resume() override { ::kill(-pid_, SIGCONT); }

    // One that waits for input waits in vain only when there is none, and more may still come. And
    // nothing is on its way from the program to the harness.
    std::vector<Sleeper> threads() override {
        std::vector<Sleeper> all = threads_of(pid_);
        const std::lock_guard<std::mutex> moving(moving_);
        const bool no_input = input_is_used_up();
        const bool all_is_read = waiting_in(output_) == 0 && waiting_in(errors_) == 0;
        for (Sleeper& one : all)
            if (!all_is_read || (one.in == Sleeper::In::input && !no_input))
                one.in = Sleeper::In::awake;
        return all;
    }

private:
    void pump(const Process::Options& options, std::promise<void>& started) {
        // Writing to a program that no longer reads: a result (EPIPE), not the end of the tests.
        sigset_t broken_pipe;
        sigemptyset(&broken_pipe);
        sigaddset(&broken_pipe, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
        try {
            launch(options);
            waiter_ = std::thread([this] { await_end(); });
        } catch (...) {
            started.set_exception(std::current_exception());
            return;
        }
        started.set_value();  // from here on `options` may be gone
        while (!stop_.load()) move_bytes();
    }

    void launch(const Process::Options& options) {
        Launch launch;
        launch.file = find_program(options.arguments.front());
        launch.arguments = options.arguments;
        launch.environment = environment_with(options.environment);
        launch.argv = pointers_to(launch.arguments);
        launch.envp = pointers_to(launch.environment);
        launch.parent = ::getpid();
        launch.closed = options.closed;
        launch.folder = options.folder;
        launch.reserve_limit = options.reserve_limit;
        launch.descriptor_limit = options.descriptor_limit;
        if (!launch.folder.empty() && !is_folder(launch.folder))
            throw std::runtime_error(
                cannot_start(options.arguments.front(), "there is no folder " + launch.folder));
        {
            const std::lock_guard<std::mutex> lock(starting());
            launch.input = make_pipe();
            launch.output = make_pipe();
            launch.errors = make_pipe();
            launch.failure = make_pipe();
            pid_ = ::fork();
        }
        if (pid_ == 0) become(launch);
        if (pid_ < 0) fail("fork");
        launch.failure.write.close();
        if (const int error = failure_of(launch.failure.read)) {
            ::waitpid(pid_, nullptr, 0);
            throw std::runtime_error(
                cannot_start(options.arguments.front(), reason_for(launch.file, error)));
        }
        input_ = std::move(launch.input.write);
        output_ = std::move(launch.output.read);
        errors_ = std::move(launch.errors.read);
        never_block(input_);
        never_block(output_);
        never_block(errors_);
    }

    // Waits until the child has become the program (0), or failed to (errno).
    static int failure_of(const Fd& from) {
        int error = 0;
        ssize_t got = 0;
        do got = ::read(from.get(), &error, sizeof error);
        while (got < 0 && errno == EINTR);
        return got == sizeof error ? error : 0;
    }

    // The waiter thread: poll() can't wait for a process on every system.
    void await_end() {
        siginfo_t about{};
        while (::waitid(P_PID, static_cast<id_t>(pid_), &about, WEXITED | WNOWAIT) != 0)
            if (errno != EINTR) break;
        exit_by_signal_ = about.si_code != CLD_EXITED;
        exit_code_ = about.si_status;
        exited_.store(true);
        wake();
    }

    // One round of the pump: waits for anything to happen, then serves all that did.
    void move_bytes() {
        if (input_.is_open() && input_is_over()) input_.close();
        std::array<pollfd, 4> watched{};
        watched[0] = {wake_.read.get(), POLLIN, 0};
        watched[1] = {output_.get(), POLLIN, 0};  // a closed one is -1, which poll skips
        watched[2] = {errors_.get(), POLLIN, 0};
        const bool writing = input_.is_open() && !next_input(1).empty();
        watched[3] = {writing ? input_.get() : -1, POLLOUT, 0};
        ::poll(watched.data(), watched.size(), reported_ ? -1 : longest_sleep());
        if (!exited_.load()) watch_memory();

        const std::lock_guard<std::mutex> moving(moving_);
        std::array<char, 64> ignored;
        while (::read(wake_.read.get(), ignored.data(), ignored.size()) > 0) continue;
        if (watched[1].revents) drain(output_, output, buffer_.size());
        if (watched[2].revents) drain(errors_, errors, buffer_.size());
        if (watched[3].revents) feed();
        if (exited_.load() && !reported_) report_end();
    }

    // Takes at most `at_most` bytes of what is there.
    void drain(Fd& from, Captured& into, std::size_t at_most) {
        while (at_most > 0 && from.is_open()) {
            const ssize_t got =
                ::read(from.get(), buffer_.data(), std::min(at_most, buffer_.size()));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0 && errno == EAGAIN) return;
            if (got <= 0) return from.close();
            captured(into, buffer_.data(), static_cast<std::size_t>(got));
            at_most -= static_cast<std::size_t>(got);
        }
    }

    void feed() {
        const std::string bytes = next_input(buffer_.size());
        const ssize_t wrote = ::write(input_.get(), bytes.data(), bytes.size());
        if (wrote >= 0) return wrote_input(static_cast<std::size_t>(wrote));
        if (errno == EINTR || errno == EAGAIN) return;
        drop_input();
        input_.close();
    }

    // All that the program printed is in the pipes by now. No end of stream is awaited: a child of
    // the program may live on and hold them open.
    void report_end() {
        drain(output_, output, waiting_in(output_));
        drain(errors_, errors, waiting_in(errors_));
        drop_input();
        input_.close();
        reported_ = true;
        has_ended({exit_by_signal_, exit_code_});
    }

    bool input_is_used_up() {
        const std::lock_guard<std::mutex> lock(mutex);
        return !input_closed && input.empty() && waiting_in(input_) == 0;
    }

    static std::size_t waiting_in(const Fd& fd) {
        int count = 0;
        if (!fd.is_open() || ::ioctl(fd.get(), FIONREAD, &count) != 0) return 0;
        return static_cast<std::size_t>(count);
    }

    pid_t pid_ = -1;
    Pipe wake_;
    std::mutex moving_;  // held while bytes are between a pipe and the State
    Fd input_;
    Fd output_;
    Fd errors_;
    std::vector<char> buffer_ = std::vector<char>(std::size_t{64} << 10);
    std::atomic<bool> stop_{false};
    std::atomic<bool> exited_{false};  // set after the next two
    bool exit_by_signal_ = false;
    int exit_code_ = 0;
    bool reported_ = false;
    std::thread waiter_;
    std::thread pump_;
};

struct SignalWords {
    int number;
    const char* name;
    const char* meaning;
};

constexpr SignalWords signal_words[] = {
    {SIGSEGV, "SIGSEGV", "it touched memory that is not its own"},
    {SIGBUS, "SIGBUS", "it touched memory that is not there"},
    {SIGABRT, "SIGABRT", "it gave up: abort(), a failed assert, or an exception nobody caught"},
    {SIGFPE, "SIGFPE", "arithmetic that has no result, such as a division by zero"},
    {SIGILL, "SIGILL", "it ran into something that is not an instruction"},
    {SIGTRAP, "SIGTRAP", "a check built in by the compiler failed"},
    {SIGPIPE, "SIGPIPE", "it wrote to a connection or pipe that the other side had closed"},
    {SIGKILL, "SIGKILL", "it was killed from outside, by the tests or by the system"},
    {SIGTERM, "SIGTERM", "it was asked from outside to end"},
    {SIGINT, "SIGINT", "Ctrl-C"},
    {SIGHUP, "SIGHUP", "its terminal went away"},
    {SIGQUIT, "SIGQUIT", "Ctrl-\\"},
    {SIGALRM, "SIGALRM", "an alarm clock that it set itself"},
    {SIGUSR1, "SIGUSR1", "a signal without a fixed meaning"},
    {SIGUSR2, "SIGUSR2", "a signal without a fixed meaning"},
    {SIGSYS, "SIGSYS", "a system call that does not exist or is forbidden"},
    {SIGXCPU, "SIGXCPU", "it used more processor time than the tests allow"},
    {SIGXFSZ, "SIGXFSZ", "it wrote a larger file than the tests allow"},
};

}  // namespace

std::size_t allow_descriptors(std::size_t wanted) {
    struct rlimit now {};
    if (::getrlimit(RLIMIT_NOFILE, &now) != 0) return 0;
    if (now.rlim_cur < wanted) limit(RLIMIT_NOFILE, static_cast<rlim_t>(wanted));
    ::getrlimit(RLIMIT_NOFILE, &now);
    return static_cast<std::size_t>(now.rlim_cur);
}

std::string words_for_signal(int code) {
    for (const SignalWords& words : signal_words)
        if (words.number == code)
            return std::string("ended by ") + words.name + " (" + words.meaning + ")";
    return "ended by signal " + std::to_string(code);
}

std::unique_ptr<Process::State> start_process(const Process::Options& options) {
    return std::make_unique<PosixProcess>(options);
}

}  // namespace harness

#endif
