"use strict";
// Zones are polygons of shares of width and height. Shift of the shape happens on screen only; the text is what counts.
(() => {
  const root = document.getElementById("zones");
  if (!root) return;
  const SVG = "http://www.w3.org/2000/svg", NEAR = 12, STEP = 0.01;
  const svg = root.querySelector("svg"), toml = document.getElementById("toml"), nameOf = document.getElementById("zone-name");
  const note = document.getElementById("zone-note"), removals = document.getElementById("zone-removals");
  const zones = new Map(Object.entries(JSON.parse(root.dataset.zones)));
  let corners = [], cursor = [0.5, 0.5], dragged = null, keyed = false;

  const clamp = (value) => Math.min(1, Math.max(0, value));
  const round = (value) => Math.round(clamp(value) * 10000) / 10000;
  const at = (event) => {
    const box = svg.getBoundingClientRect();
    return [round((event.clientX - box.left) / box.width), round((event.clientY - box.top) / box.height)];
  };
  const near = (a, b) => {
    const box = svg.getBoundingClientRect();
    return Math.hypot((a[0] - b[0]) * box.width, (a[1] - b[1]) * box.height) < NEAR;
  };
  const add = (tag, attributes, parent = svg) => {
    const element = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    parent.append(element);
    return element;
  };
  const text = (points) => points.map((each) => each.join(",")).join(" ");
  // As stream/configuration/polygons.py has it: what is refused there is not written here.
  const sides = (points) => points.map((each, index) => [each, points[(index + 1) % points.length]]);
  const hand = ([a, b], at) => (b[0] - a[0]) * (at[1] - a[1]) - (b[1] - a[1]) * (at[0] - a[0]);
  const apart = (side, [a, b]) => hand(side, a) * hand(side, b) < 0;
  const area = (all) => Math.abs(all.reduce((sum, [[x, y], [right, below]]) => sum + x * below - right * y, 0)) / 2;
  function refused(points) {
    const all = sides(points);
    const cross = all.some((one, index) => all.slice(index + 1).some((other) => apart(one, other) && apart(other, one)));
    return cross || area(all) < 1e-6;
  }
  const quoted = (name) => /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);

  function written(wrong) {
    const whole = [...zones].filter(([name]) => !wrong.includes(name));
    if (!whole.length) return root.dataset.none;
    const all = whole.map(([name, points]) => `${quoted(name)} = [${points.map(([x, y]) => `[${x}, ${y}]`).join(", ")}]`);
    return `zones = { ${all.join(", ")} }`;
  }

  function list() {
    const buttons = [...zones.keys()].map((name) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `${root.dataset.remove} ${name}`;
      button.addEventListener("click", () => { zones.delete(name); list(); draw(); nameOf.focus(); });
      return button;
    });
    removals.replaceChildren(...buttons);
  }

  function draw() {
    svg.replaceChildren();
    const wrong = [...zones].filter(([, points]) => refused(points)).map(([name]) => name);
    for (const [name, points] of zones) {
      const kind = wrong.includes(name) ? "refused" : name === nameOf.value ? "chosen" : "";
      add("title", {}, add("polygon", { points: text(points), class: kind })).textContent = name;
    }
    note.hidden = !wrong.length;
    note.textContent = `${root.dataset.refused} ${wrong.join(", ")}`;
    if (corners.length) add("polyline", { points: text(corners), class: "chosen" });
    for (const points of [...zones.values(), corners])
      for (const [x, y] of points)
        for (const kind of ["under", ""]) add("line", { x1: x, y1: y, x2: x, y2: y, class: kind });
    if (keyed) add("path", { d: `M${cursor[0]} 0V1M0 ${cursor[1]}H1` });
    toml.value = written(wrong);
    toml.rows = Math.max(3, zones.size + 2);
  }

  function freeName() {
    const base = nameOf.value.replace(/[-.]?\d+$/, "") || "zone";
    for (let number = 2; ; number += 1) if (!zones.has(`${base}-${number}`)) return `${base}-${number}`;
  }

  function close() {
    if (corners.length < 3) return;
    if (!nameOf.value || !nameOf.checkValidity()) { nameOf.reportValidity(); return; }
    zones.set(nameOf.value, corners);
    corners = [];
    nameOf.value = freeName();
    list();
    draw();
  }

  function corner(point) {
    if (corners.length >= 3 && near(point, corners[0])) { close(); return; }
    corners.push(point);
    draw();
  }

  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    keyed = false;
    const point = at(event);
    for (const points of [...zones.values(), corners]) {
      const index = points.findIndex((each) => near(each, point));
      if (index >= 0 && !(points === corners && index === 0 && corners.length >= 3)) {
        dragged = { points, index };
        svg.setPointerCapture(event.pointerId);
        return;
      }
    }
    corner(point);
  });
  svg.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    dragged.points[dragged.index] = at(event);
    draw();
  });
  for (const kind of ["pointerup", "pointercancel"]) svg.addEventListener(kind, () => { dragged = null; });
  svg.addEventListener("keydown", (event) => {
    const far = event.shiftKey ? 5 * STEP : STEP;
    const move = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] }[event.key];
    if (move) cursor = cursor.map((value, axis) => round(value + move[axis]));
    else if (event.key === "Enter" || event.key === " ") corner([...cursor]);
    else if (event.key === "Backspace") corners.pop();
    else if (event.key === "c" || event.key === "C") close();
    else return;
    keyed = true;
    event.preventDefault();
    draw();
  });
  document.getElementById("zone-close").addEventListener("click", close);
  document.getElementById("zone-undo").addEventListener("click", () => { corners.pop(); draw(); });
  document.getElementById("zone-clear").addEventListener("click", () => { zones.clear(); corners = []; list(); draw(); });
  nameOf.addEventListener("input", draw);
  document.getElementById("zone-copy").addEventListener("click", async (event) => {
    const button = event.currentTarget, said = button.textContent;
    toml.select();
    try { await navigator.clipboard.writeText(toml.value); } catch { document.execCommand("copy"); }
    button.textContent = root.dataset.copied;
    setTimeout(() => { button.textContent = said; }, 1500);
  });
  if (zones.has(nameOf.value)) nameOf.value = freeName();
  document.getElementById("zone-table").textContent = `[cameras.${quoted(root.dataset.camera)}]`;
  list();
  draw();
})();
