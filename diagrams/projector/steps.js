"use strict";
// The steps of a diagram: its title, then each row, with its question as a step before it, and in the
// end the whole of it.

function stepsOf(diagram) {
  const steps = [{ kind: "title", row: -1 }];
  diagram.rows.forEach((row, number) => {
    if (row.question) steps.push({ kind: "question", row: number });
    steps.push({ kind: "row", row: number });
  });
  steps.push({ kind: "end", row: diagram.rows.length - 1 });
  return steps;
}

function nameOf(diagram, id) {
  const found = diagram.participants.find((one) => one.id === id);
  return found ? found.name : id;
}

// What a row shows, in words: the caption where there is none, and for whoever does not see it.
function rowInWords(diagram, row) {
  if (row.kind === "edge") return edgeInWords(diagram, row);
  if (row.kind === "node") return diagram.names[row.id] || row.id;
  const who = nameOf(diagram, row.actor);
  if (row.note && row.last !== row.actor) return row.text;
  if (row.note) return who + ": " + row.text + (row.wire ? ", by the system itself" : "");
  const way = row.bothWays ? " and " : " to ";
  const whom = nameOf(diagram, row.peer);
  return who + way + whom + ": " + row.text + (row.wire ? ", on the wire" : "");
}

function edgeInWords(diagram, edge) {
  const from = edge.from.id === "[*]" ? "the beginning" : diagram.names[edge.from.id];
  const to = edge.to.id === "[*]" ? "the end" : diagram.names[edge.to.id];
  return (edge.label ? edge.label + ": " : "") + "from “" + from + "” to “" + to + "”";
}

function lessonTitle(lesson) {
  if (!lesson) return "The course";
  if (lesson === "run") return "This run";
  const [number, ...words] = lesson.split("-");
  const name = words.join(" ");
  return number + "  " + name.charAt(0).toUpperCase() + name.slice(1);
}
