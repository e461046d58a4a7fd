#include "idlers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>

namespace harness {
namespace {

using Wanted = Evidence::Wanted;
using Stream = Evidence::Stream;
using Manner = Evidence::Manner;

std::vector<std::string> options(const std::string& idle, const std::vector<std::string>& more) {
    std::vector<std::string> all{"--idle", idle};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

std::string in_words(Manner manner) {
    switch (manner) {
        case Manner::dribbles: return "this one sends a byte three times a stretch: too little";
        case Manner::reads_nothing: return "this one does not read its echo";
        case Manner::active: return "this one has moved enough in each stretch";
        case Manner::half_and_half: return "this one has, in and out together";
        default: return "this one says nothing more";
    }
}

// "0.5": of a number that is not negative.
std::string one_digit(double number) {
    const long tenths = std::lround(number * 10);
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10);
}

// Whether a connection has ended by then.
bool ends(echo::Connection& connection, echo::Deadline deadline) {
    std::array<char, 256> buffer;
    echo::Result got;
    do got = connection.recv(buffer, deadline);
    while (got);
    return got.status != echo::Status::timed_out;
}

}  // namespace

std::chrono::milliseconds short_stretch() { return patience() * 3 / 40; }

TimedServer::TimedServer(std::string_view lesson, const std::string& idle,
                         const std::vector<std::string>& more)
    : ServerTest(lesson, Setting{.arguments = options(idle, more)}),
      idle_(echo::parse_duration(idle)) {
    subject().past.idle = true;
}

TimedServer::TimedServer(std::string_view lesson, std::chrono::milliseconds idle,
                         const std::vector<std::string>& more)
    : TimedServer(lesson, echo::text(idle), more) {}

// --- One client ------------------------------------------------------------------------------

Idler::Idler(TimedServer& test, Clock::time_point came)
    : Visitor(test, true), test_(test), came_(came), moved_(came), echoed_(Clock::now()) {}

Clock::time_point Idler::latest() const { return echoed_ + test_.idle() * 2 + patience() / 2; }

void Idler::note_end() {
    if (!is_gone() || ended_ != Clock::time_point{}) return;
    ended_ = Clock::now();
    ++subject_.past.let_go;
}

// Nothing but its echo and its end may come now. Without the lookout: it is the time itself that is
// waited for.
void Idler::look(echo::Deadline deadline) {
    std::array<char, 256> buffer;
    const echo::Result got = connection_.recv(buffer, deadline);
    got_ += echo::first(buffer, got.bytes);
    account_.received += got.bytes;
    note_status(got.status);
    note_end();
    if (!good_so_far()) fail(Wanted::bytes, false);
}

bool Idler::is_quiet_until(Clock::time_point moment) {
    while (!is_gone() && Clock::now() < moment) look(moment);
    return !is_gone();
}

void Idler::asks(std::string_view text) {
    remember_sent(text);
    expected_ += text;
    note_status(give(text, echo::after(patience())).status);
}

// What it has said may have met its end.
bool Idler::is_answered() {
    const Wait wait = begin_wait();
    while (!is_gone() && good_so_far() && got_.size() < expected_.size())
        if (receive(echo::after(patience())) == echo::Status::timed_out)
            fail(Wanted::bytes, was_busy(wait));
    if (!good_so_far()) fail(Wanted::bytes, false);
    note_end();
    const bool all = got_.size() == expected_.size();
    expected_ = got_;
    return all && !is_gone();
}

bool Idler::says(std::string_view text) {
    step("the test said " + describe(text));
    const auto before = Clock::now();
    asks(text);
    if (!is_answered()) return false;
    moved_ = before;
    echoed_ = Clock::now();
    subject_.story.good();
    return true;
}

bool Idler::stays() { return stays_by(Manner::active, "I was quiet for a while, and talk\n"); }
bool Idler::stays_by_half() { return stays_by(Manner::half_and_half, "ten bytes\n"); }

bool Idler::stays_by(Manner manner, std::string_view words) {
    manner_ = manner;
    if (is_quiet_until(moved_ + test_.idle() * 3 / 4) && says(words)) return true;
    if (is_too_soon()) fail_too_soon();
    return false;
}

void Idler::expect_still_served(std::string_view text) {
    if (!says(text)) fail_too_soon();
}

Clock::time_point Idler::leave() {
    finish_sending();
    const echo::Deadline deadline = echo::after(patience());
    while (!is_gone() && receive(deadline) == echo::Status::ok) continue;
    return came_ + test_.idle();
}

// --- When it is let go -----------------------------------------------------------------------

double Idler::stretches(Clock::duration time) const {
    return std::chrono::duration<double>(time) / std::chrono::duration<double>(test_.idle());
}

// A timer may be early by a little: on Windows by 16 milliseconds.
bool Idler::is_too_soon() const { return is_gone() && stretches(ended_ - moved_) < 7.0 / 8; }

void Idler::judge_end() {
    if (!is_gone()) fail_kept();
    if (is_too_soon()) fail_too_soon();
    subject_.story.good();
}

// Until twice the stretch it just waits. Then, where it is told that nothing will come, no longer.
bool Idler::is_let_go(Clock::time_point by) {
    if (!is_quiet_until(std::min(by, moved_ + test_.idle() * 2))) return true;
    (void)receive(by);
    note_end();
    return is_gone();
}

void Idler::expect_let_go(bool in_company) {
    in_company_ = in_company;
    step(in_words(manner_) + "; the test waited until it is let go");
    (void)is_let_go(in_company ? Clock::now() : latest());
    judge_end();
}

// Not more than four bytes in a stretch, even when it is late: each comes a while after the echo of
// the one before. And none comes just when its time is over: that is another test's affair.
void Idler::expect_let_go_dribbling() {
    manner_ = Manner::dribbles;
    step(in_words(manner_) + "; the test waited until it is let go");
    const Clock::time_point by = latest();
    while (Clock::now() < by && is_quiet_until(Clock::now() + test_.idle() * 3 / 10)) {
        asks(".");
        if (!is_answered()) break;
    }
    judge_end();
}

// As long as the program takes nothing. True: it took some, and there may be more.
bool Idler::sends_on(std::string_view bytes, std::size_t& sent) {
    constexpr std::size_t enough = std::size_t{64} << 20;
    const echo::Result result = connection_.send_all(bytes, latest());
    sent += result.bytes;
    account_.sent += result.bytes;
    note_status(result.status);
    return result && sent < enough;
}

// All that it has sent comes back, to the last byte. So it was kept.
bool Idler::gets_all(std::size_t sent) {
    std::size_t got = 0;
    while (got < sent && receive(echo::after(patience() / 4)) == echo::Status::ok) {
        got += got_.size();
        got_.clear();
    }
    return got == sent || !is_gone();
}

// Who is let go in the middle gets a reset, which the next send meets, or an end in place of some
// of the echo.
void Idler::expect_let_go_unread() {
    manner_ = Manner::reads_nothing;
    const std::string bytes(65536, 'x');
    std::size_t sent = send_until_stuck(bytes);
    echoed_ = Clock::now();
    step(in_words(manner_) + "; the test waited until it is let go");
    while (!is_gone() && sends_on(bytes, sent)) continue;
    note_end();
    if (is_gone()) return judge_end();
    step("then the test read what there was");
    if (gets_all(sent)) fail_kept();
    note_end();
    subject_.story.good();
}

// --- What is said of it ----------------------------------------------------------------------

Evidence Idler::evidence_of(Wanted wanted) const {
    Evidence all = evidence(wanted);
    all.manner = manner_;
    all.in_company = in_company_;
    if (!is_gone()) return all;
    all.quiet = stretches(ended_ - moved_);
    all.stayed = stretches(ended_ - came_);
    const double late = stretches(ended_ - anothers_due_);
    all.anothers = late > -1.0 / 8 && late < 1.0 / 4;
    return all;
}

void Idler::fail_too_soon(bool at_one_time) {
    const bool active = manner_ == Manner::active || manner_ == Manner::half_and_half;
    Evidence all = evidence_of(active ? Wanted::stay : Wanted::let_go);
    all.at_one_time = at_one_time;
    all.expected_text =
        "a server that bears it for " + echo::text(test_.idle()) + " after it last moved";
    all.got_text = (stream_ == Stream::ended ? "the end of the stream" : "a connection reset") +
                   std::string(" after ") + one_digit(all.quiet) + " of such a stretch";
    (void)subject_.await_end(echo::after(patience() / 40));
    subject_.look_and_fail(std::move(all));
}

void Idler::fail_kept(bool had_talked) {
    Evidence all = evidence_of(Wanted::let_go);
    all.had_talked = had_talked;
    const bool in_vain = !lookout().reason().empty();
    all.got_text =
        "nothing" + (in_vain ? silence() : " for many of them") + "; the connection is still open";
    if (manner_ == Manner::silent && !in_company_ && !had_talked) find_out(all, in_vain);
    if (manner_ == Manner::dribbles) find_out_beside(all);
    all.expected_text = "that it is let go, no later than two stretches of " +
                        echo::text(test_.idle()) + " after it last moved enough";
    subject_.look_and_fail(std::move(all));
}

// Does the program look only when something happens? If not: is it late, or does it take any number
// for seconds? Both show at the same time.
void Idler::find_out(Evidence& evidence, bool in_vain) {
    if (has_others()) {
        step("to find the reason, the test let another client talk");
        (void)others().front()->try_bytes("hello?\n");
        evidence.woken = ends(connection_, echo::after(patience() / 40));
    }
    if (evidence.woken) return;
    step("to find the reason, the test waited on, and beside it at a server with --idle 1s");
    const echo::Deadline deadline = echo::after(patience() * 3 / 4);
    try {
        Program second = Program::server({.arguments = {"--idle", "1s"}});
        echo::Connection guest = echo::connect(second.host(), second.port(), deadline);
        evidence.late = !in_vain && ends(connection_, echo::after(patience() / 2));
        evidence.takes_it_for_seconds = !evidence.late && ends(guest, deadline);
    } catch (const std::exception&) {  // it does not start: that tells nothing
    }
    if (evidence.late) evidence.got_text = "its end, much later";
}

// How long one stays who says nothing, while this one dribbles on. The longest time: for ever.
Clock::duration Idler::stay_of_a_silent_one() {
    const auto came = Clock::now();
    echo::Connection silent =
        echo::connect(subject_.program->host(), subject_.program->port(), came + patience());
    while (Clock::now() < came + (latest() - echoed_)) {
        (void)try_bytes(".");
        if (ends(silent, echo::after(test_.idle() * 3 / 10))) return Clock::now() - came;
    }
    return Clock::duration::max();
}

// Is it only this one that stays? Or does anybody, as long as this one talks, or far too long? The
// machine may be late, too, but not twice.
void Idler::find_out_beside(Evidence& evidence) {
    step("to find the reason, it went on, and beside it the test let one come who says nothing");
    constexpr auto for_ever = Clock::duration::max();
    const auto too_long = [&](Clock::duration stay) {
        return stay > test_.idle() * 3 && stay != for_ever;
    };
    Clock::duration stay{};
    try {
        stay = stay_of_a_silent_one();
        if (too_long(stay)) stay = stay_of_a_silent_one();
    } catch (const std::exception&) {  // nobody else can connect: that tells nothing
        return;
    }
    evidence.in_company = stay == for_ever;
    evidence.late = too_long(stay);
    step("that one " + (stay == for_ever
                            ? "stayed, too"
                            : "was let go after " + one_digit(stretches(stay)) + " stretches"));
}

// --- Several ---------------------------------------------------------------------------------

void Idlers::come() { idlers_.emplace_back(test_); }
void Idlers::come_and_talk() { (void)idlers_.emplace_back(test_).says("hello\n"); }

void Idlers::pass(Clock::duration time) {
    const auto until = Clock::now() + time;
    while (!all_gone() && Clock::now() < until) watch(until);
}

bool Idlers::all_gone() const {
    return std::all_of(idlers_.begin(), idlers_.end(),
                       [](const Idler& idler) { return idler.is_gone(); });
}

// Sees the end of each when it comes, not when it is that one's turn.
void Idlers::watch(echo::Deadline deadline) {
    std::vector<Idler*> open;
    std::vector<echo::Watched> watched;
    for (Idler& idler : idlers_) {
        if (idler.is_gone()) continue;
        open.push_back(&idler);
        watched.emplace_back(idler.connection_.handle());
    }
    if (open.empty() || echo::poll(watched, deadline) == 0) return;
    for (std::size_t i = 0; i < open.size(); ++i)
        if (watched[i].readable()) open[i]->look(Clock::now());
}

// Though they came at different times. (Of two that both talked when they came, or both did not.)
bool Idlers::ended_with_another(const Idler& one) const {
    const auto apart = [](Clock::time_point a, Clock::time_point b) {
        return a < b ? b - a : a - b;
    };
    return std::any_of(idlers_.begin(), idlers_.end(), [&](const Idler& other) {
        return one.has_talked() == other.has_talked() &&
               apart(one.came_, other.came_) > test_.idle() / 6 &&
               apart(one.ended_, other.ended_) < test_.idle() / 12;
    });
}

bool Idlers::only_those_stay_who_talked() const {
    return std::all_of(idlers_.begin(), idlers_.end(),
                       [](const Idler& idler) { return idler.is_gone() != idler.has_talked(); });
}

void Idlers::expect_let_go() {
    test_.subject().story.step("they say nothing more; the test waited until they are let go");
    pass(test_.idle() * 2);
    test_.subject().program->lookout().await(idlers_.front().latest(), [&](echo::Deadline piece) {
        watch(piece);
        return all_gone();
    });
    for (Idler& idler : idlers_)
        if (!idler.is_gone()) idler.fail_kept(only_those_stay_who_talked());
    for (Idler& idler : idlers_)
        if (idler.is_too_soon()) idler.fail_too_soon(ended_with_another(idler));
    test_.subject().story.good();
}

// --- The next in line ------------------------------------------------------------------------

// Who is let go may be told so at leisure: a goodbye takes two seconds.
void Heir::expect_seat() {
    step("the test looked whether there is a seat for the one in line");
    const echo::Deadline deadline = echo::after(patience() * 3 / 2);
    const Wait wait = begin_wait();
    while (stream_ == Stream::open && got_.size() < expected_.size())
        if (receive(deadline) == echo::Status::timed_out) fail(Wanted::bytes, was_busy(wait));
    if (got_ == expected_) return subject_.story.good();
    std::list<Guest> seated;  // it was told that there is none, and comes again
    take_seat(test_, seated);
}

}  // namespace harness
