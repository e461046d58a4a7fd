// A diagram that is wrong is found, and what is found says where it is wrong, and how.
#include "acting.hpp"
#include "calls.hpp"
#include "causality.hpp"
#include "diagram.hpp"
#include "played.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace {

using course::Diagram;
using course::DrawnCall;
using course::joined;
using course::Performance;
using course::Played;
using course::Row;

// All that is found in a source, when the solution's run was this.
std::vector<std::string> found_in(const std::string& name, const std::string& source,
                                  const Performance& performance) {
    const Diagram diagram = course::parse_diagram(name, source);
    if (!diagram.mistakes.empty()) return diagram.mistakes;
    std::vector<std::string> found = course::impossible_in(diagram);
    for (std::string& wrong : course::wrong_code_lines(diagram)) found.push_back(std::move(wrong));
    for (std::string& wrong : course::differences(diagram, performance))
        found.push_back(std::move(wrong));
    return found;
}

std::string replace(std::string source, const std::string& from, const std::string& to) {
    const std::size_t at = source.find(from);
    INFO("a line of the source: " << from);
    REQUIRE(at != std::string::npos);
    return source.replace(at, from.size(), to);
}

// Moves a line to the place before another one.
std::string moved(const std::string& source, const std::string& line, const std::string& before) {
    return replace(replace(source, line, ""), before, line + before);
}

// Without what is said of the rows.
std::string bare(const std::string& source) {
    std::string rows;
    for (const std::string& line : course::lines_of(source))
        if (line.find("%%!") == std::string::npos && line.find("%%?") == std::string::npos)
            rows += line + '\n';
    return rows;
}

// The number of the first line with this text, from 1.
std::size_t line_of(const std::string& source, const std::string& text) {
    const auto before = source.begin() + static_cast<std::ptrdiff_t>(source.find(text));
    return static_cast<std::size_t>(std::count(source.begin(), before, '\n')) + 1;
}

}  // namespace

TEST_CASE("each way to be wrong has its message", "[diagrams][wrong]") {
    if (std::getenv("ECHO_PROGRAM"))
        SKIP_BECAUSE("ECHO_PROGRAM is set; this is about our own programs");
    std::map<std::string, Played> played;
    for (Played& one : course::play_all()) played.emplace(one.diagram.name, one);
    const std::string one = "01-one-client", nine = "09-one-thread-many-clients";
    const std::string first = bare(played.at(one).source), ninth = bare(played.at(nine).source);
    // That of `wrong`, a source with a mistake, says this of the row.
    const auto check = [&](const std::string& name, const std::string& wrong,
                           const std::string& row, const std::string& message) {
        const std::string found = joined(found_in(name, wrong, played.at(name).performance));
        const std::string line = std::to_string(line_of(wrong, row));
        const std::string expected = "diagrams/" + name + ".mmd:" + line + ": " + message + '\n';
        INFO("expected: " << expected << "found:\n" << found);
        CHECK(found.find(expected) != std::string::npos);
    };

    const std::string recv = "        Note over S: recv 6 bytes\n";
    const std::string send = "        S->>C: send \"hello\\n\"\n";
    const std::string asks = "        C->>S: send \"hello\\n\"\n";
    // A row is missing.
    check(one, replace(first, recv, ""), send,
          "the picture has send \"hello\\n\", the run has recv 6 bytes");
    // Two rows are swapped.
    const std::string poll = "        Note over S: poll\n",
                      accept = "        Note over S: accept (A)\n";
    check(nine, moved(ninth, accept, poll), accept, "the picture has accept (A), the run has poll");
    // A row has moved to another place.
    const std::string gets = "        Note over C: recv 6 bytes\n";
    check(one, moved(first, gets, asks), gets, "recv 6 bytes: receives what has not been sent");
    // Wrong numbers of bytes, and other bytes.
    const std::string less = "        Note over S: recv 5 bytes\n";
    check(one, replace(first, recv, less), less,
          "the picture has recv 5 bytes, the run has recv 6 bytes");
    const std::string louder = "        S->>C: send \"HELLO\\n\"\n";
    check(one, replace(first, send, louder), louder,
          "the picture has send \"HELLO\\n\", the run has send \"hello\\n\"");
    // A participant is misspelt.
    const std::string misspelt = "        C->>SS: send \"hello\\n\"\n";
    check(one, replace(first, asks, misspelt), misspelt, "nobody is called 'SS'");
    // What comes of a call stands before it.
    const std::string fin = "        C-->>S: wire: FIN\n";
    check(one, moved(first, fin, "        Note over C: shutdown\n"), fin,
          "wire: FIN: a FIN before its side has finished sending");
    // Another client.
    const std::string other = "        Note over S: recv 4 bytes (A)\n";
    check(nine, replace(ninth, "        Note over S: recv 4 bytes (B)\n", other), other,
          "the picture has recv 4 bytes (A), the run has recv 4 bytes (B)");
    // Nobody receives the end of a stream.
    check(one, replace(first, "Note over C: recv end of stream, close", "Note over C: close"),
          "        S-->>C: wire: FIN + ACK", "wire: FIN + ACK: nobody receives this end of stream");
    check(one, replace(first, "Note over S: recv end of stream, close", "Note over S: close"),
          "Note over S: close", "the picture has close, the run has recv end of stream");
    // Nobody is told that it ends.
    check(nine, replace(ninth, "        B-->>S: wire: FIN\n", ""),
          "        Note over S: recv end of stream (B), close (B)\n",
          "recv end of stream (B), close (B): the other side has not finished");
    check(nine, replace(ninth, "        S-->>B: wire: FIN\n", ""),
          "        Note over S: recv end of stream (B), close (B)\n",
          "recv end of stream (B), close (B): its FIN or RST is missing");
    // A phase has no title.
    check(one, replace(first, "        Note over C,S: 3. Exchange\n", ""), asks,
          "a rect begins with a note over both that is its title");
    // Another line of code.
    const std::string listens = "        Note over S: socket, bind, listen\n";
    const auto at_line = [&](const std::string& number) {
        return replace(first, listens, "        %%! server.cpp:" + number + " | Here.\n" + listens);
    };
    check(one, at_line("1"), listens,
          "socket, bind, listen: solutions/01-one-client/server.cpp:1 does not make the call");
    check(one, at_line("999"), listens,
          "socket, bind, listen: there is no solutions/01-one-client/server.cpp:999");
}

