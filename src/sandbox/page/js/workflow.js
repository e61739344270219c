/** The steps of a workflow as they run: the deliveries that were made, and what comes next, when. */
import { viewOf } from "./channels/index.js";
import { byId, element } from "./dom.js";
import { shortened } from "./numbers.js";
import { isEnded } from "./status.js";
import { duration } from "./words.js";

export function createWorkflow() {
  /** The verification in sight. */
  let id = null;
  /** Steps that were asked for: `[{channel, to?, wait_seconds?}]`. */
  let plan = [];
  /** Delivery number → when it was first seen to be no longer busy. */
  let settledAtMs = new Map();
  /** `{node, dueMs}` of the step that comes next; null: none does. */
  let next = null;
  setInterval(drawCountdown, 250);

  /** How many planned steps have a delivery. What the person chose beside the plan belongs to none. */
  function reachedSteps({ deliveries }) {
    let reached = 0;
    for (const { channel } of deliveries) if (plan[reached]?.channel === channel) reached++;
    return reached;
  }

  function draw(v) {
    const reached = reachedSteps(v);
    const pending = isEnded(v) ? [] : plan.slice(reached);
    const newest = v.delivery;
    const rows = [
      ...v.deliveries.map((delivery) => deliveryRow(delivery, v, delivery.number === newest.number)),
      ...pending.map(pendingRow),
    ];
    byId("workflow").hidden = rows.length < 2;
    byId("workflow").replaceChildren(...rows);
    const waitSeconds = plan[reached - 1]?.wait_seconds;
    const settledMs = settledAtMs.get(newest.number);
    const dueMs = waitSeconds && settledMs ? settledMs + waitSeconds * 1000 : null;
    next = pending.length > 0 ? { node: byId("workflow").querySelector(".pending .step-state"), dueMs } : null;
    drawCountdown();
  }

  function drawCountdown() {
    if (!next) return;
    const leftMs = next.dueMs === null ? null : next.dueMs - Date.now();
    const words = leftMs === null ? "if that fails" : leftMs > 0 ? `in ${duration(leftMs / 1000)}` : "due";
    if (next.node.textContent !== words) next.node.textContent = words;
  }

  return {
    /** A verification was started here. @param steps its workflow; undefined: it has one channel */
    begin(v, steps = []) {
      id = v.id;
      plan = steps;
      settledAtMs = new Map();
    },
    /** The followed verification, as it was read. */
    draw(v) {
      if (v.id !== id) this.begin(v);
      const newest = v.delivery;
      if (!viewOf(newest.channel).isBusy({ ...v, delivery: newest }) && !settledAtMs.has(newest.number)) {
        settledAtMs.set(newest.number, Date.now());
      }
      draw(v);
    },
  };
}

function row(className, channel, to, state) {
  return element(
    "li",
    { className },
    element("span", { className: "step-channel" }, viewOf(channel).title),
    ...(to ? [element("span", { className: "step-to" }, shortened(to))] : []),
    element("span", { className: "step-state" }, state),
  );
}

function deliveryRow({ channel, to, state, reason }, v, isNewest) {
  const isProof = v.status === "verified" && (v.proof ? v.proof.channel === channel : isNewest);
  const className = isProof ? "proof" : state === "failed" ? "failed" : isNewest && !isEnded(v) ? "current" : "";
  const words = [isProof ? "verified" : state, ...(reason && !isProof ? [reason] : [])].join(" · ");
  const item = row(className, channel, to === v.to ? null : to, words);
  if (className === "current") item.ariaCurrent = "step";
  return item;
}

function pendingRow({ channel, to }) {
  return row("pending", channel, to ?? null, "then");
}
