/** The second step: where the digits are typed, and what comes of it. */
import { byId, sayNow } from "./dom.js";
import { checksLeftWords, expiresWords, tidings } from "./tidings.js";

/** @param digits length of a code · @param getCurrent gives the verification that is followed, or null */
export function createCheckPanel(digits, getCurrent) {
  const code = byId("code");
  const result = byId("result");
  code.addEventListener("input", () => {
    code.value = code.value.replace(/\D/g, "").slice(0, digits);
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

  return {
    tell,
    /** Another call: what was typed and told is gone. */
    reset() {
      code.value = "";
      result.hidden = true;
    },
    wrong(answer) {
      code.value = "";
      code.focus();
      const text = `Look at the newest call in the phone's log. ${checksLeftWords(answer)}.`;
      tell({ tone: "bad", title: "Not these digits", text });
    },
    /** @param over whether the verification has ended */
    draw(verification, over) {
      const hadFocus = document.activeElement === byId("check") || byId("actions").contains(document.activeElement);
      code.disabled = false;
      code.readOnly = over;
      byId("check").disabled = over;
      byId("check-meta").hidden = over;
      byId("checks-left").textContent = checksLeftWords(verification);
      byId("actions").hidden = over;
      byId("resend").disabled = verification.status !== "rung";
      const news = tidings(verification);
      if (news) tell(news);
      // The button that was pressed is gone: go on at what came of it.
      if (over && hadFocus) result.focus({ preventScroll: true });
      drawExpiry();
    },
  };
}
