/** The steps of a verification, with when each was reached. */
import { byId, element } from "./dom.js";
import { apiWords, isEnded } from "./status.js";

/** @param steps of the view */
function makeItems(steps) {
  return steps.map((step) => {
    const item = element("li", {}, element("span", {}, step), element("time"));
    item.dataset.status = step;
    return item;
  });
}

/** Shows the steps of a view, none reached. */
export function drawSteps(view) {
  const list = byId("timeline");
  const shown = [...list.children].map((item) => item.dataset.status);
  if (shown.join() !== view.steps.join()) list.replaceChildren(...makeItems(view.steps));
}

/** @param reached step → milliseconds after the start, or null where the time is not known */
export function drawTimeline(v, view, reached) {
  drawSteps(view);
  const progress = view.progress?.(v) ?? "";
  byId("which-call").textContent = progress;
  byId("which-call").hidden = progress === "";
  byId("api-state").textContent = apiWords(v);
  byId("api-state").hidden = false;
  const now = view.stepOf(v);
  for (const item of byId("timeline").children) {
    const { status } = item.dataset;
    const isNow = now === status;
    item.className = isNow ? `now${view.live.has(status) ? " live" : ""}` : reached.has(status) ? "done" : "";
    item.ariaCurrent = isNow ? "step" : null;
    item.lastElementChild.textContent = elapsedWords(reached.get(status));
  }
  // A failed end takes the place of the good one.
  const last = byId("timeline").lastElementChild;
  const bad = isEnded(v) && v.status !== "verified";
  last.firstElementChild.textContent = bad ? v.status : last.dataset.status;
  if (!bad) return;
  last.className = "bad";
  last.ariaCurrent = "step";
}

function elapsedWords(ms) {
  if (ms === undefined || ms === null) return "";
  return ms < 995 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
