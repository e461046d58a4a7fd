// echo-server --diagram draws the run that it was, into a file of mermaid or a page.
#include "diagram.hpp"
#include "json.hpp"
#include "run_page.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "program.hpp"

#include <echo.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

namespace fs = std::filesystem;
using course::Diagram;
using course::DrawnCall;
using course::Row;
using harness::Process;

echo::Deadline soon() { return echo::after(4 * harness::patience()); }

class Folder {
public:
    Folder()
        : path_(fs::temp_directory_path() /
                ("echo-run-" + std::to_string(std::random_device()()))) {
        fs::create_directory(path_);
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string file(const std::string& name) const { return (path_ / name).string(); }
    bool is_empty() const { return fs::is_empty(path_); }

private:
    fs::path path_;
};

std::string text_of(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    REQUIRE(stream.is_open());
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    std::erase(text, '\r');
    return text;
}

Process echo_server(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(ECHO_BUILD_DIR) + "/echo-server");
    return Process({arguments, {}, false});
}

// An echo-server that draws into this file.
class Server {
public:
    explicit Server(const std::string& file)
        : process_(echo_server({"0", "--host", "127.0.0.1", "--diagram", file})) {
        REQUIRE(process_.wait_for_output(
            [](const std::string& output) { return output.find('\n') != std::string::npos; },
            soon()));
        const std::string line = process_.output();
        const std::size_t port = line.find(':') + 1;
        port_ = echo::parse_port(line.substr(port, line.find_first_of("\r\n") - port));
    }

    echo::Connection connect() const { return echo::connect("127.0.0.1", port_, soon()); }
    // False: nobody can, here.
    bool stop() { return process_.ask_to_stop(Process::StopBy::ctrl_c); }
    std::string end() {
        const auto ending = process_.wait(soon());
        REQUIRE(ending);
        return ending->text();
    }
    Process& process() { return process_; }

private:
    Process process_;
    std::uint16_t port_ = 0;
};

#define REQUIRE_STOP(server) \
    if (!(server).stop()) SKIP_BECAUSE("nobody can ask a program to stop here")

void exchange(echo::Connection& client, const std::string& text) {
    std::string came(text.size(), '?');
    REQUIRE(client.send_all(text, soon()));
    REQUIRE(client.recv_exactly(came, soon()));
    CHECK(came == text);
}

void leave(echo::Connection& client) {
    client.shutdown_send();
    char rest[1];
    CHECK(client.recv(rest, soon()).status == echo::Status::end);
}

// The server's calls, without its waits, up to the stop.
std::vector<std::string> own_calls(const Diagram& diagram) {
    std::vector<std::string> calls;
    for (const Row& row : diagram.rows)
        for (const DrawnCall& call : row.calls) {
            if (row.actor != "S" || call.name == "wait") continue;
            if (call.name == "poll" || call.name == "watch") continue;
            std::string text = call.name;
            if (!call.outcome.empty()) text += ' ' + call.outcome;
            if (call.bytes > 0) text += ' ' + std::to_string(call.bytes);
            calls.push_back(call.peer.empty() ? text : text + ' ' + call.peer);
        }
    return calls;
}

// Two clients: the second talks first and leaves.
void run_with_two(const Server& server) {
    echo::Connection one = server.connect();
    exchange(one, "one\n");
    echo::Connection two = server.connect();
    exchange(two, "<two>");
    leave(two);
    exchange(one, "1\n");
    leave(one);
}

const std::vector<std::string> calls_with_two = {"socket",   "bind",
                                                 "listen",   "accept A",
                                                 "recv 4 A", "send 4 A",
                                                 "accept B", "recv 5 B",
                                                 "send 5 B", "recv end of stream B",
                                                 "close B",  "recv 2 A",
                                                 "send 2 A", "recv end of stream A",
                                                 "close A"};

void check_run(const std::string& source) {
    const Diagram diagram = course::parse_diagram("13-the-echo-server", source);
    INFO(source);
    for (const std::string& mistake : diagram.mistakes) CHECK(mistake == "");
    CHECK(own_calls(diagram) == calls_with_two);
    bool is_sent = false;
    for (const Row& row : diagram.rows)
        for (const DrawnCall& call : row.calls)
            if (row.actor == "B" && call.name == "send") is_sent = call.data == "<two>";
    CHECK(is_sent);
}

// What a string in JSON says.
std::string unquoted(const std::string& json) {
    std::string text;
    for (std::size_t at = 1; at + 1 < json.size(); ++at) {
        if (json[at] != '\\') {
            text += json[at];
        } else if (json[++at] == 'u') {
            text += static_cast<char>(std::stoi(json.substr(at + 1, 4), nullptr, 16));
            at += 4;
        } else {
            text += json[at];
        }
    }
    return text;
}

constexpr std::string_view run_begins = "<script type=\"application/json\" id=\"run\">";

// The run that a page has; in one line.
std::string run_of(const std::string& page) {
    const std::size_t begin = page.find(run_begins) + run_begins.size();
    return page.substr(begin, page.find("</script>\n", begin) - begin);
}

// One line, which has these words, and nothing on standard output.
void check_complaint(Process& tool, int code, const std::vector<std::string>& words) {
    const auto ending = tool.wait(soon());
    REQUIRE(ending);
    CHECK(ending->text() == "exit code " + std::to_string(code));
    CHECK(tool.output().empty());
    const std::string errors = tool.errors();
    INFO(errors);
    CHECK(errors.find('\n') == errors.size() - 1);
    for (const std::string& word : words) CHECK(errors.find(word) != std::string::npos);
}

}  // namespace

