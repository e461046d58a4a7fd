// The wire rows of the diagrams are held against the packets that a run really takes.
//
// Not drawn, on purpose: the segments that carry data (the sends are), the ACKs of data, and, in a
// conversation that draws no ACK behind its handshake, the ACKs of the FINs too. "FIN + ACK" may
// really be two packets: a system waits some 40 milliseconds whether its ACK can go with something
// else, and a busy machine may be slower.
#include "acting.hpp"
#include "capture.hpp"
#include "diagram.hpp"
#include "played.hpp"

#include "catch.hpp"
#include "program.hpp"

#include <echo.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using course::Diagram;
using course::Row;
using harness::Segment;

// One packet that is drawn, or could be: "FIN" from "C".
struct Packet {
    std::string from, what;
    const Row* row = nullptr;  // of a drawn one

    bool operator==(const Packet& other) const { return from == other.from && what == other.what; }
};

// Of each of the others with whom the program talks.
using Packets = std::map<std::string, std::vector<Packet>>;

// Whether the conversation tells who acknowledges whose FIN.
bool draws_acks(const std::vector<Packet>& packets) {
    bool fin = false;
    return std::any_of(packets.begin(), packets.end(), [&](const Packet& packet) {
        fin = fin || packet.what.find("FIN") != std::string::npos;
        return fin && packet.what.find("ACK") != std::string::npos;
    });
}

Packets drawn_packets(const Diagram& diagram) {
    Packets packets;
    for (const std::string& who : diagram.others()) packets[who];
    for (const Row& row : diagram.rows) {
        if (row.kind != Row::Kind::wire || row.peer.empty()) continue;
        const std::string other = row.actor == diagram.program() ? row.peer : row.actor;
        std::vector<Packet>& drawn = packets[other];
        const std::size_t start = std::string("wire: ").size();
        const std::string what = row.text.substr(start, row.text.find(',') - start);
        if (what != "three-way handshake") {
            drawn.push_back({row.actor, what, &row});
            continue;
        }
        const std::string client = diagram.has_server() ? other : diagram.program();
        const std::string server = diagram.has_server() ? diagram.program() : other;
        drawn.push_back({client, "SYN", &row});
        drawn.push_back({server, "SYN + ACK", &row});
        drawn.push_back({client, "ACK", &row});
    }
    return packets;
}

// One side of a connection on the wire.
struct Side {
    std::string name;
    std::optional<std::uint32_t> owed;  // the ACK for its SYN or FIN that it waits for
    std::set<std::uint32_t> told;       // the numbers of its SYN and FIN
};

// The packets of one connection, in the words of the diagrams.
class Connection {
public:
    Connection(const std::string& client, const std::string& server)
        : client_{client, {}, {}}, server_{server, {}, {}} {}

    void add(const Segment& segment, bool from_client) {
        Side& me = from_client ? client_ : server_;
        Side& peer = from_client ? server_ : client_;
        const std::uint32_t end = segment.number + static_cast<std::uint32_t>(segment.bytes);
        // A system that waits long for an ACK sends again.
        if ((segment.syn || segment.fin) && !me.told.insert(end).second) return;
        const bool acknowledges = segment.ack && peer.owed && segment.expects == *peer.owed;
        if (acknowledges) peer.owed.reset();
        const std::string ack = acknowledges ? " + ACK" : "";
        if (segment.rst)
            packets_.push_back({me.name, "RST"});
        else if (segment.syn)
            packets_.push_back({me.name, "SYN" + ack});
        else if (segment.fin)
            packets_.push_back({me.name, "FIN" + ack});
        else if (acknowledges)
            packets_.push_back({me.name, "ACK"});
        if (segment.syn || segment.fin) me.owed = end + 1;
    }

    const std::vector<Packet>& packets() const { return packets_; }

private:
    Side client_, server_;
    std::vector<Packet> packets_;
};

// Who connects, in this order.
std::vector<std::string> clients_of(const Diagram& diagram) {
    std::vector<std::string> clients;
    for (const Row& row : diagram.rows)
        for (const course::DrawnCall& call : row.calls)
            if (call.name == "connect") clients.push_back(row.actor);
    return clients;
}

