/** The screen of a call that was answered: what is heard, the keypad, Hang up. */
import { createCallAudio } from "./call-audio.js";
import { byId, element } from "./dom.js";

const BARS = 24;
/** Less is the noise of G.711, not a voice. */
const AUDIBLE = 0.02;
const SILENT_AFTER_MS = 400;

/** @param act `(callId, verb, body?) => Promise` */
export function createTalk(act) {
  let callId = null;
  let pressed = "";
  let silentTimer = null;
  const bars = Array.from({ length: BARS }, () => element("i"));
  byId("level").replaceChildren(...bars);
  const levels = Array(BARS).fill(0);
  const audio = createCallAudio(drawLevel);
  byId("keypad").replaceChildren(...[..."123456789*0#"].map(makeKey));
  byId("hangup").addEventListener("click", () => send("hangup"));

  /** A failure means that the call is over: the next event shows it. */
  const send = (verb, body) => act(callId, verb, body).catch(() => {});

  function makeKey(digit) {
    const key = element("button", { type: "button", className: "key", textContent: digit });
    key.addEventListener("click", () => {
      pressed += digit;
      byId("call-kind").textContent = pressed.slice(-12);
      audio.prepare();
      send("keys", { digits: digit });
    });
    return key;
  }

  function drawLevel(level) {
    levels.push(level);
    levels.shift();
    bars.forEach((bar, index) => {
      bar.style.height = `${Math.round(8 + 92 * levels[index])}%`;
    });
    if (level < AUDIBLE) return;
    byId("hearing").textContent = "Someone speaks";
    clearTimeout(silentTimer);
    silentTimer = setTimeout(silent, SILENT_AFTER_MS);
  }

  function silent() {
    byId("hearing").textContent = "Silent";
  }

  return {
    /** The person is about to answer: while the click is handled. */
    prepare: audio.prepare,
    /** This call is up. */
    begin(id) {
      if (callId === id) return;
      callId = id;
      pressed = "";
      levels.fill(0);
      drawLevel(0);
      silent();
      audio.play(id);
      byId("talk").hidden = false;
    },
    /** No call is up. */
    end() {
      callId = null;
      audio.stop();
      byId("talk").hidden = true;
    },
    focus: () => byId("keypad").firstElementChild.focus({ preventScroll: true }),
  };
}
