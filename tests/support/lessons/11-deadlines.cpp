// Lesson 11: what goes wrong when clients are let go who move too little.

#include "../causes.hpp"
#include "../signs.hpp"

#include <map>
#include <string_view>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;
using Refusal = Evidence::Refusal;
using Manner = Evidence::Manner;

constexpr std::string_view row_option = "the server does not start with `--idle 30s --pace 16`";
constexpr std::string_view row_value = "`--idle 30` or `--pace 0` is accepted";
constexpr std::string_view row_never = "a silent client stays for ever, or far too long";
constexpr std::string_view row_company = "a silent client stays as long as another one talks";
constexpr std::string_view row_dribbles = "a client that dribbles stays for ever";
constexpr std::string_view row_unread = "a client that does not read stays for ever";
constexpr std::string_view row_soon = "a client is let go too soon";
constexpr std::string_view row_active = "a client is let go while it talks";
constexpr std::string_view row_busy = "nobody is due for minutes, and a processor is busy";
constexpr std::string_view row_ends = "one is let go, and the server ends";
constexpr std::string_view row_stops = "one is let go, and nobody else is served";

bool timed(const Evidence& e) { return server(e) && e.past.idle; }
bool kept(const Evidence& e, Manner manner) {
    return timed(e) && e.wanted == Wanted::let_go && e.stream == Stream::open &&
           e.manner == manner && !e.ending && !e.late;
}
bool silent_one_kept(const Evidence& e) { return kept(e, Manner::silent) && !e.in_company; }

bool too_soon(const Evidence& e) {
    const bool wanted = e.wanted == Wanted::let_go || e.wanted == Wanted::stay;
    return timed(e) && wanted && e.stream != Stream::open && !e.ending;
}
// However much it said: its connection was as old as a stretch.
bool while_it_talks(const Evidence& e) {
    return too_soon(e) && e.manner == Manner::active && e.stayed > 7.0 / 8 && !e.anothers;
}

bool ended_while_serving(const Evidence& e) {
    return timed(e) && e.past.clients > 0 && e.ending && e.wanted != Wanted::refusal;
}
bool used_who_is_gone(const Evidence& e) {
    return ended_while_serving(e) &&
           (crashed(*e.ending) || contains_any(e.errors, {"closed", "EBADF", "file descriptor",
                                                          "::at", "KeyError", "is not watched"}));
}

// Somebody has been let go, and the next client gets nothing, or is told that there is no seat.
bool serves_no_more(const Evidence& e) {
    const bool told = e.past.seats > 0 && wrong(e);
    const bool nothing = e.wanted == Wanted::connection || cut(e) || told;
    return timed(e) && e.past.let_go > 0 && nothing && !e.ending;
}

// A line of its log that tells of one who is let go stands there, but for the time, again and again.
bool says_the_same_again(const Evidence& e) {
    constexpr int often = 20;
    std::map<std::string_view, int> lines;
    std::string_view log = e.errors;
    for (std::size_t end; (end = log.find('\n')) != log.npos; log.remove_prefix(end + 1)) {
        const std::string_view line = log.substr(0, end);
        const std::size_t space = line.find(' ');
        if (space == line.npos || !contains_any(line, {"let go", "slow", "idle", "timed out"}))
            continue;
        if (++lines[line.substr(space)] > often) return true;
    }
    return false;
}

bool accepts(const Evidence& e, Refusal value) {
    return e.wanted == Wanted::refusal && e.refusal == value && !e.ending;
}

