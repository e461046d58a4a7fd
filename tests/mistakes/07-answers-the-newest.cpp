// cause: goes-to-another-client
// also fits: does-nothing, lost-bytes, lost-client, never-answers
// The variable that says whom to answer is one for all threads, and in it is who came last.

#include <echo.hpp>

#include <array>
#include <list>
#include <string_view>
#include <thread>

echo::Connection* client = nullptr;

bool answer(std::string_view bytes) { return static_cast<bool>(client->send_all(bytes)); }

void serve(echo::Connection& guest) {
    std::array<char, 4096> buffer;
    while (auto got = guest.recv(buffer))
        if (!answer(echo::first(buffer, got.bytes))) break;
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        echo::print_line("listening on " + listener.endpoint().text());
        std::list<echo::Connection> guests;
        for (;;) {
            client = &guests.emplace_back(listener.accept());
            std::thread([](echo::Connection* guest) { serve(*guest); }, client).detach();
        }
    });
}
