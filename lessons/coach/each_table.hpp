// The results of a class, for people, for a spreadsheet and for programs. Each row is printed as
// soon as it is known.
#pragma once

#include "each.hpp"

#include <ostream>
#include <string>
#include <vector>

namespace coach {

class EachTable {
public:
    EachTable(std::ostream& out, Format format, const std::vector<HandIn>& hand_ins,
              std::size_t asked);
    void add(const HandInResult& result);
    // Also when not all hand-ins were checked.
    void end();
    bool all_passed() const { return good_ == all_; }

private:
    void add_line(const HandInResult& result);
    void add_csv(const HandInResult& result);
    void add_json(const HandInResult& result);

    std::ostream& out_;
    Format format_;
    std::size_t asked_;      // lessons
    std::size_t all_;        // hand-ins
    std::size_t width_ = 0;  // of the names
    std::size_t done_ = 0;
    std::size_t good_ = 0;
};

// A field of a CSV file. What a spreadsheet would take for a formula, and run, gets a ' before it.
std::string csv_field(const std::string& text);

}  // namespace coach
