"use strict";
// The page: which diagram it shows, at which step, and that the address says so.

const $ = (id) => document.getElementById(id);

const entries = [...document.querySelectorAll("script.diagram")]
  .map((one) => JSON.parse(one.textContent));
const view = {
  entry: null, diagram: null, steps: [], step: 0, drawing: null, comparison: null, zoom: 1,
};

function entryNamed(name) { return entries.find((entry) => entry.name === name); }

// The address ------------------------------------------------------------------------------------

function readAddress() {
  const [name, step] = window.location.hash.slice(1).split("/");  // names need no decoding
  return { entry: entryNamed(name), step: Number(step) || 0 };
}

function writeAddress(hash) {
  if (window.location.hash === hash) return;
  try {
    window.history.pushState(null, "", hash);
  } catch (refused) {  // Safari allows a hundred in half a minute
    window.location.hash = hash;
  }
}

function openAddress() {
  const { entry, step } = readAddress();
  if (entry) showStep(entry, step, true);
  else showContents();
}

// A diagram --------------------------------------------------------------------------------------

function openDiagram(entry) {
  const diagram = parseSource(entry.source);
  Object.assign(view, { entry, diagram, steps: stepsOf(diagram), comparison: null });
  view.drawing = draw(entry, diagram);
  $("stage").textContent = "";
  $("stage").append(view.drawing);
  $("title").textContent = titleOf();
  $("description").textContent = diagram.description;
  document.title = titleOf() + " · echo-server";
  $("choose").value = entry.name;
  openBeside(entry);
  arrange();
}

function titleOf() { return view.diagram.title || view.entry.title; }

function draw(entry, diagram) {
  return diagram.kind === "sequence" ? drawSequence(diagram) : drawWalk(diagram, entry.svg);
}

function showStep(entry, step, jump) {
  const changed = entry !== view.entry;
  leaveContents();
  if (changed) openDiagram(entry);
  view.step = Math.max(0, Math.min(step, view.steps.length - 1));
  showHere(jump || changed);
}

// Everything that depends on the step.
function showHere(jump) {
  const step = view.steps[view.step];
  tellPlace();
  sayStep(step);
  const centre = reveal(step);
  follow($("stage"), step.kind === "title" ? [] : centre, jump);
  showCodeOf(step, jump);
  showBeside(step, jump);
  tellSpeaker();
}

// Gives what the camera looks at.
function reveal(step) {
  if (view.diagram.kind === "sequence") return revealSequence(view.drawing, step);
  const room = roomFor($("stage"));
  sizeWalk(view.drawing, room, textSize());
  return revealWalk(view.drawing, step, room);
}

function tellPlace() {
  const last = view.steps.length - 1;
  $("count").textContent = view.step + " / " + last;
  $("progress").firstElementChild.style.width = 100 * view.step / Math.max(1, last) + "%";
}

function go(step) {
  showStep(view.entry, step, false);
  writeAddress("#" + view.entry.name + "/" + view.step);
}

function goTo(entry, step) {
  showStep(entry, step, true);
  writeAddress("#" + entry.name + "/" + view.step);
}

const left = new Map();  // diagram -> the step at which it was left

function goBy(diagrams) {
  left.set(view.entry.name, view.step);
  const next = entries[entries.indexOf(view.entry) + diagrams];
  if (next) goTo(next, left.get(next.name) || 0);
}

// Below the diagram ------------------------------------------------------------------------------

function said(className, head, text) {
  const line = make("p", className);
  if (head) line.append(make("b", "", head), " ");
  line.append(text);
  return line;
}

function sayStep(step) {
  const row = view.diagram.rows[step.row], lines = [];
  if (step.kind === "title") lines.push(said("opening", "", titleOf()));
  if (step.kind === "question") lines.push(said("question", "Question", row.question));
  if (step.kind === "row") lines.push(...sayRow(row));
  if (step.kind === "end") lines.push(said("caption", "What we saw", view.diagram.description), sayNext());
  if (view.comparison)
    lines.push(said(view.comparison.parts ? "parting" : "together", "",
                    partingInWords(view.comparison)));
  $("said").textContent = "";
  $("said").append(...lines);
}

