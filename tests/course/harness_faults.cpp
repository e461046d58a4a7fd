// The harness: what ECHO_FAULTS may say, and that the faults really happen.
#include "catch.hpp"

#include "fault_rules.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <set>
#include <string>

namespace {

using harness::FaultRule;
using harness::parse_fault_rules;

std::string complaint_about(const std::string& text) {
    try {
        parse_fault_rules(text);
    } catch (const std::invalid_argument& wrong) {
        return wrong.what();
    }
    return "no complaint";
}

bool begins_with(const std::string& text, const std::string& beginning) {
    return text.compare(0, beginning.size(), beginning) == 0;
}

// A hook for as long as it lives. The test's sockets must be gone before.
class Installed {
public:
    explicit Installed(echo::Hook& hook) : before_(echo::sys::hooks) { echo::add_hook(hook); }
    ~Installed() { echo::sys::hooks = before_; }
    Installed(const Installed&) = delete;
    Installed& operator=(const Installed&) = delete;

private:
    echo::Hook* before_;
};

struct Pair {
    echo::Connection client;
    echo::Connection server;
};

Pair make_pair() {
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    echo::Connection client =
        echo::connect(listener.endpoint(), echo::after(std::chrono::seconds(5)));
    echo::Accepted accepted = listener.try_accept(echo::after(std::chrono::seconds(5)));
    REQUIRE(accepted.status == echo::Status::ok);
    return {std::move(client), std::move(accepted.connection)};
}

echo::Deadline soon() { return echo::after(std::chrono::seconds(5)); }

struct CallNames : echo::Hook {
    void before(echo::Call& call) override { seen.insert(std::string(call.name)); }
    std::set<std::string> seen;
};

}  // namespace

TEST_CASE("fault rules are read", "[harness]") {
    CHECK(parse_fault_rules("").empty());
    CHECK(parse_fault_rules("  ").empty());

    const auto one = parse_fault_rules("send:short=3");
    REQUIRE(one.size() == 1);
    CHECK(one[0].call == "send");
    CHECK(one[0].at_most == 3);
    CHECK(one[0].error == 0);
    CHECK(one[0].nth == 0);

    const auto three = parse_fault_rules(" send : short = 3 ; accept:EMFILE @ 2;recv:EINTR; ");
    REQUIRE(three.size() == 3);
    CHECK(three[0].at_most == 3);
    CHECK(three[1].call == "accept");
    CHECK(three[1].error == EMFILE);
    CHECK(three[1].at_most == 0);
    CHECK(three[1].nth == 2);
    CHECK(three[2].error == EINTR);
    CHECK(three[2].nth == 0);

    for (const char* name :
         {"EMFILE", "EINTR", "ECONNRESET", "EPIPE", "ENOBUFS", "ECONNABORTED", "EAGAIN", "ENOMEM",
          "ENFILE", "EPROTO", "EACCES", "EADDRINUSE", "ETIMEDOUT", "ECONNREFUSED"}) {
        CAPTURE(name);
        CHECK(parse_fault_rules(std::string("recv:") + name).at(0).error != 0);
    }
}

TEST_CASE("a malformed fault rule is refused, naming the wrong part", "[harness]") {
    const struct {
        std::string text;
        std::string complaint;  // its beginning
    } table[] = {
        {"send", R"("send" in "send": a rule is CALL:WHAT)"},
        {"short=3", R"("short=3" in "short=3": a rule is CALL:WHAT)"},
        {"revc:EINTR", R"("revc" in "revc:EINTR": not a call; use one of accept, bind)"},
        {":EINTR", R"("" in ":EINTR": not a call)"},
        {"RECV:EINTR", R"("RECV" in "RECV:EINTR": not a call)"},
        {"recv:", R"("" in "recv:": not a fault; use short=K or one of EACCES, )"},
        {"recv:EWRONG", R"("EWRONG" in "recv:EWRONG": not a fault)"},
        {"recv:eintr", R"("eintr" in "recv:eintr": not a fault)"},
        {"recv:EINTR EPIPE", R"("EINTR EPIPE" in "recv:EINTR EPIPE": not a fault)"},
        {"recv:short", R"("" in "recv:short": the most bytes, after short=, is a whole number)"},
        {"recv:short=", R"("" in "recv:short=": the most bytes)"},
        {"recv:short=0", R"("0" in "recv:short=0": the most bytes)"},
        {"recv:short=-1", R"("-1" in "recv:short=-1": the most bytes)"},
        {"recv:short=3x", R"("3x" in "recv:short=3x": the most bytes)"},
        {"recv:short=99999999999999999999", R"("99999999999999999999" in )"},
        {"accept:short=3", R"("short=3" in "accept:short=3": only recv and send)"},
        {"recv:EINTR@", R"("" in "recv:EINTR@": which call, after @, is a whole number from 1)"},
        {"recv:EINTR@0", R"("0" in "recv:EINTR@0": which call)"},
        {"recv:EINTR@two", R"("two" in "recv:EINTR@two": which call)"},
        {"recv:EINTR@1@2", R"("1@2" in "recv:EINTR@1@2": which call)"},
        {"recv:EINTR;;send:EPIPE", R"(";" in ";send:EPIPE": there is no rule before it)"},
        {";", R"(";" in ";": there is no rule before it)"},
        {"recv:EINTR; send", R"("send" in "send": a rule is)"},
    };
    for (const auto& row : table) {
        const std::string complaint = complaint_about(row.text);
        CAPTURE(row.text, complaint);
        CHECK(begins_with(complaint, row.complaint));
        CHECK(complaint.find('\n') == std::string::npos);
    }
}

