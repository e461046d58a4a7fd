// cause: resent-from-start
// also fits: changed-bytes, sent-twice
// The rest is counted from one byte too early.

#include <echo.hpp>

#include <array>
#include <iostream>
#include <string_view>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 4096> buffer;
    while (auto got = client.recv(buffer)) {
        std::string_view rest = echo::first(buffer, got.bytes);
        while (!rest.empty()) {
            const auto sent = client.send(rest);
            if (!sent) return 0;
            rest.remove_prefix(sent.bytes < rest.size() ? sent.bytes - 1 : sent.bytes);
        }
    }
}