Packets captured_packets(const Diagram& diagram, const std::vector<Segment>& segments,
                         std::uint16_t port) {
    const std::vector<std::string> clients = clients_of(diagram);
    const std::string server = diagram.has_server() ? diagram.program() : diagram.others().front();
    std::vector<std::uint16_t> ports;  // of the clients
    std::vector<Connection> connections;
    for (const Segment& segment : segments) {
        const bool from_client = segment.to == port;
        const std::uint16_t theirs = from_client ? segment.from : segment.to;
        const auto known = std::find(ports.begin(), ports.end(), theirs);
        const auto number = static_cast<std::size_t>(known - ports.begin());
        if (known == ports.end()) {
            ports.push_back(theirs);
            connections.emplace_back(number < clients.size() ? clients[number] : "nobody", server);
        }
        connections[number].add(segment, from_client);
    }
    Packets packets;
    for (const std::string& who : diagram.others()) packets[who];
    for (std::size_t i = 0; i < connections.size(); ++i) {
        const std::string client = i < clients.size() ? clients[i] : "nobody";
        packets[diagram.has_server() ? client : server] = connections[i].packets();
    }
    return packets;
}

// The ACKs of FINs go, where the picture does not draw them.
std::vector<Packet> without_acks(std::vector<Packet> packets) {
    bool fin = false;
    const auto is_undrawn = [&](Packet& packet) {
        if (packet.what == "FIN + ACK") packet.what = "FIN";
        fin = fin || packet.what == "FIN";
        return fin && packet.what == "ACK";
    };
    std::vector<Packet> kept;
    for (Packet& packet : packets)
        if (!is_undrawn(packet)) kept.push_back(std::move(packet));
    return kept;
}

// An ACK that has not gone with the FIN, as in the picture, but before it.
std::vector<Packet> as_in(const std::vector<Packet>& picture, std::vector<Packet> packets) {
    for (std::size_t i = 0; i < picture.size() && i + 1 < packets.size(); ++i) {
        const bool alone = packets[i].what == "ACK" && packets[i + 1].what == "FIN" &&
                           packets[i].from == packets[i + 1].from;
        if (picture[i].what != "FIN + ACK" || !alone) continue;
        packets[i].what = "FIN + ACK";
        packets.erase(packets.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    }
    return packets;
}

std::string told(const std::vector<Packet>& packets, std::size_t i) {
    return i < packets.size() ? packets[i].what + " from " + packets[i].from : "nothing more";
}

// Where the picture and the packets part. Empty: nowhere.
std::string difference(const Diagram& diagram, const std::vector<Segment>& segments,
                       std::uint16_t port) {
    const Packets drawn = drawn_packets(diagram);
    for (auto& [who, packets] : captured_packets(diagram, segments, port)) {
        static const std::vector<Packet> none;
        const auto found = drawn.find(who);
        const std::vector<Packet>& picture = found == drawn.end() ? none : found->second;
        const std::vector<Packet> run =
            draws_acks(picture) ? as_in(picture, packets) : without_acks(packets);
        const auto [at, in_run] =
            std::mismatch(picture.begin(), picture.end(), run.begin(), run.end());
        if (at == picture.end() && in_run == run.end()) continue;
        const auto i = static_cast<std::size_t>(at - picture.begin());
        const Row& row = at != picture.end() ? *at->row
                         : picture.empty()   ? diagram.rows.front()
                                             : *picture.back().row;
        return diagram.at(row) + ": " + (at == picture.end() ? "after this " : "") +
               "the picture has " + told(picture, i) + ", the wire " + told(run, i) + " (" + who +
               ')';
    }
    return {};
}

// What goes over the wire while a diagram is played.
struct Captured {
    std::vector<Segment> segments;
    std::uint16_t port = 0;
};

Captured capture(const Diagram& diagram) {
    Captured captured;
    std::unique_ptr<harness::Capture> capture;
    const auto begins = [&](std::uint16_t port) {
        captured.port = port;
        capture = std::make_unique<harness::Capture>(port);
    };
    // A system may take its time with a packet.
    const auto is_over = [&] {
        const auto deadline = harness::Clock::now() + harness::patience();
        do {
            captured.segments = capture->segments();
            std::this_thread::yield();
        } while (!difference(diagram, captured.segments, captured.port).empty() &&
                 harness::Clock::now() < deadline);
    };
    (void)course::perform_solution(diagram, {begins, is_over});
    return captured;
}

// Empty: packets can be captured here, and are those of our own programs.
std::string why_not_here() {
    if (std::getenv("ECHO_PROGRAM")) return "ECHO_PROGRAM is set; this is about our own programs";
    try {
        const harness::Capture capture(1);
        return {};
    } catch (const std::runtime_error& why) {
        return std::string("no packets can be captured here: ") + why.what();
    }
}

}  // namespace