namespace {

// A row, and what is said of it above.
void erase(std::vector<std::string>& lines, std::size_t line) {
    do lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(line--));
    while (lines[line].find("%%") != std::string::npos);
}

// Changes one line of a source.
using Change = std::function<void(std::vector<std::string>& lines, std::size_t line)>;

bool is_the_programs(const Diagram& diagram, const Row& row) {
    return row.actor == diagram.program() && !row.calls.empty() &&
           course::can_be_seen(row.calls.front());
}

void replace_in(std::string& line, const std::string& from, const std::string& to) {
    line = replace(line, from, to);
}

// Something is found, and each of what is found says where.
void check_found(const Played& played, const std::vector<std::string>& lines) {
    const std::string& name = played.diagram.name;
    const std::vector<std::string> found = found_in(name, joined(lines), played.performance);
    CHECK_FALSE(found.empty());
    for (const std::string& wrong : found) {
        INFO(wrong);
        const std::string start = "diagrams/" + name + ".mmd:";
        CHECK(wrong.find(start) == 0);
        CHECK(std::stoul(wrong.substr(start.size())) <= lines.size());
    }
}

// Changes one row after the other, where `change` says that it can.
template <typename CanBe>
void check_each(const std::vector<Played>& all, CanBe can_be, const Change& change) {
    std::size_t changed = 0;
    for (const Played& played : all) {
        for (const Row& row : played.diagram.rows) {
            if (!can_be(played.diagram, row)) continue;
            INFO(played.diagram.at(row) << ": " << row.text);
            std::vector<std::string> lines = course::lines_of(played.source);
            change(lines, static_cast<std::size_t>(row.line) - 1);
            check_found(played, lines);
            ++changed;
        }
    }
    CHECK(changed > all.size());
}

// To a trace. A remark may tell the rows apart.
bool do_the_same(const Row& one, const Row& other) {
    return std::equal(one.calls.begin(), one.calls.end(), other.calls.begin(), other.calls.end(),
                      [](const DrawnCall& a, const DrawnCall& b) {
                          return course::ProgramCall{a, {}} == course::ProgramCall{b, {}};
                      });
}

