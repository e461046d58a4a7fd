// The text of a paragraph without Markdown's marks.
#pragma once

#include <string>
#include <string_view>

namespace coach {

// Emphasis and `code` lose their marks; code of several words keeps them, or nobody would see where
// it ends. A link is its text and its path, from the project's folder: `folder` is where the text
// itself is. A picture is "picture: path (what it shows)". A mark without its partner stays.
std::string prose(std::string_view markdown, const std::string& folder);

}  // namespace coach
