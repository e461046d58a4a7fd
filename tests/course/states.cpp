#include "states.hpp"

#include "diagram.hpp"
#include "trace_reader.hpp"

#include <echo.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace course {
namespace {

const std::set<std::string> known_calls = {"accept",
                                           "recv",
                                           "recv end of stream",
                                           "recv failed",
                                           "send",
                                           "send would block",
                                           "shutdown",
                                           "send failed",
                                           "watch for writing",
                                           "watch for reading",
                                           "wait timed out",
                                           "poll",
                                           "close"};

// Where a poller has plain poll behind it, no call tells it what to watch.
bool can_be_seen(const std::string& call) {
    return call.rfind("watch", 0) != 0 || echo::sys::has_poller;
}

std::string trim(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return {};
    return std::string(text.substr(begin, text.find_last_not_of(' ') - begin + 1));
}

class Reader {
public:
    explicit Reader(const std::string& name) { machine_.name = name; }

    Machine read(std::string_view source) {
        for (const std::string& text : lines_of(source)) {
            ++line_;
            const std::string line = trim(text);
            if (line.rfind("%%=", 0) == 0)
                read_way(trim(line.substr(3)));
            else if (!line.empty() && line.rfind("%%", 0) != 0)
                read_drawn(line);
        }
        if (!ways_.empty()) wrong("this %%= has no arrow or state below it");
        return std::move(machine_);
    }

private:
    void wrong(const std::string& what) {
        machine_.mistakes.push_back(machine_.at(line_) + ": " + what);
    }

    // "recv, send?, send failed", or "nothing".
    void read_way(const std::string& text) {
        Way way;
        way.line = line_;
        if (text != "nothing") {
            for (std::size_t begin = 0, end; begin <= text.size(); begin = end + 1) {
                end = (std::min)(text.find(',', begin), text.size());
                add_call(way, trim(std::string_view(text).substr(begin, end - begin)));
            }
        }
        ways_.push_back(std::move(way));
    }

    void add_call(Way& way, const std::string& text) {
        const std::string call = text.substr(0, text.find('?'));
        if (known_calls.count(call) == 0) wrong("no call that a trace tells of: '" + text + "'");
        if (can_be_seen(call)) way.calls.push_back(text);
    }

    void read_drawn(const std::string& line) {
        const std::size_t arrow = line.find(" --> ");
        if (line == "}") {
            whole_.clear();
        } else if (arrow != std::string::npos) {
            const std::size_t to = arrow + 5;
            add(line.substr(0, arrow), line.substr(to, line.find(':', to) - to), line);
            if (machine_.transitions.back().ways.empty())
                wrong("no %%= above this arrow says which calls it means: " + line);
        } else if (line.rfind("state ", 0) == 0 && line.back() == '{') {
            whole_ = trim(line.substr(6, line.size() - 7));
            add_inside(whole_, line);
        } else {
            add_inside(line.substr(0, line.find(':')), line);
        }
    }

    // What happens in a state stands above the state.
    void add_inside(const std::string& state, const std::string& line) {
        if (!ways_.empty()) add(state, state, line);
    }

    void add(const std::string& from, const std::string& to, const std::string& line) {
        machine_.transitions.push_back({line_, from, to, line, std::exchange(ways_, {})});
        if (whole_.empty() || from == whole_) return;
        machine_.parts.emplace_back(from, whole_);
        machine_.parts.emplace_back(to, whole_);
    }

    Machine machine_;
    int line_ = 0;
    std::vector<Way> ways_;
    std::string whole_;
};

// Looks for a way through the machine. Where there are several, it tries one after the other.
class Walk {
public:
    Walk(const Machine& machine, const std::vector<std::string>& calls)
        : machine_(machine), calls_(calls) {}

    bool from(const std::string& state, std::size_t at) {
        if (at == calls_.size() && state == "[*]" && at > 0) return true;
        if (!seen_.emplace(state, at).second) return false;
        if (at > furthest_) {
            furthest_ = at;
            stuck_in_ = state;
        }
        for (const Transition& transition : machine_.transitions) {
            if (transition.from != state && transition.from != machine_.whole(state)) continue;
            for (const Way& way : transition.ways)
                if (take(state, transition, way, at)) return true;
        }
        return false;
    }

    const std::set<int>& taken() const { return taken_; }

