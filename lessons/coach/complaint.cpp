#include "complaint.hpp"

#include "text.hpp"

#include <algorithm>

namespace coach {

namespace {

bool number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string without_folder(std::string_view path) {
    return trimmed(path.substr(path.find_last_of("/\\") + 1));
}

// "server.cpp:17:5" or "server.cpp(17,5)" or "server.cpp(17)".
bool read_place(std::string_view place, Complaint& complaint) {
    if (!place.empty() && place.back() == ')') {
        const std::size_t open = place.rfind('(');
        if (open == std::string_view::npos) return false;
        const std::string_view inside = place.substr(open + 1, place.size() - open - 2);
        complaint.line = inside.substr(0, inside.find(','));
        complaint.file = without_folder(place.substr(0, open));
        return number(complaint.line);
    }
    std::size_t colon = place.rfind(':');
    if (colon == std::string_view::npos || !number(place.substr(colon + 1))) return false;
    const std::size_t before = place.rfind(':', colon - 1);
    // With a column there are two numbers. (A single letter before the colon would be a drive.)
    if (before != std::string_view::npos && number(place.substr(before + 1, colon - before - 1)))
        colon = before;
    const std::string_view rest = place.substr(colon + 1);
    complaint.line = rest.substr(0, rest.find(':'));
    complaint.file = without_folder(place.substr(0, colon));
    return true;
}

// "PLACE: error: MESSAGE"; Visual Studio has a number more: "PLACE: error C2065: MESSAGE".
std::optional<Complaint> read_complaint(const std::string& line, const std::string& kind) {
    std::size_t at = line.find(": fatal " + kind);
    if (at == std::string::npos) at = line.find(": " + kind);
    if (at == std::string::npos) return std::nullopt;
    const std::size_t colon = line.find(": ", at + 2);
    Complaint complaint;
    if (colon == std::string::npos || !read_place(line.substr(0, at), complaint))
        return std::nullopt;
    complaint.message = trimmed(line.substr(colon + 2));
    return complaint;
}

// GCC and clang quote the code below an error: "   17 |     bufer", or with less decoration.
std::vector<std::string> quoted_after(const std::vector<std::string>& lines, std::size_t at) {
    std::vector<std::string> quoted;
    while (++at < lines.size() && quoted.size() < 4 && starts_with(lines[at], " "))
        quoted.push_back(lines[at]);
    return quoted;
}

std::optional<Complaint> first(const std::vector<std::string>& lines, const std::string& kind) {
    for (std::size_t at = 0; at < lines.size(); ++at) {
        auto complaint = read_complaint(lines[at], kind);
        if (!complaint) continue;
        complaint->excerpt = quoted_after(lines, at);
        return complaint;
    }
    return std::nullopt;
}

// "/usr/bin/ld: server.cpp:9: undefined reference to `talk()'"
std::optional<Complaint> linker_error(const std::vector<std::string>& lines) {
    for (const std::string_view words : {"undefined reference to", "Undefined symbols",
                                         "unresolved external symbol", "multiple definition of"}) {
        for (std::size_t at = 0; at < lines.size(); ++at) {
            const std::size_t found = lines[at].find(words);
            if (found == std::string::npos) continue;
            Complaint complaint;
            complaint.message = trimmed(lines[at].substr(found)) + " (from the linker)";
            if (words == "Undefined symbols" && at + 1 < lines.size())
                complaint.message += ": " + trimmed(lines[at + 1]);
            return complaint;
        }
    }
    return std::nullopt;
}

// An error in a header of the library: the line of the student's file that led there.
void add_origin(const std::vector<std::string>& lines, std::string_view file,
                Complaint& complaint) {
    if (complaint.file.empty() || complaint.file == file) return;
    for (const std::string& line : lines) {
        const std::size_t at = line.find("required from here");
        Complaint origin;
        if (at == std::string::npos || !read_place(line.substr(0, line.find(": ", 3)), origin))
            continue;
        if (origin.file != file) continue;
        complaint.excerpt.push_back("It came from " + origin.where() + '.');
        return;
    }
}

std::vector<std::string> clean_lines(std::string_view output) {
    std::vector<std::string> lines = lines_of(output);
    std::transform(lines.begin(), lines.end(), lines.begin(), printable);
    return lines;
}

}  // namespace

std::string Complaint::where() const { return line.empty() ? file : file + " line " + line; }

std::optional<Complaint> first_error(std::string_view output, std::string_view file) {
    const std::vector<std::string> lines = clean_lines(output);
    auto complaint = first(lines, "error");
    if (!complaint) complaint = linker_error(lines);
    if (complaint) add_origin(lines, file, *complaint);
    return complaint;
}

std::optional<Complaint> first_warning(std::string_view output) {
    return first(clean_lines(output), "warning");
}

}  // namespace coach
