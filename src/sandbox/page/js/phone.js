/** The phone on the right: shows calls as they come over the wire, and has a person's two buttons. */
import { byId, element, say } from "./dom.js";
import { spaced, splitCallerId } from "./numbers.js";
import { captions, captionsOfTwo, incomingWords, logWords, nextWords, ordinals } from "./words.js";

const ANSWERED_SHOWN_MS = 1500;

/**
 * @param callerIdRange `settings.caller_id`
 * @param act `(callId, "answer" | "decline") => Promise`
 * @param getCurrent gives the verification that is followed, or null
 */
export function createPhone(callerIdRange, act, getCurrent) {
  /** Newest first. */
  let calls = [];
  let shownCall = null;
  let hideAnswered = null;

  const press = (verb) => async () => {
    if (!shownCall) return;
    // Over by now, most likely: the next event shows what became of it.
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
    /** Another verification is followed now. */
    redraw: draw,
    /** The code as the phone was shown it by now; null while a call of it is missing. */
    shownCode() {
      const current = getCurrent();
      const seen = current ? callsOf(current) : [];
      if (seen.length === 0 || seen.length % current.calls !== 0) return null;
      return seen
        .slice(-current.calls)
        .map((call) => call.caller_id.slice(-callerIdRange.digits))
        .join("");
    },
  };

  /** The calls of a verification that the phone saw, oldest first. */
  function callsOf({ to: number, created_at: startedAt }) {
    const isOne = ({ to, state, at }) =>
      to === number && Object.hasOwn(logWords, state) && Date.parse(at) >= Date.parse(startedAt);
    return calls.filter(isOne).reverse();
  }

  /** Which of two calls of the verification that is followed this one is: 1 or 2; null where it is none of two. */
  function ordinal({ id }) {
    const current = getCurrent();
    const index = current?.calls === 2 ? callsOf(current).findIndex((call) => call.id === id) : -1;
    return index < 0 ? null : (index % 2) + 1;
  }

  function draw() {
    const ringing = calls.find(({ state }) => state === "ringing");
    const answered = calls.find(({ id, state }) => state === "answered" && id === shownCall?.id);
    if (ringing) showCall(ringing, "ringing", incomingWords[ordinal(ringing) ?? 0]);
    else if (answered) {
      showCall(answered, "answered", "Answered. OneRing hangs up …");
      hideAnswered ??= setTimeout(showLog, ANSWERED_SHOWN_MS);
    } else showLog();
    const newest = calls[0];
    byId("phone-caption").textContent = newest ? captionOf(newest) : "Its screen shows what came over SIP, live.";
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
    if (hadFocus && screen !== "ringing") byId("code").focus();
  }

  function showLog() {
    clearTimeout(hideAnswered);
    hideAnswered = null;
    // Whoever was about to press a button that goes away goes on where the digits are typed.
    const hadFocus = byId("screen-call").contains(document.activeElement);
    shownCall = null;
    byId("phone").dataset.screen = "log";
    byId("screen-call").hidden = true;
    byId("screen-log").hidden = false;
    if (hadFocus) byId("code").focus();
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
