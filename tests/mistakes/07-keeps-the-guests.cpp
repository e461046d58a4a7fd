// cause: leaks-descriptors
// not on Windows: Wine does not tell how many handles a program has
// Its threads end, but the connections stay in the list of all the guests that there ever were.

#include <echo.hpp>

#include <array>
#include <list>
#include <thread>

void serve(echo::Connection& client) {
    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer))
        if (!client.send_all(echo::first(buffer, got.bytes))) break;
    client.shutdown_send();
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        echo::print_line("listening on " + listener.endpoint().text());
        std::list<echo::Connection> guests;
        for (;;) {
            echo::Connection& guest = guests.emplace_back(listener.accept());
            std::thread([&guest] { serve(guest); }).detach();
        }
    });
}
