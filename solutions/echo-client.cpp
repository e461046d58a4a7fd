// The tool echo-client: lesson 02's client grown up. It stands any bytes, lines of any length, and
// a server that goes away.

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <span>
#include <string>
#include <string_view>

constexpr std::string_view usage =
    "usage: echo-client [host] [port]\n"
    "\n"
    "Sends what it reads from standard input, line by line, and prints what comes back.\n"
    "Talks to 127.0.0.1, port 7777, unless told another host or port.\n"
    "The end of the input (Ctrl-D, on Windows Ctrl-Z and Enter) ends it.\n";

constexpr std::string_view default_host = "127.0.0.1";
constexpr std::uint16_t default_port = 7777;
constexpr std::chrono::seconds longest_connect{10};

// All that is ever under way. It must fit into the system's receive buffer: the server can then
// always send its echo, and never waits for us to read while we wait for it to read.
using Piece = std::array<char, 16384>;

// The next bytes of the input: at least a line, or as many as there are if more are here already,
// so that a person gets an answer at every Enter and a file goes through in large pieces.
std::size_t read_piece(Piece& piece) {
    using Traits = std::char_traits<char>;
    std::streambuf& input = *std::cin.rdbuf();
    std::size_t count = 0;
    while (count < piece.size()) {
        const auto next = input.sbumpc();
        if (Traits::eq_int_type(next, Traits::eof())) break;
        piece[count++] = Traits::to_char_type(next);
        if (piece[count - 1] == '\n' && input.in_avail() <= 0) break;
    }
    return count;
}

// Prints what comes until `missing` bytes have come. The result is the last recv's.
echo::Result print_echo(echo::Connection& server, std::size_t missing) {
    Piece buffer;
    for (;;) {
        const auto room = std::span<char>(buffer).first(std::min(missing, buffer.size()));
        const echo::Result got = server.recv(room);
        if (!got) return got;
        std::cout << echo::first(buffer, got.bytes);
        missing -= got.bytes;
        if (missing == 0) return got;
    }
}

int server_gone(echo::Status how) {
    std::cout.flush();
    std::cerr << "echo-client: the server went away (" << echo::name(how)
              << ") before it had echoed everything; is it an echo server?\n";
    return 1;
}

// After our end of stream the server still owes us its own. What comes before that is printed.
echo::Status finish(echo::Connection& server) {
    server.shutdown_send();
    for (;;) {
        const echo::Result got = print_echo(server, Piece{}.size());
        if (!got) return got.status;
    }
}

int talk(echo::Connection& server) {
    Piece piece;
    while (const std::size_t count = read_piece(piece)) {
        const echo::Result sent = server.send_all(echo::first(piece, count));
        if (!sent) return server_gone(sent.status);
        const echo::Result echoed = print_echo(server, count);
        if (!echoed) return server_gone(echoed.status);
        std::cout.flush();
    }
    const echo::Status ending = finish(server);
    if (ending != echo::Status::end) return server_gone(ending);
    if (std::cout.flush()) return 0;
    std::cerr << "echo-client: standard output can't be written; is the disk full?\n";
    return 1;
}

int bad_usage(std::string_view what, std::string_view value, std::string_view advice) {
    std::cerr << "echo-client: " << what << ' ' << echo::quote(value) << "; " << advice << '\n';
    return 2;
}

// "--port" is an option, though an unknown one; "-1" is a number, though no port.
bool is_option(std::string_view argument) {
    return argument.size() > 1 && argument[0] == '-' && (argument[1] < '0' || argument[1] > '9');
}

int main(int argc, char** argv) {
    // The C library's own buffering is in the way: std::cin has to know what is here already.
    std::ios::sync_with_stdio(false);
    echo::use_binary_streams();

    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--help" || argument == "-h") {
            std::cout << usage;
            return 0;
        }
        if (is_option(argument))
            return bad_usage("unknown option", argument, "the only one is --help");
    }
    if (argc > 3) return bad_usage("unexpected argument", argv[3], "give a host and a port");

    const std::string_view host = argc > 1 ? argv[1] : default_host;
    if (host.empty() || host.find_first_not_of("0123456789") == std::string_view::npos)
        return bad_usage("not a host:", host, "the host comes first, then the port");
    std::uint16_t port = default_port;
    try {
        if (argc > 2) port = echo::parse_port(argv[2]);
    } catch (const echo::Error& error) {
        std::cerr << "echo-client: " << error.what() << '\n';
        return 2;
    }

    try {
        echo::Connection server = echo::connect(host, port, echo::after(longest_connect));
        return talk(server);
    } catch (const echo::Error& error) {
        std::cerr << "echo-client: " << error.what() << '\n';
        return 1;
    }
}
