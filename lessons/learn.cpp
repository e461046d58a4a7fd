// The coach: takes a student through the course. Edit, save, verdict.
//
// Its parts are in coach/, one idea a file. This file understands the command line.

#include "coach/commands.hpp"
#include "coach/drawing.hpp"
#include "coach/each.hpp"
#include "coach/session.hpp"
#include "coach/terminal.hpp"
#include "coach/text.hpp"

#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view help =
    R"(The coach takes you through the course: it watches your file, and each time you save it
builds your program, runs the lesson's tests, and says what happened.

    learn                start where you were
    learn NN             start in lesson NN (03, or 03-byte-stream)
    learn list           the lessons, and which are passed
    learn check [NN]     check a lesson once
    learn check NN -- COMMAND ...
                         check a program in any language: learn check 01 -- python3 my_server.py
    learn read [NN]      the lesson's text; --all with the hints and answers
    learn read course    what the course is, and how to go through it
    learn hint [NN]      the next hint
    learn reset [NN]     put the starter back; your file is kept beside it
    learn verify [NN ...]
                         check these lessons, or all: a table, for instructors
    learn verify [NN ...] --each FOLDER ...
                         check them in the hand-ins of a class, a folder for each student

    --manual             check only when Enter is pressed
    --lines              plain lines instead of a screen, for screen readers
    --all                what is folded in the text of a lesson too
    --json               the result of verify as JSON
    --csv                the result of verify --each for a spreadsheet
    --diagram FILE       what the program did in check, drawn: FILE.html for a browser, with the
                         lesson's diagram beside it, or FILE.mmd for mermaid
    --project FOLDER     the project's folder, if not the one that learn was built in
    --build FOLDER       and its build folder
    --help               this text

The exit code is 0 when all that was checked is passed, 1 when it is not, and 2 for a command that
learn does not know. NO_COLOR=1 turns colours off. ECHO_PATIENCE=5 gives each step of a test five
times as long, for slow machines.
)";

// A command line that learn does not know.
class Usage : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct Arguments {
    std::string command;  // empty: the session
    std::vector<std::string> lessons;
    std::vector<std::string> program;  // what follows --
    coach::Checker::Folders folders{ECHO_SOURCE_DIR, ECHO_BUILD_DIR};
    bool other_project = false;
    bool other_build = false;
    coach::SessionOptions session;
    bool json = false;
    bool csv = false;
    bool each = false;
    std::vector<std::string> hand_ins;  // what follows --each
    std::string diagram;                // a file
    bool all = false;
    bool help = false;
};

bool is_command(const std::string& word) {
    for (const char* known : {"list", "check", "read", "hint", "reset", "verify"})
        if (word == known) return true;
    return false;
}

Arguments parse(const std::vector<std::string>& words) {
    Arguments arguments;
    for (std::size_t at = 0; at < words.size(); ++at) {
        const std::string& word = words[at];
        const auto value = [&] {
            if (at + 1 == words.size())
                throw Usage(word + (word == "--diagram" ? " needs a file" : " needs a folder"));
            return words[++at];
        };
        if (word == "--") {
            arguments.program.assign(words.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                                     words.end());
            if (arguments.program.empty()) throw Usage("after -- a command is needed");
            break;
        }
        if (word == "--help" || word == "-h")
            arguments.help = true;
        else if (word == "--manual")
            arguments.session.manual = true;
        else if (word == "--lines")
            arguments.session.lines = true;
        else if (word == "--json")
            arguments.json = true;
        else if (word == "--csv")
            arguments.csv = true;
        else if (word == "--each")
            arguments.each = true;
        else if (word == "--all")
            arguments.all = true;
        else if (word == "--diagram") {
            arguments.diagram = value();
            if (!coach::can_be_drawn_into(arguments.diagram))
                throw Usage("--diagram needs a file that ends in .mmd (mermaid) or .html (a page)");
        } else if (word == "--project") {
            arguments.folders.root = value();
            arguments.other_project = true;
        } else if (word == "--build") {
            arguments.folders.build = value();
            arguments.other_build = true;
        } else if (!word.empty() && word[0] == '-')
            throw Usage("there is no option " + coach::printable(word));
        else if (arguments.each)
            arguments.hand_ins.push_back(word);
        else if (arguments.command.empty() && arguments.lessons.empty() && is_command(word))
            arguments.command = word;
        else
            arguments.lessons.push_back(word);
    }
    // The build folder knows where its sources are: the two go together.
    if (arguments.other_project != arguments.other_build && !arguments.help)
        throw Usage("--project and --build go together");
    return arguments;
}

