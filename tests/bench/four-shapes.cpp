// Compares the shapes of server that the course builds, and writes what it finds into the page
// lessons/README.md and into a picture. A benchmark, no test: what it says depends on the machine.

#include "files.hpp"
#include "load.hpp"
#include "page.hpp"
#include "plot.hpp"
#include "process.hpp"
#include "processors.hpp"

#include <echo.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

constexpr std::string_view usage =
    "[--quick] [--hold] [FOLDER]\n"
    "\n"
    "Measures threads, memory, round trips, throughput and limits of the course's servers, and\n"
    "prints what it finds. Takes some minutes.\n"
    "With a FOLDER, the project's, writes that into its lessons/README.md, below the heading\n"
    "\"### The figures\", and a picture into its diagrams/four-shapes.svg.\n"
    "--hold lets 19,000 clients stay for a minute, too; --quick only tries everything once, with\n"
    "a few clients and programs that are not optimised: its figures mean nothing.";

constexpr std::string_view command =
    "cmake --build build --target bench && ./build/bench/four-shapes --hold .";

#ifdef __clang__
constexpr std::string_view compiler = __VERSION__;
#else
constexpr std::string_view compiler = "GCC " __VERSION__;
#endif

// How much of everything.
struct Size {
    std::size_t rounds = 5;
    std::vector<std::size_t> silent = {0, 10, 100, 1000, 10000};
    std::size_t round_trips = 2000;
    std::size_t busy = 50;
    std::size_t slices = 5;  // of work, in a round
    std::chrono::milliseconds work = 200ms, rest = 1s;
    std::size_t workers = 64;
    std::size_t held = 19000;
    std::chrono::seconds hold = 0s;
    std::chrono::milliseconds soon = 3s;  // longer than it takes to serve a few, or to end
    std::size_t descriptors = 19300;      // that a server may have
    bool quick = false;
};

Size quick() {
    Size size;
    size.rounds = size.slices = 1;
    size.silent = {0, 2, 20};
    size.round_trips = 20;
    size.busy = 3;
    size.work = size.rest = 50ms;
    size.soon = 100ms;
    size.workers = 4;
    size.held = 30;
    size.descriptors = 64;
    size.quick = true;
    return size;
}

// A server that is looked at.
struct Shape {
    std::string name, label;  // in the table; in the picture, or empty: it is not there
    std::string source;       // from the project's folder
    std::string program;      // in the build folder; empty: the solution's
    std::vector<std::string> arguments;
    std::size_t seats;  // so many clients at once, by its plan
};

constexpr std::size_t no_plan = 1000000;

// The last of the course: one loop again, or several.
Shape the_tool(const std::string& name, const std::string& threads) {
    return {name,
            "",
            "solutions/13-the-echo-server/server.cpp",
            "",
            {"--host", "127.0.0.1", "--max-clients", "100000", "--threads", threads},
            no_plan};
}

std::vector<Shape> shapes(const Size& size) {
    const std::vector<std::string> many = {"--max-clients", "100000"};
    const std::string seats = std::to_string(size.workers);
    return {
        {"in turn", "in turn: one at a time", "solutions/06-rude-clients/server.cpp", "", {}, 1},
        {"a thread each", "a thread each", "solutions/07-two-at-once/server.cpp", "", {}, no_plan},
        {"workers",
         "workers: all " + seats + " seats taken",
         "solutions/08-enough-is-enough/server.cpp",
         "",
         {"--max-clients", seats},
         size.workers},
        {"one loop", "one loop", "solutions/11-deadlines/server.cpp", "", many, no_plan},
        {"one loop with `poll`", "one loop with poll", "solutions/11-deadlines/server.cpp",
         "bench/deadlines_with_poll", many, no_plan},
        the_tool("the tool", "1"),
        the_tool("... with 2 threads", "2"),
    };
}

const Shape bare{"the bare loop",    "", "tests/bench/bare_epoll.cpp",
                 "bench/bare_epoll", {}, no_plan};

