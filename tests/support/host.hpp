// The test as the server: for lesson 02, where the program under test is a client.
#pragma once

#include "visitor.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace harness {

// The test's end of the conversation with a client under test.
class Host : public Talk {
public:
    Host(Subject& subject, echo::Connection connection) : Talk(subject, std::move(connection)) {}

    // For a moment nothing comes: the client waits for the rest of its echo.
    void expect_patience();
    // Closes, whatever the client is doing.
    void hang_up();
    // If the client finishes sending, so does the test.
    void part();
    bool client_has_finished() const { return client_finished_; }

private:
    bool client_finished_ = false;
};

class ClientTest {
public:
    // Listens on a free port and starts the client of a lesson, or ECHO_PROGRAM, with its host
    // and port as arguments.
    explicit ClientTest(std::string_view lesson, std::string_view faults = {});
    // Starts the client with other arguments, and no server.
    ClientTest(std::string_view lesson, std::string host, std::string port);

    // Waits for the client to connect.
    Host& host();
    // What a person types.
    void type(std::string_view text);
    void end_input();
    // The client prints these bytes, and no others.
    void expect_printed(std::string_view bytes);
    void expect_exit(int code);
    // One line on standard error that names the value.
    void expect_complaint(std::string_view value);
    // A port where nobody listens.
    static std::uint16_t closed_port();

private:
    Process& process();
    // Waits for something of the client, for as long as it may come: see Lookout.
    template <typename Once>
    void await(Once once);
    std::string reason() const;  // why the last wait ended early, for a message
    std::string printed();
    Evidence evidence(Evidence::Wanted wanted);
    [[noreturn]] void fail(Evidence::Wanted wanted, const std::string& expected_text = {},
                           const std::string& got_text = {});

    Subject subject_;
    std::string faults_;
    std::optional<echo::Listener> listener_;
    std::optional<Process> alone_;  // a client without a server
    std::optional<Host> host_;
    std::string to_print_;
    std::string typed_;
};

}  // namespace harness
