// cause: leaks-descriptors
// not on Windows: under Wine a reset looks like the end of the stream
// It puts broken connections aside, to look at them later, and never does.

#include <echo.hpp>

#include <array>
#include <utility>
#include <vector>

std::vector<echo::Connection> broken;

void serve(echo::Connection client, const echo::Log& log) {
    log.write(echo::Level::info, client.peer(), "connected");
    std::array<char, 4096> buffer;
    echo::Result got;
    while ((got = client.recv(buffer)))
        if (!(got = client.send_all(echo::first(buffer, got.bytes)))) break;
    if (got.status == echo::Status::reset) broken.push_back(std::move(client));
}

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, "[port]", [](echo::Arguments& arguments) -> int {
        const auto port = arguments.next_port(7777);
        arguments.done();
        echo::Listener listener = echo::listen(echo::Endpoint::loopback(port));
        echo::print_line("listening on " + listener.endpoint().text());
        const echo::Log log;
        for (;;) serve(listener.accept(), log);
    });
}
