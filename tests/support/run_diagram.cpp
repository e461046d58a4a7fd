#include "run_diagram.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace harness {
namespace {

using Phase = RunStep::Phase;

constexpr std::size_t most_clients = 3;  // more columns can't be read from the back row

constexpr std::string_view preface =
    "%% A run, drawn from the trace of one program. Its own calls are as they were made. Of the\n"
    "%% other side there is what follows from them: who was accepted had connected, bytes that "
    "were\n"
    "%% received had been sent, an end of stream came from a shutdown or a close, a reset from "
    "one\n"
    "%% who broke off. When the other side did that, and what it received, the trace can't tell.\n";

constexpr std::string_view title_of(Phase phase) {
    switch (phase) {
        case Phase::ready: return "Getting ready";
        case Phase::opening: return "Opening";
        case Phase::closing: return "Closing";
        default: return "Exchange";
    }
}

// The colours of the lessons' phases.
constexpr std::string_view colour_of(Phase phase) {
    switch (phase) {
        case Phase::ready: return "86, 180, 233, 0.16";
        case Phase::opening: return "204, 121, 167, 0.15";
        case Phase::closing: return "230, 159, 0, 0.18";
        case Phase::aside: return "128, 128, 128, 0.12";
        default: return "0, 158, 115, 0.16";
    }
}

// Words of somebody else's: a test's name, a reason. mermaid takes some characters for its own.
std::string plain(std::string text) {
    for (char& c : text)
        if (std::string_view(";#<>&%$`{}\n\r").find(c) != std::string_view::npos) c = ' ';
    return text;
}

// Writes the text of the diagram, from top to bottom.
class Writer {
public:
    Writer(const RunTitle& title, std::size_t clients)
        : is_client_(title.program_is_client),
          letters_(title.letters || clients > 1),
          clients_(std::clamp(clients, std::size_t{1}, most_clients)) {}

    std::string text;

    void participants() {
        if (is_client_) {
            text += "    participant C as client\n    participant S as server\n";
            return;
        }
        for (std::size_t peer = 1; peer <= clients_; ++peer) {
            const std::string letter = letters_ ? ' ' + name(peer) : "";
            text += "    participant " + name(peer) + " as client" + letter + '\n';
            if (peer == 1) text += "    participant S as server\n";
        }
    }

    // Steps of one phase, one after the other, are in one box.
    void phases(const std::vector<RunStep>& steps) {
        Phase before = Phase::exchange;
        for (std::size_t at = 0, end; at < steps.size(); at = end) {
            const Phase phase = steps[at].phase == Phase::as_before ? before : steps[at].phase;
            if (phase != Phase::aside) before = phase;
            for (end = at + 1; end < steps.size() && goes_on(steps[end], phase);) ++end;
            const std::vector<RunStep> part(steps.begin() + static_cast<std::ptrdiff_t>(at),
                                            steps.begin() + static_cast<std::ptrdiff_t>(end));
            box(phase, phase == Phase::aside ? steps[at].aside : numbered(phase, part));
            for (const RunStep& step : part)
                for (const RunLine& line : step.lines) add(line, step.peer);
            text += "    end\n";
        }
    }

    void remark(const std::string& what) {
        box(Phase::aside, what);
        text += "    end\n";
    }

private:
    std::string name(std::size_t peer) const {
        if (is_client_) return "S";
        if (!letters_) return "C";
        return std::string(1, static_cast<char>('A' + (peer > 0 ? peer - 1 : 0)));
    }
    std::string program() const { return is_client_ ? "C" : "S"; }

    static bool goes_on(const RunStep& step, Phase phase) {
        return phase != Phase::aside && (step.phase == phase || step.phase == Phase::as_before);
    }

    // "3. Exchange: A, B"
    std::string numbered(Phase phase, const std::vector<RunStep>& steps) {
        std::string title = std::to_string(++number_) + ". " + std::string(title_of(phase));
        if (clients_ == 1 || is_client_) return title;
        std::set<std::size_t> peers;
        for (const RunStep& step : steps)
            if (step.peer > 0) peers.insert(step.peer);
        for (const std::size_t peer : peers)
            title += (peer == *peers.begin() ? ": " : ", ") + name(peer);
        return title;
    }

    void box(Phase phase, const std::string& title) {
        const std::string last = !is_client_ && clients_ > 1 ? name(clients_) : "S";
        text += "\n    rect rgba(" + std::string(colour_of(phase)) + ")\n        Note over " +
                (is_client_ ? "C" : name(1)) + ',' + last + ": " + plain(title) + '\n';
    }