// Optimised, unless they are only tried.
std::string program_of(const Shape& shape, const Size& size) {
    const std::string build = std::string(ECHO_BUILD_DIR) + '/';
    if (!shape.program.empty()) return build + shape.program;
    const std::string path = shape.source.substr(0, shape.source.rfind('.'));
    if (size.quick) return build + path;
    return build + "bench/" + path.substr(path.find('/') + 1);
}

using Values = std::vector<double>;  // one of each round

// Of many clients at work.
struct Work {
    Values messages, processor_time, middle, late;
};

// What the rounds have found of one shape.
struct Samples {
    struct Beside {
        Values memory, middle, late;
    };
    std::map<std::size_t, Beside> beside;
    Values slower, memory_a_client, idle;
    Work work, work_on_all;  // with one processor, and with all there are
};

class Measurement {
public:
    explicit Measurement(const Size& size) : size_(size) {}

    bench::Findings run();

private:
    void tell(const std::string& what) const { std::cerr << what << std::endl; }
    bench::Server start(const Shape& shape, std::size_t descriptors = 0) const {
        return bench::Server({program_of(shape, size_)}, shape.arguments, descriptors);
    }

    std::vector<std::size_t> silent_beside(const Shape& shape) const;
    void beside_silent(const Shape& shape, Samples& samples) const;
    void at_work(const Shape& shape, Samples& samples) const;
    void at_work(const Shape& shape, Work& samples) const;
    double idle(const bench::Server& server) const;
    void fill(const Shape& shape, bench::Column& column) const;
    std::string hold(const Shape& shape) const;
    bench::Column column(const Shape& shape, const Samples& samples, const Samples& of_bare) const;

    const Size size_;
};

// As many as there are, or as it has seats for: one is for the one that talks.
std::vector<std::size_t> Measurement::silent_beside(const Shape& shape) const {
    std::vector<std::size_t> all;
    for (const std::size_t silent : size_.silent) {
        all.push_back(std::min(silent, shape.seats - 1));
        if (silent >= shape.seats - 1) break;
    }
    return all;
}

// The one that talks comes first: so it is served by all of them, and the others are beside it.
void Measurement::beside_silent(const Shape& shape, Samples& samples) const {
    const bench::OnProcessor both(bench::processors().back());
    const bench::Server server = start(shape);
    echo::Connection active = server.connect();
    active.set_no_delay();
    bench::Crowd crowd(server);
    (void)bench::round_trips(active, size_.round_trips / 10);  // warms up
    for (const std::size_t silent : silent_beside(shape)) {
        if (!crowd.grow_to(silent)) throw std::runtime_error(shape.name + " lets clients wait");
        const bench::Times times = bench::round_trips(active, size_.round_trips);
        Samples::Beside& found = samples.beside[silent];
        found.middle.push_back(times.middle);
        found.late.push_back(times.late);
        found.memory.push_back(static_cast<double>(server.memory()));
    }
    samples.idle.push_back(idle(server));
    const auto& none = samples.beside.begin()->second;
    const auto& most = *samples.beside.rbegin();
    samples.slower.push_back(most.second.middle.back() / none.middle.back());
    if (most.first > 0)
        samples.memory_a_client.push_back((most.second.memory.back() - none.memory.back()) /
                                          static_cast<double>(most.first));
}

double Measurement::idle(const bench::Server& server) const {
    const auto before = server.processor_time();
    std::this_thread::sleep_for(size_.rest);
    return (server.processor_time() - before) / std::chrono::duration<double>(size_.rest);
}

void Measurement::at_work(const Shape& shape, Samples& samples) const {
    if (size_.busy > shape.seats) return;
    at_work(shape, samples.work_on_all);
    const bench::OnProcessor both(bench::processors().back());
    at_work(shape, samples.work);
}

