// Compares the finished server with a bare loop and with servers that other people's libraries and
// languages make easy, and writes what it finds into the page README.md and into a picture. A
// benchmark, no test: what it says depends on the machine.

#include "callgrind.hpp"
#include "files.hpp"
#include "load.hpp"
#include "page.hpp"
#include "plot.hpp"
#include "process.hpp"
#include "processors.hpp"

#include <echo.hpp>

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;

constexpr std::string_view usage =
    "[--quick] [--rounds N] [FOLDER]\n"
    "\n"
    "Measures echo-server beside a bare loop of epoll and, where they are installed, beside "
    "servers\n"
    "with Asio, libuv, Go, node and Python, and prints what it finds. Takes some minutes.\n"
    "With a FOLDER, the project's, writes that into its README.md, below the heading\n"
    "\"## How fast\", and a picture into its diagrams/how-fast.svg.\n"
    "--rounds N takes so many instead of 11.\n"
    "--quick only tries everything once, with a few clients and an echo-server that is not\n"
    "optimised: its figures mean nothing.";

constexpr std::string_view command = "cmake --build build --target bench && ./build/bench/peers .";
constexpr char heading[] = "## How fast";

#ifdef __clang__
constexpr std::string_view compiler = __VERSION__;
#else
constexpr std::string_view compiler = "GCC " __VERSION__;
#endif

// So many clients, and bytes a message.
struct Load {
    std::size_t clients, size;
    auto operator<=>(const Load&) const = default;
};

// How much of everything.
struct Size {
    std::size_t rounds = 11;
    std::size_t idle_rounds = 1;  // these figures hardly vary
    // 10,000 at work would be 1,000 once more, with more of the load's own memory. They are silent:
    // what they cost then is what is asked of them.
    std::vector<Load> loads = {{1, 512}, {50, 64}, {50, 512}, {1000, 512}, {50, 65536}};
    std::chrono::milliseconds work = 150ms, rest = 1s;
    std::size_t silent = 10000;
    bench::Rounds counted;
    bool quick = false;
};

Size quick() {
    Size size;
    size.rounds = size.idle_rounds = 1;
    size.loads = {{1, 512}, {3, 65536}};
    size.work = size.rest = 20ms;
    size.silent = 20;
    size.counted = {2, 2, 4};
    size.quick = true;
    return size;
}

constexpr Load usual{50, 512};

// A server that is looked at.
struct Peer {
    std::string name;
    std::vector<std::string> command;
    std::vector<std::string> arguments;
    std::string missing;  // why it is not there; empty: it is
    bool is_counted;      // its instructions: not where a program makes its instructions itself
    bool has_threads = false;  // one a client
};

bool can_be_run(const std::string& program) {
    if (program.find('/') != std::string::npos) return ::access(program.c_str(), X_OK) == 0;
    const char* const path = std::getenv("PATH");
    std::istringstream folders(path ? path : "");
    for (std::string folder; std::getline(folders, folder, ':');)
        if (::access((folder + '/' + program).c_str(), X_OK) == 0) return true;
    return false;
}

const std::string build = std::string(ECHO_BUILD_DIR) + '/';
const std::string sources = std::string(ECHO_SOURCE_DIR) + "/tests/bench/peers/";

Peer ours(const Size& size, const std::string& name, const std::vector<std::string>& more) {
    Peer peer{name,
              {build + (size.quick ? "solutions/" : "bench/") + "13-the-echo-server/server"},
              {"--host", "127.0.0.1", "--max-clients", "100000"},
              "",
              true};
    peer.arguments.insert(peer.arguments.end(), more.begin(), more.end());
    return peer;
}

