"use strict";
const viewer = document.querySelector(".viewer");
const study = viewer.dataset.study;
const slice = document.getElementById("slice");
const index = document.getElementById("index");
const number = document.getElementById("number");
const windowSelect = document.getElementById("window");
const outlines = document.getElementById("outlines");
const status = document.getElementById("status");

function show() {
  number.value = `${Number(index.value) + 1} of ${viewer.dataset.slices}`;
  slice.src = `/study/${study}/slice/${index.value}.png?window=${windowSelect.value}&outlines=${outlines.checked}`;
}
for (const control of [index, windowSelect, outlines]) control.addEventListener("input", show);
slice.addEventListener("wheel", (event) => {
  event.preventDefault();
  index.value = Number(index.value) + (event.deltaY > 0 ? -1 : 1);
  show();
}, { passive: false });
for (const button of document.querySelectorAll(".goto")) {
  button.addEventListener("click", () => {
    windowSelect.value = button.dataset.window;
    index.value = button.dataset.index;
    show();
  });
}

function tell(text, refused) {
  status.textContent = text;
  status.classList.toggle("refused", refused);
}

async function decide(flag, decision) {
  const reason = flag.querySelector(".reason").value;
  let response, body;
  try {
    response = await fetch(`/study/${study}/verdicts`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "If-Match": status.dataset.head },
      body: JSON.stringify({ flag_id: flag.dataset.flag, decision, reason }),
    });
    body = await response.json();
  } catch {
    tell("Not saved: the review server does not answer. Start it again; your reason is still in the field.", true);
    return;
  }
  if (!response.ok) {
    tell(`Not saved. ${body.message || "The server refused the decision."}`, true);
    if (body.code === "MED-R02") flag.querySelector(".reason").focus();
    return;
  }
  status.dataset.head = body.head;
  tell("Saved.", false);
  const now = body.current[flag.dataset.flag];
  flag.querySelector(".decision").textContent = now ? now.decision : "undecided";
}
const flags = [...document.querySelectorAll(".flag")];
for (const flag of flags) {
  flag.addEventListener("focus", () => {
    if (flag.dataset.index === undefined) return;
    windowSelect.value = flag.dataset.window;
    index.value = flag.dataset.index;
    show();
  });
  for (const name of ["accept", "reject", "undo"]) {
    flag.querySelector(`.${name}`).addEventListener("click", () => decide(flag, name));
  }
}
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input:not([type=range]), select, textarea") || event.ctrlKey || event.metaKey) return;
  const at = flags.indexOf(document.activeElement.closest(".flag"));
  if (event.key === "j" || event.key === "k") {
    const next = flags[Math.max(0, Math.min(flags.length - 1, at + (event.key === "j" ? 1 : -1)))];
    if (next) next.focus();
  } else if (at >= 0 && event.key === "a") decide(flags[at], "accept");
  else if (at >= 0 && event.key === "u") decide(flags[at], "undo");
  else if (at >= 0 && event.key === "r") {
    event.preventDefault();
    if (flags[at].querySelector(".reason").value) decide(flags[at], "reject");
    else flags[at].querySelector(".reason").focus();
  }
});
for (const mark of document.querySelectorAll("mark[data-flags]")) {
  mark.addEventListener("click", () => document.getElementById(`flag-${mark.dataset.flags.split(" ")[0]}`)?.focus());
}
