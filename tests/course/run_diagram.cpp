// A program's run is drawn in the form of the lessons' diagrams: the calls that it made are in it,
// in their order, and nobody receives in it what has not been sent.
#include "run_diagram.hpp"
#include "causality.hpp"
#include "diagram.hpp"

#include "catch.hpp"
#include "program.hpp"
#include "trace_reader.hpp"

#include <echo.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using course::Diagram;
using course::DrawnCall;
using course::Row;

echo::Deadline soon() { return echo::after(harness::patience()); }

// The trace, drawn, and read again.
Diagram parsed(std::string_view trace, const std::string& lesson) {
    const std::string source = harness::draw_run(trace, {"A run", lesson == "02-the-client"});
    INFO("the trace:\n" << trace << "\nits diagram:\n" << source);
    Diagram diagram = course::parse_diagram(lesson, source);
    for (const std::string& mistake : diagram.mistakes) CHECK(mistake == "");
    return diagram;
}

// A trace does not tell what the other side has received.
bool is_untold(const std::string& impossible) {
    return impossible.find(": it is never received") != std::string::npos ||
           impossible.find(": nobody receives this end of stream") != std::string::npos;
}

// The same, where nothing has gone wrong.
Diagram drawn(std::string_view trace, const std::string& lesson = "13-the-echo-server") {
    const Diagram diagram = parsed(trace, lesson);
    INFO("the trace:\n" << trace);
    for (const std::string& impossible : course::impossible_in(diagram))
        if (!is_untold(impossible)) CHECK(impossible == "");
    return diagram;
}

// Who calls, and what: "A: send hello".
std::vector<std::string> calls_in(const Diagram& diagram) {
    std::vector<std::string> calls;
    for (const Row& row : diagram.rows)
        for (const DrawnCall& call : row.calls) {
            std::string text = row.actor + ": " + call.name;
            if (!call.outcome.empty()) text += ' ' + call.outcome;
            if (call.bytes > 0) text += ' ' + std::to_string(call.bytes);
            if (diagram.participants.size() > 2 && row.actor == "S" && !call.peer.empty())
                text += " (" + call.peer + ')';
            calls.push_back(text);
        }
    return calls;
}

std::vector<std::string> phases_in(const Diagram& diagram) {
    std::vector<std::string> titles;
    for (const Row& row : diagram.rows)
        if (row.kind == Row::Kind::phase) titles.push_back(row.text);
    return titles;
}

std::vector<std::string> texts_in(const Diagram& diagram) {
    std::vector<std::string> texts;
    for (const Row& row : diagram.rows) texts.push_back(row.text);
    return texts;
}

