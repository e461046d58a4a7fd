#include "redrawing.hpp"

#include "calls.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace course {
namespace {

// --- What has become of the calls ------------------------------------------------------------

// One step of the way from the drawn calls of a thread to the traced ones: a pair of both, or one
// without the other.
struct Match {
    const ProgramCall* drawn = nullptr;
    const ProgramCall* traced = nullptr;
};

// A call may have other bytes or another outcome, but it has the same name and peer.
bool can_become(const ProgramCall& drawn, const ProgramCall& traced) {
    ProgramCall same = traced;
    same.call.outcome = drawn.call.outcome;
    return drawn.is_like(same);
}

// The way with the fewest changes, which is the edit distance of the two sequences.
class Alignment {
public:
    Alignment(const std::vector<ProgramCall>& drawn, const std::vector<ProgramCall>& traced)
        : drawn_(drawn), traced_(traced), width_(traced.size() + 1) {
        cost_.resize((drawn.size() + 1) * width_);
        for (std::size_t d = drawn.size() + 1; d-- > 0;)
            for (std::size_t t = traced.size() + 1; t-- > 0;) cost(d, t) = cheapest(d, t);
    }

    std::vector<Match> way() {
        std::vector<Match> matches;
        for (std::size_t d = 0, t = 0; d < drawn_.size() || t < traced_.size();) {
            const bool both = d < drawn_.size() && t < traced_.size() && pair_cost(d, t) < 2 &&
                              cost(d, t) == pair_cost(d, t) + cost(d + 1, t + 1);
            const bool drops = !both && d < drawn_.size() && cost(d, t) == 1 + cost(d + 1, t);
            matches.push_back(
                {both || drops ? &drawn_[d] : nullptr, both || !drops ? &traced_[t] : nullptr});
            d += both || drops ? 1 : 0;
            t += both || !drops ? 1 : 0;
        }
        return matches;
    }

private:
    // From here to the end of both.
    std::size_t& cost(std::size_t d, std::size_t t) { return cost_[d * width_ + t]; }

    std::size_t pair_cost(std::size_t d, std::size_t t) const {
        if (drawn_[d] == traced_[t]) return 0;
        return can_become(drawn_[d], traced_[t]) ? 1
                                                 : 2;  // 2: no better than one without the other
    }

    std::size_t cheapest(std::size_t d, std::size_t t) {
        const std::size_t drawn_left = drawn_.size() - d, traced_left = traced_.size() - t;
        if (drawn_left == 0 || traced_left == 0) return drawn_left + traced_left;
        return std::min(
            {1 + cost(d + 1, t), 1 + cost(d, t + 1), pair_cost(d, t) + cost(d + 1, t + 1)});
    }

    const std::vector<ProgramCall>& drawn_;
    const std::vector<ProgramCall>& traced_;
    std::size_t width_;
    std::vector<std::size_t> cost_;
};

// --- The rows --------------------------------------------------------------------------------

// The calls of a row, or of a new one, with their text.
struct Drawing {
    std::vector<DrawnCall> calls;
    bool changed = false;
};

// A send is an arrow, and other calls stand in a note together.
bool is_arrow(const DrawnCall& call) { return call.name == "send" && call.bytes > 0; }

class Redrawing {
public:
    Redrawing(const Diagram& diagram, std::string_view source)
        : diagram_(diagram), lines_(lines_of(source)) {
        for (const Row& row : diagram.rows) {
            std::vector<Drawing> calls;
            for (const DrawnCall& call : row.calls) calls.push_back({{call}, false});
            rows_.push_back(std::move(calls));
        }
    }

    std::string run(const Performance& performance) {
        for (const Surprise& surprise : performance.surprises)
            replace({surprise.row, surprise.call}, surprise.instead);
        Calls drawn = drawn_calls(diagram_), traced = traced_calls(diagram_, performance.trace);
        for (const auto& [thread, calls] : traced) drawn[thread];
        for (const auto& [thread, calls] : drawn) follow(Alignment(calls, traced[thread]).way());
        return text();
    }

private:
    // An arrow says itself whom it is for.
    DrawnCall with_text(const DrawnCall& call) const {
        DrawnCall written = call;
        if (is_arrow(call)) written.peer.clear();
        written.text = text_of(diagram_, written);
        written.peer = call.peer;
        return written;
    }

    void replace(const Place& place, const std::vector<DrawnCall>& calls) {
        Drawing& drawing = rows_[place.row][place.call];
        drawing = {{}, true};
        for (const DrawnCall& call : calls) drawing.calls.push_back(with_text(call));
    }

    void follow(const std::vector<Match>& matches) {
        std::optional<Place> last;
        is_late_ = false;
        for (std::size_t i = 0; i < matches.size(); ++i) {
            const auto& [drawn, traced] = matches[i];
            if (!drawn) {
                add(traced->call, last, next_place(matches, i));
                continue;
            }
            if (!traced || !(*drawn == *traced)) change(*drawn, traced);
            if (!traced) continue;
            last = drawn->places.back();
            is_late_ = false;
        }
    }

