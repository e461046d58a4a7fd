// A program that does what its arguments say, for the tests of the harness. Every way a program
// under test can behave or misbehave, on every system.
//
// Arguments are actions, done in order; at their end it exits with 0.
#include <echo.hpp>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#include <process.h>
#else
#include <csignal>

#include <fcntl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#endif

namespace {

[[noreturn]] void hang() {
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

[[noreturn]] void crash() {
#ifndef _WIN32
    // A sanitizer would turn it into an exit code of its own.
    std::signal(SIGSEGV, SIG_DFL);
#endif
    volatile int* nowhere = nullptr;
    *nowhere = 1;
    std::abort();
}

// Uses all of one processor until it is killed.
[[noreturn]] void spin() {
    volatile unsigned turn = 0;
    for (;;) turn = turn + 1;
}

// Takes so much memory, uses it and holds it.
void grow(long mebibytes) {
    static std::string memory;
    memory.assign(static_cast<std::size_t>(mebibytes) << 20, 'x');
    std::cout << "grown" << std::endl;
}

// What it holds until it is told to let go: sockets, and threads that sleep.
struct Held {
    std::list<echo::Listener> sockets;
    std::list<std::thread> threads;
    std::mutex mutex;
    std::condition_variable told;
    bool let_go = false;

    ~Held() { release(); }
    void open(long count) {
        while (count-- > 0) sockets.push_back(echo::listen(echo::Endpoint::loopback(0)));
    }
    void start(long count) {
        while (count-- > 0)
            threads.emplace_back([this] {
                std::unique_lock<std::mutex> lock(mutex);
                told.wait(lock, [this] { return let_go; });
            });
    }
    void release() {
        sockets.clear();
        {
            const std::lock_guard<std::mutex> lock(mutex);
            let_go = true;
        }
        told.notify_all();
        for (std::thread& thread : threads) thread.join();
        threads.clear();
    }
};
Held holding;

// Threads that end at once, and that nobody joins.
void hoard(long count) {
    static std::list<std::thread>& threads = *new std::list<std::thread>;
    while (count-- > 0) threads.emplace_back([] {});
}

void flood(std::ostream& out, long kibibytes) {
    const std::string line = std::string(1023, 'x') + "\n";
    for (long count = 0; count < kibibytes; ++count) out << line;
    out.flush();
}

// The same in a single call, as far as that goes.
void burst(long kibibytes) {
    std::cout << std::string(static_cast<std::size_t>(kibibytes) * 1024, 'x') << std::flush;
}

// Has the system hold more of our output until someone reads it, where it can.
void widen() {
#ifdef F_SETPIPE_SZ
    ::fcntl(1, F_SETPIPE_SZ, 1 << 20);
#endif
}

// A connection to this port that is held and never used.
void connect_and_hold(const char* port) {
    static echo::Connection held = echo::connect("127.0.0.1", echo::parse_port(port));
}

void echo_input() {
    std::string line;
    while (std::getline(std::cin, line)) std::cout << line << std::endl;
    std::cout << "input over" << std::endl;
}

echo::Listener listen_and_say_so() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    return listener;
}

// With a single send for each recv, so that a short send shows.
void converse(echo::Connection& client) {
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send(echo::first(buffer, got.bytes))) break;
}

// An echo server for one client.
void serve() {
    echo::Listener listener = listen_and_say_so();
    echo::Connection client = listener.accept();
    converse(client);
}

// An echo server for two clients at the same time, each with a thread.
void serve_two() {
    echo::Listener listener = listen_and_say_so();
    std::list<std::thread> threads;
    for (int i = 0; i < 2; ++i)
        threads.emplace_back([client = listener.accept()]() mutable { converse(client); });
    (void)listener.accept();
}

// An echo server for many, on one thread. Whoever says "ignore me" is not watched any more.
void serve_by_poll() {
    echo::Listener listener = listen_and_say_so();
    std::list<echo::Connection> clients;
    std::vector<echo::Watched> watched{echo::Watched(listener.handle())};
    for (;;) {
        echo::poll(watched);
        std::size_t at = 0;
        for (echo::Connection& client : clients) {
            std::array<char, 4096> buffer;
            if (!watched[++at].readable()) continue;
            const std::string_view text = echo::first(buffer, client.recv(buffer).bytes);
            if (text.empty()) return;
            (void)client.send_all(text);
            if (text == "ignore me") watched[at].set_interest(echo::Interest::none);
        }
        if (!watched[0].readable()) continue;
        clients.push_back(listener.accept());
        watched.emplace_back(clients.back().handle());
    }
}