const std::vector<Rule> rules = {
    {"does-not-know-idle", Basis::ending, row_option,
     [](const Evidence& e) {
         return start(e, "ended before it said") && contains_any(e.errors, {"idle", "pace"}) &&
                !contains(e.errors, "not valid");
     },
     "the server ended at once when it was started with --idle and --pace behind its port. Take "
     "these options from the command line: arguments.duration(), arguments.number()."},
    {"refuses-good-values", Basis::ending, row_option,
     [](const Evidence& e) {
         return start(e, "ended before it said") && contains(e.errors, "--idle") &&
                contains(e.errors, "not valid");
     },
     "the server knows --idle, and refuses what it was given. 150ms is a duration, too: take it "
     "with arguments.duration(), and let the least be some milliseconds."},
    {"touches-who-is-gone", Basis::ending, row_ends, used_who_is_gone,
     "the server ended where clients were due and ready in the same pass. Whoever is let go is "
     "removed from all lists at once, and what the same pass has found of it is not looked at any "
     "more.",
     "ends-with-the-slow-one"},
    {"ends-with-the-slow-one", Basis::ending, row_ends, ended_while_serving,
     "a client's time was over, and that ended the server. It ends this one connection: go on with "
     "the others."},

    {"bad-duration-accepted", Basis::deeds, row_value,
     [](const Evidence& e) { return accepts(e, Refusal::bad_duration); },
     "the server runs, although what it was told is no duration: that is a whole number from 1 on "
     "and its unit, as arguments.duration() takes it. 30 of what?"},
    {"bad-pace-accepted", Basis::deeds, row_value,
     [](const Evidence& e) { return accepts(e, Refusal::bad_pace); },
     "the server runs, although its pace is no number of bytes from 1 on. With a pace of 0 nobody "
     "is ever too slow."},
    {"looks-too-often", Basis::deeds, row_busy,
     [](const Evidence& e) { return timed(e) && keeps_awake(e); },
     "nobody says anything, nobody is due, and the program wakes again and again to look. Let it "
     "sleep until the first one is due, and not a moment less."},
    {"keeps-the-seat", Basis::deeds, row_stops,
     [](const Evidence& e) { return serves_no_more(e) && e.past.seats > 0; },
     "those who had the seats were let go, and the next in line is not served. Whoever is let go "
     "leaves every list, and its socket is closed: an end of our stream alone keeps its seat."},
    {"lets-go-again-and-again", Basis::deeds, row_stops,
     [](const Evidence& e) { return timed(e) && says_the_same_again(e); },
     "by its log the program lets the same client go again and again: it is still in its list. "
     "Whoever is let go is removed from there, and closed: settle() does both.",
     "keeps-the-seat"},
    {"stops-with-the-slow-one", Basis::deeds, row_stops,
     [](const Evidence& e) { return serves_no_more(e) && e.past.seats == 0; },
     "one client was let go, and since then nobody is served. Remove that one, and go on with the "
     "loop."},

    {"waits-without-a-deadline", Basis::experiment, row_never,
     [](const Evidence& e) { return silent_one_kept(e) && e.woken; },
     "a client's time was over, and only when another one talked it was let go: the program waits "
     "until something happens. Give the wait a deadline, the time at which the first one is due."},
    {"takes-any-number-for-seconds", Basis::experiment, row_never,
     [](const Evidence& e) { return e.takes_it_for_seconds; },
     "a client was let go by --idle 1s, and not by a far shorter time in ms: the unit is not read. "
     "500ms is half a second: use arguments.duration()."},

    {"never-lets-go", Basis::shape, row_never,
     [](const Evidence& e) { return silent_one_kept(e) && !e.woken; },
     "a client said nothing for many stretches, and is still connected. Note when each is due, let "
     "no wait be longer than until the first is, and let go who has moved too little."},
    {"never-counts-anew", Basis::shape, row_never,
     [](const Evidence& e) { return silent_one_kept(e) && e.had_talked; },
     "clients that never said a word were let go, and those stay that once did: what they moved "
     "then still counts. Begin each stretch with a count of 0.",
     "never-lets-go"},
    {"lets-go-too-late", Basis::shape, row_never,
     [](const Evidence& e) { return timed(e) && e.late; },
     "a client that said nothing was let go, but far later than two stretches after it last moved. "
     "Look at each client once in every stretch, and wake up when the first one is due."},
    {"kept-while-others-talk", Basis::shape, row_company,
     [](const Evidence& e) {
         return (kept(e, Manner::silent) || kept(e, Manner::dribbles)) && e.in_company;
     },
     "one client talks, and so another one, who is silent, stays. Each has a time of its own, and "
     "whoever is due is looked at after each wait, not only when a wait has found nobody ready. "
     "The "
     "first in the list has to be the first that is due: a new stretch goes to its end."},
    {"any-byte-renews", Basis::shape, row_dribbles,
     [](const Evidence& e) { return kept(e, Manner::dribbles) && !e.in_company; },
     "a client says one byte now and then, less than --pace in a stretch, and stays. Don't give it "
     "a new stretch for each byte: count what it moves, and look when the stretch is over."},
    {"keeps-who-does-not-read", Basis::shape, row_unread,
     [](const Evidence& e) { return kept(e, Manner::reads_nothing); },
     "a client does not read its echo, so nothing moves, and it stays. The deadline holds in every "
     "state: for who is to receive, and for who waits until there is room to send."},
    {"one-clock-for-all", Basis::shape, row_soon,
     [](const Evidence& e) { return too_soon(e) && e.at_one_time; },
     "clients that came at different times were let go at the same time, some too soon. A stretch "
     "begins for each when it comes: each has a deadline of its own.",
     "lets-go-too-soon"},
    {"ends-active-clients", Basis::shape, row_active, while_it_talks,
     "a client moved enough in each stretch, and was let go: its time ran from when it came. Begin "
     "a new stretch for who has moved enough.",
     "lets-go-too-soon"},
    {"counts-one-way", Basis::shape, row_active,
     [](const Evidence& e) { return too_soon(e) && e.manner == Manner::half_and_half; },
     "a client moved enough in each stretch, half of it in and half of it out, and was let go. "
     "Count what is received, and what is sent, too.",
     "lets-go-too-soon"},
    {"deadline-outlives-its-client", Basis::shape, row_active,
     [](const Evidence& e) { return too_soon(e) && e.manner == Manner::active && e.anothers; },
     "an active client was let go just when another one would have been due, who had left before. "
     "Let its deadline end with each client: its place, or the number of its socket, will be "
     "another's.",
     "lets-go-too-soon"},
    {"lets-go-too-soon", Basis::shape, row_soon, too_soon,
     "a client was let go sooner than --idle after it last moved. Its time is one whole stretch, "
     "from when it came, or from the last byte that moved; the units of the clock and the option "
     "must agree."},
};

const LessonCauses lesson{"11-deadlines", rules};
const Known known(lesson);

}  // namespace
}  // namespace harness
