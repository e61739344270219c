/** Under the field: what the number lookup says, without a call. */
import { byId, element } from "./dom.js";
import { spaced } from "./numbers.js";
import { problemWords } from "./words.js";

const PAUSE_MS = 250;

/** @param isNumber whether the field takes a number; for other recipients there is nothing to look up */
export function createNumberHint(api, isNumber) {
  const field = byId("to");
  let timer = null;
  let lookups = 0;

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  });

  /** Looks up the number in the field. */
  async function look() {
    const number = field.value.trim();
    const mine = ++lookups;
    show("", false);
    if (number === "" || !isNumber()) return;
    const facts = await api.lookup(number).catch(() => null);
    // Superseded by a later lookup, or failed: the start will report the problem.
    if (mine !== lookups || !facts) return;
    if (facts.callable)
      show([typeWords(facts.type), facts.country, "can be called"].filter(Boolean).join(" · "), false);
    else {
      const text = facts.message ?? problemWords({ code: facts.reason, message: "This number cannot be called." });
      show(text, true, facts.suggestions);
    }
  }

  /** @param suggestions `[{number}]` that may have been meant: offered, taken when the person says so */
  function show(text, bad, suggestions = []) {
    const hint = byId("to-hint");
    hint.replaceChildren(text || "\u00a0", ...suggestions.flatMap(({ number }) => [" ", offer(number)]));
    hint.classList.toggle("bad", bad);
    field.setAttribute("aria-invalid", String(bad));
  }

  function offer(number) {
    const button = element("button", { type: "button", className: "quiet" }, `Use ${spaced(number)}`);
    button.addEventListener("click", () => {
      field.value = spaced(number);
      // What else follows the field, such as the command to copy.
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    });
    return button;
  }

  return {
    look,
    /** The gateway refused to call this number. */
    refuse(text, suggestions) {
      // A pending lookup must not replace this message.
      clearTimeout(timer);
      lookups++;
      show(text, true, suggestions);
      field.focus();
    },
  };
}

function typeWords(type) {
  const words = type.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