// The same with a poller, which has something to do in an hour.
void serve_by_poller() {
    echo::Listener listener = listen_and_say_so();
    std::map<echo::Handle, echo::Connection> clients;
    echo::Poller poller;
    poller.watch(listener.handle(), echo::Interest::read);
    for (;;) {
        for (const auto& event : poller.wait(echo::after(std::chrono::hours(1)))) {
            if (event.socket == listener.handle()) {
                echo::Connection client = listener.accept();
                poller.watch(client.handle(), echo::Interest::both);
                poller.change(client.handle(), echo::Interest::read);
                clients.emplace(client.handle(), std::move(client));
                continue;
            }
            std::array<char, 4096> buffer;
            echo::Connection& client = clients.at(event.socket);
            const std::string_view text = echo::first(buffer, client.recv(buffer).bytes);
            if (text.empty()) return;
            (void)client.send_all(text);
            if (text == "ignore me") poller.change(event.socket, echo::Interest::none);
        }
    }
}

// Takes a client and does not say where it listens.
void serve_unannounced() { (void)echo::listen(echo::Endpoint::loopback(0)).accept(); }

// Sends more than any system holds, and waits in poll for room: with a deadline a connection
// becomes non-blocking.
void serve_a_flood() {
    echo::Listener listener = listen_and_say_so();
    echo::Connection client = listener.accept();
    (void)client.send("first", echo::after(std::chrono::hours(1))).bytes;
    (void)client.send_all(std::string(std::size_t{64} << 20, 'x')).bytes;
}

// Asks for more after the end of the stream, for ever.
void serve_past_the_end() {
    echo::Listener listener = listen_and_say_so();
    echo::Connection client = listener.accept();
    std::array<char, 64> buffer;
    for (;;) (void)client.recv(buffer).bytes;
}

// One client after another, each with a thread, for ever.
void serve_many() {
    echo::Listener listener = listen_and_say_so();
    for (;;) std::thread([client = listener.accept()]() mutable { converse(client); }).detach();
}

// Sends for ever, whatever send says.
void serve_one_who_has_gone() {
    echo::Listener listener = listen_and_say_so();
    echo::Connection client = listener.accept();
    for (;;) (void)client.send(std::string(65536, 'x')).bytes;
}

// --- Answers that come late, while the program seems to wait for nothing -----------------------

constexpr std::chrono::milliseconds late(400);

void receive_and_drop(echo::Connection& client) {
    std::array<char, 64> buffer;
    (void)client.recv(buffer).bytes;
}

void compute() {
    const auto end = std::chrono::steady_clock::now() + late;
    while (std::chrono::steady_clock::now() < end) continue;
}

void wait_for_a_signal_that_nobody_gives() {
    std::mutex mutex;
    std::condition_variable condition;
    std::unique_lock<std::mutex> lock(mutex);
    condition.wait_for(lock, late, [] { return false; });
}

#ifndef _WIN32
echo::Handle to_answer;  // for a signal's handler, which may do little

void answer_from_a_signal(int) {
    [[maybe_unused]] const auto sent = ::send(to_answer, "late", 4, 0);
}

void ring_by_alarm() {
    std::signal(SIGALRM, answer_from_a_signal);
    itimerval once{};
    once.it_value.tv_usec = std::chrono::microseconds(late).count();
    ::setitimer(ITIMER_REAL, &once, nullptr);
}

void ring_by_timer() {
#ifdef __linux__
    std::signal(SIGUSR1, answer_from_a_signal);
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGUSR1;
    timer_t timer{};
    itimerspec once{};
    once.it_value.tv_nsec = std::chrono::nanoseconds(late).count();
    if (::timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) std::exit(97);
    ::timer_settime(timer, 0, &once, nullptr);
#endif
}

