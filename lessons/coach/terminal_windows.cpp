// The terminal on Windows: a console since Windows 10, which understands the same sequences.
#ifdef _WIN32

#include "terminal.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <deque>

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

namespace coach {

namespace {

std::atomic<bool> ending{false};

HANDLE input() { return ::GetStdHandle(STD_INPUT_HANDLE); }
HANDLE output() { return ::GetStdHandle(STD_OUTPUT_HANDLE); }

bool is_console(HANDLE handle) {
    DWORD mode = 0;
    return ::GetConsoleMode(handle, &mode) != 0;
}

// Ctrl-C, Ctrl-Break, the window closed, the machine shut down.
BOOL WINAPI on_event(DWORD) {
    ending.store(true);
    return TRUE;
}

int key_of(const KEY_EVENT_RECORD& event) {
    switch (event.wVirtualKeyCode) {
        case VK_UP: return key::up;
        case VK_DOWN: return key::down;
        case VK_PRIOR: return key::page_up;
        case VK_NEXT: return key::page_down;
        case VK_LEFT: return key::left;
        case VK_RIGHT: return key::right;
        case VK_RETURN: return key::enter;
        case VK_BACK: return key::backspace;
        default: return static_cast<unsigned char>(event.uChar.AsciiChar);
    }
}

}  // namespace

bool input_is_terminal() { return is_console(input()); }
bool output_is_terminal() { return is_console(output()); }

bool terminal_can_draw() {
    DWORD mode = 0;
    if (!::GetConsoleMode(output(), &mode)) return false;
    if (mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING) return true;
    return ::SetConsoleMode(output(), mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0;
}

void catch_signals() { ::SetConsoleCtrlHandler(on_event, TRUE); }
bool told_to_end() { return ending.load(); }
void end_as_told() { std::_Exit(130); }

struct Terminal::State {
    DWORD input_before = 0;
    DWORD output_before = 0;
    UINT code_page_before = 0;
    bool has_input = false;
    bool has_output = false;
    std::deque<int> keys;

    void take() {
        has_input = ::GetConsoleMode(input(), &input_before) != 0;
        has_output = ::GetConsoleMode(output(), &output_before) != 0;
        // Neither lines, nor echo, nor Ctrl-C as a signal.
        if (has_input) ::SetConsoleMode(input(), ENABLE_WINDOW_INPUT);
        if (!has_output) return;
        ::SetConsoleMode(output(), output_before | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
        code_page_before = ::GetConsoleOutputCP();
        ::SetConsoleOutputCP(CP_UTF8);
    }
    void give_back() {
        if (has_input) ::SetConsoleMode(input(), input_before);
        if (!has_output) return;
        ::SetConsoleMode(output(), output_before);
        ::SetConsoleOutputCP(code_page_before);
    }

    void read_console(std::chrono::milliseconds at_most) {
        if (::WaitForSingleObject(input(), static_cast<DWORD>(at_most.count())) != WAIT_OBJECT_0)
            return;
        INPUT_RECORD record{};
        DWORD count = 0;
        if (!::ReadConsoleInputA(input(), &record, 1, &count) || count == 0) return;
        if (record.EventType == WINDOW_BUFFER_SIZE_EVENT) keys.push_back(key::resized);
        if (record.EventType != KEY_EVENT || !record.Event.KeyEvent.bKeyDown) return;
        if (const int key = key_of(record.Event.KeyEvent)) keys.push_back(key);
    }

    // Input that is no console, such as a pipe, can't be waited for: it is asked now and then.
    void read_pipe(std::chrono::milliseconds at_most) {
        DWORD there = 0;
        const bool is_pipe = ::GetFileType(input()) == FILE_TYPE_PIPE;
        if (is_pipe && ::PeekNamedPipe(input(), nullptr, 0, nullptr, &there, nullptr) && !there)
            return ::Sleep(static_cast<DWORD>(at_most.count() < 50 ? at_most.count() : 50));
        std::array<char, 64> bytes{};
        DWORD got = 0;
        if (!::ReadFile(input(), bytes.data(), 64, &got, nullptr) || got == 0)
            return keys.push_back(key::end_of_input);
        for (DWORD at = 0; at < got; ++at) {
            const int c = static_cast<unsigned char>(bytes[at]);
            if (c != '\r') keys.push_back(c);
        }
    }
};

Terminal::Terminal() : state_(std::make_unique<State>()) {
    catch_signals();
    state_->take();
}

Terminal::~Terminal() { state_->give_back(); }

Size terminal_size() {
    CONSOLE_SCREEN_BUFFER_INFO about{};
    if (!::GetConsoleScreenBufferInfo(output(), &about)) return {80, 24};
    return {static_cast<std::size_t>(about.srWindow.Right - about.srWindow.Left + 1),
            static_cast<std::size_t>(about.srWindow.Bottom - about.srWindow.Top + 1)};
}

int Terminal::key(std::chrono::milliseconds at_most) {
    if (state_->keys.empty() && state_->has_input)
        state_->read_console(at_most);
    else if (state_->keys.empty())
        state_->read_pipe(at_most);
    if (told_to_end() || state_->keys.empty()) return key::none;
    const int next = state_->keys.front();
    state_->keys.pop_front();
    return next;
}

void Terminal::write(std::string_view text) {
    DWORD wrote = 0;
    while (!text.empty() &&
           ::WriteFile(output(), text.data(), static_cast<DWORD>(text.size()), &wrote, nullptr) &&
           wrote > 0)
        text.remove_prefix(wrote);
}

void Terminal::suspend() {}

}  // namespace coach

#endif
