// The fault matrix: the finished server meets every call that it makes x every error that the call's
// man page knows x its first, its second and some later time, and sends and receives that come up
// short, with real clients on it. Each cell has a server of its own, and ends with: each client got
// its bytes and no others, or was cut off, and no more than one was; the descriptors are as before;
// it did not spin, or flood its log; and it stops when it is asked to, with exit code 0.
//
//     ./build/fault_tests                prints the matrix
//     ./build/fault_tests "*accept"      one call's
//
// One cell by hand:
//     ECHO_FAULTS=accept:EMFILE@2 ECHO_TRACE=trace.txt build/solutions/13-the-echo-server/server
#include "catch.hpp"
#include "day.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iostream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using faults::Day;
using faults::Fate;
using Words = std::vector<std::string>;

// A call, and what becomes of it the first time, the second, and so on; 0: each time.
struct Row {
    std::string call;
    std::string faults;
    std::vector<int> times;
    std::string before{};  // another fault, which has to be there for this one to be met
    Words options{};       // of the server
};

// What listen() does where there is no IPv6: all of it once more, with IPv4.
const std::string no_ipv6 = "socket:EAFNOSUPPORT@1; ";
const std::string no_dual_stack = "setsockopt:EINVAL@2; ";
// Two loops, each with a poller.
const Words two_threads{"--threads", "2"};

// The errors are those of the Linux man pages, 6.03, section ERRORS; for what moves bytes, of tcp(7)
// and ip(7), too. They are here even where the man page speaks of other kinds of files. The times are
// places in the day that the clients make of it, see day.hpp.
const std::vector<Row> table{
    // What sets up.
    {"socket", "EACCES EAFNOSUPPORT EINVAL EMFILE ENFILE ENOBUFS ENOMEM EPROTONOSUPPORT", {1}},
    {"socket",
     "EACCES EAFNOSUPPORT EINVAL EMFILE ENFILE ENOBUFS ENOMEM EPROTONOSUPPORT",
     {2},
     no_ipv6},
    {"bind",
     "EACCES EADDRINUSE EADDRNOTAVAIL EBADF EFAULT EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR "
     "ENOTSOCK EROFS",
     {1}},
    {"bind",
     "EACCES EADDRINUSE EADDRNOTAVAIL EBADF EFAULT EINVAL ENOMEM ENOTSOCK",
     {2},
     "bind:EADDRNOTAVAIL@1; "},
    {"listen", "EADDRINUSE EBADF ENOTSOCK EOPNOTSUPP", {1}},
    {"listen", "EADDRINUSE EBADF ENOTSOCK EOPNOTSUPP", {2}, "listen:EOPNOTSUPP@1; "},
    {"getsockname", "EBADF EFAULT EINVAL ENOBUFS ENOTSOCK", {1}},
    {"getaddrinfo", "EAGAIN EINTR EMFILE ENOMEM", {1}, {}, {"--host", "127.0.0.1"}},
    {"pipe", "EFAULT EINVAL EMFILE ENFILE", {1, 2, 3}, {}, two_threads},
    {"epoll_create1", "EINVAL EMFILE ENFILE ENOMEM", {1, 2}, {}, two_threads},

    // The options of sockets: of the listener (1, 2), of clients (3 to 16), of who is refused.
    {"setsockopt", "EBADF EFAULT EINVAL ENOMEM ENOPROTOOPT ENOTSOCK", {1, 2, 3, 4, 6, 17}},
    {"setsockopt", "EBADF EFAULT EINVAL ENOMEM ENOPROTOOPT ENOTSOCK", {3}, no_dual_stack},
    // The pipes that wake (1 to 3), the listener, clients (5 to 11).
    {"fcntl",
     "EACCES EAGAIN EBADF EBUSY EDEADLK EFAULT EINTR EINVAL EMFILE ENOLCK ENOTDIR EPERM",
     {1, 2, 3, 4, 5, 6, 11}},

    // The fourth has waited for a seat, the eighth is refused.
    {"accept",
     "EAGAIN EBADF ECONNABORTED EFAULT EHOSTDOWN EHOSTUNREACH EINTR EINVAL EMFILE ENETDOWN "
     "ENETUNREACH ENFILE ENOBUFS ENOMEM ENONET ENOPROTOOPT ENOSR ENOTSOCK EOPNOTSUPP EPERM EPROTO "
     "EPROTONOSUPPORT ESOCKTNOSUPPORT ETIMEDOUT",
     {1, 2, 4, 8}},

    // Bytes; the end of a stream (7); bytes, when the house is full; an end after our goodbye.
    {"recv",
     "EAGAIN EBADF ECONNREFUSED ECONNRESET EFAULT EHOSTUNREACH EINTR EINVAL EIO ENETUNREACH ENOMEM "
     "ENOTCONN ENOTSOCK ETIMEDOUT",
     {1, 2, 7, 15, 16}},
    {"send",
     "EACCES EAGAIN EALREADY EBADF ECONNRESET EDESTADDRREQ EFAULT EHOSTUNREACH EINTR EINVAL "
     "EISCONN "
     "EMSGSIZE ENETUNREACH ENOBUFS ENOMEM ENOTCONN ENOTSOCK EOPNOTSUPP EPIPE ETIMEDOUT",
     {1, 2, 8, 11}},
    // In the middle of what had to wait.
    {"send",
     "EACCES EAGAIN EALREADY EBADF ECONNRESET EDESTADDRREQ EFAULT EHOSTUNREACH EINTR EINVAL "
     "EISCONN "
     "EMSGSIZE ENETUNREACH ENOBUFS ENOMEM ENOTCONN ENOTSOCK EOPNOTSUPP EPIPE ETIMEDOUT",
     {3},
     "send:EAGAIN@1; send:short=3@2; "},

    // The poller's own (1 to 3), clients that come (4, 5, 18), a full house (7, 19), one that goes
    // (8), room again (9), the stop (20, 21), a goodbye (22), and its end (25).
    {"epoll_ctl",
     "EBADF EEXIST EINVAL ELOOP ENOENT ENOMEM ENOSPC EPERM",
     {1, 2, 3, 4, 5, 7, 8, 9, 18, 19, 20, 21, 22, 25}},
    // Room again for who had to wait for it, and then to read.
    {"epoll_ctl",
     "EBADF EEXIST EINVAL ELOOP ENOENT ENOMEM ENOSPC EPERM",
     {5, 6},
     "send:EAGAIN@1; "},
    {"epoll_wait", "EBADF EFAULT EINTR EINVAL", {1, 2, 9}},
    {"poll", "EAGAIN EFAULT EINTR EINVAL ENOMEM", {1, 2, 3}},

    {"shutdown", "EBADF EINVAL ENOTCONN ENOTSOCK", {1, 2, 3}},
    // Clients (1 to 4), who is refused, the listener, clients again.
    {"close", "EBADF EDQUOT EINTR EIO ENOSPC", {1, 2, 5, 6, 9}},
    {"write",
     "EAGAIN EBADF EDESTADDRREQ EDQUOT EFAULT EFBIG EINTR EINVAL EIO ENOSPC EPERM EPIPE",
     {1, 2, 11, 19}},
};

