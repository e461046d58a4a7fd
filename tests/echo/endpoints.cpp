// Ports, addresses and names: text in, text out.
#include "catch.hpp"
#include "pair.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <sstream>
#include <unordered_map>
#include <vector>

TEST_CASE("a port is a whole number from 0 to 65535", "[endpoint]") {
    CHECK(echo::parse_port("0") == 0);
    CHECK(echo::parse_port("80") == 80);
    CHECK(echo::parse_port("7777") == 7777);
    CHECK(echo::parse_port("65535") == 65535);
    CHECK(echo::parse_port("00080") == 80);
}

TEST_CASE("anything else is no port, and the error names it", "[endpoint]") {
    const std::string text = GENERATE(as<std::string>{}, "", "0x50", "65536", "70000", "-1", "+1",
                                      " 80", "80 ", "8o", "99999999999999999999", "7777\n");
    CAPTURE(text);
    try {
        const auto port = echo::parse_port(text);
        FAIL("taken as " << port);
    } catch (const echo::Error& error) {
        CHECK(error.code() == std::errc::invalid_argument);
        CHECK(error.what() == "port " + echo::quote(text) +
                                  ": not valid; give a whole number from 0 to 65535, such as 7777");
    }
}

TEST_CASE("an endpoint's text reads back as the same endpoint", "[endpoint]") {
    const std::string text =
        GENERATE(as<std::string>{}, "127.0.0.1:7777", "0.0.0.0:0", "255.255.255.255:65535",
                 "[::1]:7777", "[::]:0", "[2001:db8::1]:80");
    const echo::Endpoint endpoint = echo::Endpoint::parse(text);
    CHECK(endpoint.text() == text);
    CHECK(echo::Endpoint::parse(endpoint.text()) == endpoint);
    CHECK(endpoint.is_ipv6() == (text[0] == '['));
}

TEST_CASE("an endpoint's parts", "[endpoint]") {
    const auto v4 = echo::Endpoint::parse("10.1.2.3:80");
    CHECK(v4.address() == "10.1.2.3");
    CHECK(v4.port() == 80);
    CHECK(v4.with_port(81).text() == "10.1.2.3:81");
    CHECK_FALSE(v4 == v4.with_port(81));
    const auto v6 = echo::Endpoint::parse("[fe80::1]:80");
    CHECK(v6.address() == "fe80::1");
    CHECK(v6.port() == 80);
    CHECK_FALSE(v6 == v4);
    std::ostringstream out;
    out << v6;
    CHECK(out.str() == "[fe80::1]:80");
}

TEST_CASE("text that is no endpoint is refused, in one line", "[endpoint]") {
    const std::string text =
        GENERATE(as<std::string>{}, "", ":", "127.0.0.1", "127.0.0.1:", ":7777", "localhost:7777",
                 "::1:7777", "[::1]", "[::1]7777", "[]:7777", "[127.0.0.1]:7777", "127.0.0.1:70000",
                 "1.2.3.4.5:80", "[::1:7777", "1:80", "127.1:80", "010.0.0.1:80", "0x7f000001:80",
                 "127.0.0.1 :80", std::string("127.0.0.1\0:80", 13), std::string("[::1\0]:80", 9));
    CAPTURE(text);
    try {
        const auto endpoint = echo::Endpoint::parse(text);
        FAIL("taken as " << endpoint);
    } catch (const echo::Error& error) {
        CHECK(error.code() == std::errc::invalid_argument);
        CHECK(std::string(error.what()).find('\n') == std::string::npos);
    }
}

TEST_CASE("the usual endpoints have names", "[endpoint]") {
    CHECK(echo::Endpoint().text() == "0.0.0.0:0");
    CHECK(echo::Endpoint::loopback(7).text() == "127.0.0.1:7");
    CHECK(echo::Endpoint::any(7).text() == "[::]:7");
}

TEST_CASE("an IPv4 address in IPv6's clothes is plain IPv4", "[endpoint]") {
    CHECK(echo::Endpoint::parse("[::ffff:127.0.0.1]:80").text() == "127.0.0.1:80");
}

TEST_CASE("endpoints are equal when family, address, port and scope are", "[endpoint]") {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(80);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // What a system leaves in the unused bytes is its own affair, and so is a length, where it
    // has a place in the structure.
    std::memset(v4.sin_zero, 0x55, sizeof v4.sin_zero);
    CHECK(echo::Endpoint::from_native(reinterpret_cast<const sockaddr*>(&v4)) ==
          echo::Endpoint::loopback(80));

    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(80);
    v6.sin6_flowinfo = htonl(7);
    const auto* const native = reinterpret_cast<const sockaddr*>(&v6);
    CHECK(echo::Endpoint::from_native(native) == echo::Endpoint::any(80));
    v6.sin6_scope_id = 1;
    CHECK_FALSE(echo::Endpoint::from_native(native) == echo::Endpoint::any(80));
}

