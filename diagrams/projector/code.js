"use strict";
// The solution beside the diagram, with the line marked that makes the call.

const DEEPEST = 16;  // more would leave no room for the line itself

function showCode(pane, name, text, line, marks) {
  if (pane.shown !== text) drawCode(pane, name, text);
  for (const marked of pane.querySelectorAll(".marked")) {
    marked.classList.remove("marked");
    marked.removeAttribute("aria-current");
  }
  const row = pane.lines[line - 1];
  if (row && marks) {
    row.classList.add("marked");
    row.setAttribute("aria-current", "true");
  }
  return row ? [row] : [];
}

function drawCode(pane, name, text) {
  pane.shown = text;
  pane.textContent = "";
  pane.lines = text.replace(/\n$/, "").split("\n").map(drawLine);
  pane.append(make("p", "file", name), ...pane.lines);
}

function drawLine(line, index) {
  const row = make("div", "line" + (/^\s*\/\//.test(line) ? " comment" : ""));
  const code = make("code");
  const words = line.trimStart();
  // A line that is too long goes on a little to the right of where it begins, at a good place.
  row.style.setProperty("--indent", Math.min(line.length - words.length, DEEPEST));
  for (const part of words.split(/([^(,]*(?:[(,]|::))/)) code.append(part, make("wbr"));
  row.append(make("span", "number", String(index + 1)), code);
  return row;
}