// A deadline of the socket itself, and a call that the trace does not show.
void wait_past_the_trace(const echo::Connection& client) {
    timeval limit{};
    limit.tv_usec = std::chrono::microseconds(late).count();
    ::setsockopt(client.handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    char byte = 0;
    [[maybe_unused]] const auto got = ::recv(client.handle(), &byte, 1, 0);
}

// The child, or with `orphan` a child of the child, answers. Nobody waits for it.
void answer_from_a_child(echo::Connection& client, bool orphan) {
    const pid_t pid = ::fork();
    if (pid > 0) {
        if (orphan) ::waitpid(pid, nullptr, 0);
        return;
    }
    if (orphan && ::fork() > 0) ::_exit(0);
    std::this_thread::sleep_for(late);
    (void)client.send("late").bytes;
    ::_exit(0);
}
#endif

// Answers its client's first bytes with "late", 0.4 seconds later, in this way; then it waits for
// more bytes, which do not come.
void answer_late(const std::string& way) {
    echo::Listener listener = listen_and_say_so();
    echo::Connection client = listener.accept();
    std::array<char, 64> buffer;
    (void)client.recv(buffer).bytes;
    std::thread helper;
    const auto answer = [&] { (void)client.send("late").bytes; };
    if (way == "compute")
        compute();
    else if (way == "sleep")
        std::this_thread::sleep_for(late);
    else if (way == "wait")
        wait_for_a_signal_that_nobody_gives();
    else if (way == "poll")
        (void)client.recv(buffer, echo::after(late)).bytes;
    else if (way == "helper")
        helper = std::thread([&] {
            std::this_thread::sleep_for(late);
            answer();
        });
#ifndef _WIN32
    to_answer = client.handle();
    if (way == "alarm") ring_by_alarm();
    if (way == "timer") ring_by_timer();
    if (way == "past-the-trace") {
        wait_past_the_trace(client);
        answer();
    }
    if (way == "child") answer_from_a_child(client, false);
    if (way == "orphan") answer_from_a_child(client, true);
#endif
    if (way == "compute" || way == "sleep" || way == "wait" || way == "poll") answer();
    receive_and_drop(client);
    if (helper.joinable()) helper.join();
}

// Starts itself again with one action, and goes on without waiting. The child shares our output.
void child(const char* self, const char* action) {
#ifdef _WIN32
    const std::string quoted = "\"" + std::string(self) + "\"";
    if (_spawnl(_P_NOWAIT, self, quoted.c_str(), action, nullptr) < 0) std::exit(99);
#else
    const pid_t pid = ::fork();
    if (pid < 0) std::exit(99);
    if (pid == 0) {
        ::execl(self, self, action, nullptr);
        ::_exit(99);
    }
#endif
}

}  // namespace

int main(int count, char** values) {
#ifdef _WIN32
    _setmode(_fileno(stdout), _O_BINARY);
    _setmode(_fileno(stderr), _O_BINARY);
#endif
    for (int at = 1; at < count; ++at) {
        const std::string action = values[at];
        const auto next = [&]() -> const char* { return ++at < count ? values[at] : ""; };
        if (action == "exit")
            std::_Exit(std::atoi(next()));
        else if (action == "print")
            std::cout << next() << std::endl;
        else if (action == "mutter")
            std::cout << next() << std::flush;  // without ending the line
        else if (action == "complain")
            std::cerr << next() << std::endl;
        else if (action == "hang")
            hang();
        else if (action == "crash")
            crash();
        else if (action == "abort")
            std::abort();
        else if (action == "spin")
            spin();
        else if (action == "grow")
            grow(std::atol(next()));
        else if (action == "open")
            holding.open(std::atol(next()));
        else if (action == "threads")
            holding.start(std::atol(next()));
        else if (action == "hoard")
            hoard(std::atol(next()));
        else if (action == "let-go")
            holding.release();
        else if (action == "await-line")
            std::cin.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
        else if (action == "flood")
            flood(std::cout, std::atol(next()));
        else if (action == "flood-errors")
            flood(std::cerr, std::atol(next()));
        else if (action == "burst")
            burst(std::atol(next()));
        else if (action == "widen")
            widen();
        else if (action == "echo")
            echo_input();
        else if (action == "connect")
            connect_and_hold(next());
        else if (action == "serve")
            serve();
        else if (action == "serve-by-poll")
            serve_by_poll();
        else if (action == "serve-by-poller")
            serve_by_poller();
        else if (action == "serve-two")
            serve_two();
        else if (action == "serve-many")
            serve_many();
        else if (action == "serve-unannounced")
            serve_unannounced();
        else if (action == "serve-a-flood")
            serve_a_flood();
        else if (action == "serve-past-the-end")
            serve_past_the_end();
        else if (action == "serve-one-who-has-gone")
            serve_one_who_has_gone();
        else if (action == "answer-late")
            answer_late(next());
        else if (action == "child")
            child(values[0], next());
        else if (action == "arguments") {
            for (++at; at < count; ++at) std::cout << "[" << values[at] << "]" << std::endl;
        } else if (action == "variable") {
            const char* value = std::getenv(next());
            std::cout << (value ? value : "(not set)") << std::endl;
        } else if (action == "0") {
            // What the harness gives to every server.
        } else {
            std::cerr << "puppet: unknown action " << action << std::endl;
            return 98;
        }
    }
    return 0;
}
