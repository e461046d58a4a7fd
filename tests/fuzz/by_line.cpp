// A server's answers to lines (by_line) do not depend on the pieces in which the lines come: they
// are those of a model that has all of them at once.
//
// The first byte of the script is how long a line may be; then come pieces, each with its size
// before it.
#include "fuzz.hpp"

#include <algorithm>
#include <vector>

namespace fuzz::by_line {

// Says a line back. "!" warns, and "bye" ends the conversation.
echo::Answer answer_to(std::string_view line) {
    echo::Answer answer('<' + std::string(line) + '>', line == "bye");
    if (line.starts_with('!')) answer.warning = line;
    return answer;
}

struct Said {
    std::string bytes;
    bool last = false;
    int warnings = 0;
};

Said expected_of(std::string_view all, std::size_t longest) {
    Said said;
    while (!all.empty() && !said.last) {
        const std::size_t end = (std::min)(all.find('\n'), all.size());
        std::string_view line = all.substr(0, end);
        all.remove_prefix((std::min)(end + 1, all.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        said.last = line.size() > longest || line == "bye";
        said.warnings += line.size() > longest || line.starts_with('!');
        if (line.size() <= longest) said.bytes += '<' + std::string(line) + ">\n";
    }
    return said;
}

void add(Said& said, const echo::Answer& answer) {
    said.bytes += answer.bytes;
    said.last = answer.last;
    if (!answer.warning.empty()) ++said.warnings;
}

void run(std::string_view bytes) {
    Script script(bytes);
    const std::size_t longest = script.number();
    echo::Handler prototype = echo::by_line(answer_to, longest);
    echo::Handler handler = prototype;
    std::string all;
    Said said;
    while (!script.is_over() && !said.last) {
        const std::string_view piece = script.text(script.number());
        all += piece;
        add(said, handler.received(piece));
    }
    if (!said.last) add(said, handler.ended());

    const Said expected = expected_of(all, longest);
    expect(said.bytes == expected.bytes, "other answers", said.bytes);
    expect(said.last == expected.last || said.last, "does not end", all);
    expect((said.warnings > 0) == (expected.warnings > 0), "a warning is lost", all);
    expect(prototype.ended().bytes.empty(), "the prototype has kept something", all);
}

const Target target("by_line", run);

}  // namespace fuzz::by_line
