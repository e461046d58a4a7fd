#include "capture.hpp"

#include <stdexcept>

#ifdef __linux__

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

namespace harness {
namespace {

// packet(7): with SOCK_DGRAM a packet begins with its IP header.
constexpr std::size_t ip6_header = 40;

[[noreturn]] void give_up(const std::string& call) {
    throw std::runtime_error(call + ": " + std::strerror(errno));
}

// The system gives us nothing but TCP from or to this port, so the traffic of others can't fill our
// buffer. The same as `tcpdump -d 'tcp port N'` prints, without the link's header.
bool accept_only(int socket, std::uint16_t port) {
    std::array<sock_filter, 16> program{{
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 4),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),  // IPv4: the protocol
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 10),
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),  // the length of the header
        BPF_JUMP(BPF_JMP | BPF_JA, 3, 0, 0),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),  // IPv6: the next header
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 6),
        BPF_STMT(BPF_LDX | BPF_IMM, ip6_header),
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0),  // both: the port that it comes from
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 2, 0),
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),  // and where it goes
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0x40000),
        BPF_STMT(BPF_RET | BPF_K, 0),
    }};
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
}

std::uint16_t read16(const unsigned char* at) {
    return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}

std::uint32_t read32(const unsigned char* at) {
    return static_cast<std::uint32_t>(read16(at)) << 16 | read16(at + 2);
}

// From an IP header on. The filter has seen that it is TCP.
Segment read_segment(const unsigned char* packet) {
    const bool is_ip4 = packet[0] >> 4 == 4;
    const std::size_t header = is_ip4 ? (packet[0] & 15u) * 4u : ip6_header;
    const std::size_t length = is_ip4 ? read16(packet + 2) : ip6_header + read16(packet + 4);
    const unsigned char* tcp = packet + header;
    const unsigned flags = tcp[13];
    Segment segment;
    segment.from = read16(tcp);
    segment.to = read16(tcp + 2);
    segment.number = read32(tcp + 4);
    segment.expects = read32(tcp + 8);
    segment.fin = (flags & 1u) != 0;
    segment.syn = (flags & 2u) != 0;
    segment.rst = (flags & 4u) != 0;
    segment.ack = (flags & 16u) != 0;
    segment.bytes = length - header - (tcp[12] >> 4) * 4u;
    return segment;
}

}  // namespace

Capture::Capture(std::uint16_t port) {
    // With no protocol it hears nothing yet.
    socket_ = ::socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) give_up("a raw socket");
    sockaddr_ll loopback{};
    loopback.sll_family = AF_PACKET;
    loopback.sll_protocol = htons(ETH_P_ALL);
    loopback.sll_ifindex = static_cast<int>(::if_nametoindex("lo"));
    if (accept_only(socket_, port) &&
        ::bind(socket_, reinterpret_cast<const sockaddr*>(&loopback), sizeof loopback) == 0)
        return;
    const int error = errno;
    ::close(socket_);
    errno = error;
    give_up("capturing on lo");
}

Capture::~Capture() { ::close(socket_); }

const std::vector<Segment>& Capture::segments() {
    std::array<unsigned char, 256> packet{};  // the headers: the rest is cut off
    for (;;) {
        sockaddr_ll from{};
        socklen_t length = sizeof from;
        const auto got = ::recvfrom(socket_, packet.data(), packet.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from), &length);
        if (got < 0) return segments_;
        // On loopback each packet passes twice, once out and once in.
        if (from.sll_pkttype != PACKET_OUTGOING && got >= 40)
            segments_.push_back(read_segment(packet.data()));
    }
}

}  // namespace harness

#else

namespace harness {

Capture::Capture(std::uint16_t) { throw std::runtime_error("only Linux's raw sockets are known"); }
Capture::~Capture() = default;
const std::vector<Segment>& Capture::segments() { return segments_; }

}  // namespace harness

#endif
