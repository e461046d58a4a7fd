"use strict";
// A flowchart or a state diagram: the picture that mermaid drew, and a light that walks through it.

// The picture's style sheet is for paper; projector.css has the colours of the themes.
function drawWalk(diagram, svg) {
  const root = make("div", "walk");
  const picture = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  root.picture = document.importNode(picture, true);
  root.picture.removeAttribute("style");
  root.append(root.picture);
  root.shapes = diagram.rows.map((row) => findShapes(root.picture, row));
  return root;
}

function byPattern(picture, selector, pattern) {
  return [...picture.querySelectorAll(selector)].filter((element) => pattern.test(element.id));
}

function escaped(id) { return id.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"); }

// mermaid's names: ...-flowchart-start-0, ...-state-talking-3, and for [*] root_start and root_end.
function findNode(picture, id, isTarget) {
  const name = id === "[*]" ? "root_" + (isTarget ? "end" : "start") : escaped(id);
  const pattern = new RegExp("-(flowchart|state)-" + name + "-\\d+$");
  return byPattern(picture, ".node, .statediagram-cluster", pattern)
    .concat(byPattern(picture, "g.cluster", new RegExp("-" + name + "$")));
}

// A state diagram counts its edges. A flowchart names them after both ends, and counts those alike.
function findEdge(picture, edge) {
  const prefix = "L_" + edge.from.id + "_" + edge.to.id + "_";
  const count = (path) => Number(path.dataset.id.slice(prefix.length));
  const alike = [...picture.querySelectorAll("path[data-id]")]
    .filter((path) => path.dataset.id.startsWith(prefix) && count(path) >= 0)
    .sort((a, b) => count(a) - count(b));
  const path = alike[edge.alike] || picture.querySelector(`path[data-id="edge${edge.number}"]`);
  if (!path) return [];
  const label = [...picture.querySelectorAll(".edgeLabels .label")]
    .find((one) => one.dataset.id === path.dataset.id && one.textContent.trim() !== "");
  return label ? [path, label.closest(".edgeLabel")] : [path];
}

function findShapes(picture, row) {
  if (row.kind === "node") return findNode(picture, row.id, false);
  return findEdge(picture, row)
    .concat(findNode(picture, row.from.id, false), findNode(picture, row.to.id, true));
}

// Gives what the camera looks at: all that is lit, or, where an edge is too long for the stage, the
// middle of it. At a question the step before it stays lit.
function revealWalk(root, step, room) {
  const lit = root.shapes[step.kind === "question" ? step.row - 1 : step.row] || [];
  for (const element of root.querySelectorAll(".lit")) element.classList.remove("lit");
  for (const element of lit) element.classList.add("lit");
  if (lit.length === 0) return [];
  const box = boxAround(lit);
  const fits = box.right - box.left <= room.width && box.bottom - box.top <= room.height;
  return fits ? lit : [lit.find((one) => one.matches(".edgeLabel")) || lit[0]];
}

// As large as fits, but never so small that the last row could not read it.
const TEXT_IN_PICTURE = 20;

function sizeWalk(root, room, textSize) {
  const view = root.picture.viewBox.baseVal;
  const fits = Math.min(room.width / view.width, room.height / view.height);
  const scale = Math.max(fits, 0.97 * textSize / TEXT_IN_PICTURE);
  root.picture.setAttribute("width", Math.floor(view.width * scale));
  root.picture.setAttribute("height", Math.floor(view.height * scale));
}
