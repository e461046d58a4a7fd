// Lesson 12: what goes wrong when a server is asked to stop.

#include "../causes.hpp"
#include "../signs.hpp"

#include <string_view>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;
using Manner = Evidence::Manner;

constexpr std::string_view row_option = "the server does not start with `--drain 5s`";
constexpr std::string_view row_value = "`--drain 5` is accepted";
constexpr std::string_view row_signal = "the signal ends it, or ends it with another code than 0";
constexpr std::string_view row_deaf =
    "Ctrl-C does nothing, or nothing until somebody comes or talks";
constexpr std::string_view row_lost = "a client loses what it had sent in time";
constexpr std::string_view row_line = "who was in line is reset, or left waiting";
constexpr std::string_view row_seats = "who was in line is served though all seats are taken";
constexpr std::string_view row_door = "who comes later is served, or left waiting";
constexpr std::string_view row_idle = "it does not end as long as somebody is there";
constexpr std::string_view row_reset = "a client is reset after its goodbye";
constexpr std::string_view row_never = "one client reads nothing, or talks on, and it never ends";
constexpr std::string_view row_soon = "it gives up too soon";
constexpr std::string_view row_dying = "a client dies meanwhile, and that ends it";
constexpr std::string_view row_second = "the second Ctrl-C does nothing";
constexpr std::string_view row_silent = "its log says nothing of its end";
constexpr std::string_view row_busy = "nobody says anything, and it wakes again and again to look";

bool asked(const Evidence& e) { return server(e) && e.past.asked_to_stop > 0; }
bool runs_on(const Evidence& e) { return e.wanted == Wanted::own_end && !e.ending; }
bool ended_well(const Evidence& e) {
    return e.ending && !e.ending->by_signal && e.ending->code == 0;
}

// By the first signal itself: nobody had caught it. Windows has an exception for that.
bool ended_by_the_signal(const Evidence& e) {
    return asked(e) && e.ending && e.ending->by_signal &&
           contains_any(e.ending->text(), {"SIGINT", "SIGTERM", "Ctrl-C"});
}
bool ended_badly(const Evidence& e) {
    return asked(e) && e.ending && !ended_well(e) && !ended_by_the_signal(e) && !e.past.rude;
}

// What it had sent in time has not all come back, and no more will come.
bool lost(const Evidence& e) { return asked(e) && cut(e) && e.stream != Stream::open; }
// With all that it had begun, because the program had ended. (Who is in line is reset then, too.)
bool lost_at_once(const Evidence& e) {
    return lost(e) && ended_well(e) && e.got.empty() && !e.past.rude;
}
// By a goodbye, or by a reset, while the program ran on.
bool lost_by(const Evidence& e, Stream how) {
    return lost(e) && e.stream == how && !lost_at_once(e);
}
// A listener that is closed resets whom nobody has accepted.
bool lost_in_line(const Evidence& e) { return lost_by(e, Stream::reset) && e.past.in_line; }