void Measurement::at_work(const Shape& shape, Work& samples) const {
    const bench::Server server = start(shape);
    const bench::Work work = bench::keep_busy(server, size_.busy, size_.work);
    samples.messages.push_back(work.messages);
    samples.processor_time.push_back(work.processor_time);
    samples.middle.push_back(work.times.middle);
    samples.late.push_back(work.times.late);
}

// What became of a server that did not serve one more: it ran out of something, by its log.
std::string stopped_by(const std::string& log, bool ends) {
    const auto says = [&log](const char* what) { return log.find(what) != std::string::npos; };
    if (says("too many open"))
        return std::string("it is out of descriptors; ") +
               (ends ? "it accepts nobody more, and ends when all have left"
                     : "the next one waits");
    return says("temporarily unavailable") ? "it is out of threads; the next one is sent away"
                                           : "it has reached a limit that its log does not tell";
}

// Lets clients come until one is not served, and looks what becomes of the server.
void Measurement::fill(const Shape& shape, bench::Column& column) const {
    tell(shape.name + ": how many it serves");
    bench::Server server = start(shape, size_.descriptors);
    bench::Crowd crowd(server);
    (void)crowd.grow_to(size_.descriptors, size_.soon);
    column.served = crowd.size();
    column.threads = server.threads();
    crowd.leave();
    const bool ends = column.served < shape.seats && server.ends(size_.soon);
    column.stopped_by = column.served == shape.seats
                            ? "it is full; the next one waits until one leaves"
                            : stopped_by(server.log(), ends);
}

std::string Measurement::hold(const Shape& shape) const {
    const std::string count = bench::with_commas(static_cast<double>(size_.held));
    tell(shape.name + ": holds " + count + " clients");
    const bench::Server server = start(shape, size_.descriptors);
    bench::Crowd crowd(server);
    if (!crowd.grow_to(size_.held)) throw std::runtime_error("not all of them were served");
    const auto before = server.processor_time();
    std::this_thread::sleep_for(size_.hold);
    const std::chrono::duration<double, std::milli> used = server.processor_time() - before;
    if (!crowd.all_echo()) throw std::runtime_error("one of them got a wrong answer, or none");
    return shape.name + ": held " + count + " clients, silent for " +
           std::to_string(size_.hold.count()) + " seconds, in which it used " +
           bench::with_commas(used.count()) +
           " ms of processor time; then each of them got one "
           "message back, its own.";
}

// Each with its neighbour in time: what else the machine does changes from one to the next.
double ratio(const Values& values, const Values& to) {
    Values ratios;
    for (std::size_t i = 0; i < values.size(); ++i) ratios.push_back(values[i] / to.at(i));
    return bench::middle(ratios);
}

bench::Column Measurement::column(const Shape& shape, const Samples& samples,
                                  const Samples& of_bare) const {
    bench::Column column;
    column.name = shape.name;
    if (!shape.label.empty())  // most of the tool is in the header
        column.lines_of_code = bench::lines_of_code(
            bench::read_file(std::string(ECHO_SOURCE_DIR) + '/' + shape.source));
    column.memory_a_client = bench::middle(samples.memory_a_client);
    column.slower = bench::middle(samples.slower);
    column.idle = bench::middle(samples.idle);
    for (const auto& [silent, of] : samples.beside)
        column.beside[silent] = {bench::middle(of.memory), bench::middle(of.middle),
                                 bench::middle(of.late)};
    if (samples.work.messages.empty()) return column;
    const Work& work = samples.work;
    column.busy = bench::Busy{
        bench::middle(work.middle),
        bench::middle(work.late),
        ratio(work.messages, of_bare.work.messages),
        ratio(samples.work_on_all.messages, of_bare.work_on_all.messages),
        ratio(work.processor_time, of_bare.work.processor_time),
    };
    return column;
}