function sayNext() {
  const next = entries[entries.indexOf(view.entry) + 1];
  return said("plain", "", next ? "n goes on to: " + optionText(next) + "." : "This was the last diagram.");
}

function sayRow(row) {
  const words = rowInWords(view.diagram, row), lines = [];
  if (row.answer) lines.push(said("answer", "Answer", row.answer));
  if (row.caption) lines.push(said("unseen", "", words + "."), said("caption", "", row.caption));
  else lines.push(said("caption plain", "", words));
  return lines;
}

// The code beside it -----------------------------------------------------------------------------

function codeFiles() { return Object.keys(view.entry.code || {}); }

function fileName(file) { return "solutions/" + view.entry.lesson + "/" + file; }

// The last line that a step has named stays in view, and is marked if it is this step's.
function showCodeOf(step, jump) {
  const rows = view.diagram.rows.slice(0, step.row + 1).filter((row) => row.code);
  const code = rows.length > 0 ? rows[rows.length - 1].code : { file: codeFiles()[0], line: 1 };
  const text = (view.entry.code || {})[code.file];
  if (text === undefined || $("code").hidden) return;
  const isThis = step.kind === "row" && view.diagram.rows[step.row].code === code;
  follow($("code"), showCode($("code"), fileName(code.file), text, code.line, isThis), jump);
}

// All diagrams -----------------------------------------------------------------------------------

function byLesson() {
  const lessons = new Map();
  for (const entry of entries)
    lessons.set(entry.lesson, [...(lessons.get(entry.lesson) || []), entry]);
  // What belongs to the whole course comes first.
  return [...lessons].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function fillChooser() {
  $("choose").textContent = "";
  for (const [lesson, found] of byLesson()) {
    const group = make("optgroup");
    group.label = lessonTitle(lesson);
    for (const entry of found) group.append(new Option(optionText(entry), entry.name));
    $("choose").append(group);
  }
}

function optionText(entry) {
  const number = /^\d\d/.exec(entry.lesson);
  return (number ? number[0] + "  " : "") + entry.title;
}

function fillContents() {
  $("contents").append(make("h2", "welcome", "Pick a diagram"));
  for (const [lesson, found] of byLesson()) {
    const section = make("section");
    section.append(make("h3", "", lessonTitle(lesson)));
    for (const entry of found) {
      const link = make("a", "", entry.title);
      link.href = "#" + entry.name + "/0";
      section.append(link);
    }
    $("contents").append(section);
  }
}

function showContents() {
  document.body.classList.add("choosing");
  $("contents").hidden = false;
  $("title").textContent = "The diagrams of the course";
  $("said").textContent = "";
  const next = view.entry ? "goes back to: " + optionText(view.entry) : "begins with the first one";
  $("said").append(said("plain", "", "→ " + next + ". ? shows the keys."));
}

function leaveContents() {
  document.body.classList.remove("choosing");
  $("contents").hidden = true;
}

// Room -------------------------------------------------------------------------------------------

function textSize() {
  return parseFloat(window.getComputedStyle(document.documentElement).fontSize);
}

function roomFor(stage) {
  return { width: stage.clientWidth - 1, height: stage.clientHeight - 1 };
}

// Code has to have been asked for, or to have room.
function codeFits() {
  if (view.wantsCode !== undefined) return view.wantsCode;
  return window.innerWidth >= 1000 && window.innerHeight >= 700;
}

function arrange() {
  const shown = codeFiles().length > 0 && codeFits();
  $("code").hidden = !shown;
  document.body.classList.toggle("with-code", shown);
}

function rearrange() {
  if (!view.entry || document.body.classList.contains("choosing")) return;
  arrange();
  showHere(true);
}
