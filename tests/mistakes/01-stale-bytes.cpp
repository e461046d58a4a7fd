// cause: whole-buffer
// also fits: extra-bytes, sent-twice
// What an earlier, longer message left in the buffer goes back again.

#include <echo.hpp>

#include <array>
#include <cstddef>
#include <iostream>
#include <string_view>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();

    std::array<char, 16384> buffer{};
    std::size_t longest = 0;
    while (auto got = client.recv(buffer)) {
        if (got.bytes > longest) longest = got.bytes;
        if (!client.send(std::string_view(buffer.data(), longest))) break;
    }
}
