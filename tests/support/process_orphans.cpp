#include "process_orphans.hpp"

#ifdef __linux__

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace harness {

namespace fs = std::filesystem;

namespace {

void adopt(bool yes) { ::prctl(PR_SET_CHILD_SUBREAPER, yes ? 1UL : 0UL, 0UL, 0UL, 0UL); }

// "PID (NAME) STATE PARENT ...", where the name may hold anything.
bool is_child(const fs::path& folder) {
    std::ifstream file(folder / "stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string::npos || text.size() < name_end + 4) return false;
    return std::atol(text.c_str() + name_end + 4) == static_cast<long>(::getpid());
}

std::set<long> children() {
    std::set<long> found;
    std::error_code failed;
    for (fs::directory_iterator entry("/proc", failed), end; !failed && entry != end;
         entry.increment(failed)) {
        const std::string name = entry->path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        if (is_child(entry->path())) found.insert(std::atol(name.c_str()));
    }
    return found;
}

}  // namespace

Orphans::Orphans() : not_ours_(children()) { adopt(true); }
Orphans::~Orphans() { adopt(false); }

// The orphans of an orphan are seen once it is gone, so we look again until there is none. One that
// starts new ones faster than we end them must not keep us for ever.
void Orphans::end() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (std::chrono::steady_clock::now() < deadline) {
        bool found = false;
        for (const long child : children()) {
            if (not_ours_.count(child) > 0) continue;
            const auto orphan = static_cast<pid_t>(child);
            found = true;
            if (::kill(orphan, SIGKILL) == 0) ::waitpid(orphan, nullptr, 0);
        }
        if (!found) return;
    }
}

}  // namespace harness

#else

namespace harness {

Orphans::Orphans() = default;
Orphans::~Orphans() = default;
void Orphans::end() {}

}  // namespace harness

#endif
