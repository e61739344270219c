/** Under the field: what the gateway knows of the number without ringing it. */
import { byId } from "./dom.js";
import { problemWords } from "./words.js";

const PAUSE_MS = 250;

export function createNumberHint(api) {
  const field = byId("to");
  let timer = null;
  let asked = 0;

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  });

  /** Asks for the number that stands in the field now. */
  async function look() {
    const number = field.value.trim();
    const question = ++asked;
    show("", false);
    if (number === "") return;
    const facts = await api.lookup(number).catch(() => null);
    // A later question was asked meanwhile, or there is no answer: calling will say what is wrong.
    if (question !== asked || !facts) return;
    if (facts.callable)
      show([typeWords(facts.type), facts.country, "can be called"].filter(Boolean).join(" · "), false);
    else show(problemWords({ code: facts.reason, message: "This number cannot be called." }), true);
  }

  function show(text, bad) {
    const hint = byId("to-hint");
    hint.textContent = text || "\u00a0";
    hint.classList.toggle("bad", bad);
    field.setAttribute("aria-invalid", String(bad));
  }

  return {
    look,
    /** The gateway refused to call this number. */
    refuse(text) {
      // What a look that is still to come or under way finds must not take its place.
      clearTimeout(timer);
      asked++;
      show(text, true);
      field.focus();
    },
  };
}

function typeWords(type) {
  const words = type.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
