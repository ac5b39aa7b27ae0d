"use strict";
// Pictures are fetched one after the other, so that a slow line is never behind; news come as server-sent events.
const PICTURE_MS = 1000, AGAIN_MS = 5000;
const wall = document.getElementById("wall");
const words = JSON.parse(wall.dataset.words);
const decimal = (text) => text.replace(".", wall.dataset.comma);

function length(seconds) {
  const whole = Math.round(seconds), hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  const two = (value) => String(value).padStart(2, "0");
  if (hours) return `${hours} ${wall.dataset.hours} ${two(minutes)} ${wall.dataset.minutes}`;
  if (minutes) return `${minutes} ${wall.dataset.minutes} ${two(whole % 60)} ${wall.dataset.seconds}`;
  return `${decimal(seconds < 10 ? seconds.toFixed(1) : String(whole))} ${wall.dataset.seconds}`;
}

function refresh(image) {
  let number = 0;
  const next = (after) => setTimeout(() => {
    if (document.hidden) return next(PICTURE_MS);
    number += 1;
    image.src = `${image.dataset.source}&n=${number}`;
  }, after);
  image.addEventListener("load", () => next(PICTURE_MS));
  image.addEventListener("error", () => next(AGAIN_MS));
  next(PICTURE_MS);
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
  const seen = card.querySelector(".seen");
  if (seen && answer.state) {
    const more = answer.state === "unknown" ? `(${words[answer.reason] ?? answer.reason})`
      : decimal((answer.confidence ?? 0).toFixed(2));
    seen.textContent = `${words[answer.state]} ${more}`;
  }
  const trouble = card.querySelector(".trouble");
  trouble.textContent = answer.trouble ?? "";
  trouble.hidden = !answer.trouble || answer.phase === "up";
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
  const { trouble } = JSON.parse(event.data), note = document.getElementById("trouble");
  note.hidden = !trouble;
  note.querySelector("span").textContent = trouble ?? "";
});
