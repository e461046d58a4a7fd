#include "callgrind.hpp"

#include "files.hpp"
#include "load.hpp"

#include <echo.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace bench {

namespace {

void require(bool holds) {
    if (!holds) throw std::runtime_error("a server under callgrind let its clients wait");
}

void echo_once(Server& server, std::vector<echo::Connection>& clients) {
    const std::string message(message_size, 'x');
    std::string back(message_size, '?');
    const echo::Deadline deadline = echo::after(patience);
    server.pause();
    for (echo::Connection& client : clients) require(bool(client.send_all(message, deadline)));
    server.resume();
    for (echo::Connection& client : clients)
        require(client.recv_exactly(back, deadline) && back == message);
}

// Each is served before the next one comes, so that this goes alike each time.
std::vector<echo::Connection> connect(const Server& server, std::size_t count) {
    std::vector<echo::Connection> clients;
    char byte = 'x';
    for (std::size_t i = 0; i < count; ++i) {
        clients.push_back(server.connect());
        clients.back().set_no_delay();
        require(clients.back().send_all("x") &&
                clients.back().recv_exactly({&byte, 1}, echo::after(patience)));
    }
    return clients;
}

double count_in(const std::string& report) {
    const std::size_t line = report.find("\ntotals: ");
    if (line == std::string::npos) throw std::runtime_error("callgrind has not counted");
    return std::strtod(report.c_str() + line + 9, nullptr);
}

double instructions(std::vector<std::string> command, const std::vector<std::string>& arguments,
                    std::size_t clients, std::size_t rounds) {
    const std::string file = (std::filesystem::temp_directory_path() /
                              ("echo-bench-callgrind." + std::to_string(::getpid())))
                                 .string();
    command.insert(command.begin(),
                   {"valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=" + file});
    Server server(std::move(command), arguments);
    {
        std::vector<echo::Connection> all = connect(server, clients);
        for (std::size_t i = 0; i < rounds; ++i) echo_once(server, all);
        server.stop();
    }
    const double count = count_in(read_file(file));
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    return count;
}

}  // namespace

double instructions_a_message(const std::vector<std::string>& command,
                              const std::vector<std::string>& arguments, const Rounds& rounds) {
    const double few = instructions(command, arguments, rounds.clients, rounds.few);
    const double many = instructions(command, arguments, rounds.clients, rounds.many);
    return (many - few) / static_cast<double>((rounds.many - rounds.few) * rounds.clients);
}

}  // namespace bench
