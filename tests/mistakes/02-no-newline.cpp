// cause: newline-missing
// also fits: lost-bytes, newline-stripped
// The newline that getline took off is never put back.

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>
#include <span>
#include <string>

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
    return true;
}

bool talk(echo::Connection& server) {
    std::string line;
    while (std::getline(std::cin, line)) {
        if (!server.send_all(line)) return false;
        if (!print_echo(server, line.size())) return false;
    }
    return true;
}

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    try {
        echo::Connection server = echo::connect(argv[1], echo::parse_port(argv[2]));
        if (talk(server)) return 0;
        std::cerr << "client: the server went away\n";
    } catch (const echo::Error& error) {
        std::cerr << "client: " << error.what() << '\n';
        if (error.code() == std::errc::invalid_argument) return 2;
    }
    return 1;
}
