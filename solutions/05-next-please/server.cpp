// The tool echo-server: one client after another. Written ahead of lesson 05, which is to come.

#include <echo.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string_view>
#include <thread>
#include <utility>

constexpr std::string_view usage =
    "usage: echo-server [port]\n"
    "\n"
    "Sends back every byte that a client sends, one client after another.\n"
    "Listens on 127.0.0.1, on port 7777 unless told another; 0 lets the system pick one.\n"
    "Ctrl-C ends it.\n";

constexpr std::uint16_t default_port = 7777;

// More than the two systems hold on the way between them. A client that sends more than this
// after our goodbye is not listening to us, and gets the reset after all.
constexpr std::size_t most_to_drain = std::size_t{16} * 1024 * 1024;
constexpr std::chrono::seconds longest_goodbye{2};

// Closing a socket with bytes unread sends a reset, and a reset can destroy echoes that the client
// has not read yet. So end our stream, read what is still on its way, and only then close.
void say_goodbye(echo::Connection& client) {
    client.shutdown_send();

    std::array<char, 4096> unwanted;
    const echo::Deadline deadline = echo::after(longest_goodbye);
    std::size_t drained = 0;
    while (drained < most_to_drain) {
        const auto got = client.recv(unwanted, deadline);
        if (!got) break;
        drained += got.bytes;
    }
}

// Whatever becomes of this client is no reason for the server to end, so nothing is reported here.
void serve(echo::Connection client) {
    std::array<char, 65536> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
    say_goodbye(client);
}

[[noreturn]] void serve_everyone(echo::Listener& listener) {
    bool complained = false;  // once is enough: the reason may last for hours
    for (;;) {
        try {
            echo::Connection client = listener.accept();
            complained = false;
            serve(std::move(client));
        } catch (const echo::Error& error) {
            // The system is short of something, often for a moment only. The client is still in
            // the queue, so trying again at once would spin: give the system time.
            if (!complained) std::cerr << "echo-server: " << error.what() << '\n';
            complained = true;
            std::this_thread::sleep_for(std::chrono::seconds(1));
        }
    }
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, usage, [](echo::Arguments& arguments) {
        const std::uint16_t port = arguments.next_port(default_port);
        arguments.done();

        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        echo::print_line("listening on " + listener.endpoint().text());
        serve_everyone(listener);
        return 0;
    });
}
