/** The verification in progress: reads its status until it ends. */
import { viewOf } from "./channels/index.js";
import { isEnded } from "./status.js";
import { drawTimeline } from "./timeline.js";

/** The event stream says when to read; these intervals catch what it does not report, such as the expiry of a code. */
const POLL_BUSY_MS = 120;
const POLL_WAITING_MS = 1500;
/** A step that is first seen this long after the start has an unknown time. */
const SURE_MS = 700;

/** @param options.api from api.js @param options.onChange gets the verification and its view whenever it was read */
export function followVerification({ api, onChange }) {
  let current = null;
  let startedMs = 0;
  /** The delivery, and its lap, whose steps are in `reached`. */
  let lap = "";
  /** Step → milliseconds after the start, or null where its time is not known. */
  let reached = new Map();
  let timer = null;

  /** Reads it now, and again at intervals until it ended. */
  async function poll() {
    clearTimeout(timer);
    const { id } = current;
    // Errors here are transient, or show at the person's next action.
    const read = await api.get(id).catch(() => null);
    if (current.id !== id) return;
    if (read) take(read);
    schedule();
  }

  function schedule() {
    clearTimeout(timer);
    if (isEnded(current)) return;
    timer = setTimeout(poll, viewOf(current.channel).isBusy(current) ? POLL_BUSY_MS : POLL_WAITING_MS);
  }

  function take(v) {
    const view = viewOf(v.channel);
    const thisLap = JSON.stringify([v.id, v.delivery.number, view.lap?.(v) ?? 0]);
    const isOther = current?.id === v.id && current.delivery.number !== v.delivery.number;
    // Begun elsewhere, such as in a terminal.
    if (isOther) startedMs = Date.parse(v.delivery.started_at);
    if (thisLap !== lap) reached = new Map();
    lap = thisLap;
    current = v;
    mark(view);
    drawTimeline(v, view, reached);
    onChange(v, view);
  }

  /** A step that had passed before the status was read has no known time. */
  function mark(view) {
    const now = view.stepOf(current);
    const elapsedMs = Math.max(0, Date.now() - startedMs);
    const isFirstLook = reached.size === 0;
    for (const passed of view.steps.slice(0, view.steps.indexOf(now) + 1)) {
      if (reached.has(passed)) continue;
      reached.set(passed, passed !== now || (isFirstLook && elapsedMs > SURE_MS) ? null : elapsedMs);
    }
  }

  return {
    /** Follows this verification: a new one, or one with another delivery. */
    begin(v, startedAtMs) {
      lap = "";
      current = v;
      startedMs = startedAtMs;
      take(v);
      schedule();
    },
    /** Something happened to it: reads it now. */
    look() {
      if (current && !isEnded(current)) poll();
    },
    /** The one that is followed; null before the first. */
    get current() {
      return current;
    },
  };
}
