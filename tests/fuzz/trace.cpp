// The tests' reader of traces stands any text; and what the header writes of a call, it reads.
#include "fuzz.hpp"

#include "trace_reader.hpp"

#include <algorithm>
#include <vector>

namespace fuzz::trace {

using harness::TracedCall;

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    for (std::size_t end; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1))
        lines.push_back(text.substr(0, end));
    if (!text.empty()) lines.push_back(text);
    return lines;
}

// What is read are the line's own parts, in their order.
void check_line(std::string_view line) {
    const auto call = harness::read_trace_line(line);
    if (!call) return;
    expect(line.starts_with("socket " + call->socket + ": " + call->name), "its begin", line);
    expect(call->only_begun() || line.ends_with(" -> " + call->result), "its result", line);
    expect(line.find(call->arguments) != line.npos, "its arguments", line);
}

void check_picture(std::string_view bytes) {
    for (const bool is_client : {false, true})
        for (const std::string_view line : lines_of(harness::draw_trace(bytes, is_client)))
            expect(line.size() <= harness::page_width, "too wide", line);
    const std::size_t accepted = harness::count_accepted(bytes);
    expect(accepted <= harness::read_trace(bytes).size(), "too many clients", bytes);
    (void)harness::begun_in(bytes).calls();
    for (const TracedCall& call : harness::read_trace(bytes)) {
        (void)call.asked();
        (void)call.waits_to_read();
        (void)call.waits_to_write();
        (void)call.ready();
    }
}

// A recv or a send of these bytes, as the header tells of it.
void check_call(Script& script) {
    const bool sends = script.number() % 2 != 0;
    const unsigned moved = script.number() % 41, socket = script.number();
    const std::string bytes(script.text(40));
    const std::size_t count = (std::min)(std::size_t{moved}, bytes.size());
    const echo::Call call{.name = sends ? "send" : "recv",
                          .socket = static_cast<echo::Handle>(socket),
                          .data = bytes.data(),
                          .length = bytes.size(),
                          .result = static_cast<long long>(count)};
    const std::string line = echo::describe(call);
    const auto read = harness::read_trace_line(line);
    expect(read.has_value(), "not read", line);
    expect(read->name == call.name && read->socket == std::to_string(socket), "another call", line);
    expect(read->moved() == count, "another count", line);
    if (sends) expect(read->asked() == bytes.size(), "another length", line);
    const std::string quoted = echo::quote(sends ? bytes : bytes.substr(0, count));
    if (sends || count > 0)
        expect('"' + std::string(read->quoted()) + '"' == quoted.substr(0, quoted.rfind('"') + 1),
               "other bytes", line);
}

void run(std::string_view bytes) {
    for (const std::string_view line : lines_of(bytes)) check_line(line);
    check_picture(bytes);
    Script script(bytes);
    check_call(script);
}

const Target target("trace", run);

}  // namespace fuzz::trace
