/** The verification in progress: reads its state whenever its event stream says that something happened, until it ends. */
import { viewOf } from "./channels/index.js";
import { isEnded } from "./status.js";
import { drawTimeline } from "./timeline.js";

/** A read that failed is tried again after this time. */
const RETRY_MS = 1000;
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
  let isReading = false;
  /** Something happened during the read in progress. */
  let isStale = false;
  let stopFollowing = () => {};
  let followed = null;
  // A browser has six connections to a server for all its tabs: one that is not seen needs none.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) unfollow();
    else if (current && !isEnded(current)) follow();
  });

  /** Reads it now. */
  async function look() {
    if (!current || isEnded(current)) return;
    isStale = isReading;
    if (isReading) return;
    isReading = true;
    const { id } = current;
    const read = await api.get(id).catch(() => null);
    isReading = false;
    // Errors here are transient, or show at the person's next action.
    if (!read) setTimeout(look, RETRY_MS);
    if (read && current.id === id) take(read);
    if (isStale || current.id !== id) look();
  }

  function follow() {
    if (followed === current.id || document.hidden) return;
    unfollow();
    followed = current.id;
    stopFollowing = api.follow(current.id, look);
  }

  function unfollow() {
    stopFollowing();
    followed = null;
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
    if (isEnded(v)) unfollow();
    else follow();
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
    },
    /** The person did something: reads it now. */
    look,
    /** The one that is followed; null before the first. */
    get current() {
      return current;
    },
  };
}
