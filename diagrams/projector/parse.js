"use strict";
// Reads a diagram's source. Whatever it does not know it passes over: mermaid is the judge of that.
//
// Of a sequence diagram it makes phases with rows, of any other the steps of a walk. Both have
//   caption, code {file, line}, question, answer   from the comments above them.

// "#59;" and "#gt;" stand for what mermaid would misread.
const ENTITIES = { gt: ">", lt: "<", amp: "&", quot: '"', colon: ":", semi: ";" };

function plainText(text) {
  return text.trim().replace(/#(\d+|[a-z]+);/g, (whole, code) => {
    if (/^\d+$/.test(code)) return String.fromCodePoint(Math.min(Number(code), 0x10ffff));
    return ENTITIES[code] || whole;
  });
}

// The comments above a row: "%%? question | answer" and "%%! server.cpp:11 | caption".
class Comments {
  constructor() { this.clear(); }

  clear() { this.found = { caption: "", code: null, question: "", answer: "" }; this.any = false; }

  read(line) {
    const [before, ...rest] = line.slice(3).split("|");
    const behind = rest.join("|").trim();
    this.any = true;
    if (line.startsWith("%%?")) {
      this.found.question = before.trim();
      this.found.answer = behind;
      return;
    }
    const place = /^\s*(\S+):(\d+)\s*$/.exec(before);
    this.found.code = place && { file: place[1], line: Number(place[2]) };
    this.found.caption = behind;
  }

  take() { const found = this.found; this.clear(); return found; }
}

function isComment(line) { return line.startsWith("%%!") || line.startsWith("%%?"); }

function readLines(source) {
  return source.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
}

function parseSource(source) {
  const lines = readLines(source);
  const diagram = { source, title: "", description: "", threads: lines.includes("%% threads") };
  for (const line of lines) {
    if (line.startsWith("accTitle:")) diagram.title = plainText(line.slice(9));
    if (line.startsWith("accDescr:")) diagram.description = plainText(line.slice(9));
  }
  diagram.kind = lines.includes("sequenceDiagram") ? "sequence" : "walk";
  return diagram.kind === "sequence" ? new SequenceReader(diagram).read(lines)
                                     : readWalk(diagram, lines);
}

// Sequence diagrams ------------------------------------------------------------------------------

const ARROW =
  /^([^\s:<-]+)\s*(<<-->>|<<->>|-->>|->>|--[x)]|-[x)]|-->|->)\s*[+-]?([^\s:]+)\s*:\s*(.*)$/;
const NOTE = /^Note (?:over|left of|right of)\s+([^:]+?)\s*:\s*(.*)$/i;
const PARTICIPANT = /^(?:participant|actor)\s+(\S+)(?:\s+as\s+(.*))?$/;

class SequenceReader {
  constructor(diagram) {
    this.diagram = Object.assign(diagram, { participants: [], phases: [], rows: [] });
    this.comments = new Comments();
    this.open = [];  // what the next "end" closes
    this.phase = null;
  }

  read(lines) {
    for (const line of lines) this.readLine(line);
    return this.diagram;
  }

  readLine(line) {
    if (isComment(line)) return this.comments.read(line);
    if (line.startsWith("%%")) return;
    const participant = PARTICIPANT.exec(line);
    if (participant) return this.add(participant[1], participant[2] || participant[1]);
    if (line.startsWith("rect ")) return this.openPhase(line.slice(5));
    if (/^(loop|alt|opt|par|critical|break|box)\b/.test(line)) return this.open.push("other");
    if (line === "end") return this.close();
    const note = NOTE.exec(line);
    if (note) return this.readNote(note[1].split(",").map((id) => id.trim()), note[2]);
    const arrow = ARROW.exec(line);
    if (arrow) this.readArrow(arrow);
  }

  add(id, name) {
    if (!this.diagram.participants.some((one) => one.id === id))
      this.diagram.participants.push({ id, name: plainText(name) });
  }

  openPhase(colour) {
    this.open.push("rect");
    this.phase = { title: "", colour: colour.replace(/\s/g, ""), rows: [] };
    this.diagram.phases.push(this.phase);
  }

  // A rect without rows is a remark between the phases, and a row like others.
  close() {
    if (this.open.pop() !== "rect") return;
    const { title, rows } = this.phase;
    if (title && rows.length === 0) this.addRow(this.titleRow, title);
    if (title && rows[0] === this.titleRow) this.phase.title = "";
    this.phase = null;
  }

