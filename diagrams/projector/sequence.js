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
  root.append(drawParticipants(diagram));
  const body = make("div", "body");
  body.append(drawLifelines(diagram));
  root.rows = [];
  for (const phase of diagram.phases) body.append(drawPhase(diagram, phase, root.rows));
  root.append(body);
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

function drawPhase(diagram, phase, rows) {
  const section = make("section", "phase " + colourOf(phase));
  if (phase.title) section.append(make("h2", "", phase.title));
  for (const row of phase.rows) {
    const element = drawRow(diagram, row);
    section.append(element);
    rows.push(element);
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
  const shown = step.kind === "question" ? step.row - 1 : step.row;
  root.rows.forEach((row, number) => {
    row.classList.toggle("later", number > shown);
    row.classList.toggle("current", number === shown && step.kind === "row");
    row.classList.toggle("asked", number === step.row && step.kind === "question");
  });
  for (const phase of root.querySelectorAll(".phase"))
    phase.classList.toggle("later", !phase.querySelector(".row:not(.later), .row.asked"));
  const last = root.rows[Math.max(step.row, 0)];
  const reached = last && step.kind !== "title" ? bottomOf(last) : 0;
  root.style.setProperty("--reached", reached + "px");
  return last ? [last] : [];
}

// Below the top of the body, where the lifelines begin.
function bottomOf(row) { return row.offsetTop + row.offsetHeight; }
