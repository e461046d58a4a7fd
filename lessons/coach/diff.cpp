#include "diff.hpp"

#include <algorithm>

namespace coach {

// The textbook's longest common subsequence: its table has a cell for each pair of lines, which is
// nothing for files of a few hundred.
std::vector<DiffLine> diff(const std::vector<std::string>& first,
                           const std::vector<std::string>& second) {
    const std::size_t width = second.size() + 1;
    std::vector<std::size_t> common((first.size() + 1) * width, 0);  // from line i and j on
    const auto cell = [&](std::size_t i, std::size_t j) -> std::size_t& {
        return common[i * width + j];
    };
    for (std::size_t i = first.size(); i-- > 0;)
        for (std::size_t j = second.size(); j-- > 0;)
            cell(i, j) = first[i] == second[j] ? cell(i + 1, j + 1) + 1
                                               : std::max(cell(i + 1, j), cell(i, j + 1));
    std::vector<DiffLine> lines;
    std::size_t i = 0, j = 0;
    while (i < first.size() || j < second.size()) {
        if (i < first.size() && j < second.size() && first[i] == second[j]) {
            lines.push_back({' ', first[i]});
            ++i, ++j;
        } else if (j == second.size() || (i < first.size() && cell(i + 1, j) >= cell(i, j + 1))) {
            lines.push_back({'-', first[i++]});
        } else {
            lines.push_back({'+', second[j++]});
        }
    }
    return lines;
}

}  // namespace coach
