/** The second step: the fields for the code, and messages about the verification. */
import { viewOf } from "./channels/index.js";
import { createCodeFields } from "./code-fields.js";
import { byId, sayNow } from "./dom.js";
import { isEnded } from "./status.js";
import { checksLeftWords, expiresWords, updateOf } from "./updates.js";

/** @param settings of the sandbox @param getCurrent gives the verification that is followed, or null */
export function createCheckPanel(settings, getCurrent) {
  const fields = createCodeFields();
  const result = byId("result");
  /** The update that was shown last, as JSON: each is shown once. */
  let shown = "null";
  /** Only an end replaces the message about a wrong code: an update just after it would hide it. */
  let wrongInSight = false;
  setInterval(drawExpiry, 1000);

  function drawExpiry() {
    const current = getCurrent();
    byId("expires").textContent = current && !isEnded(current) ? expiresWords(current) : "";
  }

  function drawFields(v, view) {
    const code = view.code(v, settings);
    const enabled = v !== null && !isEnded(v) && code.fields.length > 0;
    byId("check-words").textContent = code.heading;
    byId("order").textContent = code.hint ?? "";
    byId("order").hidden = !enabled || !code.hint;
    fields.draw(code.fields, enabled);
    byId("check-form").hidden = code.fields.length === 0;
    byId("check").disabled = !enabled;
    byId("checks-left").textContent = v ? checksLeftWords(v) : "Start a verification first.";
    byId("check-meta").hidden = v !== null && isEnded(v);
  }

  /** Shows a message, and announces it. */
  function showMessage({ tone, title, text, code: name }) {
    const whole = `${title}. ${text}`;
    if (!result.hidden && result.dataset.whole === whole) return;
    result.dataset.whole = whole;
    result.className = `result ${tone}`;
    byId("result-title").textContent = title;
    byId("result-text").textContent = text;
    byId("result-code").textContent = name ?? "";
    result.hidden = false;
    result.scrollIntoView({ block: "nearest", behavior: "instant" });
    sayNow(whole);
  }

  function clearMessage() {
    result.hidden = true;
    wrongInSight = false;
  }

  return {
    showMessage,
    /** An action of the person begins: a message about the one before must not stand beside its result. */
    clearMessage,
    /** The code to check, or null where it is not complete. */
    readCode: fields.read,
    /** Another delivery: what was typed and shown is void. */
    reset() {
      fields.clear();
      shown = "null";
      clearMessage();
    },
    wrong(answer) {
      fields.clear();
      fields.focus();
      wrongInSight = true;
      const current = getCurrent();
      const hint = viewOf(current.channel).wrong?.(current);
      const left = `${checksLeftWords(answer)}.`;
      showMessage({ tone: "bad", title: "Wrong code", text: hint ? `${hint} ${left}` : left });
    },
    /** Moves the focus to what the person does next. */
    goOn() {
      if (fields.usable) fields.focus();
      else (byId("actions").querySelector("button:enabled") ?? result).focus({ preventScroll: true });
    },
    /** Before the first verification: what the chosen channel will ask for. */
    drawIdle(view) {
      drawFields(null, view);
    },
    draw(v, view) {
      const over = isEnded(v);
      const hadFocus = byId("step-check").contains(document.activeElement);
      drawFields(v, view);
      const update = updateOf(v, view);
      // Shown once: what the person did since, such as typing a wrong code, stays in sight.
      if (update && JSON.stringify(update) !== shown && (over || !wrongInSight)) showMessage(update);
      shown = JSON.stringify(update);
      // The focused control is disabled now: go on at the result.
      if (over && hadFocus) result.focus({ preventScroll: true });
      drawExpiry();
    },
  };
}
