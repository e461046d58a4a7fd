// cause: waits-for-too-much
// also fits: does-nothing, lost-bytes
// It waits until its buffer is full, and no server sends that much.

#include <echo.hpp>

#include <array>
#include <iostream>
#include <string>

bool talk(echo::Connection& server) {
    std::string line;
    while (std::getline(std::cin, line)) {
        line += '\n';
        if (!server.send_all(line)) return false;
        std::array<char, 1024> buffer;
        const auto got = server.recv_exactly(buffer);
        std::cout << echo::first(buffer, got.bytes) << std::flush;
        if (!got) return false;
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
