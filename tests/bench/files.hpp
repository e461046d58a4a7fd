// Files that are read and written whole.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>

namespace bench {

inline std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("can't read " + path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Beside it first, and then in its place: when the disk is full, the old one is still there.
inline void write_file(const std::string& path, const std::string& text) {
    const std::string beside = path + ".new";
    std::error_code failed;
    std::ofstream file(beside, std::ios::binary);
    file << text;
    file.close();
    if (file) std::filesystem::rename(beside, path, failed);
    if (file && !failed) return;
    std::filesystem::remove(beside, failed);
    throw std::runtime_error("can't write " + path + "; it is as it was");
}

// Throws where a program is not there, and says how it gets there.
inline void require_program(const std::string& path, const std::string& target) {
    if (::access(path.c_str(), X_OK) != 0)
        throw std::runtime_error("no " + path + "; build it: cmake --build build --target " +
                                 target);
}

}  // namespace bench
