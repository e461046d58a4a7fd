// Writes a diagram's source anew, after a run of its lesson's solution or of another program:
//
//     build/redraw 01-one-client                 prints it
//     build/redraw 01-one-client --write         replaces diagrams/01-one-client.mmd
//     build/redraw 01-one-client -- COMMAND ...  after a run of another program
//
// What the run confirms stays as it is. It goes as far as the picture: to draw more, first write
// what the others do into the source. No trace tells of wire rows and code lines: the tests say
// which of them are wrong now.
#include "acting.hpp"
#include "causality.hpp"
#include "diagram.hpp"
#include "program.hpp"
#include "redrawing.hpp"

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr const char* usage = "usage: redraw NAME [--write] [-- COMMAND ...]";

struct Wanted {
    std::string name;
    bool write = false;
    std::string command;  // empty: the lesson's solution
};

// As in a shell, for ECHO_PROGRAM is a command line.
std::string quoted(const std::string& word) {
    return word.find(' ') == std::string::npos ? word : '"' + word + '"';
}

Wanted read(const std::vector<std::string>& arguments) {
    Wanted wanted;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "--") {
            while (++i < arguments.size())
                wanted.command += (wanted.command.empty() ? "" : " ") + quoted(arguments[i]);
        } else if (arguments[i] == "--write") {
            wanted.write = true;
        } else if (wanted.name.empty() && arguments[i][0] != '-') {
            wanted.name = arguments[i];
        } else {
            throw std::invalid_argument(usage);
        }
    }
    if (wanted.name.empty()) throw std::invalid_argument(usage);
    return wanted;
}

void set_program(const Wanted& wanted, const course::Diagram& diagram) {
    harness::set_default_program(course::solution_of(diagram));
    if (wanted.command.empty()) return;
#ifdef _WIN32
    _putenv_s("ECHO_PROGRAM", wanted.command.c_str());
#else
    ::setenv("ECHO_PROGRAM", wanted.command.c_str(), 1);
#endif
}

// The diagram, which has to be one that can be played.
course::Diagram read_diagram(const std::string& name, const std::string& source) {
    course::Diagram diagram = course::parse_diagram(name, source);
    if (!diagram.mistakes.empty()) throw std::runtime_error(diagram.mistakes.front());
    if (!diagram.is_sequence) throw std::runtime_error(name + " is not a sequence diagram");
    return diagram;
}

void redraw(const Wanted& wanted) {
    const std::string path = "diagrams/" + wanted.name + ".mmd";
    const std::string source = course::read_source(path);
    const course::Diagram diagram = read_diagram(wanted.name, source);
    set_program(wanted, diagram);
    const course::Performance performance = course::perform(diagram);
    if (!performance.can_stop) throw std::runtime_error("here nobody can ask a program to stop");
    if (!performance.stuck.empty()) throw std::runtime_error(performance.stuck);
    if (performance.trace.empty()) throw std::runtime_error("the program writes no trace");
    const std::string redrawn = course::redraw(diagram, source, performance);
    for (const std::string& what :
         course::impossible_in(course::parse_diagram(wanted.name, redrawn)))
        std::cerr << "look at it: " << what << '\n';
    if (!wanted.write) {
        std::cout << redrawn;
        return;
    }
    std::ofstream file(std::filesystem::path(ECHO_SOURCE_DIR) / path, std::ios::binary);
    file << redrawn;
    if (!file.flush()) throw std::runtime_error("cannot write to " + path);
}

// What went wrong may have several lines.
std::string in_one_line(std::string text) {
    for (std::size_t at; (at = text.find('\n')) != std::string::npos;) {
        const std::size_t next = text.find_first_not_of(" \n", at);
        text.replace(at, next == std::string::npos ? next : next - at, " ");
    }
    return text;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        redraw(read({argv + 1, argv + argc}));
        return 0;
    } catch (const std::invalid_argument& wrong) {
        std::cerr << wrong.what() << std::endl;
        return 2;
    } catch (const std::exception& wrong) {
        std::cerr << "redraw: " << in_one_line(wrong.what()) << std::endl;
        return 1;
    }
}
