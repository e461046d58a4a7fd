// Faults by order: what ECHO_FAULTS may say, and the hook that carries it out.
//
//     ECHO_FAULTS="send:short=3; accept:EMFILE@2; recv:EINTR"
//
// Rules are separated by semicolons; spaces between the parts do not matter.
//     CALL:short=K    recv or send moves at most K bytes at a time
//     CALL:ERROR      the call is not made and fails with that error
//     ...@N           only the N-th such call, the first being 1; without it, every one
#pragma once

#include "echo.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <deque>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

struct FaultRule {
    std::string call;
    std::size_t at_most = 0;  // the most bytes to move; 0: no limit, the call fails
    int error = 0;            // an errno value; 0: the call comes up short
    std::uint64_t nth = 0;    // which call; 0: every one
};

struct NamedError {
    const char* name;
    int number;
};

inline constexpr NamedError fault_errors[] = {
    {"EACCES", EACCES},
    {"EADDRINUSE", EADDRINUSE},
    {"EADDRNOTAVAIL", EADDRNOTAVAIL},
    {"EAFNOSUPPORT", EAFNOSUPPORT},
    {"EAGAIN", EAGAIN},
    {"EALREADY", EALREADY},
    {"EBADF", EBADF},
    {"EBUSY", EBUSY},
    {"ECONNABORTED", ECONNABORTED},
    {"ECONNREFUSED", ECONNREFUSED},
    {"ECONNRESET", ECONNRESET},
    {"EDEADLK", EDEADLK},
    {"EDESTADDRREQ", EDESTADDRREQ},
    {"EEXIST", EEXIST},
    {"EFAULT", EFAULT},
    {"EFBIG", EFBIG},
    {"EHOSTUNREACH", EHOSTUNREACH},
    {"EINTR", EINTR},
    {"EINVAL", EINVAL},
    {"EIO", EIO},
    {"EISCONN", EISCONN},
    {"ELOOP", ELOOP},
    {"EMFILE", EMFILE},
    {"EMSGSIZE", EMSGSIZE},
    {"ENAMETOOLONG", ENAMETOOLONG},
    {"ENETDOWN", ENETDOWN},
    {"ENETUNREACH", ENETUNREACH},
    {"ENFILE", ENFILE},
    {"ENOBUFS", ENOBUFS},
    {"ENOENT", ENOENT},
    {"ENOLCK", ENOLCK},
    {"ENOMEM", ENOMEM},
    {"ENOPROTOOPT", ENOPROTOOPT},
    {"ENOSPC", ENOSPC},
    {"ENOSR", ENOSR},
    {"ENOTCONN", ENOTCONN},
    {"ENOTDIR", ENOTDIR},
    {"ENOTSOCK", ENOTSOCK},
    {"EOPNOTSUPP", EOPNOTSUPP},
    {"EPERM", EPERM},
    {"EPIPE", EPIPE},
    {"EPROTO", EPROTO},
    {"EPROTONOSUPPORT", EPROTONOSUPPORT},
    {"EPROTOTYPE", EPROTOTYPE},
    {"EROFS", EROFS},
    {"ETIMEDOUT", ETIMEDOUT},
    {"EWOULDBLOCK", EWOULDBLOCK},
#ifdef __linux__  // its man pages know these, too
    {"EDQUOT", EDQUOT},
    {"EHOSTDOWN", EHOSTDOWN},
    {"ENONET", ENONET},
    {"ESOCKTNOSUPPORT", ESOCKTNOSUPPORT},
#endif
};

// The calls that echo.hpp makes, by the names it gives them.
inline constexpr const char* fault_calls[] = {
    "accept",     "bind",   "close",       "connect",     "epoll_create1", "epoll_ctl",
    "epoll_wait", "fcntl",  "getaddrinfo", "getsockname", "getsockopt",    "ioctlsocket",
    "kevent",     "kqueue", "listen",      "pipe",        "poll",          "recv",
    "select",     "send",   "setsockopt",  "shutdown",    "socket",        "write",
};