TEST_CASE("echo-server --diagram FILE.mmd draws the calls that it made", "[tools][run]") {
    const Folder folder;
    Server server(folder.file("run.mmd"));
    run_with_two(server);
    REQUIRE_STOP(server);
    CHECK(server.end() == "exit code 0");
    check_run(text_of(folder.file("run.mmd")));
}

TEST_CASE("echo-server --diagram FILE.html is the projector's page with the run", "[tools][run]") {
    const Folder folder;
    Server server(folder.file("run.html"));
    run_with_two(server);
    REQUIRE_STOP(server);
    CHECK(server.end() == "exit code 0");
    std::string page = text_of(folder.file("run.html"));
    const std::string json = run_of(page);
    auto run = harness::json_object(json);
    REQUIRE(run);
    CHECK(run->size() == 3);
    CHECK(unquoted(run->at("title")) == "A run of echo-server");
    CHECK(unquoted(run->at("beside")) == "13-the-echo-server");
    check_run(unquoted(run->at("source")));
    CHECK(json.find_first_of("<\n") == std::string::npos);

    // Apart from the run it is the project's page, without the other lessons' diagrams.
    std::string expected;
    const std::string mark = "<script type=\"application/json\" class=\"diagram\" data-name=\"";
    std::size_t kept = 0;
    for (const std::string& line :
         course::lines_of(course::read_source("diagrams/projector.html"))) {
        const bool is_diagram = line.compare(0, mark.size(), mark) == 0;
        if (is_diagram && line.compare(mark.size(), 3, "13-") != 0) continue;
        if (is_diagram) ++kept;
        expected += line + '\n';
    }
    CHECK(kept >= 1);
    page.replace(page.find(json), json.size(), "null");
    CHECK((page == expected));  // in brackets: it is too long for a message
}

TEST_CASE("echo-server draws its run also while it prints it", "[tools][run]") {
    const Folder folder;
    Process both = echo_server({"0", "--host", "127.0.0.1", "--trace", "--threads", "3",
                                "--diagram", folder.file("both.mmd")});
    REQUIRE(
        both.wait_for_output([](const std::string& output) { return !output.empty(); }, soon()));
    if (!both.ask_to_stop(Process::StopBy::terminate))
        SKIP_BECAUSE("nobody can ask a program to stop here");
    const auto ending = both.wait(soon());
    REQUIRE(ending);
    CHECK(ending->text() == "exit code 0");
    CHECK(both.errors().find(": listen -> ok") != std::string::npos);
    CHECK(text_of(folder.file("both.mmd")).find("Note over S: socket, bind, listen\n") !=
          std::string::npos);
}

TEST_CASE("echo-server refuses a diagram's file that is neither .mmd nor .html", "[tools][run]") {
    const Folder folder;
    const std::string name = GENERATE(as<std::string>{}, "run.txt", "run", "run.mmd.bak", "");
    CAPTURE(name);
    Process tool = echo_server({"0", "--diagram", name.empty() ? name : folder.file(name)});
    check_complaint(tool, 2, {"--diagram", ".mmd", ".html"});
    CHECK(folder.is_empty());
}

TEST_CASE("echo-server says before it serves anybody that a diagram can't be written",
          "[tools][run]") {
    const Folder folder;
    fs::create_directory(folder.file("folder.html"));
    const std::string name = GENERATE(as<std::string>{}, "folder.html", "no-such-folder/run.mmd");
    CAPTURE(name);
    Process tool = echo_server({"0", "--diagram", folder.file(name)});
    check_complaint(tool, 1, {"write", fs::path(name).filename().string(), "--diagram"});
}

TEST_CASE("echo-server says in one line that the disk is full, and leaves no half a diagram",
          "[tools][run]") {
    if (!fs::exists("/dev/full")) SKIP_BECAUSE("this system has no /dev/full");
    const Folder folder;
    fs::create_symlink("/dev/full", folder.file("run.mmd"));
    Server server(folder.file("run.mmd"));
    REQUIRE_STOP(server);
    CHECK(server.end() == "exit code 1");
    const std::string errors = server.process().errors();
    INFO(errors);
    const std::string last = errors.substr(errors.rfind("echo-server: "));
    CHECK(last.find("no space left") != std::string::npos);
    CHECK(last.find('\n') == last.size() - 1);
    CHECK(folder.is_empty());
}

TEST_CASE("a page gets a run in which anything may stand", "[run]") {
    const std::string page = "<p>\n" + std::string(run_begins) + "null</script>\n</p>\n";
    const std::string source = "</script><!-- \"\\\n\t\x01 --> %% &amp;";
    const std::string with = harness::page_with_run(page, {"a \"title\"", "01-one-client", source});
    const auto run = harness::json_object(run_of(with));
    REQUIRE(run);
    CHECK(unquoted(run->at("title")) == "a \"title\"");
    CHECK(unquoted(run->at("source")) == source);
    CHECK(run_of(with).find('<') == std::string::npos);
    CHECK_THROWS_AS(harness::page_with_run("<p></p>", {"", "", ""}), std::runtime_error);
    CHECK_THROWS_AS(harness::page_with_run(with, {"", "", ""}), std::runtime_error);
}
