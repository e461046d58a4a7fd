#include "session.hpp"

#include "pages.hpp"
#include "text.hpp"
#include "watch.hpp"

#include <cctype>
#include <cstdlib>
#include <functional>
#include <optional>

namespace coach {

namespace {

// How often the files are looked at. A look costs some microseconds.
constexpr std::chrono::milliseconds between_looks(100);
constexpr std::chrono::milliseconds at_once(0);
constexpr std::chrono::hours no_hurry(1);

// What the row of keys says; `v verdict` only when it would change something.
std::vector<std::string> keys(bool with_verdict) {
    std::vector<std::string> row = {"Enter again", "h hint",  "d solution", "n next",
                                    "l list",      "r reset", "t trace",    "c copy mine on"};
    if (with_verdict) row.push_back("v verdict");
    row.push_back("q quit");
    return row;
}

class Session {
public:
    Session(Coach& coach, const SessionOptions& options)
        : coach_(coach), options_(options), watch_(watched()) {
        const char* no_colour = std::getenv("NO_COLOR");
        colours_ = !(no_colour && *no_colour) && terminal_can_draw();
        if (!options_.lines) screen_.emplace(terminal_, colours_);
    }

    void run() {
        show_place();
        check();
        while (!over_) step();
    }

private:
    std::filesystem::path watched() const { return coach_.path(coach_.lesson().folder()); }
    const Lesson& lesson() const { return coach_.lesson(); }

    // --- What happens ---------------------------------------------------------------------

    // Waits for a key or a save, and sees to it.
    void step() {
        if (told_to_end()) {
            over_ = true;
            return;
        }
        if (again_ || (!options_.manual && watch_.changed())) return check();
        const auto pause = options_.manual ? std::chrono::milliseconds(no_hurry) : between_looks;
        const int pressed = terminal_.key(pause);
        if (pressed == key::resized) return draw();
        if (pressed != key::none) press(pressed);
    }

    // The newest save counts: one that comes meanwhile ends this check and begins the next.
    void check() {
        again_ = false;
        question_ = {};
        watch_.changed();
        const auto progress = [&](const std::string& what) { say(what + " ..."); };
        checking_ = true;
        if (shows_verdict_) frame_.top = 0;
        if (!options_.lines) progress("checking");
        const Verdict verdict = coach_.check(lesson(), {}, progress, [&] { return interrupted(); });
        while (key_during_check()) continue;
        checking_ = false;
        if (over_ || again_) return;
        passed_ = verdict.kind == Verdict::Kind::passed;
        last_test_ = verdict.last_test;
        notice_.clear();
        verdict_ = verdict_page(coach_, lesson(), verdict, !options_.lines,
                                options_.lines ? any_width : terminal_size().columns);
        show_verdict();
        if (passed_) say("n: the next lesson. d: our program beside yours. c: copy mine on.");
        if (!coach_.can_save()) say("The build folder can't be written to: nothing is remembered.");
    }

    bool interrupted() {
        key_during_check();
        if (told_to_end()) over_ = true;
        if (!options_.manual && watch_.changed()) again_ = true;
        return over_ || again_;
    }

    // During a check: q, Ctrl-C and the end of the input end it. Other keys are dropped: obeyed
    // afterwards, they would hide the verdict. The keys of a script wait until the check is done.
    // False: there was no key.
    bool key_during_check() {
        if (over_ || !input_is_terminal()) return false;
        const int pressed = terminal_.key(at_once);
        if (pressed == key::resized)
            draw();
        else if (std::tolower(pressed) == 'q' || pressed == key::interrupt ||
                 pressed == key::end_of_input)
            over_ = true;
        else if (pressed == key::suspend)
            terminal_.suspend();
        return pressed != key::none;
    }

    // --- Keys -----------------------------------------------------------------------------

    void press(int pressed) {
        // In plain lines a key may be typed with Enter behind it, which then means nothing.
        const bool behind_a_key = options_.lines && after_key_ && pressed == key::enter;
        after_key_ = pressed != key::enter;
        if (behind_a_key) return;
        const Question asked = std::exchange(question_, {});
        notice_.clear();
        try {
            if (asked.act && std::tolower(pressed) == asked.yes)
                asked.act();
            else if (!choose_by_digit(pressed))
                obey(std::tolower(pressed));
        } catch (const Trouble& trouble) {
            checking_ = false;
            say(trouble.what());
        }
    }

    void obey(int pressed) {
        switch (pressed) {
            case key::enter: return check();
            case 'h': return hint();
            case 'd': return solution();
            case 'n': return next();
            case 'l': return list();
            case 'r': return reset();
            case 't': return show(trace_page(coach_, lesson(), last_test_));
            case 'c': return carry();
            case 'v': return show_verdict();
            case key::suspend: terminal_.suspend(); return draw();
            case 'q':
            case key::interrupt:
            case key::end_of_input: over_ = true; return;
            default: return move(pressed);
        }
    }

    void move(int pressed) {
        const std::size_t page = std::max<std::size_t>(terminal_size().rows / 2, 1);
        const std::size_t back = pressed == key::up ? 1 : page;
        if (pressed == key::down)
            frame_.top += 1;
        else if (pressed == key::page_down || pressed == ' ')
            frame_.top += page;
        else if (pressed == key::up || pressed == key::page_up)
            frame_.top -= std::min(frame_.top, back);
        else if (pressed != key::resized)
            notice_ = "Keys: see below.";
        draw();
    }

