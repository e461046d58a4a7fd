// Endpoint::parse takes a.b.c.d:port and [IPv6]:port and nothing else; whatever an endpoint is made
// of, its text reads back as the same endpoint.
#include "fuzz.hpp"

#include <cstring>

#ifndef _WIN32
#include <arpa/inet.h>
#endif

namespace fuzz::endpoints {

using echo::Endpoint;

// What an address and a port are in other words: the address's bytes, and the port.
struct Parts {
    std::string address;
    std::uint16_t port;
    bool operator==(const Parts&) const = default;
};

// The four bytes of an IPv4 address, the sixteen of an IPv6 one, or none.
std::string address_bytes(int family, std::string_view text) {
    char room[sizeof(in6_addr)];
    const std::string copy(text);  // ends with a zero
    if (text.find('\0') != text.npos || inet_pton(family, copy.c_str(), room) != 1) return {};
    return {room, family == AF_INET6 ? sizeof(in6_addr) : sizeof(in_addr)};
}

std::string without_clothes(const std::string& address) {
    const std::string clothes = std::string(10, '\0') + "\xff\xff";
    return address.starts_with(clothes) ? address.substr(clothes.size()) : address;
}

// What stands behind a % is the system's affair.
std::optional<Parts> reference(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos) return std::nullopt;
    const auto port = number_up_to(65535, text.substr(colon + 1));
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    const std::string address = bracketed ? address_bytes(AF_INET6, host.substr(0, host.find('%')))
                                          : address_bytes(AF_INET, host);
    if (!port || address.empty()) return std::nullopt;
    return Parts{without_clothes(address), static_cast<std::uint16_t>(*port)};
}

Parts parts_of(const Endpoint& endpoint) {
    const std::string text = endpoint.address();
    return {address_bytes(endpoint.is_ipv6() ? AF_INET6 : AF_INET, text.substr(0, text.find('%'))),
            endpoint.port()};
}

void check_round_trip(const Endpoint& endpoint) {
    const std::string text = endpoint.text();
    const auto again = unless_refused([&] { return Endpoint::parse(text); });
    expect(again.has_value(), "its text is refused", text);
    expect(*again == endpoint, "its text is another endpoint", text);
    expect(again->hash() == endpoint.hash(), "equal, with another hash", text);
    expect(endpoint.with_port(again->port()) == endpoint, "another port", text);
}

void check_parsing(std::string_view bytes) {
    const auto endpoint = unless_refused([&] { return Endpoint::parse(bytes); });
    const auto expected = reference(bytes);
    if (endpoint || bytes.find('%') == bytes.npos)
        expect(endpoint.has_value() == expected.has_value(), "taken or refused wrongly", bytes);
    if (!endpoint) return;
    expect(parts_of(*endpoint) == *expected, "another endpoint", bytes);
    check_round_trip(*endpoint);
}

// From the structure of any address that a system could give us.
Endpoint made_of(Script& script) {
    const bool is_ipv6 = script.number() % 2 != 0;
    const auto port = static_cast<std::uint16_t>(script.number() << 8 | script.number());
    std::string address(script.text(is_ipv6 ? sizeof(in6_addr) : sizeof(in_addr)));
    address.resize(is_ipv6 ? sizeof(in6_addr) : sizeof(in_addr));
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(is_ipv6 ? static_cast<void*>(&v6.sin6_addr) : &v4.sin_addr, address.data(),
                address.size());
    const Endpoint endpoint = Endpoint::from_native(
        is_ipv6 ? reinterpret_cast<const sockaddr*>(&v6) : reinterpret_cast<const sockaddr*>(&v4));
    expect(parts_of(endpoint) == Parts{without_clothes(address), port}, "another endpoint",
           address);
    return endpoint;
}

void check_order(const Endpoint& a, const Endpoint& b) {
    expect((a < b) + (b < a) + (a == b) == 1, "no order", a.text() + ' ' + b.text());
    if (a == b) expect(a.hash() == b.hash() && a.text() == b.text(), "equal", a.text());
}

void run(std::string_view bytes) {
    check_parsing(bytes);
    Script script(bytes);
    const Endpoint one = made_of(script), other = made_of(script);
    check_round_trip(one);
    check_round_trip(other);
    check_order(one, other);
}

const Target target("endpoints", run);

}  // namespace fuzz::endpoints
