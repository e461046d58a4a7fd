// An echo server with Asio (Debian: libasio-dev), for comparison: one thread, a session a client, its
// calls in a row as Asio's own tutorial has them.
//
//     asio [port]

#include <asio.hpp>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <system_error>
#include <utility>

namespace {

using asio::ip::tcp;

// Lives as long as a call of it is under way: each holds on to it.
class Session : public std::enable_shared_from_this<Session> {
public:
    explicit Session(tcp::socket socket) : socket_(std::move(socket)) {}

    void read() {
        socket_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](
                                                           std::error_code error, std::size_t got) {
            if (!error) self->write(got);
        });
    }

private:
    void write(std::size_t size) {
        asio::async_write(socket_, asio::buffer(buffer_.data(), size),
                          [self = shared_from_this()](std::error_code error, std::size_t) {
                              if (!error) self->read();
                          });
    }

    tcp::socket socket_;
    std::array<char, 65536> buffer_;  // not touched, it takes no memory
};

void accept(tcp::acceptor& acceptor) {
    acceptor.async_accept([&acceptor](std::error_code error, tcp::socket socket) {
        if (!error) {
            socket.set_option(tcp::no_delay(true));
            std::make_shared<Session>(std::move(socket))->read();
        }
        accept(acceptor);
    });
}

}  // namespace

int main(int argc, char** argv) {
    const auto port = static_cast<asio::ip::port_type>(argc > 1 ? std::atoi(argv[1]) : 0);
    asio::io_context context(1);  // one thread: it needs no locks
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
    std::cout << "listening on " << acceptor.local_endpoint() << std::endl;
    accept(acceptor);
    context.run();
}
