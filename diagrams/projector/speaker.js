"use strict";
// The speaker's window: what the room does not see. It has no address of its own: this page writes
// it and reads its keys, which works from a disk too, where pages may not talk to each other.

const speaker = { window: null, since: 0 };

function speakerIsOpen() { return Boolean(speaker.window) && !speaker.window.closed; }

function openSpeaker() {
  if (speakerIsOpen()) { speaker.window.focus(); return; }
  speaker.window = window.open("", "_blank", "width=900,height=700");
  if (!speaker.window) {
    const advice = "The browser keeps the window back. Allow it, and press s again.";
    $("said").append(said("plain", "", advice));
    return;
  }
  speaker.since = Date.now();
  const page = speaker.window.document;
  page.open();
  page.write("<!doctype html><html lang=en><meta charset=utf-8><title>Speaker</title>" +
    "<body class=speaking>" + $("speaker-page").innerHTML);
  page.close();
  page.head.append(document.querySelector("style").cloneNode(true));
  page.addEventListener("keydown", onKey);
  tellSpeaker();
}

function tellSpeaker() {
  if (!speakerIsOpen() || !view.entry) return;
  const page = speaker.window.document;
  const write = (id, text) => { page.getElementById(id).textContent = text; };
  const step = view.steps[view.step], next = view.steps[view.step + 1];
  const asked = questionNear(step, next);
  page.documentElement.dataset.theme = document.documentElement.dataset.theme;
  write("now", stepForSpeaker(step));
  write("next", next ? stepForSpeaker(next) : "This was the last step.");
  write("question", asked ? asked.question : "");
  write("answer", asked ? asked.answer : "");
  page.querySelector(".ask").hidden = !asked;
  write("place", titleOf() + ", step " + view.step + " of " + (view.steps.length - 1));
  tellMinutes();
}

// The row whose question is asked now, or was just now, or is the next step.
function questionNear(step, next) {
  const now = view.diagram.rows[step.row];
  if (now && now.question && step.kind !== "end") return now;
  return next && next.kind === "question" ? view.diagram.rows[next.row] : null;
}

function stepForSpeaker(step) {
  const row = view.diagram.rows[step.row];
  if (step.kind === "title") return titleOf();
  if (step.kind === "question") return "A question to the class.";
  if (step.kind === "end") return "What we saw: " + view.diagram.description;
  return rowInWords(view.diagram, row) + (row.caption ? ". " + row.caption : "");
}

function tellMinutes() {
  if (!speakerIsOpen()) return;
  const minutes = Math.floor((Date.now() - speaker.since) / 60000);
  speaker.window.document.getElementById("minutes").textContent =
    minutes + (minutes === 1 ? " minute" : " minutes");
}

function closeSpeaker() { if (speakerIsOpen()) speaker.window.close(); }
