/** The recipients to try, as chips: those that get everything or whose calls end in some way, then messages that fail. */
import { byId, element } from "./dom.js";
import { plain, shortened, spaced } from "./numbers.js";

const same = (one, other) => one === other || (/^\+/.test(one) && one === plain(other));

/** @param examples `settings.examples` @param onPick gets the chosen recipient, formatted for display */
export function createExamples(examples, onPick) {
  let chips = [];
  let drawn = "";

  function makeChip({ to, title, digits, channels }) {
    const label = digits ? [title, element("code", {}, `…${digits}`)] : [title];
    const chip = element("button", { type: "button", className: "chip" }, ...label);
    chip.addEventListener("click", () => {
      onPick(to.length > 40 ? to : spaced(to));
      reflect(to);
    });
    if (to.length > 40) chip.title = shortened(to);
    return { to, chip, fails: digits !== null && channels !== null, channels };
  }

  /** Marks the chip of the recipient in the field. */
  function reflect(value) {
    for (const { to, chip } of chips) chip.ariaPressed = String(same(to, value.trim()));
  }

  return {
    reflect,
    /** Shows those of a kind, and of the failures those that a channel of the form can have. */
    draw(recipient, channels) {
      const key = JSON.stringify([recipient, channels]);
      if (key === drawn) return;
      drawn = key;
      const all = (examples[recipient] ?? []).map(makeChip);
      chips = all.filter((one) => !one.fails || one.channels.some((name) => channels.includes(name)));
      const item = ({ chip }) => element("li", {}, chip);
      const failing = chips.filter(({ fails }) => fails);
      byId("examples").replaceChildren(...chips.filter(({ fails }) => !fails).map(item));
      byId("failures").replaceChildren(...failing.map(item));
      byId("failures-box").hidden = failing.length === 0;
      reflect(byId("to").value);
    },
  };
}