    void add(const RunLine& line, std::size_t peer) {
        using Kind = RunLine::Kind;
        const std::string us = program(), them = name(peer);
        text += "        ";
        switch (line.kind) {
            case Kind::calls: text += "Note over " + us + ": " + listed(line.calls, them); break;
            case Kind::peers_calls: text += "Note over " + them + ": " + listed(line.calls); break;
            case Kind::send: text += us + "->>" + them + ": " + listed(line.calls); break;
            case Kind::peers_send: text += them + "->>" + us + ": " + listed(line.calls); break;
            case Kind::packet: text += us + "-->>" + them + ": wire: " + line.packet; break;
            case Kind::peers_packet: text += them + "-->>" + us + ": wire: " + line.packet; break;
            case Kind::handshake:
                text += (is_client_ ? us : them) + "<<-->>" + (is_client_ ? them : us) +
                        ": wire: " + line.packet;
        }
        text += '\n';
    }

    // "recv end of stream (A), close (A)": where there are several clients, calls of the server say
    // whose conversation it is.
    std::string listed(const std::vector<RunCall>& calls, const std::string& peer = {}) const {
        const bool says_whose = !peer.empty() && clients_ > 1 && !is_client_;
        std::string list;
        for (const RunCall& call : calls) {
            if (!list.empty()) list += ", ";
            list += call.text;
            const std::string remark = plain(call.remark);
            const bool whose = says_whose && call.of_peer;
            if (whose && call.text.find("failed") != std::string::npos)
                list += " (" + peer + ": " + remark + ')';
            else
                list +=
                    (whose ? " (" + peer + ')' : "") + (remark.empty() ? "" : " (" + remark + ')');
        }
        return list;
    }

    const bool is_client_, letters_;
    const std::size_t clients_;
    std::size_t number_ = 0;
};

std::string bytes(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " byte" : " bytes");
}

// What is left of a client whose beginning was left out is left out too.
std::vector<RunStep> without_strangers(std::vector<RunStep> steps) {
    std::set<std::size_t> known{0};
    std::erase_if(steps, [&](const RunStep& step) {
        if (step.phase == Phase::opening) known.insert(step.peer);
        return known.count(step.peer) == 0;
    });
    return steps;
}

// What the program waits in when the trace ends.
std::string waits_in(const Begun& begun) {
    std::set<std::string> names;
    for (const TracedCall& call : begun.calls())
        names.insert(call.is_pollers() ? "its poller" : call.name);
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    return list;
}

}  // namespace

RunDiagram::RunDiagram(RunTitle title)
    : title_(std::move(title)),
      steps_(title_.program_is_client, most_clients,
             [this](RunStep step) { fold_.add(std::move(step)); }) {}

void RunDiagram::add(std::string_view line) {
    line = line.substr(0, line.find_last_not_of("\r\n") + 1);
    const auto call = read_trace_line(line);
    if (call) {
        begun_.note(*call);
        steps_.add(*call);
    } else if (!line.empty()) {
        begun_ = {};
        steps_.add_gap();
    }
}

std::string RunDiagram::description() const {
    const std::string clients =
        title_.program_is_client ? "" : ", clients: " + std::to_string(steps_.peers());
    return "Drawn from the calls of the " +
           std::string(title_.program_is_client ? "client" : "server") + ", which received " +
           bytes(steps_.received()) + " and sent " + bytes(steps_.sent()) + clients + '.';
}

std::string RunDiagram::mermaid() const {
    Writer writer(title_, title_.program_is_client ? 1 : steps_.peers());
    writer.text = std::string(preface) + (title_.threads ? "%% threads\n" : "") +
                  "sequenceDiagram\n    accTitle: " + plain(title_.title) +
                  "\n    accDescr: " + description() + '\n';
    writer.participants();
    std::vector<RunStep> steps = fold_.steps();
    if (!steps_.open().lines.empty()) steps.push_back(steps_.open());
    if (steps.empty()) writer.remark("No call was made");
    writer.phases(without_strangers(std::move(steps)));
    if (!title_.program_is_client && steps_.peers() > most_clients)
        writer.remark("... and more clients, who are not drawn: " +
                      std::to_string(steps_.peers() - most_clients));
    const std::string waits = waits_in(begun_);
    if (!waits.empty()) writer.remark("The program waits in " + waits);
    return writer.text;
}

std::string draw_run(std::string_view trace, RunTitle title) {
    RunDiagram diagram(std::move(title));
    for (std::size_t end; (end = trace.find('\n')) != std::string_view::npos;) {
        diagram.add(trace.substr(0, end));
        trace.remove_prefix(end + 1);
    }
    return diagram.mermaid();
}

}  // namespace harness