bool has(const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

using Words = std::vector<std::string>;

// A trace's lines of a server that has accepted so many clients: sockets 5, 6, ...
std::string accepted(int clients) {
    std::string trace =
        "socket 4: socket IPv4 -> ok\n"
        "socket 4: setsockopt SO_REUSEADDR -> ok\n"
        "socket 4: bind 127.0.0.1:0 -> ok\n"
        "socket 4: listen -> ok\n";
    for (int client = 0; client < clients; ++client)
        trace += "socket 4: accept -> socket " + std::to_string(5 + client) +
                 " from 127.0.0.1:5123" + std::to_string(client % 10) + '\n';
    return trace;
}

std::string in_conversation(int socket, const std::string& call) {
    return "socket " + std::to_string(socket) + ": " + call + '\n';
}

std::string exchange(int socket, const std::string& text) {
    const std::string bytes = std::to_string(text.size()) + " bytes", quoted = echo::quote(text);
    return in_conversation(socket, "recv at most 4096 bytes -> " + bytes + ' ' + quoted) +
           in_conversation(socket, "send " + bytes + ' ' + quoted + " -> " + bytes);
}

std::size_t lines_in(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("a run's diagram has the program's calls, and of the other side what follows from them",
          "[run]") {
    const std::string trace = accepted(1) + exchange(5, "hello\n") +
                              "socket 5: recv at most 4096 bytes -> end of stream\n"
                              "socket 5: close -> ok\n"
                              "socket 4: close -> ok\n";
    const Diagram diagram = drawn(trace, "01-one-client");
    CHECK(diagram.participants ==
          std::map<std::string, std::string>{{"C", "client"}, {"S", "server"}});
    CHECK(phases_in(diagram) ==
          Words{"1. Getting ready", "2. Opening", "3. Exchange", "4. Closing"});
    CHECK(calls_in(diagram) == Words{"S: socket", "S: bind", "S: listen", "C: socket", "C: connect",
                                     "S: accept", "C: send 6", "S: recv 6", "S: send 6",
                                     "C: shutdown", "S: recv end of stream", "S: close"});
    CHECK(has(texts_in(diagram), "send \"hello\\n\""));
    CHECK(has(texts_in(diagram), "wire: three-way handshake"));
    CHECK(has(texts_in(diagram), "wire: FIN"));
    CHECK(diagram.title == "A run");
    CHECK_FALSE(diagram.description.empty());
}

TEST_CASE("several clients have letters in the order in which they were accepted", "[run]") {
    const std::string trace = accepted(2) + exchange(6, "two") + exchange(5, "one") +
                              "socket 6: recv at most 9 bytes -> end of stream\n"
                              "socket 6: close -> ok\n"
                              // The number of a closed socket is another client's next.
                              "socket 4: accept -> socket 6 from 127.0.0.1:51239\n" +
                              exchange(6, "three");
    const Diagram diagram = drawn(trace);
    CHECK(diagram.participants.size() == 4);
    const Words calls = calls_in(diagram);
    CHECK(Words(calls.begin() + 9, calls.end()) ==
          Words{"B: send 3", "S: recv 3 (B)", "S: send 3 (B)", "A: send 3", "S: recv 3 (A)",
                "S: send 3 (A)", "B: shutdown", "S: recv end of stream (B)", "S: close (B)",
                "C: socket", "C: connect", "S: accept (C)", "C: send 5", "S: recv 5 (C)",
                "S: send 5 (C)"});
    CHECK(has(phases_in(diagram), "3. Exchange: A, B"));
}

TEST_CASE("a client's run is the mirror image", "[run]") {
    const std::string trace =
        "socket -: getaddrinfo 127.0.0.1 -> ok\n"
        "socket 4: socket IPv4 -> ok\n"
        "socket 4: connect 127.0.0.1:7999 -> ok\n"
        "socket 4: send 6 bytes \"hello\\n\" -> 6 bytes\n"
        "socket 4: recv at most 6 bytes -> 3 bytes \"hel\"\n"
        "socket 4: recv at most 3 bytes -> 3 bytes \"lo\\n\"\n"
        "socket 4: close -> ok\n";
    CHECK(calls_in(drawn(trace, "02-the-client")) ==
          Words{"S: socket", "S: bind", "S: listen", "C: socket", "C: connect", "S: accept",
                "C: send 6", "S: send 3", "C: recv 3", "S: send 3", "C: recv 3", "C: close"});
    // A connect with a deadline is asked about later.
    const std::string later =
        "socket 4: socket IPv4 -> ok\n"
        "socket 4: connect 127.0.0.1:7999 -> in progress\n"
        "socket 4: poll until writable -> ready\n"
        "socket 4: getsockopt SO_ERROR -> ok\n";
    const Diagram talks =
        drawn(later + in_conversation(4, "send 1 byte \"x\" -> 1 byte"), "02-the-client");
    CHECK(calls_in(talks) == Words{"S: socket", "S: bind", "S: listen", "C: socket", "C: connect",
                                   "S: accept", "C: send 1"});
    CHECK(talks.description.find("sent 1 byte.") != std::string::npos);
    CHECK(texts_in(parsed(later + in_conversation(4, "close -> ok"), "02-the-client")) ==
          Words{"1. Opening", "socket, connect failed"});
    const std::string refused =
        "socket 4: socket IPv4 -> ok\n"
        "socket 4: connect 127.0.0.1:7999 -> failed: connection refused\n"
        "socket 4: close -> ok\n";
    // Nobody listens, so it is refused: here nothing has to come before.
    CHECK(texts_in(parsed(refused, "02-the-client")) ==
          Words{"1. Opening", "socket, connect failed (connection refused)"});
}

TEST_CASE("a run's diagram shows what a lesson's does: partial sends, full buffers, pollers",
          "[run]") {
    const std::string trace = accepted(1) +
                              "socket 9: epoll_wait until one is ready -> ready: 5\n"
                              "socket 5: recv at most 9 bytes -> 6 bytes \"hello\\n\"\n"
                              "socket 5: send 6 bytes \"hello\\n\" -> would block\n"
                              "socket 5: epoll_ctl change, until writable -> ok\n"
                              "socket 9: epoll_wait until one is ready -> ready: 5\n"
                              "socket 5: send 6 bytes \"hello\\n\" -> 3 bytes\n"
                              "socket 5: send 3 bytes \"lo\\n\" -> 3 bytes\n"
                              "socket 5: epoll_ctl change, until readable -> ok\n"
                              "socket -: poll 1 socket, until readable: 5 -> timed out\n";
    const Words texts = texts_in(drawn(trace));
    CHECK(Words(texts.end() - 8, texts.end()) ==
          Words{"3. Exchange", "send \"hello\\n\"",
                "wait, recv 6 bytes (send would block), watch for writing", "wait",
                "send \"hel\" (3 of 6 bytes)", "send \"lo\\n\"", "watch for reading",
                "poll (nobody is ready)"});
}

TEST_CASE("a broken connection, and who broke it off, are in a run's diagram", "[run]") {
    const std::string reset = "failed: connection reset by peer\n";
    const std::string trace = accepted(2) + "socket 5: recv at most 9 bytes -> " + reset +
                              "socket 5: send 1 byte \"x\" -> failed: broken pipe\n"
                              "socket 5: close -> ok\n"
                              "socket 6: setsockopt SO_LINGER -> ok\n"
                              "socket 6: close -> ok\n";
    const Words texts = texts_in(drawn(trace));
    const auto closing = std::find(texts.begin(), texts.end(), "3. Closing: A, B");
    CHECK(
        Words(closing, texts.end()) ==
        Words{"3. Closing: A, B", "reset", "wire: RST",
              "recv failed (A: connection reset by peer), send failed (A: broken pipe), close (A)",
              "reset (B)", "wire: RST"});
}

TEST_CASE("an end crosses the network once, however often the program asks", "[run]") {
    const std::string end = "socket 5: recv at most 9 bytes -> end of stream\n";
    const std::string trace =
        accepted(1) + end + "socket 5: shutdown sending -> ok\n" + end + "socket 5: close -> ok\n";
    const Words texts = texts_in(drawn(trace));
    CHECK(Words(texts.end() - 6, texts.end()) == Words{"3. Closing", "shutdown (or close)",
                                                       "wire: FIN", "recv end of stream, shutdown",
                                                       "wire: FIN", "recv end of stream, close"});
}

TEST_CASE("what becomes of a socket's number later is nothing of the client's", "[run]") {
    const std::string received = exchange(5, "hello\n");
    const Words texts =
        texts_in(drawn(accepted(1) + received + "socket 5: close -> ok\n" + received));
    CHECK(std::count(texts.begin(), texts.end(), "recv 6 bytes") == 1);
    // Here its close is missing, and the next one with its number is not drawn.
    const Words gap = texts_in(drawn(accepted(3) +
                                     "(the trace is cut off here)\n"
                                     "socket 4: accept -> socket 5 from 127.0.0.1:51239\n" +
                                     received));
    CHECK_FALSE(has(gap, "recv 6 bytes (A)"));
}

TEST_CASE("whatever bytes were moved, a run's diagram can be read", "[run]") {
    const std::string taken = ";#<b>&amp;%%{init}%%$$x$$`\"\\ (A), \r\n\t";
    std::string any(30, '\0');
    for (std::size_t i = 0; i < any.size(); ++i) any[i] = static_cast<char>(i * 9);
    for (const std::string& bytes : {taken, any, std::string("end"), std::string("a -> b")}) {
        CAPTURE(echo::quote(bytes, 100));
        const Diagram diagram = drawn(accepted(2) + exchange(5, bytes.substr(0, 16)));
        const Row& sent = diagram.rows.back();
        REQUIRE(sent.calls.size() == 1);
        CHECK(sent.calls[0].data == bytes.substr(0, 16));
        CHECK(sent.text.find_first_of(";#<>&%$`{}") == std::string::npos);
    }
}

TEST_CASE("of many bytes a run's diagram shows their number and their beginning", "[run]") {
    const Diagram diagram = drawn(accepted(2) + exchange(6, std::string(4096, 'x')));
    const Row& sent = diagram.rows.back();
    CHECK(sent.text == "send 4096 bytes (\"" + std::string(24, 'x') + "...\")");
    REQUIRE(sent.calls.size() == 1);
    CHECK(sent.calls[0].bytes == 4096);
    CHECK(sent.calls[0].peer == "B");
}

TEST_CASE("what comes over and over is folded in a run's diagram", "[run]") {
    std::string trace = accepted(1);
    for (int i = 0; i < 5; ++i) trace += exchange(5, "hello\n");
    Words texts = texts_in(drawn(trace));
    CHECK(std::count(texts.begin(), texts.end(), "recv 6 bytes") == 5);
    for (int i = 5; i < 4097; ++i) trace += exchange(5, "hello\n");
    trace += "socket 5: recv at most 9 bytes -> end of stream\n";
    texts = texts_in(drawn(trace));
    CHECK(std::count(texts.begin(), texts.end(), "recv 6 bytes") == 4);
    CHECK(has(texts, "... and so on, 4,093 times"));
    CHECK(texts.back() == "recv end of stream");
    CHECK(has(texts, "4. Closing"));
}

TEST_CASE("a run's diagram has an end, however long the run was", "[run]") {
    // No two stretches of it are alike.
    std::string trace = accepted(2);
    unsigned state = 1;
    for (int i = 0; i < 20000; ++i) {
        state = state * 1664525u + 1013904223u;
        const int client = state >> 31 == 0 ? 5 : 6;
        trace += exchange(client, "hello\n");
        if ((state >> 29 & 1) != 0) trace += exchange(client, "x");
    }
    trace += "socket 5: close -> ok\n";
    CHECK(lines_in(harness::draw_run(trace, {"A run"})) < 350);
    const Words texts = texts_in(drawn(trace));
    CHECK(std::count_if(texts.begin(), texts.end(), [](const std::string& text) {
              return text.find(" rows left out") != std::string::npos;
          }) == 1);
    CHECK(texts[texts.size() - 2] == "close (A)");
}

TEST_CASE("of a crowd the first clients are in a run's diagram, and the others are counted",
          "[run]") {
    std::string trace = accepted(1000);
    for (int client = 0; client < 1000; ++client) trace += exchange(5 + client, "hello\n");
    const Diagram diagram = drawn(trace);
    CHECK(diagram.participants.count("A") == 1);
    CHECK(diagram.participants.size() <= 4);
    const std::size_t drawn_clients = diagram.participants.size() - 1;
    CHECK(texts_in(diagram).back() ==
          "... and more clients, who are not drawn: " + std::to_string(1000 - drawn_clients));
    CHECK(diagram.description.find("clients: 1000") != std::string::npos);
    CHECK(diagram.description.find("received 6000 bytes") != std::string::npos);
}

TEST_CASE("a run's diagram says what the program waits in, and what is missing", "[run]") {
    const std::string trace = accepted(1) +
                              "(the trace is cut off here)\n"
                              "socket 5: recv at most 4096 bytes\n";
    const Words texts = texts_in(drawn(trace));
    CHECK(Words(texts.end() - 2, texts.end()) ==
          Words{"... a part of the trace is missing", "The program waits in recv"});
    CHECK(texts_in(drawn("")) == Words{"No call was made"});
    const std::string strange = "failed: a; #reason (<of> somebody's)\n";
    for (const std::string& text : texts_in(parsed(
             accepted(2) + "socket 4: bind x -> " + strange + "socket 5: shutdown sending -> " +
                 strange + "socket 5: recv at most 9 bytes -> " + strange,
             "13-the-echo-server")))
        CHECK(text.find_first_of(";#<>") == std::string::npos);
    const Words short_of =
        texts_in(drawn(accepted(1) + "socket 4: accept -> failed: too many open files\n"));
    CHECK(short_of.back() == "accept failed: too many open files");
}

namespace {

// What a conversation with any server of the course is like.
void talk(std::uint16_t port, const std::string& host) {
    echo::Connection client = echo::connect(host, port, soon());
    std::string came(6, '?');
    for (const char* const text : {"hello\n", "again\n"}) {
        REQUIRE(client.send_all(text, soon()));
        REQUIRE(client.recv_exactly(came, soon()));
        CHECK(came == text);
    }
    client.shutdown_send();
    CHECK(client.recv(came, soon()).status == echo::Status::end);
}

// Closing comes last.
bool has_closed(const std::string& trace, std::size_t clients) {
    std::size_t closed = 0;
    std::vector<std::string> accepted;
    for (const harness::TracedCall& call : harness::read_trace(trace)) {
        if (!call.accepted().empty()) accepted.push_back(call.accepted());
        if (call.name == "close" && has(accepted, call.socket)) ++closed;
    }
    return closed >= clients;
}

void await_close(harness::Program& server, std::size_t clients) {
    const echo::Deadline deadline = soon();
    while (!has_closed(server.trace(), clients) && echo::Clock::now() < deadline)
        (void)server.process().wait(echo::after(std::chrono::milliseconds(5)));
    REQUIRE(has_closed(server.trace(), clients));
}

// The bytes of the program's own calls, and how often it made each.
std::map<std::string, std::size_t> own_calls(const Diagram& diagram) {
    std::map<std::string, std::size_t> calls;
    for (const Row& row : diagram.rows)
        if (row.actor == "S")
            for (const DrawnCall& call : row.calls) {
                ++calls[call.name];
                calls["bytes of " + call.name] += call.bytes;
            }
    return calls;
}

}  // namespace

TEST_CASE("runs of all servers of the course can be drawn", "[run][truth]") {
    if (std::getenv("ECHO_PROGRAM"))
        SKIP_BECAUSE("ECHO_PROGRAM is set; this is about our own programs");
    for (const Diagram& lesson : course::sequence_diagrams()) {
        if (!lesson.has_server() || lesson.name != lesson.lesson) continue;
        CAPTURE(lesson.lesson);
        harness::set_default_program(ECHO_BUILD_DIR "/solutions/" + lesson.lesson + "/server");
        harness::Program server = harness::Program::server();
        const std::size_t clients = lesson.lesson < "05" ? 1 : 3;
        for (std::size_t i = 0; i < clients; ++i) talk(server.port(), server.host());
        await_close(server, clients);
        auto calls = own_calls(drawn(server.trace(), lesson.lesson));
        CHECK(calls["listen"] == 1);
        CHECK(calls["accept"] == clients);
        CHECK(calls["bytes of recv"] == 12 * clients);
        CHECK(calls["bytes of send"] == 12 * clients);
        CHECK(calls["close"] == clients);
    }
}
