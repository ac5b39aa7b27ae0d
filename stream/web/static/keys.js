"use strict";
// Arrows turn pages, unless somebody types or scrolls a drawing.
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.closest("input, select, textarea, .scroll, [role=application]")) return;
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  const link = rel && document.querySelector(`a[rel=${rel}]`);
  if (link) link.click();
});
// On a narrow screen the newest is what one sees first; names of cameras stay where they can be read.
for (const each of document.querySelectorAll(".scroll")) {
  const drawing = each.querySelector("svg"), names = each.querySelectorAll(".camera");
  each.addEventListener("scroll", () => {
    const left = 4 + each.scrollLeft * drawing.viewBox.baseVal.width / drawing.clientWidth;
    for (const name of names) name.setAttribute("x", left);
  });
  if (each.dataset.newest) each.scrollLeft = each.scrollWidth * Number(each.dataset.newest) - each.clientWidth;
}
