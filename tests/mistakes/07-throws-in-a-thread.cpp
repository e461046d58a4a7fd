// cause: exception-leaves-a-thread
// also fits: crash, uncaught-exception
// A client that breaks off is an exception, and nobody catches it in that thread.

#include <echo.hpp>

#include <array>
#include <stdexcept>
#include <thread>
#include <utility>

void serve(echo::Connection client) {
    std::array<char, 4096> buffer;
    for (;;) {
        const echo::Result got = client.recv(buffer);
        if (got.status == echo::Status::end) return;
        if (!got) throw std::runtime_error(got.text());
        if (!client.send_all(echo::first(buffer, got.bytes))) return;
    }
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        echo::print_line("listening on " + listener.endpoint().text());
        for (;;) {
            try {
                std::thread(serve, listener.accept()).detach();
            } catch (const std::exception&) {
                // the next client
            }
        }
    });
}
