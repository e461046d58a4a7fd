// A program of somebody else: it talks to itself over the loopback, and is right when it hears it.
#include <echo.hpp>

#include <array>
#include <iostream>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    echo::Connection mine = echo::connect(listener.endpoint());
    echo::Connection theirs = listener.accept();
    if (!mine.send_all("hello\n")) return 1;
    std::array<char, 6> buffer;
    echo::Result got = theirs.recv_exactly(buffer, echo::after(std::chrono::seconds(5)));
    std::cout << echo::first(buffer, got.bytes);
    return got ? 0 : 1;
}
