// The clients of the benchmarks: a crowd that is silent, one that talks, and many that do.
#pragma once

#include "process.hpp"

#include <echo.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bench {

// No step of a benchmark waits longer than this for what has to come.
inline constexpr std::chrono::seconds patience{10};
inline constexpr std::size_t message_size = 512;

// Half of the values are below the middle one, and 99 of 100 below the late one. Empty: 0.
double middle(std::vector<double> values);
double late(std::vector<double> values);

// A server of ours, from its first line to the end of this object.
class Server {
public:
    // Behind the command comes its port, 0, and then the arguments. Most: of descriptors that it may
    // have; 0: as many as we. 0 as a port lets the system pick one: none can be taken already.
    Server(std::vector<std::string> command, const std::vector<std::string>& arguments,
           std::size_t most = 0);

    echo::Connection connect() const;
    std::chrono::duration<double> processor_time() const { return process_.cpu_time(); }
    // While it stands still, what comes for it is kept by the system.
    void pause();
    void resume() { process_.resume(); }
    // Asks it to end, as `kill` does, and waits until it has.
    void stop();
    std::size_t memory() const { return process_.holdings().memory.value_or(0); }
    std::size_t descriptors() const { return process_.holdings().descriptors.value_or(0); }
    std::uint16_t port() const { return port_; }
    std::size_t threads() const { return process_.holdings().threads.value_or(0); }
    std::string log() const { return process_.errors(); }
    // Whether it ends by itself.
    bool ends(std::chrono::milliseconds soon);
    void kill();

private:
    harness::Process process_;
    std::uint16_t port_ = 0;
};

// Clients that have said one byte each, and got it back, and are silent.
class Crowd {
public:
    explicit Crowd(const Server& server) : server_(server) {}
    ~Crowd() { leave(); }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    // Lets it become so large. False: no more of them were served, in that time.
    bool grow_to(std::size_t size, std::chrono::milliseconds soon = patience);
    // Each says something of its own, and gets that back.
    bool all_echo();
    void leave();
    std::size_t size() const { return clients_.size(); }

private:
    bool grow(std::size_t more, std::chrono::milliseconds soon);

    const Server& server_;
    std::vector<echo::Connection> clients_;
};

// In microseconds.
struct Times {
    double middle = 0, late = 0;
};

// One client sends a message, waits until it is back, and sends the next: so many times, or for so
// long.
Times round_trips(echo::Connection& client, std::size_t count,
                  std::chrono::milliseconds longest = std::chrono::seconds(1));

struct Work {
    double messages = 0;        // a second
    double processor_time = 0;  // the server's, a message, in microseconds
    Times times;
};

// So many clients do that at once, with messages of that size. What it costs the load itself is kept
// low, or that would be measured: of each client the first answer is compared, of the others the
// bytes are only counted.
Work keep_busy(const Server& server, std::size_t clients, std::chrono::milliseconds how_long,
               std::size_t size = message_size);

}  // namespace bench
