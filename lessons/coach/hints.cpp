#include "hints.hpp"

#include "prose.hpp"
#include "text.hpp"
#include "typeset.hpp"

namespace coach {

namespace {

// Each hint without the next one, which is inside it.
void collect_hints(const std::vector<Block>& blocks, const Look& look,
                   std::vector<std::string>& hints) {
    for (const Block& block : blocks) {
        if (block.kind != Block::Kind::fold) continue;
        if (starts_with(block.text, "Hint ")) {
            std::vector<Block> own = block.blocks;
            std::erase_if(own, [](const Block& inner) { return inner.kind == Block::Kind::fold; });
            std::string text = prose(block.text, look.folder) + '\n';
            for (const DrawnLine& drawn : typeset(own, look)) text += '\n' + drawn.line.text;
            hints.push_back(text);
        }
        collect_hints(block.blocks, look, hints);
    }
}

}  // namespace

std::vector<std::string> read_hints(std::string_view readme, const std::string& folder) {
    Look look;
    look.unbroken = true;  // who shows them breaks their lines
    look.folder = folder;
    std::vector<std::string> hints;
    collect_hints(parse_markdown(readme), look, hints);
    return hints;
}

}  // namespace coach
