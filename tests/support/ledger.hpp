// What has crossed each connection between the test and the program: the books that both sides keep.
#pragma once

#include "trace_reader.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

// One connection, as one of its ends knows it.
struct Account {
    std::uint16_t port = 0;  // the test's, where the test connected; 0: the program did
    std::uint64_t sent = 0;  // bytes given to the system
    std::uint64_t received = 0;
    bool about_to_send = false;  // more is coming from this end
    bool finished = false;       // nothing more comes from it: half-close, close or reset
};

// The program's books, from its trace.
class Ledger {
public:
    struct Entry : Account {
        std::string socket;      // as the program numbers it; empty: it has closed it
        std::uint64_t ends = 0;  // how often it was told that nothing goes here any more
        std::string last_end{};  // in words: "recv has told it of the end", "send has failed"
    };

    // More of the trace. The last line need not be whole.
    void add(std::string_view more);

    // The connection on this socket now, or the last one with this port; null: there is none.
    const Entry* on_socket(std::string_view socket) const;
    const Entry* with_port(std::uint16_t port) const;
    const std::vector<Entry>& entries() const { return entries_; }
    bool is_listener(const std::string& socket) const { return listeners_.count(socket) > 0; }
    const std::vector<TracedCall>& begun() const { return begun_.calls(); }
    std::uint64_t polls() const { return polls_; }  // of a whole array, or of a poller's
    // Of a call that waits: on which sockets for something to receive or to accept; none where
    // nothing is known. Whether it also waits for room to send.
    std::vector<std::string> waits_to_read(const TracedCall& call) const;
    bool waits_to_write(const TracedCall& call) const;
    // Every call is in it: the trace of a program that spins is cut off.
    bool is_whole() const { return whole_; }

private:
    Entry& open(const std::string& socket);
    void close(const std::string& socket);
    void note(const TracedCall& call);
    void note_poller(const TracedCall& call);
    static void note(const TracedCall& call, Entry& entry);

    std::string line_;  // the part of the last line that is there
    std::vector<Entry> entries_;
    std::set<std::string> listeners_;
    Begun begun_;
    std::uint64_t polls_ = 0;
    int pollers_ = 0;
    std::map<std::string, TracedCall> watched_;  // by the poller: what it was last told of a socket
    bool wake_end_is_next_ = false;
    bool whole_ = true;
};

}  // namespace harness
