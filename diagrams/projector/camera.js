"use strict";
// The camera follows: it moves the stage so that what the step is about is near the middle.

const CAMERA_MS = 300;
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

function boxAround(elements) {
  const boxes = elements.map((element) => element.getBoundingClientRect());
  const least = (side) => Math.min(...boxes.map((box) => box[side]));
  const most = (side) => Math.max(...boxes.map((box) => box[side]));
  return { left: least("left"), right: most("right"), top: least("top"), bottom: most("bottom") };
}

// A little below the middle: what came before says more than the empty place after it.
const HEIGHT = 0.64;

// Where to scroll to so that the elements stand there.
function middleOf(stage, elements) {
  if (elements.length === 0) return { left: 0, top: 0 };
  const frame = stage.getBoundingClientRect(), box = boxAround(elements);
  const across = (box.left + box.right) / 2 - frame.left;
  const down = (box.top + box.bottom) / 2 - frame.top;
  const left = stage.scrollLeft + across - stage.clientWidth / 2;
  const lowest = stage.clientHeight - (box.bottom - box.top) / 2 - 4;
  const top = stage.scrollTop + down - Math.min(stage.clientHeight * HEIGHT, lowest);
  const within = (value, most) => Math.round(Math.max(0, Math.min(value, most)));
  return {
    left: within(left, stage.scrollWidth - stage.clientWidth),
    top: within(top, stage.scrollHeight - stage.clientHeight),
  };
}

function follow(stage, elements, jump) {
  const from = { left: stage.scrollLeft, top: stage.scrollTop };
  const to = middleOf(stage, elements);
  window.cancelAnimationFrame(stage.camera);
  if (jump || calm.matches || document.hidden) return moveTo(stage, to);
  const start = performance.now();
  const move = (now) => {
    const done = Math.min(1, Math.max(0, (now - start) / CAMERA_MS));
    const eased = 1 - Math.pow(1 - done, 3);
    moveTo(stage, {
      left: from.left + (to.left - from.left) * eased,
      top: from.top + (to.top - from.top) * eased,
    });
    if (done < 1) stage.camera = window.requestAnimationFrame(move);
  };
  stage.camera = window.requestAnimationFrame(move);
}

function moveTo(stage, { left, top }) {
  stage.scrollLeft = left;
  stage.scrollTop = top;
}
