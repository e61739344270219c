/** The verification that is under way: follows its status, draws the timeline and what it means. */
import { byId } from "./dom.js";
import { duration, notes, outcomes } from "./words.js";

const order = ["pending", "calling", "ringing", "rung", "verified"];
const ended = new Set(["verified", "failed", "expired", "canceled", "undeliverable"]);
const placing = new Set(["pending", "calling", "ringing"]);

const POLL_WHILE_CALLING_MS = 250;
const POLL_WHILE_WAITING_MS = 1500;

export const isEnded = (verification) => ended.has(verification.status);

/** @param options.api from api.js · options.onChange gets the verification whenever it was read */
export function followVerification({ api, onChange }) {
  let current = null;
  let startedMs = 0;
  let reached = new Map();
  let timer = null;

  /** Reads its state now, and again after a while until it ended. */
  async function poll() {
    clearTimeout(timer);
    const { id } = current;
    try {
      take(await api.get(id), id);
    } catch (problem) {
      // An ended verification is forgotten after a while; anything else may pass.
      if (problem.code === "verification_not_found") return;
    }
    schedule();
  }

  function schedule() {
    clearTimeout(timer);
    if (!current || isEnded(current)) return;
    timer = setTimeout(poll, placing.has(current.status) ? POLL_WHILE_CALLING_MS : POLL_WHILE_WAITING_MS);
  }

  function take(verification, id = verification.id) {
    if (id !== current?.id) return;
    current = verification;
    mark(verification.status);
    draw();
    onChange(verification);
  }

  /** A status that came and went between two looks is marked with the next one that was seen. */
  function mark(status) {
    const elapsedMs = performance.now() - startedMs;
    const upTo = order.indexOf(status);
    if (status === "verified" || !ended.has(status)) {
      for (const passed of order.slice(0, upTo + 1)) if (!reached.has(passed)) reached.set(passed, elapsedMs);
    }
  }

  function draw() {
    for (const item of byId("timeline").children) {
      const { status } = item.dataset;
      const isNow = current.status === status;
      item.className = isNow ? `now${placing.has(status) ? " live" : ""}` : reached.has(status) ? "done" : "";
      item.toggleAttribute("aria-current", isNow);
      if (isNow) item.setAttribute("aria-current", "step");
      item.lastElementChild.textContent = reached.has(status) ? seconds(reached.get(status)) : "";
    }
    drawEnd();
  }

  /** A bad end takes the place of the step that was not reached. */
  function drawEnd() {
    const last = byId("timeline").lastElementChild;
    const bad = isEnded(current) && current.status !== "verified";
    last.firstElementChild.textContent = bad ? current.status : "verified";
    if (bad) last.className = "bad";
  }

  return {
    /** Follows another verification from now on. */
    begin(verification) {
      current = verification;
      startedMs = performance.now();
      reached = new Map();
      take(verification);
      schedule();
    },
    /** Something happened: look now. */
    lookNow() {
      if (current && !isEnded(current)) poll();
    },
    /** Draws the same steps anew for another call. */
    again(verification) {
      this.begin(verification);
    },
    get current() {
      return current;
    },
  };
}

/** What to tell about a verification: `{tone, title, text}`, or null while there is nothing to tell. */
export function tidings(verification) {
  const { status, reason, to } = verification;
  if (status === "verified") return { tone: "good", title: "Verified", text: `Whoever typed this holds ${to}.` };
  if (status === "failed") {
    return { tone: "bad", title: "Failed", text: "All checks are used up. A new verification needs a new call." };
  }
  if (status === "expired") return { tone: "bad", title: "Expired", text: "The digits came too late. Start again." };
  if (status === "canceled") return { tone: "", title: "Canceled", text: "This verification was taken back." };
  if (status === "undeliverable") {
    const [title, text] = outcomes[reason] ?? outcomes.unknown;
    return { tone: "bad", title, text: `${text} (undeliverable: ${reason})` };
  }
  if (status === "rung" && notes[reason]) return { tone: "", title: "The phone saw the call", text: notes[reason] };
  return null;
}

/** "3 checks left", "expires in 4 min". */
export function checksLeftWords({ checks_left: left }) {
  return `${left} ${left === 1 ? "check" : "checks"} left`;
}

export function expiresWords({ expires_at: expiresAt }) {
  const left = (Date.parse(expiresAt) - Date.now()) / 1000;
  return left > 0 ? `expires in ${duration(left)}` : "";
}

function seconds(ms) {
  return ms < 995 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
