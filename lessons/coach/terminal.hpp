// The terminal: keys one by one, its size, and signals. One of the few things that the systems do
// each in their own way: terminal_posix.cpp and terminal_windows.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

namespace coach {

// A character that was typed, or one of these.
namespace key {
inline constexpr int none = 0;       // nothing was pressed in time
inline constexpr int interrupt = 3;  // Ctrl-C
inline constexpr int end_of_input = 4;
inline constexpr int enter = '\n';
inline constexpr int suspend = 26;  // Ctrl-Z
inline constexpr int escape = 27;
inline constexpr int backspace = 127;
inline constexpr int up = 256;
inline constexpr int down = 257;
inline constexpr int page_up = 258;
inline constexpr int page_down = 259;
inline constexpr int left = 260;
inline constexpr int right = 261;
inline constexpr int resized = 262;
}  // namespace key

struct Size {
    std::size_t columns;
    std::size_t rows;
};

// While one exists, standard input, if it is a terminal, gives each key at once and shows none.
// Then the terminal is as it was.
class Terminal {
public:
    Terminal();
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    // Waits for a key, asleep. Returns early with key::none when the program was told to end.
    int key(std::chrono::milliseconds at_most);
    void write(std::string_view text);
    // Stops this program, and the build tool that it was started by, as Ctrl-Z does. Returns when
    // they go on. Where there is no such thing: at once.
    void suspend();

private:
    struct State;
    std::unique_ptr<State> state_;
};

Size terminal_size();  // 80 x 24 when there is none
bool input_is_terminal();
bool output_is_terminal();
// A terminal on which lines can be drawn over one another.
bool terminal_can_draw();

// From now on SIGINT, SIGTERM and their like only make told_to_end() true, so that whoever is busy
// can tidy up.
void catch_signals();
bool told_to_end();
// Ends this program in the way that it was told to.
[[noreturn]] void end_as_told();

}  // namespace coach