// The first is what all are compared with, the second is ours.
std::vector<Peer> peers(const Size& size) {
    std::vector<Peer> all = {
        {"bare loop", {build + "bench/bare_epoll"}, {}, "", true},
        ours(size, "echo-server", {}),
        {"Asio", {build + "bench/asio"}, {}, "libasio-dev", true},
        {"libuv", {build + "bench/uv"}, {}, "libuv1-dev", true},
        {"Go", {build + "bench/go"}, {}, "golang-go", false},
        {"node", {"node", sources + "node.js"}, {}, "nodejs", false},
        {"Python threads", {"python3", sources + "threads.py"}, {}, "python3", false, true},
    };
    for (Peer& peer : all) {
        if (peer.missing.empty())
            bench::require_program(peer.command.front(), size.quick ? "solutions bench" : "bench");
        else if (can_be_run(peer.command.front()))
            peer.missing.clear();
        else
            peer.missing = "not built, or not installed (Debian: " + peer.missing + ")";
    }
    return all;
}

using Values = std::vector<double>;  // one of each round

struct Work {
    Values messages, processor_time, middle, late;
};

// What the rounds have found of one server.
struct Samples {
    std::map<Load, Work> work;
    Values memory, idle;
    double instructions = 0;  // 0: not counted
};

// The same server in two ways, with all processors.
struct Pair {
    std::string what;
    Peer one, other;
    Work work_of_one, work_of_other;
};

void add(Work& samples, const bench::Work& work) {
    samples.messages.push_back(work.messages);
    samples.processor_time.push_back(work.processor_time);
    samples.middle.push_back(work.times.middle);
    samples.late.push_back(work.times.late);
}

// Each with its neighbour in time: what else the machine does changes from one to the next.
double ratio(const Values& values, const Values& to) {
    Values ratios;
    for (std::size_t i = 0; i < values.size() && i < to.size(); ++i)
        ratios.push_back(values[i] / to[i]);
    return bench::middle(ratios);
}

class Measurement {
public:
    explicit Measurement(const Size& size)
        : size_(size), peers_(peers(size)), samples_(peers_.size()) {}

    void run();
    std::string section() const;
    std::string picture() const;

private:
    void tell(const std::string& what) const { std::cerr << what << std::endl; }
    template <class Step>
    void each(Step step);
    bench::Server start(const Peer& peer) const;
    bench::Work at_work(const Peer& peer, const Load& load) const;
    void compare(Pair& pair) const;
    void be_silent(const Peer& peer, Samples& samples) const;
    void count();

    std::string table(const std::string& title, const std::vector<std::string>& columns,
                      const std::vector<std::vector<std::string>>& rows) const;
    std::string throughput() const;
    std::string costs() const;
    std::string notes() const;
    std::string sentences() const;
    std::vector<std::string> costs_of(std::size_t peer) const;
    double messages(std::size_t peer, const Load& load) const;
    bool is_there(std::size_t peer) const { return peers_[peer].missing.empty(); }
    bench::Bars bars(const std::string& title, double (*value)(const Samples&, const Samples&),
                     std::string (*text)(double)) const;

    const Size size_;
    std::vector<Peer> peers_;
    std::vector<Samples> samples_;
    std::vector<Pair> pairs_{
        {"With its log at the usual level against none",
         ours(size_, "", {}),
         ours(size_, "", {"--log-level", "none"}),
         {},
         {}},
        {"Two threads against one",
         ours(size_, "", {"--threads", "2"}),
         ours(size_, "", {}),
         {},
         {}},
    };
    const std::vector<std::size_t> processors_ = bench::processors();
};

// A server that can't go on is named, and the others go on without it. Without ours there is nothing
// to say.
template <class Step>
void Measurement::each(Step step) {
    for (std::size_t i = 0; i < peers_.size(); ++i) try {
            if (is_there(i)) step(peers_[i], samples_[i]);
        } catch (const std::exception& error) {
            if (i < 2) throw;
            peers_[i].missing = error.what();
        }
}

// The server has a processor to itself. One client alone shares it: to wake up another processor
// takes longer than an echo, and would be all that is measured.
bench::Server Measurement::start(const Peer& peer) const {
    const bench::OnProcessor here(processors_.back());
    return bench::Server(peer.command, peer.arguments);
}

