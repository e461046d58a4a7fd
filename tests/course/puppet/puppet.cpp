// A program that does what its arguments say, for the tests of the harness. Every way a program
// under test can behave or misbehave, on every system.
//
// Arguments are actions, done in order; at their end it exits with 0.
#include <echo.hpp>

#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#include <process.h>
#else
#include <csignal>

#include <fcntl.h>
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

void echo_input() {
    std::string line;
    while (std::getline(std::cin, line)) std::cout << line << std::endl;
    std::cout << "input over" << std::endl;
}

// An echo server for one client, with a single send for each recv, so that a short send shows.
void serve() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send(echo::first(buffer, got.bytes))) break;
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
        else if (action == "serve")
            serve();
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
