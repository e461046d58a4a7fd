// One JSON object, written field by field. RFC 8259
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

class Json {
public:
    Json& text(std::string_view name, std::string_view value) { return field(name, quoted(value)); }
    Json& number(std::string_view name, std::uint64_t value) {
        return field(name, std::to_string(value));
    }
    Json& number(std::string_view name, double value) {
        char digits[400];
        std::snprintf(digits, sizeof digits, "%.6f", value);
        return field(name, digits);
    }
    Json& object(std::string_view name, const Json& value) { return field(name, value.finished()); }
    // A list of objects, as finished() gives them, with commas between.
    Json& list(std::string_view name, std::string_view values) {
        return field(name, '[' + std::string(values) + ']');
    }

    std::string finished() const { return '{' + fields_ + '}'; }

private:
    Json& field(std::string_view name, std::string_view value) {
        if (!fields_.empty()) fields_ += ", ";
        fields_.append(quoted(name)).append(": ").append(value);
        return *this;
    }

    // Bytes need not be UTF-8, but JSON has to be: each becomes the character of its number.
    static std::string quoted(std::string_view bytes) {
        std::string text = "\"";
        for (const char byte : bytes) {
            const unsigned value = static_cast<unsigned char>(byte);
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", value);
            const bool plain = value >= 0x20 && value < 0x7f && byte != '"' && byte != '\\';
            plain ? text += byte : text += escaped;
        }
        return text + '"';
    }

    std::string fields_;
};
