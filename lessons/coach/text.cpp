#include "text.hpp"

#include <cstdint>
#include <fstream>
#include <iterator>
#include <system_error>

namespace coach {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file || fs::is_directory(path)) throw Trouble("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_file(const fs::path& path, std::string_view text) {
    fs::path beside = path;
    beside += ".new";
    std::ofstream file(beside, std::ios::binary);
    file << text;
    file.close();
    std::error_code failed;
    if (file) fs::rename(beside, path, failed);
    if (file && !failed) return;
    fs::remove(beside, failed);
    throw Trouble("cannot write " + path.string() + "; is the folder read-only, or the disk full?");
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        lines.emplace_back(line);
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return lines;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + '\n';
    return text;
}

std::string trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos) return {};
    return std::string(text.substr(begin, text.find_last_not_of(space) - begin + 1));
}

std::string lowered(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

bool starts_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

bool continues(std::string_view text, std::size_t at) {
    return at < text.size() && (byte_at(text, at) & 0xC0u) == 0x80u;
}

// How many bytes the UTF-8 character at `at` has; 0 when there is none.
std::size_t character_length(std::string_view text, std::size_t at) {
    const unsigned first = byte_at(text, at);
    std::size_t length = 0;
    if (first < 0x80)
        length = 1;
    else if (first >= 0xC2 && first < 0xE0)
        length = 2;
    else if (first >= 0xE0 && first < 0xF0)
        length = 3;
    else if (first >= 0xF0 && first < 0xF5)
        length = 4;
    for (std::size_t i = 1; i < length; ++i)
        if (!continues(text, at + i)) return 0;
    return length;
}

// Where the escape sequence that begins at `at` ends.
std::size_t skip_escape(std::string_view line, std::size_t at) {
    ++at;
    if (at >= line.size() || line[at] != '[') return at;
    ++at;
    while (at < line.size() && (byte_at(line, at) < 0x40 || byte_at(line, at) > 0x7E)) ++at;
    return at < line.size() ? at + 1 : at;
}

}  // namespace

bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = character_length(text, at);
        if (length == 0 || text[at] == '\0') return false;
        at += length;
    }
    return true;
}

std::string printable(std::string_view line) {
    std::string clean;
    for (std::size_t at = 0; at < line.size();) {
        const unsigned byte = byte_at(line, at);
        const std::size_t length = character_length(line, at);
        if (byte == 0x1B) {
            at = skip_escape(line, at);
            continue;
        }
        if (byte == '\t')
            clean += "    ";
        else if (length == 0 || byte < 0x20 || byte == 0x7F)
            clean += '?';
        // U+0080 to U+009F are control characters too.
        else if (byte == 0xC2 && byte_at(line, at + 1) < 0xA0)
            clean += '?';
        else
            clean += line.substr(at, length);
        at += length == 0 ? 1 : length;
    }
    return clean;
}

std::size_t columns(std::string_view line) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < line.size(); ++at)
        if (!continues(line, at)) ++count;
    return count;
}

std::string cut(std::string_view line, std::size_t width) {
    std::size_t at = 0;
    for (std::size_t count = 0; at < line.size(); ++at)
        if (!continues(line, at) && ++count > width) break;
    return std::string(line.substr(0, at));
}

namespace {

// Where a line that goes on in the middle of a word is best broken: at its last space, or else,
// in a long path, behind a mark.
std::size_t break_before(const std::string& line, std::size_t indent) {
    const std::size_t space = line.rfind(' ');
    if (space != std::string::npos && space > indent) return space;
    const std::size_t mark = line.find_last_of("/-_.,:;#?&=()");
    return mark != std::string::npos && mark > indent ? mark + 1 : line.size();
}

}  // namespace

std::vector<std::string> wrap(std::string_view line, std::size_t width) {
    std::vector<std::string> lines;
    const bool marked = starts_with(line, "- ") || starts_with(line, "+ ");
    const std::size_t begin = line.find_first_not_of(' ', marked ? 2 : 0);
    const std::string indent(begin == std::string_view::npos || begin * 2 > width ? 0 : begin, ' ');
    std::string rest(line);
    while (columns(rest) > width) {
        std::string first = cut(rest, width);
        if (rest[first.size()] != ' ') first.erase(break_before(first, indent.size()));
        rest = indent + trimmed(rest.substr(first.size()));
        lines.push_back(first);
    }
    if (lines.empty() || !trimmed(rest).empty()) lines.push_back(rest);
    return lines;
}

std::string fingerprint(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : text) {
        if (c == '\r') continue;
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    }
    std::string hex;
    for (int shift = 60; shift >= 0; shift -= 4) hex += "0123456789abcdef"[hash >> shift & 15u];
    return hex;
}

}  // namespace coach