  readNote(ids, text) {
    ids.forEach((id) => this.add(id, id));
    const row = { actor: ids[0], last: ids[ids.length - 1], peer: "", note: true };
    const isTitle = ids.length > 1 && this.phase && !this.phase.title && !this.phase.rows.length;
    if (!isTitle) return this.addRow(row, text);
    this.phase.title = plainText(text);
    this.titleRow = row;
  }

  readArrow([, actor, arrow, peer, text]) {
    this.add(actor, actor);
    this.add(peer, peer);
    this.addRow({ actor, peer, note: false, bothWays: arrow.startsWith("<<") }, text);
  }

  addRow(row, text) {
    if (!this.phase) {  // a row outside of every rect
      this.phase = { title: "", colour: "", rows: [] };
      this.diagram.phases.push(this.phase);
    }
    row.text = plainText(text);
    row.wire = row.text.startsWith("wire:");
    if (row.wire) row.text = row.text.slice(5).trim();
    Object.assign(row, this.comments.take());
    this.phase.rows.push(row);
    this.diagram.rows.push(row);
  }
}

// Flowcharts and state diagrams ------------------------------------------------------------------

// Where an arrow is: "a -->|label| b", "a --> b: label", "a <--> b", "a -.-> b", "a ==> b".
const EDGE = /\s(?:<?--+>|<?-\.+->|<?==+>|---+)(?:\|("?)(.*?)\1\|)?\s*/;
const STATE = /^state\s+(?:"([^"]*)"\s+as\s+)?([^\s{]+)/;
const SUBGRAPH = /^subgraph\s+([^\s["]+)(?:\s*\["?(.*?)"?\])?/;
const NOT_DRAWN = new RegExp("^((accTitle|accDescr|direction|flowchart|graph|stateDiagram|style|" +
  "class|classDef|linkStyle|click|note|end)\\b|}|---)");

// "start["read the port"]" is the node start with a label, "gone: left" is one with a text.
function readNode(text) {
  const shape = /^(\[\*\]|[^\s[({:]+)\s*(?:[[({<>]+"?(.*?)"?[\])}]+)?\s*(?::\s*(.*))?$/;
  const found = shape.exec(text.trim());
  return found && { id: found[1], label: labelText(found[2]), text: labelText(found[3]) };
}

function labelText(label) {
  return plainText((label || "").replace(/<br\s*\/?>/g, " ").replace(/<\/?[bi]>/g, ""));
}

function readEdge(line) {
  const arrow = EDGE.exec(line);
  if (!arrow) return null;
  const from = readNode(line.slice(0, arrow.index));
  const rest = line.slice(arrow.index + arrow[0].length);
  const next = EDGE.exec(rest);  // a --> b --> c: the first of them
  const to = readNode(next ? rest.slice(0, next.index) : rest);
  if (!from || !to) return null;
  return { kind: "edge", from, to, label: labelText(arrow[2]) || to.text };
}

function readShape(line) {
  const edge = readEdge(line);
  if (edge) return edge;
  const state = STATE.exec(line);
  if (state) return { kind: "node", id: state[2], label: labelText(state[1]) };
  const group = SUBGRAPH.exec(line);
  if (group) return { kind: "node", id: group[1], label: labelText(group[2]) };
  const node = readNode(line);
  return node && { kind: "node", id: node.id, label: node.label || node.text };
}

// Steps are the lines with a comment above them, or, when there is none, all edges.
function readWalk(diagram, lines) {
  const comments = new Comments(), shapes = [];
  let edges = 0;
  for (const line of lines) {
    if (isComment(line)) { comments.read(line); continue; }
    if (line.startsWith("%%") || NOT_DRAWN.test(line)) continue;
    const shape = readShape(line);
    if (!shape) continue;
    shape.told = comments.any;
    if (shape.kind === "edge") {
      shape.number = edges++;
      shape.alike = shapes.filter((other) => sameEnds(other, shape)).length;
    }
    shapes.push(Object.assign(shape, comments.take()));
  }
  const told = shapes.filter((shape) => shape.told);
  diagram.names = namesOf(shapes);
  diagram.rows = told.length > 0 ? told : shapes.filter((shape) => shape.kind === "edge");
  return diagram;
}

function sameEnds(a, b) {
  return a.kind === "edge" && a.from.id === b.from.id && a.to.id === b.to.id;
}

// What each node is called in the picture.
function namesOf(shapes) {
  const names = {};
  const learn = (id, label) => { if (label || !(id in names)) names[id] = label || id; };
  for (const shape of shapes) {
    if (shape.kind === "node") learn(shape.id, shape.label);
    else [shape.from, shape.to].forEach((end) => learn(end.id, end.label));
  }
  return names;
}