    std::string where() const {
        std::string before;
        for (std::size_t i = 0; i < furthest_; ++i) before += (i > 0 ? ", " : "") + calls_[i];
        return "in the state " + stuck_in_ + ", after " + (before.empty() ? "nothing" : before) +
               ", the run has " + (furthest_ < calls_.size() ? calls_[furthest_] : "nothing more") +
               ", and no arrow says so";
    }

private:
    bool take(const std::string& state, const Transition& transition, const Way& way,
              std::size_t at) {
        for (const std::size_t next : ends(way, at)) {
            for (const std::string& to : targets(state, transition)) {
                if (!from(to, next)) continue;
                taken_.insert(way.line);
                return true;
            }
        }
        return false;
    }

    // Where the calls may go on when those of the way have been made.
    std::set<std::size_t> ends(const Way& way, std::size_t at) const {
        std::set<std::size_t> ends = {at};
        for (const std::string& call : way.calls) {
            std::set<std::size_t> next;
            for (const std::size_t end : ends) {
                if (call.back() == '?') next.insert(end);
                if (end < calls_.size() && calls_[end] == call.substr(0, call.find('?')))
                    next.insert(end + 1);
            }
            ends = std::move(next);
        }
        return ends;
    }

    // Who comes to a state that has parts is in one of them; who stays, in the same.
    std::vector<std::string> targets(const std::string& state, const Transition& transition) const {
        if (transition.from == transition.to) return {state};
        std::vector<std::string> targets;
        for (const auto& [part, whole] : machine_.parts)
            if (whole == transition.to) targets.push_back(part);
        return targets.empty() ? std::vector<std::string>{transition.to} : targets;
    }

    const Machine& machine_;
    const std::vector<std::string>& calls_;
    std::set<std::pair<std::string, std::size_t>> seen_;
    std::set<int> taken_;
    std::size_t furthest_ = 0;
    std::string stuck_in_ = "[*]";
};

// "socket -: poll 1 socket, until readable: 4"
bool polls_alone(const harness::TracedCall& traced, const std::string& socket) {
    return traced.polls_many() && traced.arguments.rfind("1 socket, ", 0) == 0 &&
           traced.arguments.substr(traced.arguments.rfind(' ') + 1) == socket;
}

// A line of the trace as a call about a connection. Empty: it is none that counts.
std::string call_of(const harness::TracedCall& traced) {
    if (traced.tells_a_poller()) {
        if (traced.arguments.rfind("change", 0) != 0) return {};
        return traced.waits_to_write() ? "watch for writing" : "watch for reading";
    }
    std::string call = traced.name;
    if (traced.result == "would block" && call != "send") return {};
    if (traced.failed()) call += " failed";
    if (traced.result == "end of stream" || traced.result == "would block")
        call += ' ' + traced.result;
    return known_calls.count(call) != 0 ? call : std::string();
}

}  // namespace

std::string Machine::at(int line) const {
    return "diagrams/" + name + ".mmd:" + std::to_string(line);
}

const std::string& Machine::whole(const std::string& state) const {
    const auto part = std::find_if(parts.begin(), parts.end(),
                                   [&](const auto& pair) { return pair.first == state; });
    return part == parts.end() ? state : part->second;
}

Machine parse_machine(const std::string& name, std::string_view source) {
    return Reader(name).read(source);
}

std::vector<std::string> connection_calls(std::string_view trace) {
    std::vector<std::string> calls;
    std::string socket;
    for (const harness::TracedCall& traced : harness::read_trace(trace)) {
        if (socket.empty() && !traced.accepted().empty()) {
            socket = traced.accepted();
            calls.emplace_back("accept");
        } else if (!socket.empty() && polls_alone(traced, socket)) {
            calls.emplace_back("poll");
        } else if (!socket.empty() && traced.polls_many() && traced.result == "timed out") {
            calls.emplace_back("wait timed out");
        } else if (!socket.empty() && traced.socket == socket) {
            const std::string call = call_of(traced);
            const bool goes_on = call == "send" && calls.back() == "send";
            if (!call.empty() && !goes_on && can_be_seen(call)) calls.push_back(call);
            if (call == "close") break;
        }
    }
    return calls;
}

std::string follow(const Machine& machine, const std::vector<std::string>& calls,
                   std::set<int>& taken) {
    Walk walk(machine, calls);
    if (!walk.from("[*]", 0)) return "diagrams/" + machine.name + ".mmd: " + walk.where();
    taken.insert(walk.taken().begin(), walk.taken().end());
    return {};
}

}  // namespace course
