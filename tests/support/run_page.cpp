#include "run_page.hpp"

#include <stdexcept>

namespace harness {
namespace {

// In a page no text may hold "</script>", nor anything else that begins like an element.
std::string json_string(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result = "\"";
    for (const char c : text) {
        const auto value = static_cast<unsigned char>(c);
        if (value < 0x20 || c == '<')
            ((result += "\\u00") += digits[value >> 4]) += digits[value & 15];
        else
            (result += c == '"' || c == '\\' ? "\\" : "") += c;
    }
    return result + '"';
}

}  // namespace

std::string page_with_run(std::string_view projector, const RunOnPage& run) {
    constexpr std::string_view place = "<script type=\"application/json\" id=\"run\">",
                               nothing = "null</script>";
    std::size_t at = projector.find(place);
    if (at == std::string_view::npos ||
        projector.substr(at += place.size(), nothing.size()) != nothing)
        throw std::runtime_error("the projector's page has no place for a run");
    std::string page(projector);
    return page.replace(at, 4,
                        "{\"title\": " + json_string(run.title) +
                            ", \"beside\": " + json_string(run.beside) +
                            ", \"source\": " + json_string(run.source) + '}');
}

}  // namespace harness
