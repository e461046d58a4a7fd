"""Makes diagrams/projector.html: the page, its style and scripts, all diagrams, and the code that
they show, in one file that needs no other. The same sources give the same bytes."""

import json
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
DIAGRAMS = HERE.parent
PROJECT = DIAGRAMS.parent

# In this order: each uses only what stands in those before it, until the last one starts the page.
SCRIPTS = ["parse", "steps", "sequence", "walk", "camera", "code", "compare", "projector", "run",
           "keys", "speaker", "handout", "start"]


def fnv1a(data):
    """FNV-1a, 64 bits, without carriage returns: the same in a checkout with Windows' line ends."""
    value = 0xCBF29CE484222325
    for byte in data.replace(b"\r", b""):
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def read(path):
    return path.read_bytes().decode("utf-8").replace("\r", "")


def lesson_of(name):
    """The lesson's folder that the diagram's name begins with; none for one of the whole course."""
    for folder in sorted(PROJECT.glob("lessons/[0-9][0-9]-*")):
        if name == folder.name or name.startswith(folder.name + "-"):
            return folder.name
    return ""


def code_of(source, lesson):
    """The solution's files that the steps point at."""
    names = sorted(set(re.findall(r"^\s*%%!\s*(\S+):\d+\s*\|", source, re.MULTILINE)))
    return {name: read(PROJECT / "solutions" / lesson / name) for name in names}


def diagram(path):
    source, name = read(path), path.stem
    title = re.search(r"^\s*accTitle:\s*(.*)$", source, re.MULTILINE)
    lesson = lesson_of(name)
    data = {
        "name": name,
        "lesson": lesson,
        "title": title[1].strip() if title else name,
        "kind": "sequence" if re.search(r"^sequenceDiagram$", source, re.MULTILINE) else "walk",
        "hash": fnv1a(path.read_bytes()),
        "source": source,
        "code": code_of(source, lesson),
    }
    if data["kind"] == "walk":
        data["svg"] = read(path.with_suffix(".svg"))
    return data


def line_of(data):
    """One line. Inside a script element no "<" may stand, whatever the text is."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return (f'<script type="application/json" class="diagram" data-name="{data["name"]}">'
            f"{text}</script>")


def page():
    diagrams = [diagram(path) for path in DIAGRAMS.glob("*.mmd")]
    diagrams.sort(key=lambda data: (data["lesson"], data["name"]))
    parts = {
        "projector.css": read(HERE / "projector.css"),
        "diagrams": "\n".join(line_of(data) for data in diagrams),
        "scripts": "\n".join(f"<script>\n{read(HERE / (name + '.js'))}</script>"
                             for name in SCRIPTS),
    }
    return re.sub(r"\{\{(.*?)\}\}", lambda found: parts[found[1]], read(HERE / "page.html"))


def write():
    (DIAGRAMS / "projector.html").write_bytes(page().encode("utf-8"))
    print("projector.html")