bench::Work Measurement::at_work(const Peer& peer, const Load& load) const {
    const bench::Server server = start(peer);
    const bench::OnProcessor here(load.clients == 1 ? processors_.back() : processors_.front());
    return bench::keep_busy(server, load.clients, size_.work, load.size);
}

void Measurement::compare(Pair& pair) const {
    for (const bool first : {true, false}) {
        const Peer& peer = first ? pair.one : pair.other;
        const bench::Server server(peer.command, peer.arguments);
        add(first ? pair.work_of_one : pair.work_of_other,
            bench::keep_busy(server, size_.loads.back().clients, size_.work));
    }
}

void Measurement::be_silent(const Peer& peer, Samples& samples) const {
    const bench::Server server(peer.command, peer.arguments);
    bench::Crowd crowd(server);
    if (!crowd.grow_to(1)) throw std::runtime_error("it does not serve");
    const auto before = static_cast<double>(server.memory());
    // Ten thousand threads of Python take a minute to come and to go.
    const std::size_t silent = peer.has_threads ? size_.silent / 10 : size_.silent;
    if (!crowd.grow_to(silent + 1)) throw std::runtime_error("it does not serve so many");
    samples.memory.push_back((static_cast<double>(server.memory()) - before) /
                             static_cast<double>(silent));
    const auto worked = server.processor_time();
    std::this_thread::sleep_for(size_.rest);
    samples.idle.push_back((server.processor_time() - worked) /
                           std::chrono::duration<double>(size_.rest));
}

void Measurement::count() {
    if (!can_be_run("valgrind"))
        return tell("instructions: not counted, valgrind is not installed");
    tell("instructions");
    each([this](const Peer& peer, Samples& samples) {
        if (!peer.is_counted) return;
        samples.instructions =
            bench::instructions_a_message(peer.command, peer.arguments, size_.counted);
    });
}

void Measurement::run() {
    for (const Peer& peer : peers_)
        if (!peer.missing.empty()) tell(peer.name + ": " + peer.missing + "; the others go on");
    if (processors_.size() < 2) tell("only one processor: the load and the server share it");
    for (std::size_t round = 1; round <= size_.rounds; ++round) {
        tell("round " + std::to_string(round) + " of " + std::to_string(size_.rounds));
        for (const Load& load : size_.loads)
            each([&](const Peer& peer, Samples& samples) {
                add(samples.work[load], at_work(peer, load));
            });
        for (Pair& pair : pairs_) compare(pair);
        if (round <= size_.idle_rounds)
            each([this](const Peer& peer, Samples& samples) { be_silent(peer, samples); });
    }
    count();
}

// --- What came of it -----------------------------------------------------------------------------

std::string in_words(const Load& load) {
    const std::string size = load.size % 1024 == 0 ? std::to_string(load.size / 1024) + " KiB"
                                                   : std::to_string(load.size) + " B";
    return bench::with_commas(static_cast<double>(load.clients)) + " × " + size;
}

std::string row(const std::vector<std::string>& cells) {
    std::string text = "|";
    for (const std::string& cell : cells) text += ' ' + cell + " |";
    return text + '\n';
}

std::string Measurement::table(const std::string& title, const std::vector<std::string>& columns,
                               const std::vector<std::vector<std::string>>& rows) const {
    std::vector<std::string> first = {title};
    first.insert(first.end(), columns.begin(), columns.end());
    std::string text = row(first) + '|';
    for (std::size_t i = 0; i < first.size(); ++i) text += "---|";
    text += '\n';
    for (const std::vector<std::string>& one : rows) text += row(one);
    return text;
}

double Measurement::messages(std::size_t peer, const Load& load) const {
    return ratio(samples_[peer].work.at(load).messages, samples_[0].work.at(load).messages);
}

