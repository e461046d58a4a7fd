// cause: line-sent-in-part
// also fits: lost-bytes
// One send is believed to take the whole line.

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <iostream>
#include <span>
#include <string>

bool talk(echo::Connection& server) {
    std::string line;
    while (std::getline(std::cin, line)) {
        line += '\n';
        if (!server.send(line)) return false;
        std::array<char, 4096> buffer;
        for (std::size_t missing = line.size(); missing > 0;) {
            const std::size_t most = std::min(missing, buffer.size());
            const auto got = server.recv(std::span<char>(buffer).first(most));
            if (!got) return false;
            std::cout << echo::first(buffer, got.bytes) << std::flush;
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
