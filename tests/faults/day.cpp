#include "day.hpp"

#include "process.hpp"
#include "program.hpp"

#include <echo.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <list>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace faults {
namespace {

using harness::Process;
namespace fs = std::filesystem;

constexpr std::size_t seats = 3;
constexpr int most_calls = 3000;  // in a day, even if each byte comes alone
constexpr std::ptrdiff_t most_lines = 60;

echo::Deadline soon() { return echo::after(2 * harness::patience()); }

// What may not be, whatever the fault.
struct Wrong : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What one thread opens at the moment when another one starts a program, that program may inherit. So
// the two do not happen at the same time.
std::mutex& opening() {
    static std::mutex mutex;
    return mutex;
}

// A file that goes with this object.
class TraceFile {
public:
    TraceFile() {
        static const std::string run = std::to_string(std::random_device()());
        static std::atomic<unsigned> number{0};
        path_ = fs::temp_directory_path() /
                ("echo-faults-" + run + '-' + std::to_string(number++) + ".trace");
    }
    ~TraceFile() {
        std::error_code ignored;
        fs::remove(path_, ignored);
    }
    TraceFile(const TraceFile&) = delete;
    TraceFile& operator=(const TraceFile&) = delete;

    std::string path() const { return path_.string(); }
    std::vector<std::string> lines() const {
        const std::lock_guard<std::mutex> alone(opening());
        std::vector<std::string> all;
        std::ifstream file(path_, std::ios::binary);
        for (std::string line; std::getline(file, line);) all.push_back(std::move(line));
        return all;
    }

private:
    fs::path path_;
};

// "accept" of "socket 4: accept -> socket 7 from 127.0.0.1:51234".
std::string call_in(const std::string& line) {
    const std::size_t begin = line.find(": ") + 2;
    return line.substr(begin, line.find(' ', begin) - begin);
}

class Server {
public:
    Server(const std::string& faults, const std::vector<std::string>& options)
        : process_(start(how(faults, options, trace_.path()))) {}

    // Whether it got as far as that.
    bool listens() {
        const auto has_line = [](const std::string& text) { return text.find('\n') != text.npos; };
        if (!process_.wait_for_output(has_line, soon())) {
            if (!process_.ending()) throw Wrong("it does not say where it listens");
            return false;
        }
        const std::string line = process_.output();
        const std::size_t colon = line.substr(0, line.find_first_of(",\n")).rfind(':');
        port_ = echo::parse_port(
            line.substr(colon + 1, line.find_first_not_of("0123456789", colon + 1) - colon - 1));
        return true;
    }
    std::uint16_t port() const { return port_; }

    std::size_t descriptors() const { return process_.holdings().descriptors.value_or(0); }
    void expect_descriptors(std::size_t before) {
        const echo::Deadline deadline = soon();
        while (descriptors() != before) {
            if (process_.wait(echo::after(std::chrono::milliseconds(1)))) return;
            if (echo::Clock::now() > deadline)
                throw Wrong("it has " + std::to_string(descriptors()) +
                            " descriptors when all have gone, not " + std::to_string(before));
        }
    }

    // With nothing to do it sleeps, all its threads, from one look to the next.
    void expect_sleep() {
        const echo::Deadline deadline = soon();
        for (auto before = process_.threads();;) {
            if (process_.wait(echo::after(std::chrono::milliseconds(1)))) return;
            const auto now = process_.threads();
            const bool awake = std::any_of(now.begin(), now.end(), [](const auto& one) {
                return one.in == harness::Sleeper::In::awake;
            });
            if (!awake && now == before) return;
            if (echo::Clock::now() > deadline) throw Wrong("it does not sleep when all are quiet");
            before = now;
        }
    }

    void ask_to_stop(Process::StopBy how) { process_.ask_to_stop(how); }

    // How it ended.
    void tell(Fate& fate) {
        const auto ending = process_.wait(soon());
        if (!ending) throw Wrong("it does not end");
        const std::string errors = process_.errors();
        tell_calls(fate);
        if (ending->by_signal || std::count(errors.begin(), errors.end(), '\n') > most_lines)
            throw Wrong(ending->text() + ", and said " + errors.substr(0, 2000));
        fate.survived = ending->code == 0;
        if (fate.survived) return;
        fate.last_words = last_line_of(errors);
        const bool alone = port_ != 0 || fate.last_words.size() + 1 == errors.size();
        if (ending->code != 1 || !alone || !fate.last_words.starts_with("server: "))
            throw Wrong(ending->text() + ", and said " + errors);
    }

private:
    static Process start(const Process::Options& how) {
        const std::lock_guard<std::mutex> alone(opening());
        return Process(how);
    }
    static Process::Options how(const std::string& faults, std::vector<std::string> options,
                                const std::string& trace) {
        options.insert(options.begin(),
                       std::string(ECHO_BUILD_DIR) + "/solutions/13-the-echo-server/server");
        options.insert(options.end(), {"--max-clients", std::to_string(seats), "0"});
        Process::Options how;
        how.arguments = std::move(options);
        how.environment = {{"ECHO_FAULTS", faults}, {"ECHO_TRACE", trace}};
        return how;
    }
    static std::string last_line_of(const std::string& text) {
        const std::size_t end = text.empty() ? 0 : text.size() - 1;
        return text.substr(0, end).substr(text.substr(0, end).rfind('\n') + 1);
    }
    void tell_calls(Fate& fate) const {
        const std::vector<std::string> lines = trace_.lines();
        for (const std::string& line : lines)
            if (line.find(": close -> failed") == line.npos)
                ++fate.calls[call_in(line)];  // told twice
        const std::size_t shown = (std::min)(lines.size(), std::size_t{20});
        for (std::size_t i = lines.size() - shown; i < lines.size(); ++i)
            fate.trace_end += lines[i] + '\n';
        if (lines.size() > most_calls)
            throw Wrong("it made " + std::to_string(lines.size()) + " calls");
    }

