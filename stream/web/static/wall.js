"use strict";
// States come as server-sent events; pictures one after the other, so that a slow line is never behind; what else stands on the wall
// (coverage, passages, which cameras there are) is taken from the page itself, asked for anew when there is news, and each minute.
const PICTURE_MS = 1000, AGAIN_MS = 5000, LATE_MS = 10000, SOON_MS = 2000, RENEW_MS = 60000;
const SILENT_MS = 12000; // something is told every 5 s at least
const wall = document.getElementById("wall"), lost = document.getElementById("lost"), away = document.getElementById("trouble");
const words = JSON.parse(wall.dataset.words);
const troubles = JSON.parse(wall.dataset.troubles).map(([pattern, sentence]) => [new RegExp(`^(?:${pattern})$`, "s"), sentence]);
const decimal = (text) => text.replace(".", wall.dataset.comma);
const cards = () => [...wall.children], cardOf = ({ box, camera }) => cards().find((each) => each.dataset.box === box && each.dataset.camera === camera);

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

// The last picture stays until the next one is there whole; one that does not answer is given up.
function refresh(view, number = 0) {
  const again = (after) => setTimeout(refresh, after, view, number + 1);
  if (!view.isConnected) return;
  if (document.hidden || isLost()) return void again(PICTURE_MS);
  const image = new Image();
  const over = (after) => { clearTimeout(late); image.onload = image.onerror = null; again(after); };
  const late = setTimeout(() => { over(PICTURE_MS); image.src = ""; }, LATE_MS);
  image.onload = () => { view.replaceChildren(image); over(PICTURE_MS); };
  image.onerror = () => over(AGAIN_MS);
  [image.className, image.alt, image.src] = ["live", view.dataset.alt, `${view.dataset.source}&n=${number}`];
}

function begin(card) {
  const view = card.querySelector(".view");
  if (!view.dataset.source || view.begun) return;
  view.begun = true;
  refresh(view);
}

const asked = new Set();
function show(answer) {
  const card = cardOf({ box: answer.box, camera: answer.name }), name = JSON.stringify([answer.box, answer.name]);
  if (!card) { // a new one; or one that is left off the wall
    if (!asked.has(name)) soon();
    return void asked.add(name);
  }
  card.dataset.phase = answer.phase;
  card.dataset.state = answer.state ?? "";
  card.querySelector(".phase").textContent = words[answer.phase] ?? answer.phase;
  const blind = answer.state === "unknown", down = answer.phase !== "up";
  const more = blind ? `(${words[answer.reason] ?? answer.reason})` : decimal((answer.confidence ?? 0).toFixed(2));
  card.querySelector(".seen").textContent = !answer.state || (blind && down) ? "" : ` · ${words[answer.state]} ${more}`;
  const note = card.querySelector(".trouble");
  note.hidden = !answer.trouble || !down || answer.phase === "stalled";
  note.textContent = note.hidden ? "" : trouble(answer.trouble);
  if (answer.picture !== null) begin(card);
  const age = card.querySelector(".age");
  age.dataset.age = answer.age_s ?? "";
  age.told = performance.now();
}

// The clock of the server's zone, at a moment of performance.now().
let clock = Number(wall.dataset.clock), clockAt = performance.now();
const time = (at) => new Date(1000 * clock + at - clockAt).toISOString().slice(11, 19);

function tick() {
  const now = performance.now();
  if (now - heardAt > SILENT_MS) connect();
  document.getElementById("clock").textContent = time(now);
  for (const card of cards()) {
    const age = card.querySelector(".age"), told = age.dataset.age;
    const unknown = isLost() || (isAway() && !("here" in card.dataset));
    age.textContent = unknown ? "–" : told === "" ? wall.dataset.never : length(Number(told) + (now - (age.told ?? 0)) / 1000);
  }
}

// Where nobody tells, nothing is known: an old state is not shown as if it were one.
let events, heardAt = performance.now(), toldAt = heardAt;
const isLost = () => "lost" in wall.dataset, isAway = () => "away" in wall.dataset;
function lose() {
  if (isLost()) return;
  wall.dataset.lost = "";
  lost.textContent = `${lost.dataset.since} ${time(toldAt)}.`;
  lost.hidden = false;
}
function heard() {
  heardAt = toldAt = performance.now();
  if (!isLost()) return;
  delete wall.dataset.lost;
  lost.hidden = true;
  renew();
}

function connect() {
  if (events) {
    events.close();
    lose();
  }
  heardAt = performance.now();
  const mine = events = new EventSource("/api/v1/events");
  const on = (name, act) => mine.addEventListener(name, (event) => { heard(); act(JSON.parse(event.data)); });
  mine.onopen = heard;
  mine.onerror = () => {
    lose();
    if (mine.readyState === EventSource.CLOSED) renew(); // refused, and tried again from tick(): perhaps one has to log in
  };
  on("camera", show);
  on("passage", soon);
  on("missed", soon);
  on("alive", () => {});
  on("store", (said) => {
    put(away.querySelector("span"), said.trouble ? trouble(said.trouble) : "");
    storeIs(!said.trouble);
    soon();
  });
}

function storeIs(there) {
  away.hidden = there;
  wall.toggleAttribute("data-away", !there);
}

function put(old, ...fresh) {
  if (!old.contains(document.activeElement)) old.replaceChildren(...fresh);
}

let due;
function soon() { due ??= setTimeout(renew, SOON_MS); }

async function renew() {
  clearTimeout(due);
  due = undefined;
  if (document.hidden) return;
  const answer = await fetch(location.href).catch(() => null);
  if (answer?.redirected) return location.assign(answer.url);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html"), there = page.getElementById("trouble").hidden;
  [clock, clockAt] = [Number(page.getElementById("wall").dataset.clock), performance.now()];
  storeIs(there);
  const same = (old, fresh) => { if (old.innerHTML !== fresh.innerHTML) put(old, ...fresh.childNodes); };
  const found = [...page.querySelectorAll(".card")], names = new Set(found.map((each) => JSON.stringify([each.dataset.box, each.dataset.camera])));
  for (const card of cards()) if (there && !names.has(JSON.stringify([card.dataset.box, card.dataset.camera]))) card.remove();
  found.forEach((fresh, at) => {
    const card = cardOf(fresh.dataset);
    if (!card) {
      wall.insertBefore(fresh, wall.children[at] ?? null);
      if (fresh.querySelector("img")) begin(fresh);
    } else if (there) for (const part of [".covered", "h2"]) same(card.querySelector(part), fresh.querySelector(part));
  });
  document.getElementById("none").hidden = page.getElementById("none").hidden;
  if (there) for (const part of ["gone", "passages"]) same(document.getElementById(part), page.getElementById(part));
  else same(away.querySelector("span"), page.getElementById("trouble").querySelector("span"));
}

for (const card of cards()) if (card.querySelector("img")) begin(card);
setInterval(tick, 1000);
setInterval(renew, RENEW_MS);
document.addEventListener("visibilitychange", renew);
connect();
