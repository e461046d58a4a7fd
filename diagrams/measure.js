"use strict";
// What diagrams/check measures, inside of the projector's page. Each function gives a list of
// problems, a sentence each.

const CONTRAST = 7;

// Texts that can be seen, with the element that each stands in.
function visibleTexts(root) {
  const texts = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() === "" || !isSeen(element)) continue;
    texts.push({ text: walker.currentNode.data.trim().slice(0, 40), element });
  }
  return texts;
}

function isSeen(element) {
  if (element.closest("option, optgroup, script, style, template, title, desc, .unseen, .later"))
    return false;
  if (window.getComputedStyle(element).visibility !== "visible") return false;
  return element.getClientRects().length > 0;
}

// Letters in a picture are as large as the picture makes them.
function sizeOf(element) {
  const size = parseFloat(window.getComputedStyle(element).fontSize);
  const svg = element.closest("svg");
  return svg ? size * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : size;
}

const TEXT_OF_STEP = ".row.current, .participant, #said p, #code .marked code, .walk .lit";

function smallTexts(least) {
  const problems = [];
  for (const root of document.querySelectorAll(TEXT_OF_STEP))
    for (const { text, element } of visibleTexts(root))
      if (sizeOf(element) < least) problems.push(`"${text}" is ${sizeOf(element)} px high`);
  return problems;
}

// Contrast, as WCAG 2 defines it.
function luminance([r, g, b]) {
  const linear = [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4)));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function numbersOf(colour) { return (colour.match(/[\d.]+/g) || []).map(Number); }

function isOpaque(colour) {
  const [, , , alpha] = numbersOf(colour);
  return /^rgb/.test(colour) && (alpha === undefined || alpha === 1);
}

// In a picture the shape lies beside the text, and not around it.
function groundOf(element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = window.getComputedStyle(at).backgroundColor;
    if (isOpaque(colour)) return colour;
    const shape = at.matches(".node, .cluster, .statediagram-cluster") &&
      at.querySelector("rect.label-container, rect.outer, .outer-path path, polygon, rect");
    if (shape) return window.getComputedStyle(shape).fill;
  }
  return "rgb(255, 255, 255)";
}

function contrastOf(element) {
  const [a, b] = [window.getComputedStyle(element).color, groundOf(element)]
    .map((colour) => luminance(numbersOf(colour))).sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}

function faintTexts(roots) {
  return [].concat(...roots.map(visibleTexts))
    .filter(({ element }) => contrastOf(element) < CONTRAST)
    .map(({ text, element }) => `"${text}" has a contrast of ${contrastOf(element).toFixed(2)}`);
}

function overflows() {
  const problems = [];
  const wide = (element) => element.scrollWidth > element.clientWidth + 1;
  for (const element of document.querySelectorAll("html, body, header, #code, #said, .stage"))
    if (isSeen(element) && wide(element) && !element.querySelector(".walk"))
      problems.push(`${element.id || element.tagName} is wider than its place`);
  for (const label of document.querySelectorAll(".row:not(.later) .label")) {
    const cell = label.closest(".row").getBoundingClientRect(), box = label.getBoundingClientRect();
    if (box.left < cell.left - 1 || box.right > cell.right + 1)
      problems.push(`"${label.textContent}" leaves its row`);
  }
  return problems;
}

function overlap(a, b) {
  return Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
}

// A phase's title stays in view, and rows of its phase go behind it: see outOfView.
const APART = [".stage .label:not(.walk *)", ".phase h2", ".walk .node, .walk .edgeLabels .edgeLabel",
               "header > *, header button", ".participant span", "header, #stages, footer"];

function overlappingTexts() {
  const problems = [];
  for (const selector of APART) {
    const isInStage = !selector.startsWith("header");
    const places = isInStage ? [...document.querySelectorAll(".stage")] : [document];
    for (const place of places) problems.push(...overlapsIn(place, selector));
  }
  return problems;
}

function overlapsIn(place, selector) {
  const texts = [...place.querySelectorAll(selector)]
    .filter((one) => isSeen(one) && one.textContent.trim() !== "")
    .map((one) => ({ one, text: one.textContent.trim(), box: one.getBoundingClientRect() }));
  const problems = [];
  texts.forEach((a, i) => texts.slice(i + 1).forEach((b) => {
    const apart = !a.one.contains(b.one) && !b.one.contains(a.one);
    if (apart && overlap(a.box, b.box)) problems.push(`"${a.text}" overlaps "${b.text}"`);
  }));
  return problems;
}

// Of an edge that is too long for the stage only what is written on it.
function whatMustBeInView(stage) {
  const lit = [...stage.querySelectorAll(".lit")];
  if (lit.length === 0) return stage.querySelectorAll(".row.current .label, .row.asked");
  const box = boxAround(lit);
  const width = box.right - box.left, height = box.bottom - box.top;
  const fits = width < stage.clientWidth && height < stage.clientHeight;
  return fits ? lit : stage.querySelectorAll(".edgeLabel.lit");
}

// Where the names end, and the title of the phase in which this is.
function bottomOfHeads(stage, one) {
  const phase = one.closest(".phase");
  const heads = [stage.querySelector(".participants"), phase && phase.querySelector("h2")];
  return Math.max(stage.getBoundingClientRect().top,
                  ...heads.filter(Boolean).map((head) => head.getBoundingClientRect().bottom));
}

// What the step is about has to be in view, below the names.
function outOfView() {
  const problems = [];
  for (const stage of document.querySelectorAll(".stage")) {
    const frame = stage.getBoundingClientRect();
    for (const one of whatMustBeInView(stage)) {
      const box = one.getBoundingClientRect(), top = bottomOfHeads(stage, one);
      const tall = box.height > frame.bottom - top;
      if (isSeen(one) && !tall && (box.top < top - 1 || box.bottom > frame.bottom + 1))
        problems.push(`"${one.textContent}" is out of view`);
    }
  }
  return problems;
}

// What can be read at this step: two ways to it have to give the same.
function sight() {
  const text = (selector) => [...document.querySelectorAll(selector)].map((one) => one.textContent);
  return JSON.stringify([
    text("#count"), text("#said p"), text("#stage .row:not(.later)").length,
    text("#stage .current, #stage .lit"), text("#code:not([hidden]) .marked"),
  ]);
}

function press(key) {
  document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

// From the first step to the last one: what was seen at each, and what was wrong.
function goThrough(name, least) {
  press("Home");
  const steps = [], problems = [];
  const note = (found) => found.forEach((one) => problems.push(`${window.location.hash}: ${one}`));
  for (let step = 0; step < 2000; ++step) {
    const before = window.location.hash;
    if (before !== `#${name}/${step}`) note([`should be step ${step} of ${name}`]);
    note(faintTexts([...document.querySelectorAll(TEXT_OF_STEP)]));
    note([...smallTexts(least), ...overflows(), ...overlappingTexts(), ...outOfView()]);
    steps.push({ hash: before, sight: sight() });
    press("ArrowRight");
    if (window.location.hash === before) break;
  }
  note(faintTexts([document.body]));
  return { steps, problems };
}
