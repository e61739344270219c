/** The simulated phone: calls as they arrive over SIP, and the buttons Answer and Decline. */

import { viewOf } from "./channels/index.js";
import { byId, element, say } from "./dom.js";
import { spaced, splitCallerId } from "./numbers.js";
import { captions, captionsOfTwo, incomingWords, logWords, nextWords, ordinals } from "./words.js";

const ANSWERED_SHOWN_MS = 1500;
const standardCaption = "The screen shows the SIP calls live.";

/**
 * @param callerIdRange `settings.caller_id`
 * @param act `(callId, "answer" | "decline") => Promise`
 * @param getCurrent gives the verification that is followed, or null
 * @param goOn moves the focus from a button that is no longer shown to the next step
 */
export function createPhone(callerIdRange, act, getCurrent, goOn) {
  /** Newest first. */
  let calls = [];
  let shownCall = null;
  let hideAnswered = null;

  const press = (verb) => async () => {
    if (!shownCall) return;
    // A failure means that the call has ended: the next event shows how.
    await act(shownCall.id, verb).catch(() => {});
  };
  byId("answer").addEventListener("click", press("answer"));
  byId("decline").addEventListener("click", press("decline"));
  tick();
  setInterval(tick, 5000);

  return {
    /** The whole log, newest first. */
    replace(all) {
      calls = all;
      draw();
    },
    /** One call began or changed. */
    update(call) {
      const known = calls.some(({ id }) => id === call.id);
      calls = known ? calls.map((old) => (old.id === call.id ? call : old)) : [call, ...calls].slice(0, 100);
      announce(call);
      draw();
    },
    /** The followed verification changed. */
    redraw: draw,
    /** The code as the phone shows it; null until all calls of it are in the log. */
    shownCode() {
      const current = getCurrent();
      const calls = partsOf(current);
      const seen = calls > 0 ? callsOf(current) : [];
      if (seen.length === 0 || seen.length % calls !== 0) return null;
      return seen
        .slice(-calls)
        .map((call) => call.caller_id.slice(-callerIdRange.digits))
        .join("");
    },
  };

  /** How many calls make up the code; 0 without a verification, or where its channel has none. */
  function partsOf(current) {
    return current ? (viewOf(current.channel).calls?.(current) ?? 0) : 0;
  }

  /** The calls of a verification that reached the phone, oldest first. */
  function callsOf({ to: number, created_at: startedAt }) {
    const isOne = ({ to, state, at }) =>
      to === number && Object.hasOwn(logWords, state) && Date.parse(at) >= Date.parse(startedAt);
    return calls.filter(isOne).reverse();
  }

  /** Which of two calls of the verification that is followed this one is: 1 or 2; null where it is none of two. */
  function ordinal({ id }) {
    const current = getCurrent();
    const index = partsOf(current) === 2 ? callsOf(current).findIndex((call) => call.id === id) : -1;
    return index < 0 ? null : (index % 2) + 1;
  }

  function draw() {
    const ringing = calls.find(({ state }) => state === "ringing");
    const answered = calls.find(({ id, state }) => state === "answered" && id === shownCall?.id);
    if (ringing) showCall(ringing, "ringing", incomingWords[ordinal(ringing) ?? 0]);
    else if (answered) {
      showCall(answered, "answered", "Answered; OneRing hangs up …");
      hideAnswered ??= setTimeout(showLog, ANSWERED_SHOWN_MS);
    } else showLog();
    const newest = calls[0];
    byId("phone-caption").textContent = newest ? captionOf(newest) : standardCaption;
    drawLog();
  }

  function showCall(call, screen, kind) {
    const hadFocus = byId("call-buttons").contains(document.activeElement);
    shownCall = call;
    byId("phone").dataset.screen = screen;
    byId("call-kind").textContent = kind;
    byId("call-from").replaceChildren(...callerIdNodes(call));
    byId("call-to").textContent = `for ${spaced(call.to)}`;
    byId("call-buttons").hidden = screen !== "ringing";
    byId("screen-call").hidden = false;
    byId("screen-log").hidden = true;
    if (hadFocus && screen !== "ringing") goOn();
  }

  function showLog() {
    clearTimeout(hideAnswered);
    hideAnswered = null;
    // A focused button is about to be hidden: move the focus to the next step.
    const hadFocus = byId("screen-call").contains(document.activeElement);
    shownCall = null;
    byId("phone").dataset.screen = "log";
    byId("screen-call").hidden = true;
    byId("screen-log").hidden = false;
    if (hadFocus) goOn();
  }

  function drawLog() {
    const seen = calls.filter(({ state }) => Object.hasOwn(logWords, state));
    byId("log").replaceChildren(...seen.map(logLine));
    byId("log-empty").hidden = seen.length > 0;
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

  function captionOf(call) {
    const current = getCurrent();
    // A call to another number says nothing about the verification in sight.
    if (current && current.to !== call.to) return standardCaption;
    const which = ordinal(call);
    return which && call.state === "missed" ? captionsOfTwo[which] : captions[call.state];
  }

  function callerIdNodes(call) {
    const [known, code] = splitCallerId(call.caller_id, callerIdRange);
    return [`${known} `, element("b", {}, code)];
  }

  function announce(call) {
    const from = splitCallerId(call.caller_id, callerIdRange).join(" ");
    const which = ordinal(call);
    const prefix = which ? `${ordinals[which]}. ` : "";
    if (call.state === "ringing") say(`${prefix}The phone rings. Caller ID ${from}.`);
    else if (call.state === "missed")
      say(`${prefix}Missed call from ${from}. ${nextWords(which, callerIdRange.digits)}`);
    else if (call.state !== "dialing") say(captions[call.state]);
  }
}

function tick() {
  byId("phone-clock").textContent = clockTime(new Date());
}

function clockTime(date) {
  return date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}
