"use strict";
// What keys, buttons and fingers do. A clicker is a keyboard with Page Up and Page Down.

const THEMES = ["light", "dark", "contrast"];

const actions = {
  next() { go(view.step + 1); },
  back() { go(view.step - 1); },
  first() { go(0); },
  last() { go(view.steps.length - 1); },
  theme() {
    const root = document.documentElement;
    root.dataset.theme = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
    rearrange();
  },
  code() {
    view.wantsCode = $("code").hidden;
    rearrange();
  },
  larger() { zoom(view.zoom + 0.1); },
  smaller() { zoom(view.zoom - 0.1); },
  normal() { zoom(1); },
  contents() {
    writeAddress("#");
    showContents();
  },
  fullScreen() { toggleFullScreen(); },
  help() { toggleHelp(); },
  black() { document.body.classList.add("black"); },  // a clicker has a button for it
  speaker() { openSpeaker(); },
  open() { $("file").click(); },
  print() { printHandout(WHOLE); },
  printThis() { printHandout({ one: true, answers: true }); },
  printQuestions() { printHandout({ one: false, answers: false }); },
  nextDiagram() { goBy(1); },
  previousDiagram() { goBy(-1); },
};

const keys = {
  ArrowRight: "next", ArrowDown: "next", PageDown: "next", " ": "next", Enter: "next",
  ArrowLeft: "back", ArrowUp: "back", PageUp: "back", Backspace: "back",
  Home: "first", End: "last", n: "nextDiagram", N: "previousDiagram", Escape: "contents",
  f: "fullScreen", c: "code", t: "theme", s: "speaker", o: "open", "?": "help",
  p: "print", P: "printThis", q: "printQuestions",
  "+": "larger", "=": "larger", "-": "smaller", "0": "normal", b: "black", ".": "black",
};

// At the list of diagrams these begin with the first; of the others some mean nothing there.
const STEPPING = ["next", "back", "first", "last", "nextDiagram", "previousDiagram", "code"];

function act(key) {
  const action = keys[key] || keys[key.toLowerCase()];
  if (!action) return false;
  if (document.body.classList.contains("black")) {  // whatever the key, the picture comes back
    document.body.classList.remove("black");
    return true;
  }
  if (!$("help").hidden && (key === "Escape" || action === "help")) { toggleHelp(); return true; }
  if (!document.body.classList.contains("choosing")) actions[action]();
  else if (!STEPPING.includes(action)) actions[action]();
  else if (action === "next") goTo(view.entry || byLesson()[0][1][0], view.entry ? view.step : 0);
  return true;
}

// A button or a link that has the focus keeps its own keys.
function belongsTo(element, key) {
  const tag = element && element.tagName;
  if (tag === "SELECT" || tag === "INPUT") return key !== "Escape";
  return (tag === "BUTTON" || tag === "A") && (key === " " || key === "Enter");
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || belongsTo(event.target, event.key)) return;
  if (act(event.key)) event.preventDefault();
}

function zoom(factor) {
  view.zoom = Math.max(0.5, Math.min(2.5, Math.round(factor * 10) / 10));
  document.documentElement.style.setProperty("--zoom", view.zoom);
  rearrange();
}

function toggleFullScreen() {
  const root = document.documentElement;
  const isOn = document.fullscreenElement || document.webkitFullscreenElement;
  const change = isOn ? document.exitFullscreen || document.webkitExitFullscreen
                      : root.requestFullscreen || root.webkitRequestFullscreen;
  if (!change) return;
  const promise = change.call(isOn ? document : root);
  if (promise) promise.catch(() => {});  // the browser may say no
}

function toggleHelp() {
  const opens = $("help").hidden;
  if (opens) view.focused = document.activeElement;
  $("help").hidden = !opens;
  if (opens) $("close-help").focus();
  else if (view.focused) view.focused.focus();
}

// Fingers: a swipe to the left goes on. A tap or a click goes on too, at the left edge back.
function listenToStage(stage) {
  let start = null;
  stage.addEventListener("touchstart", (event) => {
    start = event.touches.length === 1 ? event.touches[0] : null;
  }, { passive: true });
  stage.addEventListener("touchend", (event) => {
    if (!start) return;
    const end = event.changedTouches[0];
    const right = end.clientX - start.clientX, down = end.clientY - start.clientY;
    if (Math.abs(right) > 50 && Math.abs(right) > 2 * Math.abs(down))
      act(right < 0 ? "ArrowRight" : "ArrowLeft");
  }, { passive: true });
  stage.addEventListener("click", (event) => {
    if (String(window.getSelection()) !== "") return;  // somebody marks text
    act(event.clientX < window.innerWidth / 4 ? "ArrowLeft" : "ArrowRight");
  });
}

function keepFocusInHelp(event) {
  if (event.key !== "Tab" || $("help").hidden) return;
  const buttons = [...$("help").querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  buttons[(at + (event.shiftKey ? buttons.length - 1 : 1)) % buttons.length].focus();
  event.preventDefault();
}
