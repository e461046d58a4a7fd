"use strict";
// A run, which a program has drawn of itself, with the lesson's diagram beside it.

const RUN = "run";

// { title, beside, source }
function addRun(run) {
  const diagram = parseSource(run.source);
  const entry = {
    name: RUN, lesson: RUN, title: run.title || diagram.title || "A run",
    kind: "sequence", source: run.source, beside: run.beside, code: {},
  };
  const old = entries.findIndex((one) => one.name === RUN);
  if (old >= 0) entries.splice(old, 1);
  entries.push(entry);
  if (view.entry && view.entry.name === RUN) view.entry = null;
  fillChooser();
  return entry;
}

function openBeside(entry) {
  const lesson = entry.beside && entryNamed(entry.beside);
  const isSequence = view.diagram.kind === "sequence";
  const compares = Boolean(lesson) && lesson.kind === "sequence" && isSequence;
  document.body.classList.toggle("comparing", compares);
  $("beside-pane").hidden = $("run-title").hidden = !compares;
  $("beside").textContent = "";
  if (!compares) return;
  const diagram = parseSource(lesson.source);
  const program = "client.cpp" in lesson.code ? "client" : "server";
  view.beside = drawSequence(diagram);
  view.comparison = compare(view.diagram, diagram, program);
  $("run-title").textContent = entry.title;
  $("beside-title").textContent = "The lesson: " + lesson.title;
  $("beside").append(view.beside);
  markParting(view.drawing, view.comparison.parts && view.comparison.parts.run);
  markParting(view.beside, view.comparison.parts && view.comparison.parts.lesson);
}

function markParting(drawing, call) {
  if (!call) return;
  const row = drawing.rows[call.row];
  row.classList.add("parts");
  row.querySelector(".label").prepend(make("em", "tag parting-tag", "parts here"), " ");
}

// The lesson's row that belongs to the run's, or the last one before it that does.
function pairOf(row) {
  const { pairs, parts } = view.comparison;
  if (parts && parts.lesson && (!parts.run || row >= parts.run.row)) {
    const lastOfRun = view.diagram.rows.length - 1;
    if (parts.run || row === lastOfRun) return parts.lesson.row;
  }
  let found = -1;
  for (const [ours, theirs] of pairs) if (ours <= row) found = Math.max(found, theirs);
  return found;
}

function showBeside(step, jump) {
  if (!view.comparison) return;
  const pair = pairOf(step.row);
  const last = view.beside.rows.length - 1;
  revealSequence(view.beside, { kind: "row", row: last });
  markRow(view.beside, view.beside.rows[pair], "current");
  follow($("beside"), pair >= 0 ? [view.beside.rows[pair]] : [], jump);
}

// Where a run is opened: at the row where it parts from the lesson, or at its end.
function stepOfParting(entry) {
  const steps = stepsOf(parseSource(entry.source));
  const parts = view.comparison && view.comparison.parts;
  const row = parts && parts.run ? parts.run.row : Infinity;
  const found = steps.findIndex((step) => step.kind === "row" && step.row === row);
  return found >= 0 ? found : steps.length - 1;
}

function showRun(run) {
  const entry = addRun(run);
  showStep(entry, 0, true);
  goTo(entry, stepOfParting(entry));
}

// From the disk, beside the diagram that is open.
function readRunFile(file) {
  const reader = new FileReader();
  reader.onload = () => showRunFile(file.name, String(reader.result));
  reader.readAsText(file);
}

function showRunFile(title, source) {
  const beside = view.entry && (view.entry.name === RUN ? view.entry.beside : view.entry.name);
  if (parseSource(source).kind === "sequence") return showRun({ title, beside, source });
  $("said").append(said("plain", "", title + " is no sequence diagram: it can’t be shown."));
}
