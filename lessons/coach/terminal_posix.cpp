// The terminal on Linux, macOS and the BSDs.
#ifndef _WIN32

#include "terminal.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace coach {

namespace {

volatile std::sig_atomic_t ending_signal = 0;
volatile std::sig_atomic_t size_has_changed = 0;
// A signal that comes just before poll() would be slept over. A byte in this pipe is not.
std::array<int, 2> wake_up = {-1, -1};

void on_signal(int number) {
    const int saved = errno;
    if (number == SIGWINCH)
        size_has_changed = 1;
    else
        ending_signal = number;
    [[maybe_unused]] const auto written = ::write(wake_up[1], "", 1);
    errno = saved;
}

void handle(int number) {
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    ::sigaction(number, &action, nullptr);
}

}  // namespace

bool input_is_terminal() { return ::isatty(0) == 1; }
bool output_is_terminal() { return ::isatty(1) == 1; }

bool terminal_can_draw() {
    const char* kind = std::getenv("TERM");
    const std::string name = kind ? kind : "";
    return output_is_terminal() && !name.empty() && name != "dumb" && name != "unknown";
}

void catch_signals() {
    if (wake_up[0] >= 0 || ::pipe(wake_up.data()) != 0) return;
    for (const int end : wake_up) {
        ::fcntl(end, F_SETFL, O_NONBLOCK);
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
    }
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) handle(number);
}

bool told_to_end() { return ending_signal != 0; }

void end_as_told() {
    const int number = ending_signal;
    std::signal(number, SIG_DFL);
    ::raise(number);
    std::_Exit(128 + number);
}

struct Terminal::State {
    termios before{};
    bool changed = false;
    bool over = false;
    std::deque<int> keys;  // read, but not asked for yet

    // Keys at once, none shown. Ctrl-C and Ctrl-Z are keys too: as signals they would also end or
    // stop the build tool that has started us, and that would look like a failed build.
    void take() {
        if (!input_is_terminal() || ::tcgetattr(0, &before) != 0) return;
        termios raw = before;
        raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        changed = ::tcsetattr(0, TCSADRAIN, &raw) == 0;
    }
    void give_back() {
        if (changed) ::tcsetattr(0, TCSADRAIN, &before);
        changed = false;
    }

    void read_keys() {
        std::array<char, 64> bytes;
        const ssize_t got = ::read(0, bytes.data(), bytes.size());
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
        if (got <= 0) {
            over = true;
            return;
        }
        understand(std::string(bytes.data(), static_cast<std::size_t>(got)));
    }

    // Arrows and their like come as several bytes: ESC [ A.
    void understand(const std::string& bytes) {
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            if (bytes[at] != '\x1b' || at + 2 >= bytes.size() ||
                (bytes[at + 1] != '[' && bytes[at + 1] != 'O')) {
                const int c = static_cast<unsigned char>(bytes[at]);
                keys.push_back(c == '\r' ? key::enter : c == '\b' ? key::backspace : c);
                continue;
            }
            at += 2;
            const char kind = bytes[at];
            if (kind == 'A') keys.push_back(key::up);
            if (kind == 'B') keys.push_back(key::down);
            if (kind == 'C') keys.push_back(key::right);
            if (kind == 'D') keys.push_back(key::left);
            if (kind == '5') keys.push_back(key::page_up);
            if (kind == '6') keys.push_back(key::page_down);
            // The rest of it, up to its last byte: "5~", "1;5C".
            while (at < bytes.size() && (bytes[at] < 0x40 || bytes[at] > 0x7E)) ++at;
        }
    }
};

Terminal::Terminal() : state_(std::make_unique<State>()) {
    catch_signals();
    handle(SIGWINCH);
    state_->take();
}

Terminal::~Terminal() { state_->give_back(); }

Size terminal_size() {
    winsize about{};
    if (::ioctl(1, TIOCGWINSZ, &about) != 0 || about.ws_col == 0 || about.ws_row == 0)
        return {80, 24};
    return {about.ws_col, about.ws_row};
}

int Terminal::key(std::chrono::milliseconds at_most) {
    if (state_->keys.empty() && !state_->over && !told_to_end()) {
        std::array<pollfd, 2> watched{{{0, POLLIN, 0}, {wake_up[0], POLLIN, 0}}};
        ::poll(watched.data(), watched.size(), static_cast<int>(at_most.count()));
        std::array<char, 64> ignored;
        while (::read(wake_up[0], ignored.data(), ignored.size()) > 0) continue;
        if (watched[0].revents != 0) state_->read_keys();
    }
    if (told_to_end()) return key::none;
    if (size_has_changed) {
        size_has_changed = 0;
        return key::resized;
    }
    if (state_->keys.empty()) return state_->over ? key::end_of_input : key::none;
    const int next = state_->keys.front();
    state_->keys.pop_front();
    return next;
}

void Terminal::write(std::string_view text) {
    while (!text.empty()) {
        const ssize_t wrote = ::write(1, text.data(), text.size());
        if (wrote < 0 && errno != EINTR && errno != EAGAIN) return;
        if (wrote > 0) text.remove_prefix(static_cast<std::size_t>(wrote));
    }
}

void Terminal::suspend() {
    if (!state_->changed) return;
    state_->give_back();
    ::kill(0, SIGTSTP);
    state_->take();
}

}  // namespace coach

#endif
