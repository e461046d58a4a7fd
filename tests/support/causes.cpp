#include "causes.hpp"

#include "signs.hpp"

#include <algorithm>
#include <set>

namespace harness {
namespace {

// A function's own, because the lessons' objects are made before main, in any order.
std::vector<const LessonCauses*>& registered() {
    static std::vector<const LessonCauses*> lessons;
    return lessons;
}

struct Candidate {
    const LessonCauses* from;
    const Rule* rule;
};

// True when a chain of special cases leads from this rule to the name.
bool is_special_case(const Candidate& special, std::string_view general) {
    std::string_view name = special.rule->special_case_of;
    for (std::size_t steps = 0; !name.empty() && steps < special.from->rules.size(); ++steps) {
        if (name == general) return true;
        const auto& rules = special.from->rules;
        const auto next =
            std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.name == name; });
        name = next == rules.end() ? std::string_view() : next->special_case_of;
    }
    return false;
}

bool wins(const Candidate& one, const Candidate& other) {
    if (one.rule->basis != other.rule->basis) return one.rule->basis < other.rule->basis;
    if (one.from != other.from) return one.from->lesson > other.from->lesson;
    return is_special_case(one, other.rule->name);
}

std::vector<Candidate> all_that_fit(const Evidence& evidence,
                                    const std::vector<const LessonCauses*>& lessons) {
    std::vector<Candidate> fitting;
    for (const LessonCauses* from : lessons)
        for (const Rule& rule : from->rules)
            if (rule.fits(evidence)) fitting.push_back({from, &rule});
    // Where none wins, there has to be some order that is the same each time.
    std::sort(fitting.begin(), fitting.end(), [](const Candidate& one, const Candidate& other) {
        return one.rule->name < other.rule->name;
    });
    return fitting;
}

// The one that no other wins against.
const Candidate& best_of(const std::vector<Candidate>& fitting) {
    const Candidate* best = &fitting.front();
    for (const Candidate& other : fitting)
        if (wins(other, *best)) best = &other;
    return *best;
}

Cause cause_of(const Candidate& candidate, const Evidence& evidence) {
    const Rule& rule = *candidate.rule;
    return {std::string(rule.name), replace_all(rule.text, "{error}", last_line(evidence.errors)),
            std::string(candidate.from->lesson), "What goes wrong", std::string(rule.row)};
}

// The text around a place, and behind it the place where this comes later, if it does.
std::string excerpt(const std::string& text, std::size_t place, const std::string& later) {
    constexpr std::size_t enough = 1234567;  // no buffer has this size
    const std::size_t begin = place > enough ? place - enough : 0;
    const std::size_t end = place + enough;
    std::string cut = text.substr(std::min(begin, text.size()), end - begin);
    if (end >= text.size() || later.empty()) return cut;
    const std::size_t at = text.find(later, end);
    return at == std::string::npos ? cut : cut + text.substr(at, enough);
}

// Of a long conversation the rules look at what is around the difference: there are many of them.
void keep_what_matters(Evidence& evidence) {
    constexpr std::size_t long_one = std::size_t{1} << 22;
    constexpr std::size_t proof = 16;
    if (evidence.expected.size() < long_one) return;
    const std::size_t difference = first_difference(evidence.expected, evidence.got);
    if (difference == std::string::npos) return;
    std::string sent;
    for (const std::string& message : evidence.sent) sent += message;
    const std::string came = evidence.got.substr(std::min(difference, evidence.got.size()), proof);
    const std::string missing = evidence.expected.substr(difference, proof);
    evidence.sent = {excerpt(sent, difference, came)};
    evidence.expected = excerpt(evidence.expected, difference, came);
    evidence.got = excerpt(evidence.got, difference, missing);
}

Cause unexplained(const Evidence& evidence, const std::vector<const LessonCauses*>& lessons) {
    std::string lesson = evidence.lesson;
    if (lesson.empty() && !lessons.empty()) lesson = lessons.back()->lesson;
    return {"unexplained",
            "none of the mistakes that the tests know fits. Compare what was expected with what "
            "came, and with what the program did.",
            lesson,
            "What goes wrong",
            {}};
}

}  // namespace

Known::Known(const LessonCauses& lesson) { registered().push_back(&lesson); }

std::vector<const LessonCauses*> lessons_up_to(std::string_view lesson) {
    std::vector<const LessonCauses*> found;
    for (const LessonCauses* one : registered())
        if (lesson.empty() || one->lesson <= lesson) found.push_back(one);
    std::sort(found.begin(), found.end(), [](const LessonCauses* one, const LessonCauses* other) {
        return one->lesson < other->lesson;
    });
    return found;
}

std::vector<Experiment> experiments_up_to(std::string_view lesson) {
    std::vector<Experiment> all;
    for (const LessonCauses* from : lessons_up_to(lesson))
        all.insert(all.end(), from->experiments.begin(), from->experiments.end());
    std::stable_sort(all.begin(), all.end(), [](const Experiment& one, const Experiment& other) {
        return one.cost < other.cost;
    });
    return all;
}

Verdict judge(Evidence evidence) {
    const std::vector<const LessonCauses*> lessons = lessons_up_to(evidence.lesson);
    return judge(std::move(evidence), lessons);
}

Verdict judge(Evidence evidence, const std::vector<const LessonCauses*>& lessons) {
    // Once: a conversation can be long, and the rules ask often.
    keep_what_matters(evidence);
    evidence.difference = first_difference(evidence.expected, evidence.got);
    evidence.calls = read_trace(evidence.trace);
    const std::vector<Candidate> fitting = all_that_fit(evidence, lessons);
    if (fitting.empty()) return {unexplained(evidence, lessons), {}, {}};

    const Candidate& best = best_of(fitting);
    Verdict verdict{cause_of(best, evidence), {}, {}};
    std::set<std::string> others;
    for (const Candidate& other : fitting) {
        if (other.rule == best.rule) continue;
        if (!wins(best, other)) verdict.rival = other.rule->name;
        if (other.rule->name != best.rule->name) others.emplace(other.rule->name);
    }
    verdict.also_fits.assign(others.begin(), others.end());
    return verdict;
}

}  // namespace harness