std::string Measurement::throughput() const {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;
    for (const Load& load : size_.loads) columns.push_back(in_words(load));
    for (std::size_t i = 0; i < peers_.size(); ++i) {
        if (!is_there(i)) continue;
        rows.push_back({peers_[i].name});
        for (const Load& load : size_.loads)
            rows.back().push_back(bench::decimal(messages(i, load), 2));
    }
    return table("messages a second, bare loop = 1", columns, rows);
}

std::vector<std::string> Measurement::costs_of(std::size_t peer) const {
    const Samples& found = samples_[peer];
    std::vector<std::string> cells = {peers_[peer].name};
    for (const Load& load : size_.loads)
        if (load.size == usual.size)
            cells.push_back(bench::times(bench::middle(found.work.at(load).middle),
                                         bench::middle(found.work.at(load).late)));
    const Load load = size_.quick ? size_.loads.front() : usual;
    cells.push_back(bench::decimal(
        ratio(found.work.at(load).processor_time, samples_[0].work.at(load).processor_time), 2));
    cells.push_back(found.instructions > 0 ? bench::with_commas(found.instructions)
                                           : bench::nothing);
    cells.push_back(bench::memory(bench::middle(found.memory)));
    cells.push_back(bench::decimal(bench::middle(found.idle) * 100, 1) + " %");
    return cells;
}

std::string Measurement::costs() const {
    std::vector<std::string> columns;
    for (const Load& load : size_.loads)
        if (load.size == usual.size)
            columns.push_back("round trip, µs: of " +
                              bench::with_commas(static_cast<double>(load.clients)));
    columns.insert(columns.end(),
                   {"processor time a message, bare loop = 1", "instructions a message",
                    "memory a silent client", "processor time, all silent"});
    std::vector<std::vector<std::string>> rows;
    for (std::size_t i = 0; i < peers_.size(); ++i)
        if (is_there(i)) rows.push_back(costs_of(i));
    return table("", columns, rows);
}

std::string Measurement::notes() const {
    const Load load = size_.quick ? size_.loads.front() : usual;
    const bool share = processors_.size() < 2;
    return "50 × 512 B: 50 clients at once, each with one message of 512 bytes under way. Through "
           "the bare loop (`tests/bench/bare_epoll.cpp`), which is epoll in raw system calls, " +
           bench::with_commas(static_cast<double>(load.clients)) +
           (load.clients == 1 ? " moved " : " of them moved ") +
           bench::with_commas(bench::middle(samples_[0].work.at(load).messages)) +
           " messages a second. " +
           (share ? std::string("There is one processor, which the server and the load share. ")
                  : std::string("The server has one processor, the load another; one client alone "
                                "shares the server's, for to wake up another takes longer than an "
                                "echo. ")) +
           "Of a round trip the first figure is the median, and 99 of 100 take less than the "
           "second. Processor time is that of " +
           in_words(load) +
           ". Instructions are those outside of the system, counted by callgrind while " +
           std::to_string(size_.counted.clients) + " clients are found ready at once. Silent are " +
           bench::with_commas(static_cast<double>(size_.silent)) +
           " clients; a tenth of them where each has a thread. "
           "Rounds: " +
           std::to_string(size_.rounds) +
           ", in each of them all servers in turn; the figures are the medians, of ratios those "
           "within a round.";
}

std::string Measurement::sentences() const {
    std::string text;
    const auto say = [&text](const std::string& words) {
        text += bench::wrapped("- " + words, "  ");
    };
    for (const Pair& pair : pairs_)
        say(pair.what + ", on processors that they share with the load: " +
            bench::decimal(ratio(pair.work_of_one.messages, pair.work_of_other.messages), 2) +
            " times the messages a second, " +
            bench::decimal(
                ratio(pair.work_of_one.processor_time, pair.work_of_other.processor_time), 2) +
            " times the processor time for each.");
    for (const Peer& peer : peers_)
        if (!peer.missing.empty()) say(peer.name + ": " + peer.missing + ".");
    return text;
}

