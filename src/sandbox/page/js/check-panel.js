/** The second step: where the digits are typed, and what comes of it. */
import { byId, sayNow } from "./dom.js";
import { checksLeftWords, expiresWords, tidings } from "./updates.js";

/** @param digits length of a code · @param getCurrent gives the verification that is followed, or null */
export function createCheckPanel(digits, getCurrent) {
  const code = byId("code");
  const secondCode = byId("second-code");
  const result = byId("result");
  let calls = 1;
  /** The news of the verification that was told last. */
  let told = "null";
  /** Only an end takes the place of a wrong answer: news of a call that comes a moment after it would hide it. */
  let wrongInSight = false;
  code.addEventListener("input", () => {
    const typed = code.value.replace(/\D/g, "");
    code.value = typed.slice(0, digits);
    if (calls === 1 || typed.length <= digits) return;
    // Typed or pasted beyond the first call's digits: those are the second's.
    secondCode.value = typed.slice(digits, 2 * digits);
    secondCode.focus();
  });
  secondCode.addEventListener("input", () => {
    secondCode.value = secondCode.value.replace(/\D/g, "").slice(0, digits);
  });
  setInterval(drawExpiry, 1000);

  function drawExpiry() {
    const current = getCurrent();
    byId("expires").textContent = current && !byId("check").disabled ? expiresWords(current) : "";
  }

  /** Shows a message, and says it. */
  function tell({ tone, title, text, code: name }) {
    const whole = `${title}. ${text}`;
    if (!result.hidden && result.dataset.whole === whole) return;
    result.dataset.whole = whole;
    result.className = `result ${tone}`;
    byId("result-title").textContent = title;
    byId("result-text").textContent = text;
    byId("result-code").textContent = name ?? "";
    result.hidden = false;
    // News that is out of sight is none.
    result.scrollIntoView({ block: "nearest", behavior: "instant" });
    sayNow(whole);
  }

  function clear() {
    code.value = "";
    secondCode.value = "";
  }

  /** One field for each call, in their order. */
  function drawFields() {
    const two = calls === 2;
    const typed = `Type the last ${digits} digits of ${two ? "both missed calls" : "the missed call"}`;
    byId("check-words").textContent = calls === 0 ? "Call from the phone: there is nothing to type" : typed;
    byId("code-label").textContent = two ? "First call: last digits" : "Last digits of the caller ID";
    byId("second").hidden = !two;
    byId("order").hidden = !two;
    code.setAttribute("aria-describedby", two ? "order checks-left" : "checks-left");
  }

  return {
    tell,
    /** What was typed: the first call's digits first. */
    get code() {
      return code.value + (calls === 2 ? secondCode.value : "");
    },
    /** Another call: what was typed and told is gone. */
    reset() {
      clear();
      told = "null";
      wrongInSight = false;
      result.hidden = true;
    },
    wrong(answer) {
      clear();
      code.focus();
      wrongInSight = true;
      const hint =
        calls === 2
          ? "The first call's digits come first: it is the lower one in the phone's log."
          : "Look at the newest call in the phone's log.";
      tell({ tone: "bad", title: "Not these digits", text: `${hint} ${checksLeftWords(answer)}.` });
    },
    /** @param over whether the verification has ended */
    draw(verification, over) {
      const hadFocus = document.activeElement === byId("check") || byId("actions").contains(document.activeElement);
      const callsIn = verification.channel === "call_in";
      calls = verification.calls;
      drawFields();
      // Who calls in has nothing to type.
      code.disabled = callsIn;
      code.readOnly = over;
      secondCode.readOnly = over;
      byId("check").disabled = over || callsIn;
      byId("check-meta").hidden = over || callsIn;
      byId("call-in").hidden = !callsIn;
      byId("resend").hidden = callsIn;
      byId("checks-left").textContent = checksLeftWords(verification);
      byId("actions").hidden = over;
      byId("resend").disabled = verification.step !== "rung";
      const news = tidings(verification);
      // Told once: what the person did since, such as typing wrong digits, stays in sight.
      if (news && JSON.stringify(news) !== told && (over || !wrongInSight)) tell(news);
      told = JSON.stringify(news);
      // The button that was pressed is gone: go on at what came of it.
      if (over && hadFocus) result.focus({ preventScroll: true });
      drawExpiry();
    },
  };
}