    // Of receives that count as one the first gets all the bytes.
    void change(const ProgramCall& drawn, const ProgramCall* traced) {
        for (const Place& place : drawn.places) replace(place, {});
        if (traced) replace(drawn.places.front(), {traced->call});
    }

    static std::optional<Place> next_place(const std::vector<Match>& matches, std::size_t i) {
        while (i < matches.size() && !(matches[i].drawn && matches[i].traced)) ++i;
        if (i == matches.size()) return {};
        return matches[i].drawn->places.front();
    }

    // Between the call before it and the one after it. What the program does to others stands as
    // early as it can, and what it waits for as late.
    void add(const DrawnCall& added, const std::optional<Place>& last,
             const std::optional<Place>& next) {
        static const std::set<std::string> waits = {"accept", "recv", "poll", "wait"};
        const DrawnCall call = with_text(added);
        if (last && next && last->row == next->row) {
            Drawing& before = rows_[last->row][last->call];
            before.calls.push_back(call);
            before.changed = true;
        } else if (last && waits.count(call.name) == 0 && !is_late_) {
            behind_[last->row].push_back(call);
        } else {
            is_late_ = true;  // and so is what follows
            (next ? before_[next->row] : at_the_end_).push_back(call);
        }
    }

    // --- and their text ----------------------------------------------------------------------

    std::string text() {
        std::map<std::size_t, std::size_t> row_at;  // by its line, from 0
        for (std::size_t row = 0; row < rows_.size(); ++row)
            row_at[static_cast<std::size_t>(diagram_.rows[row].line) - 1] = row;
        std::size_t last_end = lines_.size();
        for (std::size_t i = 0; i < lines_.size(); ++i)
            if (lines_[i].find_first_not_of(' ') == lines_[i].find("end")) last_end = i;

        std::vector<std::string> said;  // in the comments above the next row
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            if (i == last_end) write_calls(at_the_end_, diagram_.program());
            const auto row = row_at.find(i);
            if (row != row_at.end())
                write_row(row->second, lines_[i], std::exchange(said, {}));
            else if (is_said_of_a_row(lines_[i]))
                said.push_back(lines_[i]);
            else
                write_line(lines_[i]);
        }
        return std::move(text_);
    }

    static bool is_said_of_a_row(const std::string& line) {
        const std::size_t start = line.find_first_not_of(' ');
        if (start == std::string::npos) return false;
        return line.compare(start, 3, "%%!") == 0 || line.compare(start, 3, "%%?") == 0;
    }

    void write_line(const std::string& line) { text_ += line + '\n'; }

    void write_row(std::size_t number, const std::string& line,
                   const std::vector<std::string>& said) {
        const Row& row = diagram_.rows[number];
        write_calls(before_[number], diagram_.program());
        const std::vector<Drawing>& drawings = rows_[number];
        std::vector<DrawnCall> calls;
        for (const Drawing& drawing : drawings)
            calls.insert(calls.end(), drawing.calls.begin(), drawing.calls.end());
        const bool changed = std::any_of(drawings.begin(), drawings.end(),
                                         [](const Drawing& drawing) { return drawing.changed; });
        if (!changed || !calls.empty())
            for (const std::string& comment : said) write_line(comment);
        if (changed)
            write_note_and_arrows(calls, row.actor);
        else
            write_line(line);
        write_calls(behind_[number], diagram_.program());
    }

    // New rows, one for each call.
    void write_calls(const std::vector<DrawnCall>& calls, const std::string& who) {
        for (const DrawnCall& call : calls) write_note_and_arrows({call}, who);
    }

    void write_note_and_arrows(const std::vector<DrawnCall>& calls, const std::string& who) {
        std::string note;
        for (const DrawnCall& call : calls) {
            if (!is_arrow(call)) {
                note += (note.empty() ? "" : ", ") + call.text;
                continue;
            }
            write_note(std::exchange(note, {}), who);
            write_line(indent + who + "->>" + call.peer + ": " + call.text);
        }
        write_note(note, who);
    }

    void write_note(const std::string& calls, const std::string& who) {
        if (!calls.empty()) write_line(indent + "Note over " + who + ": " + calls);
    }

    inline static const std::string indent = std::string(8, ' ');

    const Diagram& diagram_;
    const std::vector<std::string> lines_;
    std::vector<std::vector<Drawing>> rows_;  // what has become of each call of each row
    // New rows of the program.
    std::map<std::size_t, std::vector<DrawnCall>> before_, behind_;
    std::vector<DrawnCall> at_the_end_;
    bool is_late_ = false;  // the calls that are added stand right above the next one
    std::string text_;
};

}  // namespace

std::string redraw(const Diagram& diagram, std::string_view source,
                   const Performance& performance) {
    return Redrawing(diagram, source).run(performance);
}

}  // namespace course
