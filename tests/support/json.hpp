// Enough of JSON (RFC 8259) to tell whether a line of a log is an object, and what is in it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace harness {

// The members of an object, with their values as they stand there: a string with its quotes.
// Nothing: the text is not valid, or not one object and nothing else.
std::optional<std::map<std::string, std::string>> json_object(std::string_view text);

}  // namespace harness
