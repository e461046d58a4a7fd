#include "causality.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

namespace course {
namespace {

// Follows a diagram from top to bottom, and finds what can't happen in that order.
class Causality {
public:
    explicit Causality(const Diagram& diagram) : diagram_(diagram) {}

    std::vector<std::string> run() {
        for (const Row& row : diagram_.rows) {
            row_ = &row;
            if (row.kind == Row::Kind::wire) wire(row);
            for (const DrawnCall& call : row.calls) step(row.actor, call);
        }
        for (const auto& [who, side] : sides_) at_the_end(side);
        return std::move(mistakes_);
    }

private:
    // One end of one conversation.
    struct Side {
        bool asks = false, handshake = false, talks = false;
        bool finished = false, closed = false, broken_off = false;
        bool fin_on_the_wire = false, rst_on_the_wire = false;
        std::size_t sent = 0, received = 0;
        // The rows that something has to follow, until it has.
        const Row* unread = nullptr;       // its sends, until all of them are received
        const Row* not_told = nullptr;     // the other side's FIN, until it receives the end
        const Row* not_on_wire = nullptr;  // its end or reset, until that is a packet
    };

    void wrong(const Row& row, const std::string& what) {
        mistakes_.push_back(diagram_.at(row) + ": " + row.text + ": " + what);
    }
    void need(bool holds, const std::string& what) {
        if (!holds) wrong(*row_, what);
    }
    Side& side(const std::string& actor, const std::string& peer) {
        return sides_[actor + " with " + peer];
    }

    void at_the_end(const Side& side) {
        if (side.unread) wrong(*side.unread, "it is never received");
        if (side.not_told) wrong(*side.not_told, "nobody receives this end of stream");
        if (side.not_on_wire) wrong(*side.not_on_wire, "its FIN or RST is missing");
    }

    void wire(const Row& row) {
        if (row.peer.empty()) return;  // what a system does by itself
        Side& me = side(row.actor, row.peer);
        Side& peer = side(row.peer, row.actor);
        if (row.text.find("FIN") != std::string::npos) {
            need(me.finished || killed_.count(row.actor) != 0,
                 "a FIN before its side has finished sending");
            me.fin_on_the_wire = true;
            me.not_on_wire = nullptr;
            if (!peer.closed && killed_.count(row.peer) == 0) peer.not_told = &row;
        }
        if (row.text.find("RST") != std::string::npos) {
            need(me.broken_off, "an RST before its side has broken off");
            me.rst_on_the_wire = true;
            me.not_on_wire = nullptr;
        }
        if (row.text.find("SYN") == std::string::npos &&
            row.text.find("handshake") == std::string::npos)
            return;
        need(me.asks || peer.asks, "a SYN before any connect");
        me.handshake = peer.handshake = true;
    }

    void step(const std::string& actor, const DrawnCall& call) {
        Side& me = side(actor, call.peer);
        Side& peer = side(call.peer, actor);
        need(!me.closed && killed_.count(actor) == 0, "after its end");
        if (call.name == "listen") listens_.insert(actor);
        if (call.name == "killed") killed_.insert(actor);
        if (call.name == "connect") {
            need(listens_.count(call.peer) != 0, "nobody listens yet");
            me.asks = me.talks = true;
        }
        if (call.name == "accept") {
            need(listens_.count(actor) != 0 && peer.asks && me.handshake,
                 "nobody has connected yet");
            me.talks = true;
        }
        if (call.name == "send") send(me, call);
        if (call.name == "recv") recv(me, peer, call);
        if (call.name == "close" || call.name == "reset" || call.name == "shutdown")
            finish(me, peer, call);
    }

    void send(Side& me, const DrawnCall& call) {
        need(me.talks, "not connected yet");
        need(!me.finished, "it has finished sending");
        me.sent += call.bytes;
        if (call.bytes > 0) me.unread = row_;
    }

    void finish(Side& me, const Side& peer, const DrawnCall& call) {
        need(me.talks, "not connected yet");
        me.broken_off = me.broken_off || call.name == "reset";
        me.closed = me.closed || call.name != "shutdown";
        me.finished = true;
        if (!me.fin_on_the_wire && !peer.rst_on_the_wire) me.not_on_wire = row_;
    }

    void recv(Side& me, Side& peer, const DrawnCall& call) {
        need(me.talks, "not connected yet");
        me.received += call.bytes;
        need(me.received <= peer.sent, "receives what has not been sent");
        if (me.received >= peer.sent) peer.unread = nullptr;
        if (call.outcome == "failed")
            need(peer.rst_on_the_wire || !diagram_.faults.empty(), "nothing has gone wrong");
        if (call.outcome != "end of stream") return;
        me.not_told = nullptr;
        need(peer.fin_on_the_wire, "the other side has not finished");
        need(me.received == peer.sent, "end of stream before the last byte");
    }

    const Diagram& diagram_;
    const Row* row_ = nullptr;
    std::set<std::string> listens_, killed_;
    std::map<std::string, Side> sides_;
    std::vector<std::string> mistakes_;
};

// "watch for writing" is drawn where a poller is told of a change.
std::string in_code(const DrawnCall& call) { return call.name == "watch" ? "change" : call.name; }

// What is wrong with the code line of a row. Empty: nothing.
std::string wrong_code_line(const Diagram& diagram, const Row& row) {
    if (row.actor != diagram.program() || row.calls.empty())
        return "a code line stands above a call of the program";
    const std::string path = "solutions/" + diagram.lesson + "/" + row.code_file;
    const std::string where = path + ":" + std::to_string(row.code_line);
    if (!source_exists(path)) return "there is no " + path;
    const std::vector<std::string> code = lines_of(read_source(path));
    if (row.code_line < 1 || static_cast<std::size_t>(row.code_line) > code.size())
        return "there is no " + where;
    const std::string& line = code[static_cast<std::size_t>(row.code_line) - 1];
    const bool makes_it = std::any_of(row.calls.begin(), row.calls.end(), [&](const auto& call) {
        return line.find(in_code(call)) != std::string::npos;
    });
    return makes_it ? "" : where + " does not make the call";
}

}  // namespace

std::vector<std::string> impossible_in(const Diagram& diagram) { return Causality(diagram).run(); }

std::vector<std::string> wrong_code_lines(const Diagram& diagram) {
    std::vector<std::string> wrong;
    for (const Row& row : diagram.rows) {
        if (row.code_file.empty()) continue;
        const std::string what = wrong_code_line(diagram, row);
        if (!what.empty()) wrong.push_back(diagram.at(row) + ": " + row.text + ": " + what);
    }
    return wrong;
}

}  // namespace course