TEST_CASE("each wire row is a packet of a real run", "[diagrams][wire]") {
    if (const std::string why = why_not_here(); !why.empty()) SKIP_BECAUSE(why);
    for (const Diagram& diagram : course::sequence_diagrams()) {
        const Captured captured = capture(diagram);
        CAPTURE(diagram.name);
        CHECK(difference(diagram, captured.segments, captured.port) == "");
    }
}

TEST_CASE("a wire row that is missing, or of another kind, is found", "[diagrams][wire]") {
    if (const std::string why = why_not_here(); !why.empty()) SKIP_BECAUSE(why);
    for (const Diagram& diagram : course::sequence_diagrams()) {
        const Captured captured = capture(diagram);
        for (std::size_t i = 0; i < diagram.rows.size(); ++i) {
            if (diagram.rows[i].kind != Row::Kind::wire || diagram.rows[i].peer.empty()) continue;
            INFO(diagram.at(diagram.rows[i]) << ": " << diagram.rows[i].text);
            const auto finds = [&](const Diagram& wrong) {
                const std::string found = difference(wrong, captured.segments, captured.port);
                return found.find("diagrams/" + diagram.name + ".mmd:") == 0;
            };
            Diagram wrong = diagram;
            wrong.rows.erase(wrong.rows.begin() + static_cast<std::ptrdiff_t>(i));
            CHECK(finds(wrong));
            wrong = diagram;
            wrong.rows[i].text = diagram.rows[i].text == "wire: RST" ? "wire: FIN" : "wire: RST";
            CHECK(finds(wrong));
            wrong = diagram;
            std::swap(wrong.rows[i].actor, wrong.rows[i].peer);
            if (!diagram.rows[i].both_ways) CHECK(finds(wrong));
        }
    }
}

TEST_CASE("a close in four packets is told from one in three", "[wire]") {
    const Diagram diagram = course::parse_diagram("01-one-client",
                                                  "sequenceDiagram\n"
                                                  "participant C as client\n"
                                                  "participant S as server\n"
                                                  "rect rgb(0, 0, 0)\n"
                                                  "Note over C,S: 1. Closing\n"
                                                  "Note over C: connect\n"
                                                  "C-->>S: wire: FIN\n"
                                                  "S-->>C: wire: ACK\n"
                                                  "S-->>C: wire: FIN\n"
                                                  "C-->>S: wire: ACK\n"
                                                  "end\n");
    constexpr std::uint16_t client = 50000, server = 7;
    const auto segment = [](bool from_client, std::uint32_t number, std::uint32_t expects,
                            bool fin) {
        Segment made;
        made.from = from_client ? client : server;
        made.to = from_client ? server : client;
        made.number = number;
        made.expects = expects;
        made.ack = true;
        made.fin = fin;
        return made;
    };
    const Segment fin = segment(true, 10, 20, true), last = segment(true, 11, 21, false);
    const std::vector<Segment> four = {fin, segment(false, 20, 11, false),
                                       segment(false, 20, 11, true), last};
    const std::vector<Segment> three = {fin, segment(false, 20, 11, true), last};
    CHECK(difference(diagram, four, server) == "");
    CHECK(
        difference(diagram, three, server) ==
        "diagrams/01-one-client.mmd:8: the picture has ACK from S, the wire FIN + ACK from S (C)");
    // The other way round it may be either: how long the server took is chance.
    Diagram merged = diagram;
    merged.rows.erase(merged.rows.begin() + 3);
    merged.rows[3].text = "wire: FIN + ACK";
    CHECK(difference(merged, three, server) == "");
    CHECK(difference(merged, four, server) == "");
    CHECK(difference(merged, {fin, fin, segment(false, 20, 11, true), last}, server) == "");
    CHECK(difference(merged, {fin, segment(false, 20, 11, true)}, server) ==
          "diagrams/01-one-client.mmd:10: the picture has ACK from C, the wire nothing more (C)");
}
