"use strict";
// Printed: a page for each diagram, with all rows and what is said of them. The browser's own command
// prints them all; keys can ask for one alone, or for all without the answers, for the class.

// What fits a sheet of A4 as well as one of Letter, in CSS pixels, within the margins.
const SHEET = { width: 680, height: 930 };
const LARGEST = 15, SMALLEST = 6;  // of the text
const BLANK = "_".repeat(24);

const WHOLE = { one: false, answers: true };
let wanted = WHOLE;

function printHandout(what) {
  wanted = what;
  window.print();
}

function clearHandout() {
  $("handout").textContent = "";
  wanted = WHOLE;
}

function makeHandout() {
  $("handout").textContent = "";
  for (const entry of wanted.one && view.entry ? [view.entry] : entries) {
    const sheet = drawSheet(entry);
    $("handout").append(sheet);
    fitSheet(sheet);
  }
}

function drawSheet(entry) {
  const diagram = parseSource(entry.source), sheet = make("article", "sheet");
  const title = diagram.title || entry.title;
  sheet.append(make("h2", "", entry.lesson ? entry.lesson + ": " + title : title));
  if (diagram.kind === "sequence") sheet.append(drawRowsWithWords(diagram));
  else sheet.append(drawWalk(diagram, entry.svg), drawWords(diagram));
  return sheet;
}

function drawRowsWithWords(diagram) {
  const drawing = drawSequence(diagram);
  diagram.rows.forEach((row, number) => {
    const words = make("div", "words");
    words.append(...wordsOf(row));
    drawing.rows[number].append(words);
  });
  return drawing;
}

function drawWords(diagram) {
  const list = make("ol", "words");
  for (const row of diagram.rows) {
    const item = make("li");
    item.append(make("i", "", rowInWords(diagram, row) + "."), ...wordsOf(row));
    list.append(item);
  }
  return list;
}

function wordsOf(row) {
  const lines = [];
  if (row.question) lines.push(said("", "Question", row.question));
  if (row.answer) lines.push(said("", "Answer", wanted.answers ? row.answer : BLANK));
  // Behind a question it gives the answer away.
  if (row.caption && (wanted.answers || !row.question)) lines.push(said("", "", row.caption));
  return lines;
}

// Text as large as the page allows.
function fitSheet(sheet) {
  for (let size = LARGEST; size >= SMALLEST; size -= 0.5) {
    sheet.style.fontSize = size + "px";
    if (sheet.scrollHeight <= SHEET.height) return;
  }
}
