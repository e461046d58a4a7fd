// The log's lines. Whatever a stranger says, JSON's are objects that the tests' reader takes, with
// all that was told in them; text's are one line of characters that can be printed; and what is in
// quotes reads back.
#include "fuzz.hpp"

#include "json.hpp"

#include <chrono>
#include <map>

#include "../../solutions/echo-client/json.hpp"

namespace fuzz::log {

using echo::detail::LogEntry;

int digit(char hex) { return hex <= '9' ? hex - '0' : hex - 'a' + 10; }

// The bytes that quote() or JSON has made of a string. `escape` is what is before two hex digits.
std::string unquoted(std::string_view text, std::string_view escape) {
    static const std::map<char, char> letters{{'n', '\n'}, {'r', '\r'}, {'t', '\t'}};
    std::string bytes;
    for (text = text.substr(1, text.size() - 2); !text.empty(); text.remove_prefix(1)) {
        if (text.starts_with(escape)) {
            text.remove_prefix(escape.size());
            bytes += static_cast<char>(digit(text[0]) * 16 + digit(text[1]));
            text.remove_prefix(1);
        } else if (text[0] == '\\') {
            text.remove_prefix(1);
            const auto letter = letters.find(text[0]);
            bytes += letter == letters.end() ? text[0] : letter->second;
        } else {
            bytes += text[0];
        }
    }
    return bytes;
}

bool can_be_printed(std::string_view text) {
    for (const char byte : text)
        if (byte < 0x20 || byte > 0x7e) return false;
    return true;
}

void check_json(const LogEntry& entry) {
    const std::string line = echo::detail::json_line(entry);
    expect(line.ends_with('\n') && can_be_printed(line.substr(0, line.size() - 1)), "a line", line);
    auto members = harness::json_object(line);
    expect(members.has_value(), "not an object", line);
    expect(members->size() == 3u + (entry.peer != nullptr) + (entry.bytes != nullptr), "members",
           line);
    expect((*members)["level"] == '"' + std::string(echo::name(entry.level)) + '"', "level", line);
    if (entry.peer) expect((*members)["peer"] == '"' + entry.peer->text() + '"', "peer", line);
    if (entry.bytes) expect((*members)["bytes"] == std::to_string(*entry.bytes), "bytes", line);
    const std::string message = unquoted((*members)["message"], "\\u00");
    expect(entry.what.starts_with(message), "another message", line);
    if (line.size() < echo::detail::longest_log_text)
        expect(message == entry.what, "the message is cut", line);
    expect(line.size() < 512, "too long for a pipe", line);
}

void check_text(const LogEntry& entry) {
    const std::string line = echo::detail::text_line(entry);
    expect(line.ends_with('\n') && can_be_printed(line.substr(0, line.size() - 1)), "a line", line);
    expect(line.size() < 512, "too long for a pipe", line);
    const std::string peer = entry.peer ? ' ' + entry.peer->text() : "";
    expect(line.substr(24).starts_with(' ' + std::string(echo::name(entry.level)) + peer),
           "who says it", line);
}

void check_quote(std::string_view bytes) {
    const std::string quoted = echo::quote(bytes, SIZE_MAX);
    expect(can_be_printed(quoted), "can't be printed", quoted);
    expect(unquoted(quoted, "\\x") == bytes, "does not read back", quoted);
    const std::string some = echo::quote(bytes, 5);
    expect(some.ends_with("...") == (bytes.size() > 5) || bytes.ends_with("...\""), "cut", some);
}

// What echo-client --json writes; and the reader itself, which must stand any text.
void check_objects(std::string_view bytes, std::uint64_t number) {
    Json inner, json;
    inner.text(bytes, bytes).number("number", number);
    json.object("inner", inner).list("list", inner.finished()).text("text", bytes);
    auto members = harness::json_object(json.finished());
    expect(members && members->size() == 3, "not an object", json.finished());
    expect(unquoted((*members)["text"], "\\u00") == bytes, "another text", json.finished());
    expect(harness::json_object((*members)["inner"]).has_value(), "inside", json.finished());

    if (const auto any = harness::json_object(bytes)) {
        std::string again = "{";
        for (const auto& [name, value] : *any)
            again.append(again.size() > 1 ? "," : "").append('"' + name + "\":" + value);
        expect(harness::json_object(again + '}') == any, "does not read back", bytes);
    }
}

void run(std::string_view bytes) {
    Script script(bytes);
    const unsigned kind = script.number();
    const std::uint64_t number = std::uint64_t{script.number()} << (script.number() % 64);
    const echo::Endpoint peer =
        kind & 4 ? echo::Endpoint::any(7777) : echo::Endpoint::loopback(65535);
    const std::string_view what = script.text(SIZE_MAX);
    const LogEntry entry{static_cast<echo::Level>(kind % 4), kind & 8 ? &peer : nullptr, what,
                         kind & 16 ? &number : nullptr};
    check_json(entry);
    check_text(entry);
    check_quote(what);
    check_objects(what, number);
}

const Target target("log", run);

}  // namespace fuzz::log
