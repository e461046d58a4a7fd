// What was measured, as a section of a page in Markdown.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bench {

inline const std::string nothing = "–";  // in a table

std::string decimal(double value, int digits);
// No more digits than mean something: 3.1, 42, 1,234.
std::string plain(double value);
std::string times(double middle, double late);
std::string memory(double bytes);
// In lines of at most 100 columns. A line break in a list goes on below its text.
std::string wrapped(const std::string& text, const std::string& indent = {});

// Of one client that talks, beside so many that are silent. Times in microseconds.
struct Beside {
    double memory = 0;  // of the server, in bytes
    double middle = 0, late = 0;
};

// Of many clients that talk.
struct Busy {
    double middle = 0, late = 0;
    // In parts of the bare loop's: on one processor, on all, on one.
    double messages = 0, messages_on_all = 0, processor_time = 0;
};

// What was found of one shape of server.
struct Column {
    std::string name;
    std::size_t lines_of_code = 0;  // 0: not counted
    std::size_t served = 0;         // so many at once, and then
    std::string stopped_by;
    std::size_t threads = 0;  // with so many
    double memory_a_client = 0;
    std::map<std::size_t, Beside> beside;  // by the number of silent clients; only where it serves
    double slower = 0;                     // with the most of them than with none: so many times
    std::optional<Busy> busy;              // nothing: it can't serve so many
    double idle = 0;                       // processor time, in parts of the time that passed
};

struct Findings {
    std::string machine;
    std::string command;
    std::size_t rounds = 0;
    std::vector<Column> columns;
    std::vector<std::size_t> silent;  // numbers of clients
    std::size_t busy = 0;
    std::size_t descriptors = 0;  // that a server may have
    double bare_messages = 0;     // a second
    std::string held;             // a sentence on holding many for long; empty: not tried
};

inline constexpr char heading[] = "### The figures";

// The text below that heading.
std::string section(const Findings& findings);

// The page with this text below a heading, up to the next one, and with all else as it is. Throws
// std::runtime_error when it has no such heading.
std::string with_section(const std::string& page, const std::string& text,
                         const std::string& under = heading);

// Lines with something on them that is not a comment.
std::size_t lines_of_code(const std::string& program);

}  // namespace bench