    void hint() {
        coach_.show_next_hint(lesson());
        show(hint_page(coach_, lesson()));
    }

    void solution() {
        if (passed_) return show(diff_page(coach_, lesson()));
        ask('d', "You have not passed yet. To see the solution all the same, press d again.",
            [&] { show(diff_page(coach_, lesson())); });
    }

    void next() {
        const Lesson* next = coach_.course().after(lesson());
        if (!next) return say("This is the last lesson that is written so far.");
        if (passed_) return go_to(*next);
        ask('n', "You have not passed yet. To go on all the same, press n again.",
            [this, next] { go_to(*next); });
    }

    void list() {
        show(list_page(coach_));
        choosing_ = "-";
        say("Type the two digits of a lesson to go there; v shows the last verdict again.");
    }

    // After l, two digits choose a lesson. False: the key means something else.
    bool choose_by_digit(int pressed) {
        const bool digit = pressed >= '0' && pressed <= '9';
        if (choosing_.empty() || !digit) {
            choosing_.clear();
            return false;
        }
        choosing_ += static_cast<char>(pressed);
        if (choosing_.size() < 3) return true;
        const std::string number = choosing_.substr(1);
        choosing_.clear();
        go_to(coach_.find(number));
        return true;
    }

    void go_to(const Lesson& lesson) {
        coach_.choose(lesson);
        passed_ = false;
        watch_ = Watch(watched());
        show_place();
        check();
    }

    void reset() {
        ask('y',
            "Put the starter back into " + lesson().file() +
                "? Your file is kept beside it. y: yes, any other key: no.",
            [&] {
                const std::string kept = coach_.reset(lesson());
                check();
                say(kept.empty() ? "It is the starter." : "Your file is kept as " + kept + '.');
            });
    }

    // After a pass: the program goes on into the next lesson with one of its kind.
    void carry() {
        const Lesson& from = lesson();
        if (!passed_ || coach_.standing(from) != Standing::passed)
            return say(
                "c copies the program of this lesson into the next one, once it has passed.");
        const Lesson* to = coach_.course().same_kind_after(from);
        if (!to) return say("There is no next lesson with a program of this kind.");
        ask('y',
            "Put your program of lesson " + from.number + " into " + to->file() +
                ", with that lesson's TODOs? What is there is kept beside it. y: yes.",
            [this, to] {
                const std::string kept = coach_.starters().carry(lesson(), *to);
                std::string done = to->file() + " is your own program now.";
                if (!kept.empty()) done += " The old file is kept as " + kept + '.';
                say(done);
            });
    }

    // --- What is shown --------------------------------------------------------------------

    struct Question {
        int yes = 0;
        std::function<void()> act;
    };

    // The next key decides: `yes` acts, any other means what it always means.
    void ask(char yes, const std::string& text, std::function<void()> act) {
        say(text);
        question_ = {yes, std::move(act)};
    }

    void say(const std::string& notice) {
        notice_ = notice;
        if (options_.lines)
            print({{notice, Style::plain}});
        else
            draw();
    }

    void show_verdict() { show(verdict_, true); }

    void show(Page body, bool is_verdict = false) {
        body_ = std::move(body);
        shows_verdict_ = is_verdict;
        frame_.top = 0;
        if (options_.lines)
            print(body_);
        else
            draw();
    }

    void show_place() {
        verdict_.clear();  // it is of another lesson
        if (!options_.lines) return show({});
        print(head_page(coach_, terminal_size().columns, false));
        print(packed(keys(true), terminal_size().columns, Style::faint));
    }

    void draw() {
        if (!screen_) return;
        const Size size = terminal_size();
        frame_.head = head_page(coach_, size.columns, size.rows < 20);
        frame_.body = body_;
        if (checking_ && shows_verdict_)
            frame_.body.insert(frame_.body.begin(),
                               {"The verdict below is of the version before.", Style::strong});
        frame_.foot =
            packed(keys(!shows_verdict_ && !verdict_.empty()), size.columns, Style::faint);
        if (!notice_.empty()) frame_.foot.insert(frame_.foot.begin(), {notice_, Style::strong});
        screen_->draw(frame_);
    }

    void print(const Page& page) {
        for (const Line& line : fitted(page, terminal_size().columns))
            terminal_.write(coloured(line, colours_) + '\n');
    }

    Coach& coach_;
    SessionOptions options_;
    Terminal terminal_;
    std::optional<Screen> screen_;  // after terminal_: it draws on it to the end
    Watch watch_;
    bool colours_ = false;

    Frame frame_;
    Page body_;
    Page verdict_;
    bool shows_verdict_ = false;
    std::string last_test_;
    std::string notice_;
    Question question_;
    std::string choosing_;  // "-" and the digits so far
    bool passed_ = false;
    bool checking_ = false;
    bool after_key_ = false;
    bool again_ = false;
    bool over_ = false;
};

}  // namespace

int run_session(Coach& coach, const SessionOptions& options) {
    catch_signals();
    Session(coach, options).run();
    if (told_to_end()) end_as_told();
    return 0;
}

}  // namespace coach
