/** The numbers to try, as chips. */
import { byId, element } from "./dom.js";
import { plain, spaced } from "./numbers.js";

/** @param onPick gets the chosen number, formatted for display */
export function createExamples(examples, onPick) {
  const chips = examples.map(({ to, title, digits }) => {
    const label = digits ? [title, element("code", {}, `…${digits}`)] : [title];
    const chip = element("button", { type: "button", className: "chip" }, ...label);
    chip.addEventListener("click", () => {
      onPick(spaced(to));
      reflect(to);
    });
    return { to, chip };
  });
  byId("examples").replaceChildren(...chips.map(({ chip }) => element("li", {}, chip)));

  /** Marks the chip of the number in the field. */
  function reflect(value) {
    for (const { to, chip } of chips) chip.ariaPressed = String(to === plain(value));
  }
  return { reflect };
}
