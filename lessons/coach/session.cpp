#include "session.hpp"

#include "drawing.hpp"
#include "lesson_page.hpp"
#include "list_page.hpp"
#include "printed_lesson.hpp"
#include "stage.hpp"
#include "terminal.hpp"
#include "text.hpp"
#include "verdict_page.hpp"
#include "watch.hpp"
#include "words.hpp"

#include <cctype>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coach {

namespace {

// How often the files are looked at. A look costs some microseconds.
constexpr std::chrono::milliseconds between_looks(100);
constexpr std::chrono::milliseconds at_once(0);
constexpr std::chrono::hours no_hurry(1);

class Session {
public:
    Session(Coach& coach, const SessionOptions& options)
        : coach_(coach), manual_(options.manual), stage_(coach, options.lines), watch_(watched()) {}

    void run() {
        show_place();
        check();
        while (!over_) step();
        stage_.page()->leave();
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
        if (again_ || (!manual_ && watch_.changed())) return check();
        const auto pause = manual_ ? std::chrono::milliseconds(no_hurry) : between_looks;
        const int pressed = stage_.key(pause);
        if (pressed == key::resized) return stage_.draw();
        if (pressed != key::none) press(pressed);
    }

    // The newest save counts: one that comes meanwhile ends this check and begins the next.
    void check() {
        again_ = false;
        question_ = {};
        watch_.changed();
        const auto progress = [&](const std::string& what) { stage_.say(what + " ..."); };
        checking(true);
        if (!stage_.plain()) progress("checking");
        Verdict verdict = coach_.check(lesson(), {}, progress, [&] { return interrupted(); });
        while (key_during_check()) continue;
        checking(false);
        if (over_ || again_) return;
        passed_ = verdict.kind == Verdict::Kind::passed;
        stage_.hush();
        tell(std::move(verdict));
        if (!coach_.can_save())
            stage_.say("The build folder can't be written to: nothing is remembered.");
    }

    // Who has begun to read the lesson during the check goes on reading.
    void tell(Verdict verdict) {
        const std::string word = word_for(verdict.kind);
        verdict_ = std::make_shared<VerdictPage>(
            coach_, lesson(), std::move(verdict), !stage_.plain(),
            [this](const Reference& to) { read(coach_.find(to.lesson), to); });
        stage_.has_verdict = true;
        if (reading_) return stage_.say("Checked: " + word + ". v: the verdict.");
        show(verdict_);
        if (passed_) stage_.say(keys_after_pass(coach_, lesson()));
    }

    void checking(bool begins) {
        checking_ = begins;
        if (begins) reading_ = false;
        if (verdict_) verdict_->outdated = begins;
        if (begins && stage_.page() == verdict_) verdict_->top = 0;
    }

    bool interrupted() {
        key_during_check();
        if (told_to_end()) over_ = true;
        if (!manual_ && watch_.changed()) again_ = true;
        return over_ || again_;
    }

    // During a check: Ctrl-C and the end of the input end it, and so does q in its place. On a
    // screen the lesson can be read. Other keys are dropped: later they would hide the verdict.
    // The keys of a script wait until the check is done. False: there was no key.
    bool key_during_check() {
        if (over_ || !input_is_terminal()) return false;
        const int pressed = stage_.key(at_once);
        if (pressed == key::resized)
            stage_.draw();
        else if (pressed == key::interrupt || pressed == key::end_of_input)
            over_ = true;
        else if (pressed == key::suspend)
            stage_.suspend();
        else if (!stage_.plain() && stage_.page() == text_ && pressed != key::none)
            press_while_reading(pressed);
        else if (!stage_.plain() && std::tolower(pressed) == 'o')
            open_text();
        else if (std::tolower(pressed) == 'q')
            go_back();
        else if (!stage_.plain() && pressed != key::none)
            stage_.say("A check is running: o reads the lesson, and other keys work after it.");
        return pressed != key::none;
    }

    void press_while_reading(int pressed) {
        const std::shared_ptr<Page> page = stage_.page();
        if (page->obey(pressed))
            stage_.draw();
        else
            stage_.move(pressed);
    }

    // --- Keys -----------------------------------------------------------------------------

    void press(int pressed) {
        // In plain lines a key may be typed with Enter behind it, which then means nothing.
        const bool behind_a_key = stage_.plain() && after_key_ && pressed == key::enter;
        after_key_ = pressed != key::enter;
        if (behind_a_key) return;
        const Question asked = std::exchange(question_, {});
        stage_.hush();
        try {
            const std::shared_ptr<Page> page =
                stage_.page();  // it may bring another one in its place
            if (asked.act && std::tolower(pressed) == asked.yes)
                asked.act();
            else if (page->obey(pressed))
                stage_.draw();
            else
                obey(std::tolower(pressed));
        } catch (const Trouble& trouble) {
            checking(false);
            stage_.say(trouble.what());
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
            case 't': return show(trace_lines(coach_, lesson(), passed_));
            case 'p': return picture();
            case 'c': return carry();
            case 'o': return open_text();
            case 'v': return show_verdict();
            case key::suspend: return stage_.suspend();
            case 'q': return go_back();
            case key::interrupt:
            case key::end_of_input: over_ = true; return;
            default: return stage_.move(pressed);
        }
    }

