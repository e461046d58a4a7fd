// Watches the program while the test waits for it, and ends the wait as soon as nothing can come.
//
// A program that hangs mostly waits itself, in a call that never returns: it took every byte there
// is, nobody else is in line, and it sits in recv or accept. Whether something can come is told by
// causes, not by time. Nothing can, when
//
//   - every thread of the program sleeps in a call without a deadline (the system says so),
//   - each of these calls waits for the test, or for another thread (the trace says on which
//     socket), and the test has nothing on its way there: the program has received all that the
//     test sent, and has taken every client in line,
//   - and nothing is on its way back: the test has received all that the program sent.
//
// Then only the test could wake the program, and the test is waiting for it. A program that is
// slow runs, or sleeps with a deadline, or waits for another process or an alarm: for it, and for
// one whose trace or system does not tell, the test waits to the end.
#pragma once

#include "ledger.hpp"
#include "process.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

namespace harness {

class Lookout {
public:
    Lookout(const Process& process, std::filesystem::path trace);

    // The test's books of one more connection with the program.
    Account& connected(std::uint16_t port);

    // Waits for something in small pieces: `once` waits for it up to a deadline, and says if it has
    // come. Looks at the program in between. False: it did not come, and reason() may say why.
    template <typename Once>
    bool await(Deadline deadline, Once once) {
        return await(deadline, nullptr, once);
    }
    // The same for something that comes over this connection.
    template <typename Once>
    bool await(Deadline deadline, const Account& connection, Once once) {
        return await(deadline, &connection, once);
    }
    // Why the last wait ended early, such as "the program waits in recv, for bytes that will not
    // come". Empty: it did not.
    const std::string& reason() const { return reason_; }

    // Whether the program has sent more over this connection than the test has received, as far as
    // its trace tells.
    bool is_under_way(const Account& connection);

    // How often the program has polled an array of sockets, as far as its trace tells.
    std::uint64_t count_polls();

private:
    template <typename Once>
    bool await(Deadline deadline, const Account* connection, Once once) {
        constexpr std::chrono::milliseconds piece(5);
        reason_.clear();
        for (;;) {
            const Deadline soon = std::min(deadline, Clock::now() + piece);
            if (once(soon)) return true;
            if (nothing_can_come(connection) || soon == deadline) return false;
        }
    }
    bool nothing_can_come(const Account* connection);
    bool all_wait_in_vain(const std::vector<Sleeper>& threads) const;
    bool waits_in_vain(const std::vector<std::string>& sockets) const;
    bool has_nothing_to_read(const std::string& socket) const;
    bool is_silent(const Account& connection) const;
    bool talks_to_the_test_only() const;
    bool traces() const;
    void read_trace();

    const Process& process_;
    std::filesystem::path trace_;
    std::uint64_t trace_read_ = 0;
    Ledger ledger_;
    std::deque<Account> accounts_;  // they stay where they are
    std::vector<Sleeper> last_;
    std::string reason_;
};

}  // namespace harness
