/** The verification that is under way: follows its status and draws the timeline. */
import { byId } from "./dom.js";
import { flat } from "./flat.js";
import { ordinals } from "./words.js";

const order = ["pending", "calling", "ringing", "rung", "verified"];
const ended = new Set(["verified", "failed", "expired", "canceled", "undeliverable"]);
const placing = new Set(["pending", "calling", "ringing"]);

/** The event stream says when to look; these only catch what it does not tell, such as the end of a code's life. */
const POLL_WHILE_CALLING_MS = 120;
const POLL_WHILE_WAITING_MS = 1500;
/** A status that is first seen this long after the start came at a time that nobody knows. */
const SURE_MS = 700;

export const isEnded = (verification) => ended.has(verification.status);

/** Whether the first of two calls is over and the second is not. */
const isBetween = (verification) => verification.calls === 2 && verification.calls_delivered === 1;

/** @param options.api from api.js · options.onChange gets the verification whenever it was read */
export function followVerification({ api, onChange }) {
  let current = null;
  let startedMs = 0;
  /** Status → milliseconds after the start, or null where nobody looked. */
  let reached = new Map();
  let timer = null;

  /** Reads its state now, and again after a while until it ended. */
  async function poll() {
    clearTimeout(timer);
    const { id } = current;
    // What goes wrong here passes, or shows as soon as the person does something.
    const read = await api.get(id).catch(() => null);
    if (current.id !== id) return;
    if (read) take(read);
    schedule();
  }

  function schedule() {
    clearTimeout(timer);
    if (isEnded(current)) return;
    const isPlacing = placing.has(current.step) && current.channel !== "call_in";
    timer = setTimeout(poll, isPlacing ? POLL_WHILE_CALLING_MS : POLL_WHILE_WAITING_MS);
  }

  function take(shown) {
    const verification = flat(shown);
    // The second of two calls goes the same way again.
    if (current?.id === verification.id && current.calls_delivered === 0 && isBetween(verification))
      reached = new Map();
    current = verification;
    mark();
    draw();
    onChange(verification);
  }

  /** When a status came that was over before anybody looked is not known. */
  function mark() {
    const { step: status } = current;
    const elapsedMs = Math.max(0, Date.now() - startedMs);
    const isFirstLook = reached.size === 0;
    // Who calls in goes from the first to the last.
    const way = current.channel === "call_in" ? ["pending", "verified"] : order;
    for (const passed of way.slice(0, way.indexOf(status) + 1)) {
      if (reached.has(passed)) continue;
      reached.set(passed, passed !== status || (isFirstLook && elapsedMs > SURE_MS) ? null : elapsedMs);
    }
  }

  function draw() {
    byId("which-call").hidden = current.calls !== 2 || !placing.has(current.step);
    byId("which-call").textContent = `${ordinals[current.calls_delivered + 1] ?? ""} of two`;
    for (const item of byId("timeline").children) {
      const { status } = item.dataset;
      const isNow = current.step === status;
      item.className = isNow ? `now${placing.has(status) ? " live" : ""}` : reached.has(status) ? "done" : "";
      item.ariaCurrent = isNow ? "step" : null;
      item.lastElementChild.textContent = elapsedWords(reached.get(status));
    }
    // A bad end takes the place of the good one.
    const last = byId("timeline").lastElementChild;
    const bad = isEnded(current) && current.status !== "verified";
    last.firstElementChild.textContent = bad ? current.status : "verified";
    if (!bad) return;
    last.className = "bad";
    last.ariaCurrent = "step";
  }

  return {
    /** Follows this verification from now on: a new one, or one that is being called again. */
    begin(verification, startedAtMs) {
      startedMs = startedAtMs;
      reached = new Map();
      take(verification);
      schedule();
    },
    /** Something happened to it: looks now. */
    look() {
      if (current && !isEnded(current)) poll();
    },
    /** The one that is followed; null before the first. */
    get current() {
      return current;
    },
  };
}

function elapsedWords(ms) {
  if (ms === undefined || ms === null) return "";
  return ms < 995 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
