// Lesson 02, finished: a client that sends each line it reads and prints the echo.

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>
#include <span>
#include <string>

// An echo may come in many pieces, so one recv is not enough: count until none is missing.
// False: the server went away before all of it had come.
bool print_echo(echo::Connection& server, std::size_t missing) {
    std::array<char, 4096> buffer;
    while (missing > 0) {
        const auto room = std::span<char>(buffer).first(std::min(missing, buffer.size()));
        const auto got = server.recv(room);
        if (!got) return false;
        std::cout << echo::first(buffer, got.bytes);
        missing -= got.bytes;
    }
    std::cout.flush();
    return true;
}

// The conversation: a line out, its echo back, and so on until the input ends.
bool talk(echo::Connection& server) {
    std::string line;
    while (std::getline(std::cin, line)) {
        line += '\n';
        if (!server.send_all(line)) return false;
        if (!print_echo(server, line.size())) return false;
    }
    return true;
}

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: client HOST PORT, for example: client 127.0.0.1 7777\n";
        return 2;
    }
    try {
        echo::Connection server = echo::connect(argv[1], echo::parse_port(argv[2]));
        if (talk(server)) return 0;
        std::cerr << "client: the server went away before it had echoed everything\n";
    } catch (const echo::Error& error) {
        std::cerr << "client: " << error.what() << '\n';
        // A port that is no number is a mistake in the command line. The rest is bad luck.
        if (error.code() == std::errc::invalid_argument) return 2;
    }
    return 1;
}
