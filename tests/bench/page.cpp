#include "page.hpp"

#include "plot.hpp"

#include <cmath>
#include <cstdio>
#include <functional>
#include <sstream>
#include <stdexcept>

namespace bench {

std::string decimal(double value, int digits) {
    if (!std::isfinite(value)) return nothing;
    std::string text(32, '\0');
    const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    text.resize(static_cast<std::size_t>(size));
    return text;
}

// No more digits than mean something: 3.1, 42, 1,234.
std::string plain(double value) { return value < 9.95 ? decimal(value, 1) : with_commas(value); }

std::string times(double middle, double late) { return plain(middle) + " / " + plain(late); }

std::string memory(double bytes) {
    return bytes < 1000 ? with_commas(bytes) + " B" : plain(bytes / 1000) + " KB";
}

// In lines of at most 100 columns. A line break in a list goes on below its text.
std::string wrapped(const std::string& text, const std::string& indent) {
    std::string lines;
    std::size_t column = 0;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        const bool fits = column + 1 + word.size() <= 100;
        if (!lines.empty()) lines += fits ? " " : '\n' + indent;
        column = (lines.empty() || !fits ? indent.size() : column + 1) + word.size();
        lines += word;
    }
    return lines + '\n';
}

namespace {

using Cell = std::function<std::string(const Column&)>;

class Table {
public:
    explicit Table(const Findings& findings) : columns_(findings.columns) {
        row("", [](const Column& column) { return column.name; });
        text_ += "|---|";
        for (std::size_t i = 0; i < columns_.size(); ++i) text_ += "---|";
        text_ += '\n';
    }

    void row(const std::string& title, const Cell& cell) {
        text_ += "| " + title + " |";
        for (const Column& column : columns_) text_ += ' ' + cell(column) + " |";
        text_ += '\n';
    }

    const std::string& text() const { return text_; }

private:
    const std::vector<Column>& columns_;
    std::string text_;
};

std::string beside(std::size_t silent) {
    return silent == 0 ? "round trip, µs: alone" : "... beside " + with_commas(double(silent));
}

void rows_for_one(Table& table, const Findings& findings) {
    for (const std::size_t silent : findings.silent)
        table.row(beside(silent), [silent](const Column& column) {
            const auto found = column.beside.find(silent);
            if (found == column.beside.end()) return nothing;
            return times(found->second.middle, found->second.late);
        });
}

void rows_for_many(Table& table, const Findings& findings) {
    const auto busy = [&table](const std::string& title, auto show) {
        table.row(title, [show](const Column& column) {
            return column.busy ? show(*column.busy) : nothing;
        });
    };
    busy("... of " + with_commas(double(findings.busy)) + " at work",
         [](const Busy& many) { return times(many.middle, many.late); });
    busy("their messages, bare loop = 1",
         [](const Busy& many) { return decimal(many.messages, 2); });
    busy("... with all processors",
         [](const Busy& many) { return decimal(many.messages_on_all, 2); });
    busy("processor time for each, bare loop = 1",
         [](const Busy& many) { return decimal(many.processor_time, 2); });
}

std::string table(const Findings& findings) {
    Table table(findings);
    table.row("lines of code", [](const Column& column) {
        return column.lines_of_code == 0 ? nothing : with_commas(double(column.lines_of_code));
    });
    table.row("serves at once",
              [](const Column& column) { return with_commas(double(column.served)); });
    table.row("threads, with these",
              [](const Column& column) { return with_commas(double(column.threads)); });
    table.row("memory for one more", [](const Column& column) {
        return column.beside.size() < 2 ? nothing : memory(column.memory_a_client);
    });
    rows_for_one(table, findings);
    rows_for_many(table, findings);
    table.row("processor time when all are silent",
              [](const Column& column) { return decimal(column.idle * 100, 1) + " %"; });
    return table.text();
}

std::string sentences(const Findings& findings) {
    const std::string most = with_commas(double(findings.silent.back()));
    std::string text;
    const auto say = [&text](const std::string& words) { text += wrapped("- " + words, "  "); };
    for (const Column& column : findings.columns) {
        say(column.name + ": with " + with_commas(double(column.served)) +
            (column.served == 1 ? " client " : " clients ") + column.stopped_by + ".");
        if (column.beside.count(findings.silent.back()) != 0)
            say(column.name + ": beside " + most + " silent clients a round trip takes " +
                decimal(column.slower, 2) + " times as long as alone.");
    }
    if (!findings.held.empty()) say(findings.held);
    return text;
}

// What a reader has to know of the figures.
std::string notes(const Findings& findings) {
    return "A message has 512 bytes. Of a round trip the first figure is the median, and 99 of 100 "
           "take less than the second. Clients and server share one processor, where the table "
           "does not say all: to wake up another one takes longer than an echo. A silent client "
           "has sent one byte before. Memory is the program's own; the system needs more for each "
           "socket and thread. Each server may have " +
           with_commas(double(findings.descriptors)) +
           " descriptors. The tool is lesson 13's; its lines are not counted, for its server is in "
           "the header. The bare loop (`tests/bench/bare_epoll.cpp`) is epoll in raw system "
           "calls, without a log and without deadlines; through it " +
           with_commas(double(findings.busy)) + " clients at work moved " +
           with_commas(findings.bare_messages) +
           " messages a second. Rounds: " + std::to_string(findings.rounds) +
           ", in each of them all servers in turn; the figures are the medians.";
}

}  // namespace

std::string section(const Findings& findings) {
    return wrapped("Measured on " + findings.machine +
                   ", by this command, which writes this part of the page, and the picture:") +
           "\n```sh\n" + findings.command + "\n```\n\n" + table(findings) + '\n' +
           wrapped(notes(findings)) + '\n' + sentences(findings);
}

std::string with_section(const std::string& page, const std::string& text,
                         const std::string& under) {
    const std::string line = '\n' + under + '\n';
    const std::size_t found = page.find(line);
    if (found == std::string::npos) throw std::runtime_error("no heading \"" + under + '"');
    const std::size_t begin = found + line.size();
    std::size_t end = page.find("\n#", begin - 1);
    end = end == std::string::npos ? page.size() : end + 1;
    const std::string rest = page.substr(end);
    return page.substr(0, begin) + '\n' + text + (rest.empty() ? "" : '\n' + rest);
}

std::size_t lines_of_code(const std::string& program) {
    std::istringstream lines(program);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t begin = line.find_first_not_of(" \t\r");
        if (begin != std::string::npos && line.compare(begin, 2, "//") != 0) ++count;
    }
    return count;
}

}  // namespace bench