    TraceFile trace_;  // before process_: the program ends before its file goes
    Process process_;
    std::uint16_t port_ = 0;
};

// A client. What comes to it is what it has sent, in order, and not a byte else; or it is cut off.
class Client {
public:
    Client(std::uint16_t port, int number)
        : connection_(echo::connect("127.0.0.1", port, soon())), number_(number) {}

    bool is_cut_off() const { return cut_off_; }
    std::size_t heard() const { return heard_; }

    void say() {
        std::array<char, 20> words;  // longer than the longest short call
        for (std::size_t i = 0; i < words.size(); ++i) words[i] = byte_at(said_ + i);
        const echo::Result sent = connection_.send_all({words.data(), words.size()}, soon());
        if (sent.status == echo::Status::timed_out) throw Wrong("a client can't send");
        said_ += words.size();
        cut_off_ = cut_off_ || !sent;
    }
    void talk() {
        if (cut_off_) return;
        say();
        hear_all();
    }
    void hear_all() {
        while (heard_ < said_ && hear()) continue;
    }
    // Nothing more comes but the end.
    void listen_to_the_end() {
        while (hear()) continue;
    }
    void part() {
        connection_.shutdown_send();
        listen_to_the_end();
        connection_.close();
    }
    void reset() { connection_.reset(); }

private:
    // No two clients have the same, nor has one the same again soon.
    char byte_at(std::size_t place) const {
        return static_cast<char>(place * 31 + static_cast<std::size_t>(number_) * 57);
    }
    // False: it has ended.
    bool hear() {
        std::array<char, 64> buffer;
        const echo::Result got = connection_.recv(buffer, soon());
        if (got.status == echo::Status::timed_out) throw Wrong("a client waits in vain");
        for (std::size_t i = 0; i < got.bytes; ++i)
            if (heard_ + i >= said_ || buffer[i] != byte_at(heard_ + i))
                throw Wrong("a wrong byte, number " + std::to_string(heard_ + i));
        heard_ += got.bytes;
        cut_off_ = cut_off_ || (!got && heard_ < said_);
        return bool(got);
    }

    echo::Connection connection_;
    int number_;
    std::size_t said_ = 0, heard_ = 0;
    bool cut_off_ = false;
};

class Clients {
public:
    explicit Clients(std::uint16_t port) : port_(port) {}
    Client& join() { return all_.emplace_back(port_, static_cast<int>(all_.size())); }
    Client& join_and_talk() {
        Client& one = join();
        one.talk();
        one.talk();
        return one;
    }
    int cut_off() const {
        return static_cast<int>(std::count_if(all_.begin(), all_.end(),
                                              [](const Client& one) { return one.is_cut_off(); }));
    }
    std::list<Client>& all() { return all_; }

private:
    std::uint16_t port_;
    std::list<Client> all_;
};

// They fill the house, one waits in line until another goes, and one breaks off.
void spend_the_day(Clients& clients) {
    Client& first = clients.join_and_talk();
    Client& second = clients.join_and_talk();
    Client& third = clients.join_and_talk();
    Client& in_line = clients.join();
    in_line.say();
    first.part();
    in_line.hear_all();
    second.part();
    third.reset();
    in_line.talk();
    in_line.part();
}

// A full house, one in line, and the stop.
void spend_the_evening(Server& server, Clients& clients, Process::StopBy stop) {
    for (std::size_t i = 0; i < seats; ++i) clients.join().talk();
    Client in_line(server.port(), 99);
    in_line.say();
    server.expect_sleep();
    server.ask_to_stop(stop);
    in_line.listen_to_the_end();
    for (Client& one : clients.all()) one.listen_to_the_end();
}

void spend(Server& server, Fate& fate, Process::StopBy stop) {
    fate.descriptors_before = server.descriptors();
    Clients day(server.port()), evening(server.port());
    spend_the_day(day);
    server.expect_descriptors(fate.descriptors_before);
    spend_the_evening(server, evening, stop);
    fate.cut_off = day.cut_off() + evening.cut_off();
}

}  // namespace

// The table is of Linux: its calls, and the errors of its man pages.
bool Day::can_be_lived() {
#ifdef __linux__
    return true;
#else
    return false;
#endif
}

Fate Day::live() const {
    Fate fate;
    try {
        Server server(faults_, options_);
        std::string refused;
        try {
            const bool even = faults_.size() % 2 == 0;  // so both are tried, half of the times
            const auto stop = even ? Process::StopBy::ctrl_c : Process::StopBy::terminate;
            if (server.listens()) spend(server, fate, stop);
        } catch (const echo::Error& error) {  // perhaps it has ended, and says why
            refused = error.what();
        }
        server.tell(fate);
        if (fate.survived) fate.trouble = refused;
    } catch (const std::exception& wrong) {
        fate.survived = false;
        fate.trouble = wrong.what();
    }
    return fate;
}

}  // namespace faults
