// A small course in a folder of its own, for the coach's tests: they must not touch the lessons
// that a student works on, nor depend on what is in them.
#pragma once

#include "course.hpp"
#include "text.hpp"

#include <chrono>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <system_error>

namespace course {

inline constexpr std::string_view first_starter = R"(// Lesson 01: the first.
// The TODO numbers are the same in README.md.

#include <echo.hpp>

#include <iostream>

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();
    // TODO 1: receive.
    // TODO 2: send.
}
)";

inline constexpr std::string_view third_starter = R"(// Lesson 03: the third.
// The TODO numbers are the same in README.md.

#include <echo.hpp>

#include <iostream>

// TODO 1: write a function,
//         that sends everything.

int main() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    std::cout << "listening on " << listener.endpoint() << std::endl;
    echo::Connection client = listener.accept();
    // TODO 2: call it.
    if (!client.send("a line that the student's program does not have")) return 1;
}
)";

class SmallCourse {
public:
    SmallCourse() {
        std::random_device random;
        folder_ = std::filesystem::temp_directory_path() /
                  ("echo-coach-" + std::to_string(random()) + '-' + std::to_string(random()));
        write("lessons/01-one-client/README.md",
              "# Lesson 01: the first\n\n## Hints\n\n<details>\n<summary>Hint 1: one</summary>\n\n"
              "Do this\nand [that](x.md).\n\n<details>\n<summary>Hint 2: two</summary>\n\n"
              "```cpp\nint x;\n```\n\n</details>\n</details>\n\n## What goes wrong\n\n"
              "| what you see | why |\n|---|---|\n| nothing | nothing was sent |\n");
        write("lessons/01-one-client/server.cpp", first_starter);
        write("lessons/02-the-client/README.md", "# Lesson 02: the other end\n");
        write("lessons/02-the-client/client.cpp", "int main() {}\n");
        write("lessons/03-byte-stream/README.md", "# Lesson 03: the third\n");
        write("lessons/03-byte-stream/server.cpp", third_starter);
        write("lessons/course.txt",
              "# a comment\npart: Beginning\n\nlesson: 01-one-client\nquestion: First?\n"
              "learned: to go\n  on.\nstarter: " +
                  coach::fingerprint(first_starter) +
                  "\n\nlesson: 02-the-client\nprogram: client\nquestion: Second?\n\n"
                  "lesson: 03-byte-stream\nstarter: " +
                  coach::fingerprint(third_starter) +
                  "\n\npart: End\n\nlesson: 04-to-come\nquestion: What else?\n");
        // As CMake makes them.
        write("build/starters/01-one-client/server.cpp", first_starter);
        write("build/starters/03-byte-stream/server.cpp", third_starter);
    }
    ~SmallCourse() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    SmallCourse(const SmallCourse&) = delete;
    SmallCourse& operator=(const SmallCourse&) = delete;

    std::filesystem::path path(std::string_view file = {}) const { return folder_ / file; }
    std::string read(std::string_view file) const { return coach::read_file(path(file)); }
    void write(std::string_view file, std::string_view text) const {
        std::filesystem::create_directories(path(file).parent_path());
        coach::write_file(path(file), text);
    }

private:
    std::filesystem::path folder_;
};

}  // namespace course
