// cause: never-connects
// The host and the port in its arguments are not looked at.

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
        line += '\n';
        if (!server.send_all(line)) return false;
        if (!print_echo(server, line.size())) return false;
    }
    return true;
}

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    (void)argv;
    try {
        echo::Connection server = echo::connect("127.0.0.1", 1);
        if (talk(server)) return 0;
    } catch (const echo::Error& error) {
        std::cerr << "client: " << error.what() << '\n';
    }
    return 1;
}
