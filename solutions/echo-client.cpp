// The tool echo-client: lesson 02's client grown up. It stands any bytes, lines of any length, and
// a server that goes away.

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

constexpr std::string_view usage =
    "[host] [port]\n"
    "\n"
    "Sends what it reads from standard input, line by line, and prints what comes back.\n"
    "Talks to 127.0.0.1, port 7777, unless told another host or port.\n"
    "The end of the input (Ctrl-D, on Windows Ctrl-Z and Enter) ends it.";

constexpr std::string_view default_host = "127.0.0.1";
constexpr std::uint16_t default_port = 7777;
constexpr std::chrono::seconds longest_connect{10};

constexpr const char* cannot_print =
    "standard output can't be written to; is it closed, or the disk full?";

// All that is ever under way. It must fit into the system's receive buffer: the server can then
// always send its echo, and never waits for us to read while we wait for it to read.
using Piece = std::array<char, 16384>;

// A byte of the input, or Traits::eof() at its end. An input that can't be read is told by an
// exception in one C++ library, and looks like the end in the others.
using Traits = std::char_traits<char>;
Traits::int_type read_byte() {
    try {
        const auto byte = std::cin.rdbuf()->sbumpc();
        if (!Traits::eq_int_type(byte, Traits::eof()) || !std::ferror(stdin)) return byte;
    } catch (const std::ios_base::failure&) {
    }
    throw std::runtime_error("standard input can't be read; is it closed, or a folder?");
}

// The next bytes of the input: at least a line, or as many as there are if more are here already,
// so that a person gets an answer at every Enter and a file goes through in large pieces.
std::size_t read_piece(Piece& piece) {
    std::size_t count = 0;
    while (count < piece.size()) {
        const auto next = read_byte();
        if (Traits::eq_int_type(next, Traits::eof())) break;
        piece[count++] = Traits::to_char_type(next);
        if (piece[count - 1] == '\n' && std::cin.rdbuf()->in_avail() <= 0) break;
    }
    return count;
}

// Standard output may be closed, or its disk full. Then there is no use in going on.
void print(std::string_view bytes) {
    if (!std::cout.write(bytes.data(), static_cast<std::streamsize>(bytes.size())))
        throw std::runtime_error(cannot_print);
}

void flush() {
    if (!std::cout.flush()) throw std::runtime_error(cannot_print);
}

// Prints what comes until `missing` bytes have come. The result is the last recv's.
echo::Result print_echo(echo::Connection& server, std::size_t missing) {
    Piece buffer;
    for (;;) {
        const auto room = std::span<char>(buffer).first(std::min(missing, buffer.size()));
        const echo::Result got = server.recv(room);
        if (!got) return got;
        print(echo::first(buffer, got.bytes));
        missing -= got.bytes;
        if (missing == 0) return got;
    }
}

// Ends the tool, with what has come so far on the screen.
[[noreturn]] void server_gone(echo::Status how) {
    flush();
    throw std::runtime_error("the server went away (" + std::string(echo::name(how)) +
                             ") before it had echoed everything; is it an echo server?");
}

// After our end of stream the server still owes us its own. What comes before that is printed.
echo::Status finish(echo::Connection& server) {
    server.shutdown_send();
    for (;;) {
        const echo::Result got = print_echo(server, Piece{}.size());
        if (!got) return got.status;
    }
}

void talk(echo::Connection& server) {
    Piece piece;
    while (const std::size_t count = read_piece(piece)) {
        const echo::Result sent = server.send_all(echo::first(piece, count));
        if (!sent) server_gone(sent.status);
        const echo::Result echoed = print_echo(server, count);
        if (!echoed) server_gone(echoed.status);
        flush();
    }
    const echo::Status ending = finish(server);
    if (ending != echo::Status::end) server_gone(ending);
    flush();
}

// "4444" alone is a port that somebody has written without a host.
bool is_host(std::string_view word) {
    return word.find_first_not_of("0123456789") != std::string_view::npos;
}

int main(int argc, char** argv) {
    // The C library's own buffering is in the way: std::cin has to know what is here already.
    std::ios::sync_with_stdio(false);
    echo::use_binary_streams();

    return echo::run_tool(argc, argv, usage, [](echo::Arguments& arguments) {
        const std::string_view host = arguments.next(default_host);
        const std::uint16_t port = arguments.next_port(default_port);
        arguments.done();
        if (!is_host(host))
            throw echo::UsageError("not a host: " + echo::quote(host) +
                                   "; the host comes first, then the port");
        echo::Connection server = echo::connect(host, port, echo::after(longest_connect));
        talk(server);
        return 0;
    });
}