TEST_CASE("a fault shortens calls", "[harness]") {
    harness::FaultHook hook(parse_fault_rules("send:short=3; recv:short=2"));
    const Installed installed(hook);
    Pair pair = make_pair();
    std::array<char, 16> buffer{};

    const echo::Result sent = pair.client.send("hello", soon());
    CHECK(sent.status == echo::Status::ok);
    CHECK(sent.bytes == 3);
    const echo::Result got = pair.server.recv(buffer, soon());
    CHECK(got.bytes == 2);
    CHECK(echo::first(buffer, got.bytes) == "he");
    // What is left out is still to be had: nothing is lost by a short call.
    CHECK(pair.server.recv(buffer, soon()).bytes == 1);
    CHECK(buffer[0] == 'l');
    // One byte is fewer than the rule allows.
    CHECK(pair.client.send("!", soon()).bytes == 1);
}

TEST_CASE("a fault makes the n-th call fail, and only that one", "[harness]") {
    harness::FaultHook hook(parse_fault_rules("send:ENOBUFS@2"));
    const Installed installed(hook);
    Pair pair = make_pair();
    std::array<char, 16> buffer{};

    CHECK(pair.client.send("one", soon()).status == echo::Status::ok);
    const echo::Result failed = pair.client.send("two", soon());
    CHECK(failed.status == echo::Status::failed);
    CHECK(failed.bytes == 0);
    CHECK(failed.error == std::errc::no_buffer_space);
    CHECK(pair.client.send("three", soon()).status == echo::Status::ok);
    pair.client.shutdown_send();
    // The failed one was never made.
    const echo::Result got = pair.server.recv_exactly(buffer, soon());
    CHECK(got.status == echo::Status::end);
    CHECK(echo::first(buffer, got.bytes) == "onethree");
}

TEST_CASE("a fault without a number makes every such call fail", "[harness]") {
    harness::FaultHook hook(parse_fault_rules("recv:ECONNRESET"));
    const Installed installed(hook);
    Pair pair = make_pair();
    std::array<char, 16> buffer{};
    CHECK(pair.client.send("hello", soon()).status == echo::Status::ok);
    CHECK(pair.server.recv(buffer, soon()).status == echo::Status::reset);
    CHECK(pair.server.recv(buffer, soon()).status == echo::Status::reset);
}

TEST_CASE("faults reach listen and connect", "[harness]") {
    harness::FaultHook hook(parse_fault_rules("bind:EADDRINUSE@1; connect:ECONNREFUSED@1"));
    const Installed installed(hook);
    CHECK_THROWS_AS(echo::listen(echo::Endpoint::loopback(0)), echo::Error);
    echo::Listener listener = echo::listen(echo::Endpoint::loopback(0));
    CHECK_THROWS_AS(echo::connect(listener.endpoint(), soon()), echo::Error);
    CHECK(echo::connect(listener.endpoint(), soon()).is_open());
}

TEST_CASE("every call that a conversation makes can be told to fail", "[harness]") {
    CallNames names;
    const Installed installed(names);
    {
        Pair pair = make_pair();
        std::array<char, 16> buffer{};
        CHECK(pair.client.send("hello", soon()).status == echo::Status::ok);
        CHECK(pair.server.recv(buffer, soon()).status == echo::Status::ok);
        pair.client.shutdown_send();
        pair.server.set_nonblocking(true);
        pair.server.reset();
        for (const auto backend : {echo::Poller::Backend::system, echo::Poller::Backend::poll}) {
            echo::Poller poller(backend);
            poller.wake();
            (void)poller.wait();
        }
    }
    CHECK(names.seen.count("send") == 1);
    for (const std::string& name : names.seen) {
        CAPTURE(name);
        CHECK(std::find(std::begin(harness::fault_calls), std::end(harness::fault_calls), name) !=
              std::end(harness::fault_calls));
    }
}
