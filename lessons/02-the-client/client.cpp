// Lesson 02: a client that sends each line it reads and prints the echo.
// The lesson is in README.md beside this file. The TODO numbers are the same there.

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>
#include <span>
#include <string>

// The conversation: a line out, its echo back, and so on until the input ends.
// False: the server went away before all of an echo had come.
bool talk([[maybe_unused]] echo::Connection& server) {
    std::string line;
    while (std::getline(std::cin, line)) {
        line += '\n';  // getline took it off

        // TODO 2: send the whole line to the server. Return false when that fails.

        // TODO 3: receive the echo and print it. It may come in many pieces: go on until as many
        //         bytes as you sent have come. Return false when the server's stream ends first.
    }
    return true;
}

int main(int argc, [[maybe_unused]] char** argv) {
    if (argc != 3) {
        std::cerr << "usage: client HOST PORT, for example: client 127.0.0.1 7777\n";
        return 2;
    }
    try {
        // TODO 1: connect to the host in argv[1] and the port in argv[2] (a text, not a number),
        //         and let talk() use the connection. Return 0 when it says that all went well.

        // TODO 4: when talk() says that it did not, say so in one line on standard error.
    } catch (const echo::Error& error) {
        std::cerr << "client: " << error.what() << '\n';
        // A port that is no number is a mistake in the command line. The rest is bad luck.
        if (error.code() == std::errc::invalid_argument) return 2;
    }
    return 1;
}