const std::vector<Row> short_table = [] {
    std::string sizes;
    for (int size = 1; size <= 16; ++size) sizes += "short=" + std::to_string(size) + ' ';
    return std::vector<Row>{{"recv", sizes, {0, 1, 2, 9}}, {"send", sizes, {0, 1, 2, 9}}};
}();

// What can't be survived. The server then has to say so in one line, and to end with a code other
// than 0. Each of these is tried, too, and may not be survived.
struct Exception {
    std::string call;
    std::string errors;  // empty: all
    std::vector<int> times;
    std::string before;
    std::string reason;
};

const std::vector<Exception> exceptions{
    {"socket", "", {2}, no_ipv6, "neither IPv6 nor IPv4 has a socket for it"},
    {"bind",
     "EACCES EADDRINUSE EBADF EFAULT EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR ENOTSOCK "
     "EROFS",
     {1},
     "",
     "the port is not to be had"},
    {"bind", "", {2}, "bind:EADDRNOTAVAIL@1; ", "the port is not to be had"},
    {"listen", "", {2}, "listen:EOPNOTSUPP@1; ", "neither IPv6 nor IPv4 lets it listen"},
    {"setsockopt", "", {3}, no_dual_stack, "neither IPv6 nor IPv4 lets it claim the port"},
    {"getsockname", "", {1}, "", "it could not say on which port it listens"},
    {"getaddrinfo", "", {1}, "", "it does not know where to listen"},
    {"pipe", "", {1, 2, 3}, "", "nobody could stop it, or wake a loop"},
    {"epoll_create1", "", {1, 2}, "", "a loop could not wait"},
    {"fcntl", "", {1, 2, 3}, "", "who wakes a loop might have to wait"},
    {"epoll_ctl", "", {1, 2, 3}, "", "a loop could not be woken, see clients, or be stopped"},
    {"epoll_wait", "EBADF EFAULT EINVAL", {1, 2, 9}, "", "the poller is gone for good"},
};

Words words_of(const std::string& text) {
    std::istringstream in(text);
    return {std::istream_iterator<std::string>(in), {}};
}