TEST_CASE("endpoints have an order, and are keys of both kinds of map", "[endpoint]") {
    const std::vector<std::string> texts = {
        "1.0.0.0:9", "9.0.0.0:1",  "9.0.0.0:2",  "200.0.0.0:1", "[::1]:9",    "[1::]:1",
        "[1::]:300", "[f000::]:1", "[f000::]:2", "[ff00::1]:1", "[ff00::2]:0"};
    std::map<echo::Endpoint, std::string> sorted;
    std::unordered_map<echo::Endpoint, std::string> hashed;
    for (const std::string& text : texts) {
        sorted[echo::Endpoint::parse(text)] = text;
        hashed[echo::Endpoint::parse(text)] = text;
    }
    std::vector<std::string> in_order;
    for (const auto& [endpoint, text] : sorted) in_order.push_back(text);
    CHECK(in_order == texts);
    CHECK(hashed.size() == texts.size());
    for (const std::string& text : texts) CHECK(hashed[echo::Endpoint::parse(text)] == text);
}

TEST_CASE("the hash of an endpoint tells ports and addresses apart", "[endpoint]") {
    std::vector<std::size_t> hashes;
    for (unsigned port = 1; port <= 1000; ++port)
        hashes.push_back(echo::Endpoint::loopback(static_cast<std::uint16_t>(port)).hash());
    for (unsigned host = 1; host < 255; ++host)
        hashes.push_back(echo::Endpoint::parse("10.0.0." + std::to_string(host) + ":80").hash());
    std::sort(hashes.begin(), hashes.end());
    const auto same = std::unique(hashes.begin(), hashes.end());
    CHECK(hashes.end() - same == 0);
}

TEST_CASE("resolve finds every address of a host, in order", "[endpoint]") {
    std::vector<std::string> found;
    for (const echo::Endpoint& endpoint : echo::resolve("127.0.0.1", 80))
        found.push_back(endpoint.text());
    CHECK(found == std::vector<std::string>{"127.0.0.1:80"});

    bool loopback = false;
    for (const echo::Endpoint& endpoint : echo::resolve("localhost", 80))
        loopback = loopback || endpoint.address() == "127.0.0.1" || endpoint.address() == "::1";
    CHECK(loopback);
}

TEST_CASE("a host that does not exist is an error that names it", "[endpoint]") {
    // Names that no name server has to be asked about.
    const std::string host = GENERATE(as<std::string>{}, "", "no such host", "::g");
    CAPTURE(host);
    try {
        const auto found = echo::resolve(host, 80);
        FAIL("found " << *found.begin());
    } catch (const echo::Error& error) {
        CHECK(error.subject() == echo::quote(host));
        CHECK(error.code().category().name() == std::string("getaddrinfo"));
    }
}

TEST_CASE("a code of getaddrinfo's that is -1 is no errno value", "[endpoint]") {
    test::Count asked("getaddrinfo");
    addrinfo* found = nullptr;
    errno = ENOENT;  // left behind by an earlier call
    const auto outcome = echo::sys::getaddrinfo("127.0.0.1", 80, 0x40000000, found);
    REQUIRE(asked.seen == 1);
#ifdef _WIN32
    if (outcome.value == 0) {
        freeaddrinfo(found);
        SKIP_BECAUSE("this system (Wine) takes flags that nobody knows");
    }
#endif
    CHECK(outcome.value == EAI_BADFLAGS);
    CHECK(outcome.error == 0);
}

TEST_CASE("where getaddrinfo says to look at errno, the error says that in words", "[endpoint]") {
    test::Fail fail("getaddrinfo", EMFILE);
    try {
        const auto found = echo::resolve("localhost", 80);
        FAIL("found " << *found.begin());
    } catch (const echo::Error& error) {
        CHECK(error.call() == "getaddrinfo");
        CHECK(error.code() == std::errc::too_many_files_open);
        CHECK(std::string(error.what()) ==
              "getaddrinfo localhost: too many open sockets and files in this program; "
              "close some, or raise the limit (ulimit -n)");
    }
    // And it is no reason to call the text of an endpoint wrong.
    test::Fail fail_again("getaddrinfo", ENOMEM);
    try {
        const auto parsed = echo::Endpoint::parse("127.0.0.1:80");
        FAIL("is " << parsed);
    } catch (const echo::Error& error) {
        CHECK(std::string(error.what()) ==
              "getaddrinfo 127.0.0.1: not enough memory; the system is short of memory");
    }
#ifdef EAI_SYSTEM
    errno = EMFILE;
    CHECK(echo::sys::lookup_error(EAI_SYSTEM) == EMFILE);
#endif
    errno = EMFILE;
    CHECK(echo::sys::lookup_error(EAI_NONAME) == 0);
}
