// What really goes over the wire: the TCP segments of one port of this machine's loopback.
//
// Only Linux can, and only a process that may open a raw socket: root, or one with CAP_NET_RAW. In a
// network of its own anybody may:
//
//     unshare --user --map-root-user --net sh -c 'ip link set lo up; build/course_tests "[wire]"'
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace harness {

// One TCP segment, RFC 9293.
struct Segment {
    std::uint16_t from = 0, to = 0;  // ports
    std::uint32_t number = 0;        // of its first byte
    std::uint32_t expects = 0;       // with `ack`: the number of the next byte that it waits for
    bool syn = false, ack = false, fin = false, rst = false;
    std::size_t bytes = 0;
};

class Capture {
public:
    // Begins now. Throws std::runtime_error with the reason where that is not possible.
    explicit Capture(std::uint16_t port);
    ~Capture();
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;

    // All that has gone from and to this port since then.
    const std::vector<Segment>& segments();

private:
    [[maybe_unused]] int socket_ = -1;
    std::vector<Segment> segments_;
};

}  // namespace harness
