#include "outcome.hpp"

std::string_view name(Outcome outcome) {
    switch (outcome) {
        case Outcome::fine: return "ok";
        case Outcome::refused: return "refused";
        case Outcome::no_answer: return "no answer";
        case Outcome::unreachable: return "unreachable";
        case Outcome::no_host: return "no such host";
        case Outcome::not_echoing: return "not echoing";
        case Outcome::wrong_bytes: return "wrong bytes";
        case Outcome::failed: break;
    }
    return "failed";
}

Outcome outcome_of(const echo::Error& error) {
    if (error.call() == "host") return Outcome::no_host;
    if (error.call() != "connect") return Outcome::failed;
    if (error.code() == std::errc::connection_refused) return Outcome::refused;
    if (error.code() == std::errc::timed_out) return Outcome::no_answer;
    const bool unreachable = error.code() == std::errc::host_unreachable ||
                             error.code() == std::errc::network_unreachable ||
                             error.code() == std::errc::network_down;
    return unreachable ? Outcome::unreachable : Outcome::failed;
}

Trouble gone(const echo::Result& how) {
    return {Outcome::not_echoing, "the server went away (" + how.text() +
                                      ") before it had echoed everything; is it an echo server?"};
}

Trouble silent(std::size_t came, std::size_t sent, echo::Clock::duration timeout) {
    const std::string part = came == 0 ? "nothing came back"
                                       : "only " + std::to_string(came) + " of " +
                                             std::to_string(sent) + " bytes came back";
    return {Outcome::not_echoing, "connected, but " + part + " within " + echo::text(timeout) +
                                      "; is it an echo server?"};
}

Trouble endless(echo::Clock::duration timeout) {
    return {Outcome::not_echoing,
            "everything came back, but the server did not end the "
            "conversation within " +
                echo::text(timeout) + " after we had"};
}

Trouble wrong(std::size_t right, std::string_view expected, std::string_view got) {
    return {Outcome::wrong_bytes, "byte " + std::to_string(right + 1) +
                                      " came back wrong: expected " + echo::quote(expected) +
                                      ", got " + echo::quote(got) + "; is it an echo server?"};
}

Trouble too_much(std::size_t count, std::string_view got) {
    return {Outcome::wrong_bytes, std::to_string(count) + " bytes more came back than were sent: " +
                                      echo::quote(got) + "; is it an echo server?"};
}
