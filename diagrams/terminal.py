"""A real terminal that a script types into and looks at, with tmux. diagrams/record uses it."""

import re
import subprocess
import time

COLUMNS = 80


class Desk:
    """All terminals of one recording: a tmux server of their own, which ends with them."""

    def __init__(self, socket, environment):
        self.socket, self.environment = str(socket), environment

    def tmux(self, *words):
        command = ["tmux", "-f", "/dev/null", "-S", self.socket, *words]
        done = subprocess.run(command, env=self.environment, check=True, capture_output=True)
        return done.stdout.decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True, check=False)


class Terminal:
    """One terminal. What is wider than 80 columns is broken when it is looked at, not before: so
    what is scrubbed from a long line does not move its break."""

    def __init__(self, desk, name, label, folder, rows, scrub, wide=COLUMNS):
        self.desk, self.name, self.label, self.rows, self.scrub = desk, name, label, rows, scrub
        desk.tmux("new-session", "-d", "-s", name, "-x", str(wide), "-y", str(rows), "-c", str(folder),
                  "env PS1='$ ' bash --norc --noprofile", ";", "set", "status", "off")
        self.wait("$")

    def press(self, *keys):
        self.desk.tmux("send-keys", "-t", self.name, *keys)

    def type(self, text):
        """Types, and waits until it is there, left of the cursor."""
        wanted = self.left_of_cursor() + text
        last = "\\;" if text[-1] == ";" else text[-1]  # a bare one would end tmux's command
        self.desk.tmux("send-keys", "-t", self.name, "-l", "--", text[:-1] + last)
        self.wait_left(wanted)

    def wait_left(self, text):
        self.until(lambda: self.left_of_cursor().endswith(text), f"{text!r} left of the cursor")

    def wait(self, text):
        self.until(lambda: text in self.text(), f"{text!r}")

    def until(self, holds, what):
        """Waits for what has to come, at most ten minutes: a machine may have a lot to build."""
        end = time.monotonic() + 600
        while not holds():
            if time.monotonic() > end:
                raise SystemExit(f"{self.label}: waited in vain for {what}\n{self.text()}")
            time.sleep(0.05)

    def text(self):
        return self.desk.tmux("capture-pane", "-p", "-t", self.name)

    def cursor(self):
        words = "#{cursor_x} #{cursor_y} #{cursor_flag}"
        x, y, shown = map(int, self.desk.tmux("display", "-p", "-t", self.name, words).split())
        return x, y, shown

    def capture(self):
        text = self.desk.tmux("capture-pane", "-e", "-N", "-p", "-t", self.name)
        return self.cursor(), self.scrub(text)

    def left_of_cursor(self):
        x, y, _ = self.cursor()
        return self.text().split("\n")[y].ljust(x)[:x]

    def look(self):
        """Label, rows of runs, and where the cursor is, or None, once nothing moves any more."""
        seen = [None]

        def rests():
            seen.append(self.capture())
            return seen[-1] == seen[-2]

        self.until(rests, "a screen that rests")
        (x, y, shown), coloured = seen[-1]
        rows, style = [], frozenset()
        for number, line in enumerate(coloured.split("\n")[:self.rows]):
            cells, style = cells_of(line, style)
            while cells and cells[-1][0] == " " and "r" not in cells[-1][1]:
                cells.pop()
            if number == y:
                x, y_seen = x % COLUMNS, len(rows) + x // COLUMNS
            pieces = [cells[at:at + COLUMNS] for at in range(0, max(1, len(cells)), COLUMNS)]
            rows += map(runs_of, pieces)
        lost = max(0, len(rows) - self.rows)  # what a real one would have scrolled away
        while lost and not rows[-1]:
            rows.pop()
            lost -= 1
        return self.label, tuple(rows[lost:]), (x, y_seen - lost) if shown else None


def cells_of(line, style):
    """Each character with its style, which goes on into the next line."""
    cells = []
    for codes, text in re.findall(r"\x1b\[([\d;]*)m|([^\x1b]+)", line):
        if not text:
            style = styled(style, codes.split(";"))
        cells += [(letter, style) for letter in text]
    return cells, style


def styled(style, codes):
    """A style is a set of names: b(old), d(im), r(everse), and c1 to c15 for a colour."""
    names = {"1": "b", "2": "d", "7": "r"}
    for code in codes:
        if code in ("", "0"):
            style = frozenset()
        elif code in names:
            style |= {names[code]}
        elif code[:1] in ("3", "9") and len(code) == 2:
            style = frozenset(name for name in style if name[0] != "c")
            if code != "39":
                style |= {f"c{int(code[1]) + (8 if code[0] == '9' else 0)}"}
    return style


def runs_of(cells):
    """(column, text, style) of each stretch of one style, without blanks at the end."""
    runs = []
    for column, (letter, style) in enumerate(cells):
        if runs and runs[-1][2] == style:
            runs[-1] = (runs[-1][0], runs[-1][1] + letter, style)
        else:
            runs.append((column, letter, style))
    return tuple(run for run in runs if "r" in run[2] or run[1].strip())
