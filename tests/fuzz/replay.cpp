// What fuzzing has found, and a few seeds, once more: each target is run with its files in corpus/.
#include "catch.hpp"
#include "fuzz.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// How many files there were.
int replay(const fuzz::Target& target) {
    const auto folder = std::filesystem::path(ECHO_SOURCE_DIR) / "tests/fuzz/corpus" / target.name;
    int files = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        INFO(file.path().string());
        CHECK_NOTHROW(target.run(bytes_of(file.path())));
        ++files;
    }
    return files;
}

}  // namespace

TEST_CASE("no fuzz target finds anything in its corpus", "[fuzz]") {
    REQUIRE(fuzz::Target::first);
    for (const fuzz::Target* target = fuzz::Target::first; target; target = target->next) {
        CAPTURE(target->name);
        CHECK(replay(*target) > 0);
    }
}