    // From any page to the verdict, and from there out.
    void go_back() {
        if (stage_.plain() || !verdict_ || stage_.page() == verdict_)
            over_ = true;
        else
            show_verdict();
    }

    void hint() {
        coach_.show_next_hint(lesson());
        show(hint_lines(coach_, lesson()));
    }

    void solution() {
        if (passed_) return show(diff_lines(coach_, lesson()));
        ask('d', "You have not passed yet. To see the solution all the same, press d again.",
            [&] { show(diff_lines(coach_, lesson())); });
    }

    void next() {
        const Lesson* next = coach_.course().after(lesson());
        if (!next) return stage_.say("This is the last lesson.");
        if (passed_) return go_to(*next);
        ask('n', "You have not passed yet. To go on all the same, press n again.",
            [this, next] { go_to(*next); });
    }

    void list() {
        show(std::make_shared<ListPage>(coach_, [this](const Lesson& lesson) { go_to(lesson); }));
        stage_.say("Type the two digits of a lesson to go there; v shows the last verdict again.");
    }

    void picture() {
        const std::filesystem::path file = coach_.in_build("run-" + lesson().number + ".html");
        const bool drawn = draw_run(coach_, lesson(), passed_, file);
        stage_.say(drawn ? "Your run, drawn; open it in a browser: " + url_of(file) : no_trace);
    }

    void open_text() {
        try {
            read(lesson(), std::nullopt);
        } catch (const Trouble& trouble) {  // also during a check, which goes on
            stage_.say(trouble.what());
        }
    }

    // A lesson's text where it was left, or what a verdict says to read; after such a glance the
    // place where it was left stays the same.
    void read(const Lesson& lesson, const std::optional<Reference>& to) {
        if (stage_.plain()) return print_text(lesson, to);
        const auto remember = [this, &lesson, glance = to.has_value()](const Place& place) {
            if (!glance) coach_.remember(lesson, place);
        };
        auto text = std::make_shared<LessonPage>(lesson, coach_.text(lesson), coach_.place(lesson),
                                                 remember, [this] { show_verdict(); });
        if (to) text->go_to(*to);
        text_ = text;
        show(text_);
        reading_ = checking_;
    }

    void print_text(const Lesson& lesson, const std::optional<Reference>& to) {
        auto text = std::make_shared<PrintedLesson>(
            lesson, coach_.text(lesson), [this](const Lines& lines) { stage_.print(lines); });
        if (to) text->only_section(to->section);
        show(text);
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
                stage_.say(kept.empty() ? "It is the starter."
                                        : "Your file is kept as " + kept + '.');
            });
    }

    // After a pass: the program goes on into the next lesson with one of its kind.
    void carry() {
        const Lesson& from = lesson();
        if (!passed_ || coach_.standing(from) != Standing::passed)
            return stage_.say(
                "c copies the program of this lesson into the next one, once it has passed.");
        const Lesson* to = coach_.course().same_kind_after(from);
        if (!to) return stage_.say("There is no next lesson with a program of this kind.");
        if (to->begins_anew)
            return stage_.say("Lesson " + to->number + " begins with a program of its own.");
        ask('y',
            "Put your program of lesson " + from.number + " into " + to->file() +
                ", with that lesson's TODOs? What is there is kept beside it. y: yes.",
            [this, to] {
                const std::string kept = coach_.starters().carry(lesson(), *to);
                std::string done = to->file() + " is your own program now.";
                if (!kept.empty()) done += " The old file is kept as " + kept + '.';
                if (coach_.course().after(lesson()) == to) done += " n: go there.";
                stage_.say(done);
            });
    }

    // --- What is shown --------------------------------------------------------------------

    struct Question {
        int yes = 0;
        std::function<void()> act;
    };

    // The next key decides: `yes` acts, any other means what it always means.
    void ask(char yes, const std::string& text, std::function<void()> act) {
        stage_.say(text);
        question_ = {yes, std::move(act)};
    }

    template <class Content>
    void show(Content content) {
        reading_ = false;
        stage_.show(std::move(content));
    }

    void show_verdict() {
        if (verdict_) return show(verdict_);
        show(Lines{});
    }

    void show_place() {
        verdict_.reset();  // it is of another lesson
        stage_.has_verdict = false;
        reading_ = false;
        stage_.show_place();
    }

    Coach& coach_;
    bool manual_;
    Stage stage_;
    Watch watch_;

    std::shared_ptr<VerdictPage> verdict_;  // none: nothing was checked yet
    std::shared_ptr<Page> text_;            // of a lesson, the last that was opened
    Question question_;
    bool passed_ = false;
    bool checking_ = false;
    bool reading_ = false;  // the text, which was opened during this check
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