bench::Findings Measurement::run() {
    const std::vector<Shape> all = shapes(size_);
    std::vector<Samples> samples(all.size());
    Samples of_bare;
    for (std::size_t round = 1; round <= size_.rounds; ++round) {
        tell("round " + std::to_string(round) + " of " + std::to_string(size_.rounds));
        // Often and shortly, so that what else the machine does comes to each of them.
        for (std::size_t slice = 0; slice < size_.slices; ++slice) {
            at_work(bare, of_bare);
            for (std::size_t i = 0; i < all.size(); ++i) at_work(all[i], samples[i]);
        }
        for (std::size_t i = 0; i < all.size(); ++i) beside_silent(all[i], samples[i]);
    }
    bench::Findings findings;
    for (std::size_t i = 0; i < all.size(); ++i) {
        findings.columns.push_back(column(all[i], samples[i], of_bare));
        fill(all[i], findings.columns.back());
    }
    findings.silent = size_.silent;
    findings.rounds = size_.rounds;
    findings.busy = size_.busy;
    findings.descriptors = size_.descriptors;
    findings.bare_messages = bench::middle(of_bare.work.messages);
    if (size_.hold > 0s) findings.held = hold(all[3]);
    findings.command = command;
    findings.machine = std::to_string(std::thread::hardware_concurrency()) +
                       " processors with Linux, compiled by " + std::string(compiler) + " with -O2";
    return findings;
}

std::string megabytes(double bytes) { return bench::with_commas(bytes / 1e6) + " MB"; }

std::string duration(double microseconds) {
    return microseconds < 1000 ? bench::with_commas(microseconds) + " µs"
                               : bench::with_commas(microseconds / 1000) + " ms";
}

std::string picture(const bench::Findings& findings, const Size& size) {
    std::vector<bench::Line> memory, times;
    const std::vector<Shape> all = shapes(size);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].label.empty()) continue;
        memory.push_back({all[i].label, {}});
        times.push_back({all[i].label, {}});
        for (const auto& [silent, of] : findings.columns[i].beside) {
            const auto clients = static_cast<double>(silent + 1);
            memory.back().dots.push_back({clients, of.memory});
            times.back().dots.push_back({clients, of.middle});
        }
    }
    return bench::plot("Four shapes of server: memory and round trip by number of clients",
                       "Two charts with logarithmic scales. Above, the memory of each server "
                       "against the number of its clients; below, how long a message of one "
                       "client takes there and back while the others are silent. The table in "
                       "lessons/README.md has the same figures.",
                       "clients, of which one talks",
                       {{"Memory of the server", megabytes, memory},
                        {"Round trip of the one that talks", duration, times}});
}

int measure(Size size, const std::string& folder) {
    // Before all the work: is there a place for what comes of it?
    const std::string page = folder + "/lessons/README.md";
    if (!folder.empty()) (void)bench::with_section(bench::read_file(page), "");
    for (const Shape& shape : shapes(size))
        bench::require_program(program_of(shape, size), size.quick ? "solutions" : "bench");
    // We need a few more than the servers: for their output, and for clients who wait.
    const std::size_t needed = size.descriptors + 200, allowed = harness::allow_descriptors(needed);
    if (allowed < needed)
        throw std::runtime_error("needs " + std::to_string(needed) +
                                 " descriptors; `ulimit -n` allows " + std::to_string(allowed));
    const bench::Findings findings = Measurement(size).run();
    const std::string text = bench::section(findings);
    std::cout << text;
    if (folder.empty()) return 0;
    bench::write_file(page, bench::with_section(bench::read_file(page), text));
    bench::write_file(folder + "/diagrams/four-shapes.svg", picture(findings, size));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return echo::run_tool(argc, argv, usage, [](echo::Arguments& arguments) -> int {
        Size size = arguments.flag("--quick") ? quick() : Size{};
        if (arguments.flag("--hold")) size.hold = size.quick ? 1s : 60s;
        const std::string folder(arguments.next(""));
        arguments.done();
        return measure(size, folder);
    });
}
