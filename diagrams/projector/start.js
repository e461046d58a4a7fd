"use strict";
// Everything is there: begin.

function firstTheme() {
  const asked = (what) => window.matchMedia(what).matches;
  if (asked("(prefers-contrast: more)")) return "contrast";
  return asked("(prefers-color-scheme: dark)") ? "dark" : "light";
}

function listen() {
  document.addEventListener("keydown", keepFocusInHelp);
  document.addEventListener("keydown", onKey);
  for (const button of document.querySelectorAll("[data-key]"))
    button.addEventListener("click", () => act(button.dataset.key));
  $("to-contents").addEventListener("click", () => act("Escape"));
  $("close-help").addEventListener("click", toggleHelp);
  $("choose").addEventListener("change", () => {
    goTo(entryNamed($("choose").value), 0);
    $("stage").focus();
  });
  $("file").addEventListener("change", () => {
    if ($("file").files[0]) readRunFile($("file").files[0]);
    $("file").value = "";
  });
  listenToStage($("stage"));
  window.addEventListener("popstate", openAddress);
  window.addEventListener("hashchange", openAddress);
  window.addEventListener("resize", rearrange);
  window.addEventListener("beforeprint", makeHandout);
  window.addEventListener("afterprint", clearHandout);
  window.addEventListener("pagehide", closeSpeaker);
  window.setInterval(tellMinutes, 5000);
}

function start() {
  document.documentElement.dataset.theme = firstTheme();
  const run = JSON.parse($("run").textContent);
  if (run) addRun(run);
  fillChooser();
  fillContents();
  listen();
  if (run && !readAddress().entry) showRun(run);
  else openAddress();
}

start();
