"""Draws screens of terminals as one SVG that shows one after the other. diagrams/record uses it.

Every line that differs is drawn once, every picture once, and the pictures hang one below the other
like a strip of film, which moves behind a window.
"""

import html

import filmstrip

WIDTH, MARGIN, CELL, ROW = 840, 20, 10, 20
LABEL, BAND = 30, 58  # the heights of a terminal's title, and of what is said below

# Its own dark paper with an edge: it looks the same on a light page and on a dark one.
STYLE = """text{fill:#e6edf3;white-space:pre}
.paper{fill:#161b22;stroke:#6e7681}
.bar{fill:#2d333b}
.label{font:15px sans-serif;fill:#c4ccd4}
.said{font:19px sans-serif;fill:#fff}
.b{font-weight:bold}
.d{fill:#a5afba}
.r{fill:#161b22}
rect.r,.cursor{fill:#c4ccd4}
.c1,.c9{fill:#ff8d85}
.c2,.c10{fill:#5fdd6d}
.c3,.c11{fill:#e8bd50}
.c4,.c12{fill:#86c6ff}
.c5,.c13{fill:#d9b5ff}
.c6,.c14{fill:#7ce8ee}
"""


class Picture:
    def __init__(self, rows):
        self.height = LABEL + rows * ROW + BAND
        self.names, self.lines, self.cells, self.shows = {}, [], {}, []

    def show(self, seconds, caption, *screens):
        """The next thing to be seen: terminals, each a label, its rows and its cursor."""
        cell = (caption, *screens)
        at = self.cells.setdefault(cell, len(self.cells))
        if self.shows and self.shows[-1][1] == at:
            seconds += self.shows.pop()[0]
        self.shows.append((seconds, at))

    def line(self, runs):
        """The name of a line, which is drawn when it comes for the first time."""
        if runs not in self.names:
            self.names[runs] = f"l{len(self.names)}"
            drawn = "".join(map(draw_run, runs))
            self.lines.append(f'<g id="{self.names[runs]}">{drawn}</g>\n')
        return self.names[runs]

    def draw_cell(self, caption, screens):
        parts, y = [], 0
        for label, rows, cursor in screens:
            parts.append(f'<use href="#bar" y="{y}"/><text class="label" x="{MARGIN}" y="{y + 20}">'
                         f"{html.escape(label)}</text>")
            y += LABEL
            if cursor:
                parts.append(f'<use href="#at" x="{cursor[0] * CELL}" y="{y + cursor[1] * ROW}"/>')
            parts += [f'<use href="#{self.line(runs)}" y="{y + row * ROW}"/>'
                      for row, runs in enumerate(rows) if runs]
            y += len(rows) * ROW
        said = (f'<use href="#band"/><text class="said" x="{WIDTH // 2}" y="{self.height - 22}" '
                f'text-anchor="middle">{html.escape(caption)}</text>')
        return "".join(parts) + said

    def draw(self, title, about, notes, still):
        """`still` is the caption of the picture to be seen without motion."""
        cells = [f'<g transform="translate(0,{at * self.height})">{self.draw_cell(caption, screens)}'
                 "</g>\n" for (caption, *screens), at in self.cells.items()]
        rest = max(at for (caption, *_), at in self.cells.items() if caption == still)
        moves = [(seconds, -at * self.height) for seconds, at in self.shows]
        return "".join([
            f"<!-- {notes} -->\n",
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" '
            'font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" '
            f'font-size="16.6" xml:space="preserve" role="img"><title>{html.escape(title)}</title>'
            f"<desc>{html.escape(about)}</desc>\n<style>{STYLE}",
            f".strip{{transform:translateY({-rest * self.height}px)}}\n",
            filmstrip.steps("strip", moves), "</style>\n<defs>",
            f'<rect id="at" class="cursor" x="{MARGIN}" width="{CELL}" height="{ROW}"/>',
            f'<rect id="bar" class="bar" width="{WIDTH}" height="{LABEL}"/>',
            f'<rect id="band" class="bar" y="{self.height - BAND + 10}" width="{WIDTH}" '
            f'height="{BAND}"/>\n', *self.lines, "</defs>\n",
            f'<rect class="paper" width="{WIDTH}" height="{self.height}"/>\n',
            f'<svg width="{WIDTH}" height="{self.height}"><g class="strip">\n', *cells,
            "</g></svg>\n</svg>\n"])

    def seconds(self):
        return sum(seconds for seconds, _ in self.shows)


def draw_run(run):
    column, text, style = run
    x, wide = MARGIN + column * CELL, len(text) * CELL
    names = " ".join(sorted(style))
    classes = f' class="{names}"' if names else ""
    paper = f'<rect class="r" x="{x}" width="{wide}" height="{ROW}"/>' if "r" in style else ""
    bare = text.strip()
    if not bare:
        return paper
    x += (len(text) - len(text.lstrip())) * CELL
    # The length holds the columns in place, whatever font the reader has.
    return (f'{paper}<text{classes} x="{x}" y="15" textLength="{len(bare) * CELL}">'
            f"{html.escape(bare, quote=False)}</text>")
