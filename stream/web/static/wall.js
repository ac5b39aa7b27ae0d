"use strict";
// Pictures are fetched one after the other, so that a slow line is never behind; news come as server-sent events.
const PICTURE_MS = 1000, AGAIN_MS = 5000;
const wall = document.getElementById("wall");
const words = JSON.parse(wall.dataset.words);
const troubles = JSON.parse(wall.dataset.troubles).map(([pattern, sentence]) => [new RegExp(`^(?:${pattern})$`, "s"), sentence]);
const decimal = (text) => text.replace(".", wall.dataset.comma);

// As Language.length writes it.
function length(seconds) {
  const tenths = Math.round(10 * seconds), whole = Math.round(seconds), { hours, minutes, seconds: s } = wall.dataset;
  if (tenths < 100) return `${decimal(String(tenths / 10))}\u00a0${s}`;
  const [first, one, second, other] = whole >= 3600 ? [Math.floor(whole / 3600), hours, Math.floor(whole / 60) % 60, minutes]
    : [Math.floor(whole / 60), minutes, whole % 60, s];
  const large = first ? [`${first}\u00a0${one}`] : [];
  const small = second ? [`${String(second).padStart(first ? 2 : 1, "0")}\u00a0${other}`] : [];
  return [...large, ...small].join(" ");
}

// As Language.trouble has it.
function trouble(text) {
  for (const [pattern, sentence] of troubles) {
    const found = text.match(pattern);
    if (found) return sentence.replace(/\{(\d)\}/g, (_, at) => found[Number(at) + 1]);
  }
  return text;
}

function refresh(image) {
  let number = 0;
  const next = (after) => setTimeout(() => {
    if (document.hidden) return next(PICTURE_MS);
    number += 1;
    image.src = `${image.parentElement.dataset.source}&n=${number}`;
  }, after);
  image.addEventListener("load", () => next(PICTURE_MS));
  image.addEventListener("error", () => next(AGAIN_MS));
  next(PICTURE_MS);
}

function begin(view) {
  const image = new Image();
  [image.className, image.alt, image.src] = ["live", view.dataset.alt, view.dataset.source];
  view.replaceChildren(image);
  refresh(image);
}

function cardOf(answer) {
  return [...wall.children].find((each) => each.dataset.box === answer.box && each.dataset.camera === answer.name);
}

function show(answer) {
  const card = cardOf(answer);
  if (!card) return;
  card.dataset.phase = answer.phase;
  card.dataset.state = answer.state ?? "";
  card.querySelector(".phase").textContent = words[answer.phase] ?? answer.phase;
  const blind = answer.state === "unknown", down = answer.phase !== "up";
  const more = blind ? `(${words[answer.reason] ?? answer.reason})` : decimal((answer.confidence ?? 0).toFixed(2));
  card.querySelector(".seen").textContent = !answer.state || (blind && down) ? "" : ` · ${words[answer.state]} ${more}`;
  const note = card.querySelector(".trouble");
  note.hidden = !answer.trouble || !down || answer.phase === "stalled";
  note.textContent = note.hidden ? "" : trouble(answer.trouble);
  const view = card.querySelector(".view");
  if (answer.picture !== null && view.dataset.source && !view.querySelector("img")) begin(view);
  const age = card.querySelector(".age");
  age.dataset.age = answer.age_s ?? "";
  age.told = performance.now();
}

function tick() {
  for (const age of wall.querySelectorAll(".age")) {
    const told = age.dataset.age;
    age.textContent = told === "" ? wall.dataset.never : length(Number(told) + (performance.now() - (age.told ?? 0)) / 1000);
  }
}

document.querySelectorAll("img.live").forEach(refresh);
setInterval(tick, 1000);
const events = new EventSource("/api/v1/events");
events.addEventListener("camera", (event) => show(JSON.parse(event.data)));
const news = () => { document.getElementById("news").hidden = false; };
events.addEventListener("passage", news);
events.addEventListener("missed", news);
events.addEventListener("store", (event) => {
  const told = JSON.parse(event.data).trouble, note = document.getElementById("trouble");
  note.hidden = !told;
  note.querySelector("span").textContent = told ? trouble(told) : "";
});