std::string processor_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2) + ", ";
    return "";
}

std::string today() {
    const std::time_t now = std::time(nullptr);
    std::string text(32, '\0');
    text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%d", std::gmtime(&now)));
    return text;
}

std::string Measurement::section() const {
    utsname system{};
    (void)::uname(&system);
    const std::string release = std::string(system.release).substr(0, 4);
    return bench::wrapped("Measured on " + today() + " on " + processor_name() +
                          std::to_string(processors_.size()) +
                          (processors_.size() == 1 ? " processor" : " processors") +
                          " with Linux " + release + ", compiled by " + std::string(compiler) +
                          " with -O2, by this command, which writes this part of the page, and the "
                          "picture:") +
           "\n```sh\n" + std::string(command) + "\n```\n\n" + throughput() +
           "\n![echo-server and others: messages, processor time, instructions and "
           "memory](diagrams/how-fast.svg)\n\n" +
           costs() + '\n' + bench::wrapped(notes()) + '\n' + sentences();
}

bench::Bars Measurement::bars(const std::string& title,
                              double (*value)(const Samples&, const Samples&),
                              std::string (*text)(double)) const {
    bench::Bars group{title, {}};
    for (std::size_t i = 0; i < peers_.size(); ++i) {
        if (!is_there(i)) continue;
        const double length = value(samples_[i], samples_[0]);
        if (length > 0) group.bars.push_back({peers_[i].name, length, text(length)});
    }
    return group;
}

std::string two_digits(double value) { return bench::decimal(value, 2); }

std::string Measurement::picture() const {
    static Load load;
    load = size_.quick ? size_.loads.front() : usual;
    const auto messages = [](const Samples& one, const Samples& bare) {
        return ratio(one.work.at(load).messages, bare.work.at(load).messages);
    };
    const auto time = [](const Samples& one, const Samples& bare) {
        return ratio(one.work.at(load).processor_time, bare.work.at(load).processor_time);
    };
    const auto instructions = [](const Samples& one, const Samples&) { return one.instructions; };
    const auto memory = [](const Samples& one, const Samples&) {
        return bench::middle(one.memory);
    };
    return bench::bar_chart(
        "How fast: echo-server beside other servers",
        "Four charts with a bar for each server: messages a second, processor time a message, "
        "instructions a message, and memory a silent client. The tables in README.md have the same "
        "figures.",
        {bars("Messages a second, " + in_words(load) + ", bare loop = 1", messages, two_digits),
         bars("Processor time a message, bare loop = 1", time, two_digits),
         bars("Instructions a message, without the system's", instructions, bench::with_commas),
         bars("Memory a silent client", memory, bench::memory)});
}

int measure(const Size& size, const std::string& folder) {
    // Before all the work: is there a place for what comes of it?
    const std::string page = folder + "/README.md";
    if (!folder.empty()) (void)bench::with_section(bench::read_file(page), "", heading);
    // We need a few more than the servers: for their output.
    const std::size_t needed = size.silent + 200, allowed = harness::allow_descriptors(needed);
    if (allowed < needed)
        throw std::runtime_error("needs " + std::to_string(needed) +
                                 " descriptors; `ulimit -n` allows " + std::to_string(allowed));
    Measurement measurement(size);
    measurement.run();
    const std::string text = measurement.section();
    std::cout << text;
    if (folder.empty()) return 0;
    bench::write_file(folder + "/diagrams/how-fast.svg", measurement.picture());
    bench::write_file(page, bench::with_section(bench::read_file(page), text, heading));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, usage, [](echo::Arguments& arguments) -> int {
        Size size = arguments.flag("--quick") ? quick() : Size{};
        size.rounds = static_cast<std::size_t>(arguments.number("--rounds", size.rounds, 1, 1000));
        const std::string folder(arguments.next(""));
        arguments.done();
        return measure(size, folder);
    });
}