template <class List, class Value>
bool has(const List& list, const Value& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

// One cell of the matrix.
struct Cell {
    const Row* row;
    std::string fault;
    int time;
    Fate fate{};

    std::string rules() const {
        return row->before + row->call + ':' + fault +
               (time == 0 ? "" : '@' + std::to_string(time));
    }
    bool is_an(const Exception& exception) const {
        return exception.call == row->call && exception.before == row->before &&
               has(exception.times, time) &&
               (exception.errors.empty() || has(words_of(exception.errors), fault));
    }
    const Exception* exception() const {
        for (const Exception& one : exceptions)
            if (is_an(one)) return &one;
        return nullptr;
    }
    // A call that was interrupted, that would have to wait, or that came up short harms nobody.
    bool is_harmless() const {
        const bool often = fault == "EINTR" || fault == "EAGAIN" || fault.starts_with("short");
        return often && has(Words{"accept", "recv", "send", "poll", "epoll_wait"}, row->call);
    }
};

std::vector<Cell> cells_of(const std::vector<Row>& rows, const std::string& call) {
    std::vector<Cell> cells;
    for (const Row& row : rows)
        for (const std::string& fault : words_of(row.faults))
            for (const int time : row.times)
                if (call.empty() || row.call == call) cells.push_back({&row, fault, time});
    return cells;
}

// What is wrong with how it went; empty: nothing.
std::string complaint(const Cell& cell, std::size_t descriptors) {
    const Fate& fate = cell.fate;
    if (!fate.trouble.empty()) return fate.trouble;
    if (cell.time > 0 && fate.count(cell.row->call) < cell.time)
        return "the call was made " + std::to_string(fate.count(cell.row->call)) + " times only";
    if (cell.exception())
        return fate.survived ? "survived, and the table of exceptions says that it can't be" : "";
    if (!fate.survived) return "it ended: " + fate.last_words;
    if (fate.cut_off > (cell.is_harmless() ? 0 : 1))
        return std::to_string(fate.cut_off) + " clients were cut off";
    if (fate.descriptors_before != descriptors)
        return "it begins with " + std::to_string(fate.descriptors_before) + " descriptors, not " +
               std::to_string(descriptors);
    return {};
}

// Many servers at a time: most of their day is spent waiting.
void live_through(std::vector<Cell>& cells) {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t i; (i = next++) < cells.size();)
            cells[i].fate = Day(cells[i].rules(), cells[i].row->options).live();
    };
    std::vector<std::thread> workers;
    for (int i = 0; i < 8; ++i) workers.emplace_back(work);
    for (std::thread& one : workers) one.join();
}

std::string in_words(const std::vector<int>& times) {
    std::string text;
    for (const int time : times)
        text += (text.empty() ? "" : ", ") + (time == 0 ? "each" : std::to_string(time));
    return text;
}

// + survived, x an exception, ! wrong: a mark for each time.
void print(const Row& row, const std::vector<Cell>& cells,
           const std::map<const Cell*, std::string>& complaints) {
    std::string line = "  ";
    std::cout << row.before << row.call << ", time " << in_words(row.times) << '\n';
    for (const std::string& fault : words_of(row.faults)) {
        std::string item = fault + ' ';
        for (const Cell& cell : cells)
            if (cell.row == &row && cell.fault == fault)
                item += complaints.count(&cell) > 0 ? '!' : cell.fate.survived ? '+' : 'x';
        if (line.size() + item.size() > 96) {
            std::cout << line << '\n';
            line = "  ";
        }
        line += "  " + item;
    }
    std::cout << line << '\n';
}

void print_exceptions(const std::vector<Cell>& cells) {
    std::map<const Exception*, int> met;
    for (const Cell& cell : cells)
        if (cell.exception()) ++met[cell.exception()];
    for (const auto& [exception, count] : met)
        std::cout << "    x " << exception->before << exception->call << ", time "
                  << in_words(exception->times) << ", " << count << " cells: " << exception->reason
                  << '\n';
}

void print_count(const std::vector<Cell>& cells) {
    const auto all = static_cast<std::ptrdiff_t>(cells.size());
    const auto ends = std::count_if(cells.begin(), cells.end(),
                                    [](const Cell& cell) { return cell.exception() != nullptr; });
    std::cout << all << " cells: " << all - ends << " to be survived, " << ends
              << " that can't be\n";
}

// A day without faults, to compare with.
Fate ordinary_day(const Words& options) {
    const Fate fate = Day("", options).live();
    INFO(fate.trouble << fate.last_words);
    REQUIRE(fate.survived);
    REQUIRE(fate.cut_off == 0);
    return fate;
}

