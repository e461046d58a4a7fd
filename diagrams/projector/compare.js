"use strict";
// Where a run and the lesson's diagram part: the program's own calls, one after the other.

// A reset is a close, and a poller's wait is a poll. What else stands there, such as "killed", is
// no call, or one that not every system makes. A signal interrupts a call only if it comes in time.
const SAME_CALL = { reset: "close", wait: "poll" };
const CALLS = ["socket", "bind", "listen", "accept", "connect", "recv", "send", "poll", "shutdown",
               "close"];
const OUTCOMES = ["end of stream", "failed", "would block"];

// "recv 4 bytes (send would block), close" are three calls.
function callsOf(text) {
  const parts = text.match(/(?:"(?:\\.|[^"\\])*"|\([^)]*\)|[^,"(])+|["(]/g) || [];
  const calls = [];
  for (const part of parts) {
    const remark = /\(([^)]*)\)\s*$/.exec(part);
    calls.push(callOf(part.replace(/\([^)]*\)\s*$/, ""), remark ? remark[1] : ""));
    if (remark && /^\w+ would block$/.test(remark[1])) calls.push(callOf(remark[1], ""));
  }
  return calls.filter((call) => CALLS.includes(call.name) && !/^interrupted/.test(call.remark));
}

function callOf(words, remark) {
  const text = words.trim(), name = text.split(" ")[0];
  const outcome = OUTCOMES.find((one) => text.endsWith(one)) || "";
  return { name: SAME_CALL[name] || name, outcome, remark, words: text };
}

// Of threads only each conversation has an order of its own.
function conversationOf(diagram, row, call) {
  if (!diagram.threads || call.name === "accept") return "";
  const whose = row.peer || call.remark.split(":")[0];
  return columnOf(diagram, whose) > 0 ? whose : "";
}

// What a program calls, for each conversation. Where a stream is cut is chance, and how often a
// poller wakes: so receives, and waits, one after the other, are one.
function ownCalls(diagram, program) {
  const id = (diagram.participants.find((one) => one.name === program) || {}).id;
  const found = new Map();
  diagram.rows.forEach((row, number) => {
    if (row.actor !== id || row.wire || (row.note && row.last !== row.actor)) return;
    for (const call of callsOf(row.text)) {
      const key = conversationOf(diagram, row, call);
      const calls = found.get(key) || [];
      const last = calls[calls.length - 1];
      const joins = (call.name === "recv" || call.name === "poll") && last && sameCall(call, last);
      if (!joins) calls.push(Object.assign(call, { row: number }));
      found.set(key, calls);
    }
  });
  return found;
}

function sameCall(a, b) { return a.name === b.name && a.outcome === b.outcome; }

// The first call of each at which they part; one of them may have ended.
function partingOf(run, lesson) {
  for (let at = 0; at < Math.max(run.length, lesson.length); ++at)
    if (!run[at] || !lesson[at] || !sameCall(run[at], lesson[at]))
      return { run: run[at] || null, lesson: lesson[at] || null };
  return null;
}

// { program, run, lesson (calls, or null), pairs: row of the run -> row of the lesson }
function compare(run, lesson, program) {
  const ours = ownCalls(run, program), theirs = ownCalls(lesson, program);
  let first = null;
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const parting = partingOf(ours.get(key) || [], theirs.get(key) || []);
    if (parting && (!first || isBefore(parting, first))) first = parting;
  }
  return { program, parts: first, pairs: pairsOf(ours, theirs, first) };
}

function isBefore(a, b) {
  const rowOf = (parting) => (parting.run ? parting.run.row : Infinity);
  return rowOf(a) < rowOf(b);
}

function pairsOf(ours, theirs, first) {
  const pairs = new Map();
  for (const [key, calls] of ours)
    calls.forEach((call, at) => {
      const other = (theirs.get(key) || [])[at];
      const isBeforeParting = !first || !first.run || call.row <= first.run.row;
      if (other && isBeforeParting) pairs.set(call.row, other.row);
    });
  return pairs;
}

function partingInWords({ program, parts }) {
  if (!parts)
    return "They do not part: the " + program + " makes the same calls, in the same order.";
  const does = (call) => (call ? "“" + call.words + "”" : "nothing more");
  return "They part at the marked row: in this run the " + program + " does " + does(parts.run) +
    ", in the lesson " + does(parts.lesson) + ".";
}
