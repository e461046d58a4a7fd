"use strict";
// Draws a sequence diagram: a column for each participant, a row for each row of the source. Text
// keeps its size and wraps; it never shrinks with the width.

const COLOURS = {  // of the phases, as the sources write them: each theme has its own tint of it
  "86,180,233": "sky", "204,121,167": "rose", "0,158,115": "green",
  "230,159,0": "orange", "213,94,0": "red",
};

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function colourOf(phase) {
  const rgb = /(\d+,\d+,\d+)/.exec(phase.colour);
  return (rgb && COLOURS[rgb[1]]) || "none";
}

// The element has its rows in `rows`, in the order of the source.
function drawSequence(diagram) {
  const count = diagram.participants.length;
  const root = make("div", "sequence" + (count > 4 ? " crowd" : ""));
  root.style.setProperty("--columns", count);
  const body = make("div", "body");
  Object.assign(root, { rows: [], phases: [], shown: Infinity, marked: [] });
  root.lifelines = drawLifelines(diagram);
  root.curtain = make("div", "curtain");
  body.append(root.lifelines, ...diagram.phases.map((phase) => drawPhase(diagram, phase, root)),
              root.curtain);
  root.append(drawParticipants(diagram), body);
  return root;
}

function drawParticipants(diagram) {
  const heads = make("div", "participants columns");
  for (const { name } of diagram.participants) {
    const cell = make("div", "participant");
    cell.append(make("span", "", name));
    heads.append(cell);
  }
  return heads;
}

function drawLifelines(diagram) {
  const lines = make("div", "lifelines columns");
  lines.setAttribute("aria-hidden", "true");
  diagram.participants.forEach(() => lines.append(make("i", "lifeline")));
  return lines;
}

function drawPhase(diagram, phase, root) {
  const section = make("section", "phase " + colourOf(phase));
  root.phases.push({ section, first: root.rows.length });
  if (phase.title) section.append(make("h2", "", phase.title));
  for (const row of phase.rows) {
    const element = drawRow(diagram, row);
    section.append(element);
    root.rows.push(element);
  }
  return section;
}

function drawRow(diagram, row) {
  const element = make("div", "row columns" + (row.wire ? " wire" : ""));
  element.append(row.note ? drawNote(diagram, row) : drawArrow(diagram, row));
  return element;
}

function columnOf(diagram, id) {
  return diagram.participants.findIndex((one) => one.id === id) + 1;
}

// A name that only the ear needs: the eye sees in which column the row is.
function addWords(label, row, before) {
  if (before) label.append(make("span", "unseen", before + ": "));
  if (row.wire) label.append(make("em", "tag", "wire"), " ");
  label.append(row.text);
}

function drawNote(diagram, row) {
  const from = columnOf(diagram, row.actor), to = columnOf(diagram, row.last);
  const cell = make("div", "note");
  cell.style.gridColumn = from + " / " + (to + 1);
  if (from > 1 && to < diagram.participants.length) cell.classList.add("inner");
  const label = make("span", "label");
  addWords(label, row, from === to ? nameOf(diagram, row.actor) : "");
  cell.append(label);
  return cell;
}

// The label above, the line below it. The line ends in the middle of the two columns.
function drawArrow(diagram, row) {
  const from = columnOf(diagram, row.actor), to = columnOf(diagram, row.peer);
  const first = Math.min(from, to), count = Math.abs(from - to) + 1;
  const cell = make("div", "arrow " + (from <= to ? "right" : "left"));
  if (row.bothWays) cell.classList.add("both");
  cell.style.gridColumn = first + " / span " + count;
  cell.style.setProperty("--span", count);
  const label = make("span", "label");
  addWords(label, row, nameOf(diagram, row.actor) + " to " + nameOf(diagram, row.peer));
  const line = make("i", "line");
  if (row.bothWays) line.append(make("i", "other-head"));
  cell.append(label, line);
  return cell;
}

// Shows the rows up to the step, and marks the one that the step is about. At a question its place
// is there, and a question mark in it. Gives what the camera looks at.
function revealSequence(root, step) {
  const asks = step.kind === "question";
  showRows(root, asks ? step.row - 1 : step.row);
  for (const { section, first } of root.phases) section.classList.toggle("later", first > step.row);
  const row = root.rows[step.row];
  markRow(root, row, asks ? "asked" : "current");
  root.style.setProperty("--heads", root.firstElementChild.offsetHeight + "px");
  const reached = row ? row.offsetTop + row.offsetHeight : 0;  // below the top of the body
  root.lifelines.style.height = root.curtain.style.top = reached + "px";
  return row ? [row] : [];
}

// A run has hundreds of rows: only those are touched that change.
function showRows(root, shown) {
  const low = Math.min(root.shown, shown), high = Math.max(root.shown, shown);
  for (let row = low + 1; row <= Math.min(high, root.rows.length - 1); ++row)
    root.rows[row].classList.toggle("later", row > shown);
  root.shown = shown;
}

function markRow(root, row, mark) {
  for (const marked of root.marked) marked.classList.remove("asked", "current");
  root.marked = row ? [row] : [];
  if (row) row.classList.add(mark);
}
