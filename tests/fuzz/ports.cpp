// parse_port takes the whole numbers up to 65535 and nothing else.
#include "fuzz.hpp"

namespace fuzz::ports {

void run(std::string_view bytes) {
    const auto port = unless_refused([&] { return echo::parse_port(bytes); });
    const auto expected = number_up_to(65535, bytes);
    expect(port.has_value() == expected.has_value(), "taken or refused wrongly", bytes);
    if (!port) return;
    expect(*port == *expected, "another number", bytes);
    expect(echo::parse_port(std::to_string(*port)) == *port, "does not read back", bytes);
}

const Target target("ports", run);

}  // namespace fuzz::ports
