// Notices that a lesson's files have changed, by looking at their times and sizes again and again.
// (The systems' own ways of being told don't work everywhere: in WSL, containers, network folders.)
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

namespace coach {

class Watch {
public:
    explicit Watch(std::filesystem::path folder) : folder_(std::move(folder)), seen_(look()) {}

    // Whether anything has changed since the last call, or since the beginning.
    bool changed();

private:
    struct About {
        std::filesystem::file_time_type time;
        std::uintmax_t size;
        bool operator==(const About&) const = default;
    };
    using Files = std::map<std::string, About>;

    Files look() const;

    std::filesystem::path folder_;
    Files seen_;
    int looks_with_less_ = 0;
};

}  // namespace coach
