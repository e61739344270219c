/** The phone's calls: which of them belong to the verification in sight, and the list of recent ones. */
import { viewOf } from "./channels/index.js";
import { clockTime } from "./clock.js";
import { byId, element } from "./dom.js";
import { spaced, splitCallerId } from "./numbers.js";
import { logWords, ordinals } from "./words.js";

const MAX_CALLS = 100;

/** Whom the newest delivery goes to. */
export const recipientOf = ({ to, delivery }) => delivery.to ?? to;

/** @param callerIdRange `settings.caller_id` @param getCurrent gives the verification that is followed, or null */
export function createCallLog(callerIdRange, getCurrent) {
  /** Newest first. */
  let calls = [];

  /** How many calls make up the code; 0 without a verification, or where its channel has none. */
  function partsOf(current) {
    return current ? (viewOf(current.channel).calls?.(current) ?? 0) : 0;
  }

  /** The calls of a verification that reached the phone, oldest first. */
  function callsOf(current) {
    const number = recipientOf(current);
    const startedMs = Date.parse(current.created_at);
    const isOne = ({ to, state, at }) => to === number && Object.hasOwn(logWords, state) && Date.parse(at) >= startedMs;
    return calls.filter(isOne).reverse();
  }

  function callerIdNodes(call) {
    const [known, code] = splitCallerId(call.caller_id, callerIdRange);
    return [`${known} `, element("b", {}, code)];
  }

  /** Which of two calls of the verification that is followed this one is: 1 or 2; null where it is none of two. */
  function ordinal({ id }) {
    const current = getCurrent();
    const index = partsOf(current) === 2 ? callsOf(current).findIndex((call) => call.id === id) : -1;
    return index < 0 ? null : (index % 2) + 1;
  }

  function logLine(call, index) {
    const which = ordinal(call);
    const what = `${logWords[call.state]} · ${spaced(call.to)}`;
    return element(
      "li",
      { className: [call.state, ...(index === 0 ? ["newest"] : []), ...(which ? ["wanted"] : [])].join(" ") },
      element("span", { className: "from" }, ...callerIdNodes(call)),
      element("time", { className: "when", dateTime: call.at }, clockTime(new Date(call.at))),
      element("span", { className: "what" }, ...(which ? [element("b", {}, ordinals[which]), ` · ${what}`] : [what])),
    );
  }

  return {
    callerIdNodes,
    ordinal,
    get calls() {
      return calls;
    },
    /** The whole log, newest first. */
    replace(all) {
      calls = all;
    },
    /** One call began or changed. */
    update(call) {
      const known = calls.some(({ id }) => id === call.id);
      calls = known ? calls.map((old) => (old.id === call.id ? call : old)) : [call, ...calls].slice(0, MAX_CALLS);
    },
    /** The newest call to the recipient of the verification in sight that it may have made; null: none. */
    newestOf(current) {
      return callsOf(current).at(-1) ?? null;
    },
    /** The code that the caller IDs of a verification's calls end in; null until all its calls are in the log. */
    code(current) {
      const parts = partsOf(current);
      const seen = parts > 0 ? callsOf(current) : [];
      if (seen.length === 0 || seen.length % parts !== 0) return null;
      return seen
        .slice(-parts)
        .map((call) => call.caller_id.slice(-callerIdRange.digits))
        .join("");
    },
    draw() {
      const seen = calls.filter(({ state }) => Object.hasOwn(logWords, state));
      byId("log").replaceChildren(...seen.map(logLine));
      byId("log-empty").hidden = seen.length > 0;
    },
  };
}
