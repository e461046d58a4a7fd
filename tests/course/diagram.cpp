#include "diagram.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace course {
namespace {

std::filesystem::path in_project(const std::string& path) {
    return std::filesystem::path(ECHO_SOURCE_DIR) / path;
}

std::string trim(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

bool starts_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

// What stands after `start`, trimmed.
std::string after(std::string_view text, std::string_view start) {
    return trim(text.substr(start.size()));
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream words(text);
    return {std::istream_iterator<std::string>(words), {}};
}

// "wait" is what a poller does, and "watch for writing" what it is told of a client. "killed" is no
// call, but what a program can't help: it is ended from outside. By "SIGTERM" it is asked to stop.
// "reset" is a close that breaks the connection off.
const std::set<std::string> known_calls = {"socket",   "bind",  "listen", "accept", "connect",
                                           "recv",     "send",  "poll",   "wait",   "watch",
                                           "shutdown", "close", "reset",  "killed", "SIGTERM"};

// The lesson's folder that the diagram's name begins with.
std::string lesson_of(const std::string& diagram) {
    for (const auto& entry : std::filesystem::directory_iterator(in_project("lessons"))) {
        const std::string lesson = entry.path().filename().string();
        const bool begins = diagram.compare(0, lesson.size(), lesson) == 0;
        if (begins && (diagram.size() == lesson.size() || diagram[lesson.size()] == '-'))
            return lesson;
    }
    return diagram;
}

class Reader {
public:
    explicit Reader(const std::string& name) {
        diagram_.name = name;
        diagram_.lesson = lesson_of(name);
    }

    Diagram read(std::string_view source) {
        for (const std::string& line : lines_of(source)) {
            ++line_;
            read_line(trim(line));
        }
        if (open_rects_ != 0) wrong("a rect has no end");
        need_no_step();
        return std::move(diagram_);
    }

private:
    void wrong(const std::string& what) { wrong(line_, what); }
    void wrong(int line, const std::string& what) {
        diagram_.mistakes.push_back("diagrams/" + diagram_.name + ".mmd:" + std::to_string(line) +
                                    ": " + what);
    }

    void read_line(const std::string& line) {
        if (line.empty()) return;
        if (starts_with(line, "%%!")) return read_caption(after(line, "%%!"));
        if (starts_with(line, "%%?")) return read_question(after(line, "%%?"));
        if (starts_with(line, "%%")) return read_remark(line);
        if (!read_head(line)) diagram_.is_sequence ? read_row(line) : read_drawn(line);
        need_no_step();
    }

    void read_remark(const std::string& line) {
        if (starts_with(line, "%% faults:")) diagram_.faults = after(line, "%% faults:");
        if (line == "%% threads") diagram_.threads = true;
        if (starts_with(line, "%% arguments:"))
            diagram_.arguments = words_of(after(line, "%% arguments:"));
    }

    // What all kinds of pictures have.
    bool read_head(const std::string& line) {
        if (starts_with(line, "accTitle:"))
            diagram_.title = after(line, "accTitle:");
        else if (starts_with(line, "accDescr:"))
            diagram_.description = after(line, "accDescr:");
        else if (line == "sequenceDiagram")
            diagram_.is_sequence = true;
        else
            return false;
        return true;
    }

    void read_row(const std::string& line) {
        if (starts_with(line, "participant "))
            read_participant(after(line, "participant "));
        else if (starts_with(line, "rect "))
            open_rect();
        else if (line == "end")
            --open_rects_;
        else if (starts_with(line, "Note over "))
            read_note(after(line, "Note over "));
        else
            read_message(line);
    }

    // A node or an edge of a flowchart or a state diagram. Those without a caption are no steps.
    void read_drawn(const std::string& line) {
        if (line == "}" || starts_with(line, "direction ")) return;
        if (captions_ == 0) return;
        Step step;
        step.text = line;
        take_step(step);
        diagram_.walk.push_back(step);
    }

    // "server.cpp:11 | caption" or "| caption"
    void read_caption(const std::string& text) {
        step_line_ = line_;
        if (++captions_ > 1) wrong("a second %%! above one row");
        const std::size_t bar = text.find('|');
        if (bar == std::string::npos) return wrong("a %%! line needs a |");
        step_.caption = trim(std::string_view(text).substr(bar + 1));
        const std::string code = trim(std::string_view(text).substr(0, bar));
        if (code.empty()) return;
        const std::size_t colon = code.find(':');
        const std::string digits = colon == std::string::npos ? "" : code.substr(colon + 1);
        if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos)
            return wrong("'" + code + "' is not FILE:LINE");
        step_.code_file = code.substr(0, colon);
        step_.code_line = std::stoi(digits);
    }

    // "question | answer"
    void read_question(const std::string& text) {
        step_line_ = line_;
        if (++questions_ > 1) wrong("a second %%? above one row");
        if (captions_ > 0) wrong("a %%? stands above the %%! of its row");
        if (std::count(text.begin(), text.end(), '|') != 1)
            return wrong("a %%? line needs one |, between the question and the answer");
        const std::size_t bar = text.find('|');
        step_.question = trim(std::string_view(text).substr(0, bar));
        step_.answer = trim(std::string_view(text).substr(bar + 1));
        if (step_.question.empty()) wrong("a %%? line needs a question before its |");
        if (step_.answer.empty()) wrong("a %%? line needs an answer behind its |");
    }

    // What stands above a step goes into it.
    void take_step(Step& step) {
        step.line = line_;
        step.code_file = step_.code_file;
        step.code_line = step_.code_line;
        step.caption = step_.caption;
        step.question = step_.question;
        step.answer = step_.answer;
        forget_step();
    }
    void forget_step() {
        step_ = {};
        captions_ = questions_ = 0;
    }
    // Whoever could take it has done so.
    void need_no_step() {
        if (captions_ > 0)
            wrong(step_line_, "this %%! has nothing below it that is shown");
        else if (questions_ > 0)
            wrong(step_line_, diagram_.is_sequence ? "this %%? has no row below it"
                                                   : "this %%? has no %%! below it");
        forget_step();
    }

    void read_participant(const std::string& text) {
        const std::size_t as = text.find(" as ");
        const std::string id = text.substr(0, as);
        if (diagram_.participants.count(id) != 0) wrong("participant " + id + " is there twice");
        diagram_.participants[id] = as == std::string::npos ? id : text.substr(as + 4);
    }

    void open_rect() {
        if (++open_rects_ > 1) wrong("a rect in a rect");
        ++diagram_.rects;
        phase_due_ = true;
    }

    void read_note(const std::string& text) {
        const std::size_t colon = text.find(": ");
        if (colon == std::string::npos) return wrong("a note needs ': ' and a text");
        Row row;
        const std::string over = text.substr(0, colon);
        row.text = text.substr(colon + 2);
        const std::size_t comma = over.find(',');
        row.actor = over.substr(0, comma);
        check_participant(row.actor);
        if (comma != std::string::npos) {
            row.kind = Row::Kind::phase;
            row.peer = over.substr(comma + 1);
            check_participant(row.peer);
            if (!phase_due_) wrong("a phase's title stands at the start of its rect");
            phase_due_ = false;
        } else if (starts_with(row.text, "wire: ")) {
            row.kind = Row::Kind::wire;
        } else {
            read_calls(row);
        }
        add(row);
    }

    void read_message(const std::string& line) {
        // The longest first: "->>" is a part of each.
        static constexpr std::array<std::string_view, 4> arrows = {"<<-->>", "<<->>", "-->>",
                                                                   "->>"};
        for (const std::string_view arrow : arrows) {
            const std::size_t at = line.find(arrow);
            const std::size_t colon = line.find(": ", at == std::string::npos ? 0 : at);
            if (at == std::string::npos || colon == std::string::npos) continue;
            Row row;
            row.actor = line.substr(0, at);
            row.peer = line.substr(at + arrow.size(), colon - at - arrow.size());
            row.text = line.substr(colon + 2);
            row.both_ways = arrow[0] == '<';
            check_participant(row.actor);
            check_participant(row.peer);
            const bool dotted = arrow.find("--") != std::string_view::npos;
            if (dotted != starts_with(row.text, "wire: "))
                wrong("dotted arrows are packets and begin with 'wire: ', solid ones are calls");
            if (dotted)
                row.kind = Row::Kind::wire;
            else
                read_calls(row);
            return add(row);
        }
        wrong("neither a note nor a message: " + line);
    }

    void read_calls(Row& row) {
        // Commas separate calls; one inside quotes or brackets does not.
        std::string call, remark, written;
        bool quoted = false, bracketed = false;
        for (const char c : row.text + ',') {
            if (c == '"') quoted = !quoted;
            if (!quoted && c == '(') bracketed = true;
            if (c == ',' && !quoted && !bracketed) {
                row.calls.push_back(read_call(trim(call)));
                find_peer(row, row.calls.back(), remark);
                row.calls.back().text = trim(written);
                call.clear();
                remark.clear();
                written.clear();
            } else {
                (bracketed ? remark : call) += c;
                written += c;
            }
            if (!quoted && c == ')') bracketed = false;
        }
        const bool moves_bytes =
            row.calls.size() == 1 && row.calls[0].name == "send" && row.calls[0].outcome.empty();
        if (row.peer.empty() == moves_bytes)
            wrong("a send is an arrow, and all other calls are notes: " + row.text);
    }

    // Whose conversation it is: the arrow says it, or the remark "(A)", or there is only one.
    void find_peer(const Row& row, DrawnCall& call, const std::string& remark) {
        if (is_of_none(call.name)) return;
        for (const auto& [id, shown] : diagram_.participants)
            if (id == row.peer || starts_with(remark, '(' + id + ')') ||
                starts_with(remark, '(' + id + ": "))
                call.peer = id;
        const bool alone = diagram_.participants.size() == 2 || row.actor != diagram_.program();
        for (const auto& [id, shown] : diagram_.participants)
            if (call.peer.empty() && alone && id != row.actor &&
                (diagram_.participants.size() == 2 || id == diagram_.program()))
                call.peer = id;
        if (call.peer.empty()) wrong("say in brackets with whom: '" + call.name + " (A)'");
    }

    DrawnCall read_call(const std::string& text) {
        DrawnCall call;
        call.name = text.substr(0, text.find(' '));
        const std::string rest = trim(std::string_view(text).substr(call.name.size()));
        if (known_calls.count(call.name) == 0) wrong("no socket call: " + text);
        if (call.name == "send" && rest.size() > 2 && rest.front() == '"' && rest.back() == '"') {
            call.data = unescape(std::string_view(rest).substr(1, rest.size() - 2));
            call.bytes = call.data.size();
        } else if ((call.name == "recv" || call.name == "send") && !rest.empty() && rest[0] > '0' &&
                   rest[0] <= '9') {
            call.bytes = static_cast<std::size_t>(std::stoul(rest));
            if (rest != std::to_string(call.bytes) + (call.bytes == 1 ? " byte" : " bytes"))
                wrong("write '" + call.name + " N bytes': " + text);
        } else if (call.name == "watch" && (rest == "for reading" || rest == "for writing")) {
            call.outcome = rest;
        } else if (rest == "end of stream" || rest == "failed" || rest.empty()) {
            call.outcome = rest;
        } else {
            wrong("not understood: " + text);
        }
        return call;
    }

    void check_participant(const std::string& id) {
        if (diagram_.participants.count(id) == 0) wrong("nobody is called '" + id + "'");
    }

    void add(Row& row) {
        take_step(row);
        if (phase_due_) wrong("a rect begins with a note over both that is its title");
        if (open_rects_ == 0) wrong("a row outside of every rect");
        diagram_.rows.push_back(row);
    }

    Diagram diagram_;
    int line_ = 0, open_rects_ = 0;
    bool phase_due_ = false;
    // What has been said of the next step, and in which line.
    Step step_;
    int captions_ = 0, questions_ = 0, step_line_ = 0;
};

}  // namespace