namespace detail {

inline std::string_view without_spaces_around(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

[[noreturn]] inline void refuse(std::string_view part, std::string_view rule,
                                const std::string& why) {
    throw std::invalid_argument("\"" + std::string(part) + "\" in \"" + std::string(rule) +
                                "\": " + why);
}

inline std::uint64_t positive_number(std::string_view text, std::string_view rule,
                                     const std::string& what) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number == 0)
        refuse(text, rule, what + " is a whole number from 1");
    return number;
}

// "EACCES, EADDRINUSE, ..."
template <class List, class Name>
std::string names_in(const List& list, Name name) {
    std::string text;
    for (const auto& item : list) text += (text.empty() ? "" : ", ") + std::string(name(item));
    return text;
}

inline int error_number(std::string_view name, std::string_view rule) {
    const auto found = std::find_if(std::begin(fault_errors), std::end(fault_errors),
                                    [&](const NamedError& error) { return name == error.name; });
    if (found != std::end(fault_errors)) return found->number;
    refuse(name, rule,
           "not a fault; use short=K or one of " +
               names_in(fault_errors, [](const NamedError& error) { return error.name; }));
}

// One rule: CALL ":" WHAT ["@" N].
inline FaultRule parse_fault_rule(std::string_view rule) {
    FaultRule parsed;
    const std::size_t colon = rule.find(':');
    if (colon == std::string_view::npos)
        refuse(rule, rule, "a rule is CALL:WHAT, such as send:short=3 or accept:EMFILE@2");

    parsed.call = without_spaces_around(rule.substr(0, colon));
    if (std::find(std::begin(fault_calls), std::end(fault_calls), parsed.call) ==
        std::end(fault_calls))
        refuse(parsed.call, rule,
               "not a call; use one of " +
                   names_in(fault_calls, [](const char* call) { return call; }));

    std::string_view what = rule.substr(colon + 1);
    if (const std::size_t at = what.find('@'); at != std::string_view::npos) {
        parsed.nth = positive_number(without_spaces_around(what.substr(at + 1)), rule,
                                     "which call, after @,");
        what = what.substr(0, at);
    }
    what = without_spaces_around(what);

    const std::size_t equals = what.find('=');
    if (without_spaces_around(what.substr(0, equals)) != "short") {
        parsed.error = error_number(what, rule);
        return parsed;
    }
    if (parsed.call != "recv" && parsed.call != "send")
        refuse(what, rule, "only recv and send move bytes and can come up short");
    const std::string_view count =
        equals == std::string_view::npos ? std::string_view() : what.substr(equals + 1);
    parsed.at_most = static_cast<std::size_t>(
        positive_number(without_spaces_around(count), rule, "the most bytes, after short=,"));
    return parsed;
}

}  // namespace detail

// Throws std::invalid_argument, one line that names the part that is wrong and what is allowed.
inline std::vector<FaultRule> parse_fault_rules(std::string_view text) {
    std::vector<FaultRule> rules;
    if (detail::without_spaces_around(text).empty()) return rules;
    for (;;) {
        const std::size_t semicolon = text.find(';');
        const std::string_view rule = detail::without_spaces_around(text.substr(0, semicolon));
        const bool last = semicolon == std::string_view::npos;
        if (rule.empty() && !last) detail::refuse(";", text, "there is no rule before it");
        if (!rule.empty()) rules.push_back(detail::parse_fault_rule(rule));
        if (last) return rules;
        text.remove_prefix(semicolon + 1);
    }
}

// Carries rules out. The calls are counted over all sockets and threads.
class FaultHook : public echo::Hook {
public:
    explicit FaultHook(const std::vector<FaultRule>& rules) {
        for (const FaultRule& rule : rules) counted_.emplace_back(rule);
    }

    void before(echo::Call& call) override {
        for (Counted& counted : counted_) {
            const FaultRule& rule = counted.rule;
            if (call.name != rule.call) continue;
            const std::uint64_t number = ++counted.calls;
            if (rule.nth != 0 && rule.nth != number) continue;
            if (rule.error == 0)
                call.length = (std::min)(call.length, rule.at_most);
            else if (call.error == 0)
                call.error = rule.error;
        }
    }

private:
    struct Counted {
        explicit Counted(const FaultRule& what) : rule(what) {}
        FaultRule rule;
        std::atomic<std::uint64_t> calls{0};
    };
    std::deque<Counted> counted_;  // its elements can't be moved
};

}  // namespace harness
