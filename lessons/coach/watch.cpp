#include "watch.hpp"

#include <set>
#include <system_error>

namespace coach {

namespace fs = std::filesystem;

namespace {

// Sources, but not what an editor keeps beside them, and not what the coach keeps.
bool is_source(const fs::path& file) {
    static const std::set<std::string> kinds = {".cpp", ".hpp", ".h", ".cc", ".hh"};
    const std::string name = file.filename().string();
    return kinds.count(file.extension().string()) > 0 && name[0] != '.' && name[0] != '#' &&
           name.find(".mine-") == std::string::npos;
}

}  // namespace

Watch::Files Watch::look() const {
    Files files;
    std::error_code failed;
    for (fs::directory_iterator at(folder_, failed); !failed && at != fs::directory_iterator();
         at.increment(failed)) {
        if (!is_source(at->path())) continue;
        std::error_code gone;
        const About about{fs::last_write_time(at->path(), gone), fs::file_size(at->path(), gone)};
        if (!gone) files[at->path().filename().string()] = about;
    }
    return files;
}

bool Watch::changed() {
    Files now = look();
    if (now == seen_) {
        looks_with_less_ = 0;
        return false;
    }
    // Many editors save by writing a new file and renaming it: for a moment there is none.
    constexpr int patience = 3;
    if (now.size() < seen_.size() && ++looks_with_less_ < patience) return false;
    looks_with_less_ = 0;
    seen_ = std::move(now);
    return true;
}

}  // namespace coach