// A first word that is neither a command nor a lesson, nor looks like a lesson's number.
void check_command_word(const coach::Course& course, const Arguments& arguments) {
    if (!arguments.command.empty() || arguments.lessons.empty()) return;
    const std::string& word = arguments.lessons.front();
    if (course.find(word) || (!word.empty() && word[0] >= '0' && word[0] <= '9')) return;
    throw Usage("no such command: \"" + coach::printable(word) +
                "\"; there are list, check, read, hint, reset and verify");
}

// What can't be meant.
void check(const Arguments& arguments) {
    const std::string& command = arguments.command;
    if (arguments.lessons.size() > 1 && command != "verify")
        throw Usage("one lesson at a time: " + coach::printable(arguments.lessons[1]));
    if (command == "list" && !arguments.lessons.empty())
        throw Usage("list takes no lesson: " + coach::printable(arguments.lessons[0]));
    if (!arguments.program.empty() && command != "check")
        throw Usage("a command after -- is for check alone");
    if (!arguments.program.empty() && arguments.lessons.empty())
        throw Usage("which lesson? learn check NN -- COMMAND");
    if (arguments.each && command != "verify") throw Usage("--each is for verify alone");
    if (arguments.each && arguments.hand_ins.empty()) throw Usage("--each needs a folder");
    if (arguments.csv && !arguments.each) throw Usage("--csv is for verify --each alone");
    if (arguments.csv && arguments.json) throw Usage("--csv or --json, not both");
    if (arguments.json && command != "verify") throw Usage("--json is for verify alone");
    if (!arguments.diagram.empty() && command != "check")
        throw Usage("--diagram is for check alone");
    if (arguments.all && command != "read") throw Usage("--all is for read alone");
    if (!command.empty() && (arguments.session.manual || arguments.session.lines))
        throw Usage("--manual and --lines are for the session, not for " + command);
}

int start_session(coach::Coach& coach, const Arguments& arguments) {
    coach::SessionOptions options = arguments.session;
    if (!options.lines && !(coach::input_is_terminal() && coach::output_is_terminal())) {
        coach::list_command(coach);
        std::cout << "\nNot a terminal, so here is the list. In a terminal, start build/learn. "
                     "Without one, use: build/learn check\n";
        return 0;
    }
    if (!coach::terminal_can_draw()) options.lines = true;
    return coach::run_session(coach, options);
}

int check_class(const coach::Coach& coach, const Arguments& arguments,
                std::vector<const coach::Lesson*> lessons) {
    const coach::Format format = arguments.json  ? coach::Format::json
                                 : arguments.csv ? coach::Format::csv
                                                 : coach::Format::table;
    return coach::each_command(coach.course(), arguments.folders, std::move(lessons),
                               arguments.hand_ins, format);
}

int run(const Arguments& arguments) {
    coach::Coach coach(arguments.folders);
    check_command_word(coach.course(), arguments);
    check(arguments);
    const std::string& command = arguments.command;
    if (command == "read" && arguments.lessons == std::vector<std::string>{"course"})
        return coach::read_command(coach, nullptr, arguments.all);
    std::vector<const coach::Lesson*> lessons;
    try {
        for (const std::string& name : arguments.lessons) lessons.push_back(&coach.find(name));
    } catch (const coach::Trouble& wrong) {
        throw Usage(wrong.what());
    }
    if (arguments.each) return check_class(coach, arguments, std::move(lessons));
    if (command == "verify") return coach::verify_command(coach, lessons, arguments.json);
    if (command == "list") return coach::list_command(coach);
    if (command.empty()) {
        if (!lessons.empty()) coach.choose(*lessons.front());
        return start_session(coach, arguments);
    }
    const coach::Lesson& lesson = lessons.empty() ? coach.lesson() : *lessons.front();
    if (command == "read") return coach::read_command(coach, &lesson, arguments.all);
    if (command == "hint") return coach::hint_command(coach, lesson);
    if (command == "reset") return coach::reset_command(coach, lesson);
    return coach::check_command(coach, lesson, coach::command_line(arguments.program),
                                arguments.diagram);
}

}  // namespace

int main(int count, char** values) {
    try {
        const Arguments arguments = parse({values + 1, values + count});
        if (arguments.help) {
            std::cout << help;
            return 0;
        }
        return run(arguments);
    } catch (const Usage& wrong) {
        std::cerr << "learn: " << wrong.what() << "; see learn --help\n";
        return 2;
    } catch (const std::exception& failure) {
        std::cerr << "learn: " << failure.what() << '\n';
        return 1;
    }
}