void try_all(const std::vector<Row>& rows, const std::string& call) {
    if (!Day::can_be_lived())
        SKIP_BECAUSE("here nobody can ask a program to stop, or count its descriptors");
    std::vector<Cell> cells = cells_of(rows, call);
    REQUIRE_FALSE(cells.empty());
    live_through(cells);

    std::map<const Cell*, std::string> complaints;
    std::map<Words, std::size_t> descriptors;
    for (const Cell& cell : cells) {
        const Words& options = cell.row->options;
        if (descriptors.count(options) == 0)
            descriptors[options] = ordinary_day(options).descriptors_before;
        const std::string wrong = complaint(cell, descriptors[options]);
        if (!wrong.empty()) complaints[&cell] = wrong;
    }
    for (const Row& row : rows)
        if (row.call == call) print(row, cells, complaints);
    print_exceptions(cells);
    print_count(cells);
    for (const auto& [cell, wrong] : complaints) {
        INFO("ECHO_FAULTS=\"" << cell->rules() << "\"\n" << cell->fate.trace_end);
        CHECK(wrong == "");
    }
}

}  // namespace

TEST_CASE("fault matrix: socket", "[faults]") { try_all(table, "socket"); }
TEST_CASE("fault matrix: bind", "[faults]") { try_all(table, "bind"); }
TEST_CASE("fault matrix: listen", "[faults]") { try_all(table, "listen"); }
TEST_CASE("fault matrix: getsockname", "[faults]") { try_all(table, "getsockname"); }
TEST_CASE("fault matrix: getaddrinfo", "[faults]") { try_all(table, "getaddrinfo"); }
TEST_CASE("fault matrix: pipe", "[faults]") { try_all(table, "pipe"); }
TEST_CASE("fault matrix: epoll_create1", "[faults]") { try_all(table, "epoll_create1"); }
TEST_CASE("fault matrix: setsockopt", "[faults]") { try_all(table, "setsockopt"); }
TEST_CASE("fault matrix: fcntl", "[faults]") { try_all(table, "fcntl"); }
TEST_CASE("fault matrix: accept", "[faults]") { try_all(table, "accept"); }
TEST_CASE("fault matrix: recv", "[faults]") { try_all(table, "recv"); }
TEST_CASE("fault matrix: send", "[faults]") { try_all(table, "send"); }
TEST_CASE("fault matrix: epoll_ctl", "[faults]") { try_all(table, "epoll_ctl"); }
TEST_CASE("fault matrix: epoll_wait", "[faults]") { try_all(table, "epoll_wait"); }
TEST_CASE("fault matrix: poll", "[faults]") { try_all(table, "poll"); }
TEST_CASE("fault matrix: shutdown", "[faults]") { try_all(table, "shutdown"); }
TEST_CASE("fault matrix: close", "[faults]") { try_all(table, "close"); }
TEST_CASE("fault matrix: write", "[faults]") { try_all(table, "write"); }
TEST_CASE("fault matrix: short receives", "[faults]") { try_all(short_table, "recv"); }
TEST_CASE("fault matrix: short sends", "[faults]") { try_all(short_table, "send"); }

// Each cell of the table is tried, or its test fails. So this is how many there are.
TEST_CASE("fault matrix: it has cells enough, and each exception is one of them", "[faults]") {
    std::vector<Cell> all = cells_of(table, "");
    const std::vector<Cell> shorts = cells_of(short_table, "");
    all.insert(all.end(), shorts.begin(), shorts.end());
    std::cout << "the whole matrix: ";
    print_count(all);
    CHECK(all.size() >= 500);
    for (const Exception& exception : exceptions) {
        CAPTURE(exception.call, exception.reason);
        for (const std::string& error : words_of(exception.errors)) {
            CAPTURE(error);
            CHECK(std::any_of(all.begin(), all.end(), [&](const Cell& cell) {
                return cell.is_an(exception) && cell.fault == error;
            }));
        }
        for (const int time : exception.times)
            CHECK(std::any_of(all.begin(), all.end(), [&](const Cell& cell) {
                return cell.is_an(exception) && cell.time == time;
            }));
    }
}

TEST_CASE("fault matrix: every call that the server makes is in it, first, second and later",
          "[faults]") {
    if (!Day::can_be_lived())
        SKIP_BECAUSE("here nobody can ask a program to stop, or count its descriptors");
    std::map<std::string, int> calls;
    for (const Words& options : {Words{}, Words{"--host", "127.0.0.1"}, two_threads})
        for (const auto& [call, count] : ordinary_day(options).calls)
            calls[call] = (std::max)(calls[call], count);
    for (const auto& [call, count] : calls) {
        CAPTURE(call, count);
        std::set<int> times;
        for (const Row& row : table)
            if (row.call == call) times.insert(row.times.begin(), row.times.end());
        CHECK(times.count(1) == 1);
        CHECK((count < 2 || times.count(2) == 1));
        CHECK((count < 3 || *times.rbegin() > 2));
    }
}