const std::vector<Rule> rules = {
    {"does-not-know-drain", Basis::ending, row_option,
     [](const Evidence& e) {
         return start(e, "ended before it said") && contains(e.errors, "drain");
     },
     "the server ended at once when it was started with --drain behind its port. Take this option "
     "from the command line: arguments.duration(), from 0 on."},
    {"signal-not-caught", Basis::ending, row_signal, ended_by_the_signal,
     "the signal that asked the program to stop has ended it, in the middle of whatever it did. "
     "Catch SIGINT and SIGTERM: an echo::Stop does, after catch_signals()."},
    {"crashes-when-asked", Basis::ending, row_signal,
     [](const Evidence& e) { return ended_badly(e) && crashed(*e.ending); },
     "the program was asked to stop, and crashed. Whatever is closed or removed is not used after "
     "that: the listener, the clients, or what a handler or another thread still looks at."},
    {"another-exit-code", Basis::ending, row_signal,
     [](const Evidence& e) { return ended_badly(e) && !crashed(*e.ending); },
     "the program was asked to stop, and its exit code is not 0, so whoever started it thinks that "
     "it failed. See what it printed: if that is an exception, perhaps a stop that was not "
     "forgotten came once more, or a closed listener is still used. In the end main returns 0."},
    {"ends-at-once", Basis::ending, row_lost, lost_at_once,
     "the program has ended before its clients had got what they are owed. When it is asked to "
     "stop, its loop goes on until the last client has gone."},
    {"gives-up-too-soon", Basis::ending, row_soon,
     [](const Evidence& e) { return asked(e) && e.gave_up_early && ended_well(e) && !e.past.rude; },
     "a client was owed something, its time was not over, and the program has ended. Who has a "
     "queue is kept until --drain has passed since the stop, and no longer."},
    {"ends-with-the-dying", Basis::ending, row_dying,
     [](const Evidence& e) { return asked(e) && e.past.rude && e.gave_up_early; },
     "one client broke off while the program was about to end, and that ended it, though others "
     "were owed something. A failure still ends one conversation only."},

    {"bad-drain-accepted", Basis::deeds, row_value,
     [](const Evidence& e) {
         return e.wanted == Wanted::refusal && e.refusal == Evidence::Refusal::bad_duration &&
                !e.ending;
     },
     "the server runs, although its --drain is no duration: that is a whole number and its unit, "
     "as arguments.duration() takes it."},
    {"looks-at-a-flag", Basis::deeds, row_busy,
     [](const Evidence& e) { return server(e) && e.past.drain && !asked(e) && keeps_awake(e); },
     "nobody says anything, and the program wakes again and again, perhaps to look whether it was "
     "asked to stop. Let the request itself wake it: a byte in a pipe that its poller watches."},
    {"spins-after-the-stop", Basis::deeds, row_busy,
     [](const Evidence& e) {
         return asked(e) && (keeps_awake(e) || (e.busy && e.stream == Stream::open));
     },
     "since the program was asked to stop its wait returns at once, again and again. A stop's "
     "handle stays ready: forget it in the poller when it was found ready. And a deadline that is "
     "over is none any more."},
    {"goes-on-accepting", Basis::deeds, row_door,
     [](const Evidence& e) { return e.wanted == Wanted::closed_door && !e.got.empty(); },
     "the program was asked to stop, and serves a client that came after that. Stop accepting, and "
     "close the listener."},

    {"looks-between-waits", Basis::experiment, row_deaf,
     [](const Evidence& e) { return e.wanted == Wanted::own_end && e.woken; },
     "the program was asked to stop, and ended when a client came: it looks at a flag between two "
     "waits, and nothing ends the wait. Let the request wake it: watch an echo::Stop's handle."},

    {"does-not-end", Basis::shape, row_deaf,
     [](const Evidence& e) {
         return runs_on(e) && !e.woken && e.past.clients == 0 && e.manner == Manner::none;
     },
     "the program was asked to stop, nobody is there, and it runs on. Nothing wakes its wait: "
     "watch an echo::Stop's handle in the same poller. Or its loop does not end with the last "
     "client."},
    {"stays-when-all-have-left", Basis::shape, row_idle,
     [](const Evidence& e) { return runs_on(e) && e.past.clients > 0 && e.manner == Manner::none; },
     "the program was asked to stop, its clients have got their goodbye and have left, and it runs "
     "on. Its loop ends when the last one has been removed."},
    {"stops-receiving", Basis::deeds, row_lost,
     [](const Evidence& e) { return lost_by(e, Stream::ended) && e.got.empty(); },
     "what a client sent just before the stop was not received: its goodbye came first. Receive "
     "until nothing is ready any more, and give what is on its way a moment to land."},
    {"drops-its-queue", Basis::deeds, row_lost,
     [](const Evidence& e) { return lost_by(e, Stream::ended) && !e.got.empty(); },
     "a client got its goodbye before the rest of its echo. Who has a queue, or is ready, is owed "
     "something: it gets its goodbye when both are over."},
    {"closes-with-bytes-unread", Basis::deeds, row_lost,
     [](const Evidence& e) { return lost_by(e, Stream::reset) && !e.past.in_line; },
     "a client that was owed something got a reset: the program closed the connection with bytes "
     "of it unread. Send back what has come, then half-close, and read until its end."},
    {"serves-nobody-meanwhile", Basis::shape, row_lost,
     [](const Evidence& e) {
         return asked(e) && is_silent(e) && !e.past.in_line && e.wanted == Wanted::bytes;
     },
     "the program was asked to stop, and its clients get nothing more, though they are owed "
     "something. Stop accepting only: the loop goes on to serve those who are there."},
    {"forgets-the-line", Basis::deeds, row_line, lost_in_line,
     "a client was in line when the program was asked to stop: connected, as far as it knows, and "
     "it had sent something. Its connection was closed. As long as there are seats, accept until "
     "nobody is in line, and close the listener then."},
    {"forgets-the-seats", Basis::deeds, row_seats,
     [](const Evidence& e) { return e.wanted == Wanted::fate && !e.got.empty(); },
     "a client was in line when the program was asked to stop, because all seats were taken, and "
     "it was served beside those who have them. Take in who is in line only as long as there are "
     "seats; closing the listener lets go of the others."},
    {"leaves-the-line-waiting", Basis::shape, row_line,
     [](const Evidence& e) {
         return asked(e) &&
                ((e.wanted == Wanted::fate && e.got.empty()) || (e.past.in_line && is_silent(e)));
     },
     "a client was in line when the program was asked to stop, and waits in vain. Accept it, if "
     "there is a seat, and close the listener, which lets go of the others."},
    {"leaves-the-door-open", Basis::shape, row_door,
     [](const Evidence& e) { return e.wanted == Wanted::closed_door && e.got.empty(); },
     "the program was asked to stop, and who comes now is connected by the system, and waits in "
     "vain: the listener is still open. Close it."},
    {"waits-for-all", Basis::shape, row_idle,
     [](const Evidence& e) { return asked(e) && open_end(e) && !e.ending; },
     "a client has got all that it is owed, and the program waits for it to end. It may never do "
     "that: end our half of the connection first."},
    {"closes-without-a-goodbye", Basis::shape, row_reset,
     [](const Evidence& e) {
         return asked(e) && all_came(e) && e.wanted == Wanted::end_of_stream &&
                e.stream == Stream::reset;
     },
     "a client that said something after its goodbye got a reset, which may destroy echoes that it "
     "has not read yet. Half-close, read until its stream ends, for a while, and then close."},
    {"no-deadline", Basis::shape, row_never,
     [](const Evidence& e) { return runs_on(e) && e.manner != Manner::none; },
     "the time that --drain gives is over, and the program waits for a client that does not come "
     "to its end. Let the wait end then, and give up those who are left."},
    {"ignores-the-second", Basis::shape, row_second,
     [](const Evidence& e) { return e.wanted == Wanted::end_at_once && !e.ending; },
     "the program was asked a second time, and goes on to wait for its clients. Whoever presses "
     "Ctrl-C twice does not want to wait: put the old handler back after the first."},
    {"says-nothing", Basis::shape, row_silent,
     [](const Evidence& e) { return e.wanted == Wanted::last_word; },
     "the program ended as it should, and its log, on standard error, does not tell of that. "
     "Whoever reads it wants to know that it was asked, who was given up, and that it has ended."},
};

const LessonCauses lesson{"12-graceful-shutdown", rules};
const Known known(lesson);

}  // namespace
}  // namespace harness
