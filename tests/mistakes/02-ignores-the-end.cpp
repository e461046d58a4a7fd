// cause: ignores-end-of-stream
// also fits: wrong-exit-code
// It counts bytes that will never come: recv gives 0 at once, for ever.

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>
#include <span>
#include <string>

bool talk(echo::Connection& server) {
    std::string line;
    while (std::getline(std::cin, line)) {
        line += '\n';
        if (!server.send_all(line)) return false;
        std::array<char, 4096> buffer;
        for (std::size_t missing = line.size(); missing > 0;) {
            const auto room = std::span<char>(buffer).first(std::min(missing, buffer.size()));
            const auto got = server.recv(room);
            std::cout << echo::first(buffer, got.bytes);
            missing -= got.bytes;
        }
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
