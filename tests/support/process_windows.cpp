// Process on Windows: CreateProcess, a job object, and named pipes read with overlapped calls.
#ifdef _WIN32

#include "process_state.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <cstdio>
#include <stdexcept>
#include <thread>
#include <utility>

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

#include <psapi.h>
#include <tlhelp32.h>

namespace harness {

const bool can_close_streams = false;
const bool can_limit_descriptors = false;
const std::size_t crowd_size = 200;

namespace {

// The exit code of a program that kill() ended, to tell it from the codes of its own.
constexpr DWORD killed_code = 0x4B494C4C;
// What Ending::code then is, as on POSIX systems.
constexpr int killed = 9;

// A handle with an owner.
class Owned {
public:
    Owned() = default;
    explicit Owned(HANDLE handle) : handle_(handle == INVALID_HANDLE_VALUE ? nullptr : handle) {}
    Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Owned& operator=(Owned&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Owned() { close(); }
    void close() {
        if (handle_) ::CloseHandle(handle_);
        handle_ = nullptr;
    }
    HANDLE get() const { return handle_; }
    bool is_open() const { return handle_ != nullptr; }

private:
    HANDLE handle_ = nullptr;
};

bool under_wine() {
    return ::GetProcAddress(::GetModuleHandleA("ntdll.dll"), "wine_get_version") != nullptr;
}

std::string words_for_error(DWORD error) {
    switch (error) {
        case ERROR_FILE_NOT_FOUND:
        case ERROR_PATH_NOT_FOUND: return "there is no such file";
        case ERROR_DIRECTORY: return "there is no such folder to start it in";
        case ERROR_ACCESS_DENIED: return "access is denied";
        case ERROR_BAD_EXE_FORMAT: return "the file is not a Windows program";
        default: return "Windows error " + std::to_string(error);
    }
}

[[noreturn]] void fail(const char* call) {
    throw std::runtime_error(std::string(call) + ": " + words_for_error(::GetLastError()));
}

Owned checked(HANDLE handle, const char* call) {
    Owned owned(handle);
    if (!owned.is_open()) fail(call);
    return owned;
}

Owned make_event(bool manual) {
    return checked(::CreateEventA(nullptr, manual, FALSE, nullptr), "CreateEvent");
}

// One argument in the quoting that the C runtime of the other program takes apart again:
// backslashes are ordinary, but before a quote they are doubled.
std::string quoted(const std::string& argument) {
    if (!argument.empty() && argument.find_first_of(" \t\n\"") == std::string::npos)
        return argument;  // cmd and others with a parser of their own understand only this
    std::string result = "\"";
    std::size_t backslashes = 0;
    for (const char c : argument) {
        if (c == '"') result.append(backslashes + 1, '\\');
        backslashes = c == '\\' ? backslashes + 1 : 0;
        result += c;
    }
    return result.append(backslashes, '\\') + '"';
}

bool is_file(const std::string& path) {
    const DWORD attributes = ::GetFileAttributesA(path.c_str());
    return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

bool is_folder(const std::string& path) {
    const DWORD attributes = ::GetFileAttributesA(path.c_str());
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
}

std::string reason_for(const std::string& program, DWORD error) {
    if (is_folder(program)) return "it is a folder, not a program";
    if (error == ERROR_FILE_NOT_FOUND && program.find('\\') == std::string::npos)
        return "it is not in any folder of the PATH";
    return words_for_error(error);
}

// CreateProcess adds .exe to a bare name, but not to a path.
std::string find_program(std::string name) {
    if (name.find_first_of("/\\") == std::string::npos) return name;
    std::replace(name.begin(), name.end(), '/', '\\');
    if (!is_file(name) && is_file(name + ".exe")) name += ".exe";
    return name;
}

bool same_name(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

// NAME=VALUE strings, each with a zero after it, and one zero more: our own with the changes.
std::string environment_with(const std::vector<std::pair<std::string, std::string>>& changes) {
    std::string block;
    char* const own = ::GetEnvironmentStringsA();
    for (const char* entry = own; entry && *entry; entry += std::string_view(entry).size() + 1) {
        const std::string_view text = entry;
        // An entry such as =C:=C:\here keeps a drive's folder: its name begins with the sign.
        const std::string_view name = text.substr(0, text.find('=', 1));
        const bool changed = std::any_of(changes.begin(), changes.end(), [&](const auto& change) {
            return same_name(change.first, name);
        });
        if (!changed) block.append(text).push_back('\0');
    }
    ::FreeEnvironmentStringsA(own);
    for (const auto& [name, value] : changes)
        if (!value.empty()) block.append(name + "=" + value).push_back('\0');
    block.push_back('\0');
    return block;
}

// Inheritable handles exist only inside a start: another one at the same time must not see them.
std::mutex& starting() {
    static std::mutex mutex;
    return mutex;
}

// Lets a child inherit exactly these handles.
class InheritList {
public:
    explicit InheritList(std::vector<HANDLE>& handles) {
        SIZE_T size = 0;
        ::InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
        memory_.resize(size);
        if (!::InitializeProcThreadAttributeList(get(), 1, 0, &size))
            fail("InitializeProcThreadAttributeList");
        if (!::UpdateProcThreadAttribute(get(), 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                         handles.data(), handles.size() * sizeof(HANDLE), nullptr,
                                         nullptr))
            fail("UpdateProcThreadAttribute");
    }
    ~InheritList() { ::DeleteProcThreadAttributeList(get()); }
    InheritList(const InheritList&) = delete;
    InheritList& operator=(const InheritList&) = delete;
    LPPROC_THREAD_ATTRIBUTE_LIST get() {
        return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.data());
    }

private:
    std::vector<char> memory_;
};

// Our end of a pipe, with at most one read or write under way. Its event is set when that is done.
// (Anonymous pipes can't be waited for together with a process.)
struct Stream {
    Owned pipe;
    Owned done = make_event(true);
    OVERLAPPED state{};
    std::vector<char> buffer = std::vector<char>(std::size_t{64} << 10);
    bool busy = false;

    void prepare() {
        state = OVERLAPPED{};
        state.hEvent = done.get();
        ::ResetEvent(done.get());
    }
};

struct Ends {
    Owned ours;
    Owned childs;
};

Ends make_pipe(bool child_reads) {
    static std::atomic<unsigned> count{0};
    const std::string name = "\\\\.\\pipe\\echo-test-" + std::to_string(::GetCurrentProcessId()) +
                             "-" + std::to_string(count++);
    constexpr DWORD size = 64 << 10;
    Ends ends;
    ends.ours =
        checked(::CreateNamedPipeA(name.c_str(),
                                   (child_reads ? PIPE_ACCESS_OUTBOUND : PIPE_ACCESS_INBOUND) |
                                       FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
                                   PIPE_TYPE_BYTE | PIPE_WAIT, 1, size, size, 0, nullptr),
                "CreateNamedPipe");
    SECURITY_ATTRIBUTES inheritable{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    ends.childs = checked(::CreateFileA(name.c_str(), child_reads ? GENERIC_READ : GENERIC_WRITE, 0,
                                        &inheritable, OPEN_EXISTING, 0, nullptr),
                          "CreateFile");
    return ends;
}

// The system lists the threads of all processes.
std::optional<std::size_t> count_threads(DWORD process) {
    const HANDLE list = ::CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    if (list == INVALID_HANDLE_VALUE) return std::nullopt;
    THREADENTRY32 thread{};
    thread.dwSize = sizeof thread;
    std::size_t count = 0;
    for (BOOL more = ::Thread32First(list, &thread); more; more = ::Thread32Next(list, &thread))
        if (thread.th32OwnerProcessID == process) ++count;
    ::CloseHandle(list);
    if (count == 0) return std::nullopt;
    return count;
}

struct WindowsProcess final : Process::State {
    explicit WindowsProcess(const Process::Options& options) : State(options) {
        input_closed = !options.capture_input;
        wake_ = make_event(false);
        make_job(options.reserve_limit);
        launch(options);
        pump_ = std::thread([this] { pump(); });
    }

    ~WindowsProcess() override {
        kill();
        stop_.store(true);
        wake();
        pump_.join();
        ::WaitForSingleObject(process_.get(), 5000);
    }

    void wake() override { ::SetEvent(wake_.get()); }

    void kill() override { ::TerminateJobObject(job_.get(), killed_code); }
    // Only programs of the same console hear it.
    void ask_to_end() override {
        ::GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, ::GetProcessId(process_.get()));
    }

    // Ctrl-C is ignored in a process group of its own.
    bool ask_to_stop(Process::StopBy) override {
        return ::GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, ::GetProcessId(process_.get())) != 0;
    }

    std::chrono::milliseconds cpu_time() override {
        FILETIME created{}, ended_at{}, kernel{}, user{};
        // Wine gives our own times for any other process; those of its first thread are right.
        const bool known =
            under_wine() ? ::GetThreadTimes(thread_.get(), &created, &ended_at, &kernel, &user)
                         : ::GetProcessTimes(process_.get(), &created, &ended_at, &kernel, &user);
        if (!known) return std::chrono::milliseconds(0);
        const auto ticks = [](const FILETIME& time) {
            return (static_cast<long long>(time.dwHighDateTime) << 32) + time.dwLowDateTime;
        };
        return std::chrono::milliseconds((ticks(kernel) + ticks(user)) / 10000);
    }

    std::size_t memory_used() override {
        PROCESS_MEMORY_COUNTERS usage{};
        if (!::K32GetProcessMemoryInfo(process_.get(), &usage, sizeof usage)) return 0;
        return usage.WorkingSetSize;
    }

    Holdings holdings() override {
        Holdings all;
        DWORD handles = 0;
        // Wine says that it has none.
        if (::GetProcessHandleCount(process_.get(), &handles) && handles > 0)
            all.descriptors = handles;
        all.threads = count_threads(::GetProcessId(process_.get()));
        return all;
    }

private:
    // When the last handle to the job is gone, even because the tests crashed, all in it is ended.
    void make_job(std::size_t reserve_limit) {
        job_ = checked(::CreateJobObjectA(nullptr, nullptr), "CreateJobObject");
        JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
        limits.BasicLimitInformation.LimitFlags =
            JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION;
        if (reserve_limit > 0) {
            limits.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_PROCESS_MEMORY;
            limits.ProcessMemoryLimit = reserve_limit;
        }
        if (!::SetInformationJobObject(job_.get(), JobObjectExtendedLimitInformation, &limits,
                                       sizeof limits))
            fail("SetInformationJobObject");
        // No window that waits for someone to press a button. A child inherits this.
        ::SetErrorMode(::GetErrorMode() | SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    }

    void launch(const Process::Options& options) {
        const std::string program = find_program(options.arguments.front());
        std::string command = quoted(program);
        for (std::size_t i = 1; i < options.arguments.size(); ++i)
            command += " " + quoted(options.arguments[i]);
        std::string environment = environment_with(options.environment);

        const std::lock_guard<std::mutex> lock(starting());
        Ends input_ends = make_pipe(true);
        Ends output_ends = make_pipe(false);
        Ends errors_ends = make_pipe(false);
        std::vector<HANDLE> inherited = {input_ends.childs.get(), output_ends.childs.get(),
                                         errors_ends.childs.get()};
        InheritList list(inherited);
        STARTUPINFOEXA startup{};
        startup.StartupInfo.cb = sizeof startup;
        startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
        startup.StartupInfo.hStdInput = inherited[0];
        startup.StartupInfo.hStdOutput = inherited[1];
        startup.StartupInfo.hStdError = inherited[2];
        startup.lpAttributeList = list.get();
        PROCESS_INFORMATION made{};
        // Suspended, so that it can't start anything before it is in the job.
        const auto start = [&] {
            return ::CreateProcessA(
                nullptr, command.data(), nullptr, nullptr, TRUE,
                CREATE_SUSPENDED | EXTENDED_STARTUPINFO_PRESENT | CREATE_NEW_PROCESS_GROUP,
                environment.data(), options.folder.empty() ? nullptr : options.folder.c_str(),
                &startup.StartupInfo, &made);
        };
        // One start in some thousands fails on Wine with this error, of its own, while many
        // programs start at once.
        bool started = start();
        for (int tries = 1; !started && ::GetLastError() == ERROR_INTERNAL_ERROR && tries < 5;
             ++tries) {
            ::Sleep(50);
            started = start();
        }
        if (!started)
            throw std::runtime_error(
                cannot_start(options.arguments.front(), reason_for(program, ::GetLastError())));
        process_ = Owned(made.hProcess);
        thread_ = Owned(made.hThread);
        if (!::AssignProcessToJobObject(job_.get(), process_.get())) {
            const DWORD error = ::GetLastError();
            ::TerminateProcess(process_.get(), killed_code);
            ::SetLastError(error);
            fail("AssignProcessToJobObject");
        }
        ::ResumeThread(thread_.get());
        in_.pipe = std::move(input_ends.ours);
        out_.pipe = std::move(output_ends.ours);
        err_.pipe = std::move(errors_ends.ours);
    }

    void pump() {
        bool reported = false;
        while (!stop_.load()) {
            read_on(out_, output);
            read_on(err_, errors);
            write_on();
            // A manual event stays set until the next call begins, so nothing is missed.
            std::array<HANDLE, 5> events{wake_.get()};
            DWORD count = 1;
            for (Stream* stream : {&out_, &err_, &in_})
                if (stream->busy) events[count++] = stream->done.get();
            if (!reported) events[count++] = process_.get();
            // -1 is INFINITE.
            ::WaitForMultipleObjects(count, events.data(), FALSE,
                                     reported ? INFINITE : static_cast<DWORD>(longest_sleep()));
            if (!reported) watch_memory();
            if (!reported && ::WaitForSingleObject(process_.get(), 0) == WAIT_OBJECT_0) {
                report_end();
                reported = true;
            }
        }
        for (Stream* stream : {&out_, &err_, &in_}) cancel(*stream);
    }

    // Takes what a finished read brought, and starts the next one. Bytes that are there at once
    // are taken too.
    void read_on(Stream& stream, Captured& into) {
        // A limit, so that one output can't keep the pump from the other and from stopping.
        for (int round = 0; round < 16 && stream.pipe.is_open(); ++round) {
            if (stream.busy && !finish(stream, into)) return;
            if (!stream.pipe.is_open()) return;
            stream.prepare();
            stream.busy = true;
            if (::ReadFile(stream.pipe.get(), stream.buffer.data(),
                           static_cast<DWORD>(stream.buffer.size()), nullptr, &stream.state))
                continue;
            if (::GetLastError() == ERROR_IO_PENDING) return;
            stream.busy = false;
            stream.pipe.close();  // ERROR_BROKEN_PIPE: the end of the stream
        }
    }

    // False: the read is still under way.
    bool finish(Stream& stream, Captured& into, bool wait = false) {
        DWORD got = 0;
        if (::GetOverlappedResult(stream.pipe.get(), &stream.state, &got, wait)) {
            stream.busy = false;
            if (got > 0) captured(into, stream.buffer.data(), got);
            return true;
        }
        const DWORD error = ::GetLastError();
        if (error == ERROR_IO_INCOMPLETE) return false;
        stream.busy = false;
        if (error != ERROR_OPERATION_ABORTED) stream.pipe.close();
        return true;
    }

    void write_on() {
        while (in_.pipe.is_open()) {
            if (in_.busy) {
                DWORD wrote = 0;
                if (::GetOverlappedResult(in_.pipe.get(), &in_.state, &wrote, FALSE))
                    wrote_input(wrote);
                else if (::GetLastError() == ERROR_IO_INCOMPLETE)
                    return;
                else
                    return stop_writing();
                in_.busy = false;
            }
            const std::string bytes = next_input(in_.buffer.size());
            if (bytes.empty()) {
                if (input_is_over()) in_.pipe.close();
                return;
            }
            std::copy(bytes.begin(), bytes.end(), in_.buffer.begin());
            in_.prepare();
            in_.busy = true;
            if (!::WriteFile(in_.pipe.get(), in_.buffer.data(), static_cast<DWORD>(bytes.size()),
                             nullptr, &in_.state) &&
                ::GetLastError() != ERROR_IO_PENDING)
                return stop_writing();
        }
    }

    void stop_writing() {
        in_.busy = false;
        drop_input();
        in_.pipe.close();
    }

    // All that the program printed is in the pipes by now. A read that has to be cancelled found
    // nothing more. (No end of stream is awaited: a child of the program may live on.)
    void report_end() {
        empty(out_, output);
        empty(err_, errors);
        cancel(in_);
        stop_writing();
        DWORD code = 0;
        ::GetExitCodeProcess(process_.get(), &code);
        if (code == killed_code) return has_ended({true, killed});
        // The system's own codes for an exception have their two highest bits set.
        has_ended({code >= 0xC0000000u, static_cast<int>(code)});
    }

    void empty(Stream& stream, Captured& into) {
        std::size_t rounds = 64;  // a child that floods can't keep us here
        while (stream.pipe.is_open() && rounds-- > 0) {
            read_on(stream, into);
            if (!stream.busy) continue;
            ::CancelIoEx(stream.pipe.get(), &stream.state);
            const std::size_t before = into.kept.size() + into.dropped;
            finish(stream, into, true);
            if (into.kept.size() + into.dropped == before) return;
        }
    }

    void cancel(Stream& stream) {
        if (!stream.busy || !stream.pipe.is_open()) return;
        ::CancelIoEx(stream.pipe.get(), &stream.state);
        DWORD unused = 0;
        ::GetOverlappedResult(stream.pipe.get(), &stream.state, &unused, TRUE);
        stream.busy = false;
    }

    Owned job_;
    Owned process_;
    Owned thread_;
    Owned wake_;
    Stream in_;
    Stream out_;
    Stream err_;
    std::atomic<bool> stop_{false};
    std::thread pump_;
};

struct CodeWords {
    DWORD code;
    const char* words;
};

constexpr CodeWords code_words[] = {
    {0xC0000005, "access violation: it touched memory that is not its own"},
    {0xC0000006, "in-page error: memory could not be read from its file"},
    {0xC000001D, "illegal instruction"},
    {0xC0000094, "division by zero"},
    {0xC0000095, "integer overflow"},
    {0xC00000FD, "stack overflow: perhaps a function that calls itself without end"},
    {0xC0000135, "a DLL that it needs was not found"},
    {0xC0000139, "a DLL that it needs is of the wrong version"},
    {0xC000013A, "Ctrl-C"},
    {0xC0000374, "heap corruption: it wrote outside of its memory"},
    {0xC0000409, "it gave up: abort(), or an overrun buffer was noticed"},
};

}  // namespace

std::size_t allow_descriptors(std::size_t wanted) { return wanted; }

std::string words_for_signal(int code) {
    if (code == killed) return "killed from outside, by the tests or by the system";
    const auto number = static_cast<DWORD>(code);
    std::array<char, 16> hex{};
    std::snprintf(hex.data(), hex.size(), "0x%08lX", static_cast<unsigned long>(number));
    for (const CodeWords& words : code_words)
        if (words.code == number)
            return std::string("ended by ") + words.words + " (" + hex.data() + ")";
    return std::string("ended by exception ") + hex.data();
}

std::unique_ptr<Process::State> start_process(const Process::Options& options) {
    return std::make_unique<WindowsProcess>(options);
}

}  // namespace harness

#endif
