// Reads the diagrams in diagrams/, in the regular form that lessons/README.md describes. Of a
// flowchart or state diagram only what all have: its title, its description, and the steps in which
// it is shown.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace course {

// One call of a participant: "recv 6 bytes", `send "hello\n"`, "recv end of stream", "listen".
struct DrawnCall {
    std::string name;     // "recv"
    std::string outcome;  // "end of stream", "failed", or empty
    std::string data;     // what a send takes, unescaped
    std::string peer;     // in a conversation with whom; empty: it is none
    std::size_t bytes = 0;
    std::string text;  // as written, with its remark
};

// A socket, a poll and the like are in no conversation.
bool is_of_none(const std::string& name);

// What is shown at once: a row of a sequence diagram, or of another picture a line that has a %%!
// above it.
struct Step {
    int line = 0;           // in the source, from 1
    std::string text;       // as written
    std::string code_file;  // from the %%! line above it: "server.cpp"
    int code_line = 0;
    std::string caption;
    std::string question, answer;  // from the %%? line above that
};

struct Row : Step {
    enum class Kind { calls, wire, phase };
    Kind kind = Kind::calls;
    std::string actor;             // who calls, or who sends the packet
    std::string peer;              // where the arrow ends; empty in a note
    bool both_ways = false;        // an arrow with two heads
    std::vector<DrawnCall> calls;  // of a row of kind calls
};

struct Diagram {
    std::string name;    // "01-one-client", or "05-next-please-loop", one more of lesson 05
    std::string lesson;  // "01-one-client"
    bool is_sequence = false;
    bool threads = false;  // the program serves each client in a thread of its own
    std::string title, description, faults;
    std::vector<std::string> arguments;               // behind the port of a server
    std::map<std::string, std::string> participants;  // "S" -> "server"
    std::vector<Row> rows;
    std::vector<Step> walk;  // of a flowchart or state diagram: from node to node
    int rects = 0;
    // What is not in the regular form, a sentence each with its file and line.
    std::vector<std::string> mistakes;

    std::size_t messages() const;  // rows with an arrow
    bool has_server() const;       // solutions/NN-name/server.cpp, not client.cpp, is the program
    std::string program() const;   // the participant that is the lesson's program: "S"
    std::vector<std::string> others() const;  // whom the test plays
    std::string at(const Step& step) const;   // "diagrams/01-one-client.mmd:38"
};

// The names of all diagrams, in order.
std::vector<std::string> diagram_names();
Diagram read_diagram(const std::string& name);
// The same from a text that need not be in a file, as if the diagram had this name.
Diagram parse_diagram(const std::string& name, std::string_view source);
std::vector<Diagram> sequence_diagrams();

// A file of the project. Throws when there is none. Carriage returns are left out, so that a
// checkout with Windows' line ends reads the same.
std::string read_source(const std::string& path);
std::vector<std::string> lines_of(std::string_view text);
bool source_exists(const std::string& path);

// The bytes that hel\x00lo\n stands for.
std::string unescape(std::string_view text);

// FNV-1a, 64 bits, in hexadecimal: the same as in diagrams/render.
std::string fnv1a(std::string_view bytes);

}  // namespace course
