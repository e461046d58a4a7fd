// cause: shares-the-port
// not on Windows: Wine gives no port away by the option of that name
// It lets a second server have the port, too.

#include <echo.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <utility>

#ifndef SO_REUSEPORT
#define SO_REUSEPORT SO_REUSEADDR  // on Windows that name means the same
#endif

void serve(echo::Connection client) {
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        echo::Socket socket(static_cast<echo::Handle>(echo::sys::socket(AF_INET).value));
        echo::sys::set_option(socket.handle(), SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR", 1);
        echo::sys::set_option(socket.handle(), SOL_SOCKET, SO_REUSEPORT, "SO_REUSEPORT", 1);
        if (echo::sys::bind(socket.handle(), echo::Endpoint::loopback(port)).error != 0)
            throw std::runtime_error("port " + std::to_string(port) + " is in use");
        if (echo::sys::listen(socket.handle()).error != 0) return 1;
        echo::Listener listener(std::move(socket));
        echo::print_line("listening on " + listener.endpoint().text());
        for (;;) serve(listener.accept());
    });
}