bool has(const Row& row, const std::string& text) {
    return row.text.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("no diagram can be wrong in these ways without being found", "[diagrams][wrong]") {
    if (std::getenv("ECHO_PROGRAM"))
        SKIP_BECAUSE("ECHO_PROGRAM is set; this is about our own programs");
    const std::vector<Played> all = course::play_all();
    // A call of the program is missing, a FIN, or a phase's title.
    check_each(all, is_the_programs, erase);
    check_each(
        all, [](const Diagram&, const Row& row) { return row.text == "wire: FIN"; }, erase);
    check_each(
        all, [](const Diagram&, const Row& row) { return row.kind == Row::Kind::phase; }, erase);
    // Nobody has this name.
    check_each(
        all, [](const Diagram&, const Row&) { return true; },
        [](std::vector<std::string>& lines, std::size_t line) {
            const bool note = lines[line].find("Note over ") != std::string::npos;
            if (note)
                replace_in(lines[line], "Note over ", "Note over X");
            else
                lines[line].insert(lines[line].find_first_not_of(' '), "X");
        });
    // What is received stands before it is sent.
    check_each(
        all, [](const Diagram&, const Row& row) { return has(row, "recv ") && has(row, " byte"); },
        [](std::vector<std::string>& lines, std::size_t line) {
            const std::string row = lines[line];
            erase(lines, line);
            const auto title = std::find_if(
                lines.begin(), lines.end(),
                [](const std::string& text) { return text.find(": 1. ") != std::string::npos; });
            lines.insert(title + 1, row);
        });
    // One byte too much, or too few.
    check_each(
        all, [](const Diagram&, const Row& row) { return has(row, "recv ") && has(row, " byte"); },
        [](std::vector<std::string>& lines, std::size_t line) {
            const std::size_t at = lines[line].find("recv ") + 5;
            const std::size_t bytes = std::stoul(lines[line].substr(at));
            lines[line].replace(at, std::to_string(bytes).size(), std::to_string(bytes + 1));
        });
    check_each(
        all,
        [](const Diagram&, const Row& row) { return !row.peer.empty() && has(row, "send \""); },
        [](std::vector<std::string>& lines, std::size_t line) {
            replace_in(lines[line], "send \"", "send \"x");
        });
    // An end of stream is missing. When all calls of the row are, its line goes.
    check_each(
        all, [](const Diagram&, const Row& row) { return has(row, "recv end of stream, "); },
        [](std::vector<std::string>& lines, std::size_t line) {
            replace_in(lines[line], "recv end of stream, ", "");
        });
    // Another client: B's instead of A's.
    check_each(
        all,
        [](const Diagram& diagram, const Row& row) {
            return is_the_programs(diagram, row) && has(row, "(A)") &&
                   diagram.participants.count("B") != 0;
        },
        [](std::vector<std::string>& lines, std::size_t line) {
            replace_in(lines[line], "(A)", "(B)");
        });
    // Another line of code.
    check_each(
        all, [](const Diagram&, const Row& row) { return !row.code_file.empty(); },
        [](std::vector<std::string>& lines, std::size_t line) {
            while (lines[line].find("%%! ") == std::string::npos) --line;
            replace_in(lines[line], ".cpp:", ".cpp:9999");
        });
}

TEST_CASE("a row of the program in another place is found", "[diagrams][wrong]") {
    if (std::getenv("ECHO_PROGRAM"))
        SKIP_BECAUSE("ECHO_PROGRAM is set; this is about our own programs");
    for (const Played& played : course::play_all()) {
        const Diagram& diagram = played.diagram;
        const Row* last = nullptr;
        for (const Row& row : diagram.rows) {
            if (!is_the_programs(diagram, row)) continue;
            const Row* before = std::exchange(last, &row);
            // Of threads only each one's own calls have an order.
            if (!before || do_the_same(*before, row) || diagram.threads) continue;
            INFO(diagram.at(row) << ": " << row.text << ", above " << before->text);
            std::vector<std::string> lines = course::lines_of(played.source);
            std::swap(lines[static_cast<std::size_t>(row.line) - 1],
                      lines[static_cast<std::size_t>(before->line) - 1]);
            check_found(played, lines);
        }
    }
}

TEST_CASE("a program that is asked to stop in the picture is asked", "[diagrams][wrong]") {
    if (std::getenv("ECHO_PROGRAM"))
        SKIP_BECAUSE("ECHO_PROGRAM is set; this is about our own programs");
    const std::string name = "12-graceful-shutdown";
    const std::string source = course::read_source("diagrams/" + name + ".mmd");
    const Diagram never =
        course::parse_diagram(name, replace(source, "        Note over S: SIGTERM\n", ""));
    CHECK_FALSE(course::differences(never, course::perform_solution(never)).empty());
}
