// A lesson's hints, from its text: what is folded there under "Hint N: ...".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace coach {

// The first line of each is its title, and then comes an empty one. `folder`: where the text is,
// from the project's folder.
std::vector<std::string> read_hints(std::string_view readme, const std::string& folder);

}  // namespace coach
