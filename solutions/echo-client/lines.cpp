// Lines from standard input, as they are typed, and what the server says to them. It stands any
// bytes, lines of any length, and a server that goes away. What comes is not compared: there is
// somebody to read it.

#include "ending.hpp"
#include "modes.hpp"
#include "outcome.hpp"

#include <array>
#include <cstddef>
#include <cstdio>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

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

class Talk {
public:
    Talk(const Options& options, echo::Connection server)
        : options_(options), server_(std::move(server)) {}

    void run();
    void sum_up(Json& report) const {
        report.number("bytes_sent", sent_).number("bytes_received", received_);
    }

private:
    void send(std::string_view piece);
    void print_answer(std::size_t size);
    void show(std::string_view bytes);

    const Options& options_;
    echo::Connection server_;
    std::uint64_t sent_ = 0, received_ = 0;
};

void Talk::run() {
    Piece piece;
    while (const std::size_t count = read_piece(piece)) {
        send(echo::first(piece, count));
        print_answer(count);
        flush();
    }
    finish(server_, options_.timeout, [this](std::string_view more) {
        show(more);
        flush();
    });
}

void Talk::send(std::string_view piece) {
    const echo::Result sent = server_.send_all(piece, echo::after(options_.timeout));
    sent_ += sent.bytes;
    if (sent.status == echo::Status::timed_out) throw silent(0, piece.size(), options_.timeout);
    if (!sent) throw gone(sent);
}

// Prints what comes until as much has come as was sent.
void Talk::print_answer(std::size_t size) {
    Piece buffer;
    const echo::Deadline deadline = echo::after(options_.timeout);
    for (std::size_t came = 0; came < size;) {
        const auto room = std::span<char>(buffer).first(size - came);
        const echo::Result got = server_.recv(room, deadline);
        show(echo::first(buffer, got.bytes));
        came += got.bytes;
        if (got) continue;
        flush();  // what has come so far
        if (got.status == echo::Status::timed_out) throw silent(came, size, options_.timeout);
        throw gone(got);
    }
}

void Talk::show(std::string_view bytes) {
    received_ += bytes.size();
    if (!options_.json) print(bytes);
}

}  // namespace

void talk_in_lines(const Options& options, Json& report) {
    Talk talk(options, connect(options, report));
    try {
        talk.run();
    } catch (const std::exception&) {
        talk.sum_up(report);
        throw;
    }
    talk.sum_up(report);
}