bool is_of_none(const std::string& name) {
    static const std::set<std::string> of_none = {"socket", "bind",   "listen", "poll",
                                                  "wait",   "killed", "SIGTERM"};
    return of_none.count(name) != 0;
}

std::size_t Diagram::messages() const {
    return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [](const Row& row) {
        return row.kind != Row::Kind::phase && !row.peer.empty();
    }));
}

bool Diagram::has_server() const { return source_exists("solutions/" + lesson + "/server.cpp"); }

std::string Diagram::program() const {
    for (const auto& [id, shown] : participants)
        if (shown == (has_server() ? "server" : "client")) return id;
    return {};
}

std::vector<std::string> Diagram::others() const {
    std::vector<std::string> ids;
    for (const auto& [id, shown] : participants)
        if (id != program()) ids.push_back(id);
    return ids;
}

std::string Diagram::at(const Step& step) const {
    return "diagrams/" + name + ".mmd:" + std::to_string(step.line);
}

std::vector<std::string> diagram_names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(in_project("diagrams")))
        if (entry.path().extension() == ".mmd") names.push_back(entry.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

Diagram parse_diagram(const std::string& name, std::string_view source) {
    return Reader(name).read(source);
}

Diagram read_diagram(const std::string& name) {
    return parse_diagram(name, read_source("diagrams/" + name + ".mmd"));
}

std::vector<Diagram> sequence_diagrams() {
    std::vector<Diagram> found;
    for (const std::string& name : diagram_names()) {
        Diagram diagram = read_diagram(name);
        if (diagram.is_sequence) found.push_back(std::move(diagram));
    }
    return found;
}

std::string read_source(const std::string& path) {
    std::ifstream file(in_project(path), std::ios::binary);
    if (!file) throw std::runtime_error("there is no file " + path);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    text.erase(std::remove(text.begin(), text.end(), '\r'), text.end());
    return text;
}

std::string unescape(std::string_view text) {
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\' || at + 1 == text.size()) {
            bytes += text[at];
            continue;
        }
        const char code = text[++at];
        if (code == 'x' && at + 2 < text.size()) {
            bytes += static_cast<char>(std::stoi(std::string(text.substr(at + 1, 2)), nullptr, 16));
            at += 2;
        } else {
            bytes += code == 'n' ? '\n' : code == 'r' ? '\r' : code == 't' ? '\t' : code;
        }
    }
    return bytes;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = (std::min)(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix((std::min)(end + 1, text.size()));
    }
    return lines;
}

bool source_exists(const std::string& path) { return std::filesystem::exists(in_project(path)); }

std::string fnv1a(std::string_view bytes) {
    std::uint64_t value = 0xcbf29ce484222325u;
    for (const char byte : bytes)
        value = (value ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(value >> shift) & 15u];
    return text;
}

}  // namespace course
