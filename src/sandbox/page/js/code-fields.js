/** The fields for a code: one, or one for each of two calls. What will be checked is what they show. */
import { readCode } from "./code-input.js";
import { byId, say } from "./dom.js";

const parts = [
  { box: byId("first"), label: byId("code-label"), input: byId("code") },
  { box: byId("second"), label: byId("second-label"), input: byId("second-code") },
].map((part) => ({ ...part, prefix: part.box.querySelector(".prefix") }));

export function createCodeFields() {
  /** From the view; empty where there is no code to type. */
  let fields = [];
  for (const [index, { input }] of parts.entries()) input.addEventListener("input", () => onInput(index));

  function onInput(index) {
    const { input } = parts[index];
    show("", false);
    if (spills(index)) {
      spill(index);
      return;
    }
    const { code, from, problem } = readCode(input.value, fields[index]);
    if (code !== undefined) input.value = code;
    if (from !== undefined) show(`${code}: the last ${code.length} digits of ${from}`, false);
    // Incomplete, it is still being typed; too long, it stays as it is for the person to correct.
    else if (code === undefined && tooLong(index)) show(problem, true);
  }

  const tooLong = (index) => parts[index].input.value.replace(/\D/g, "").length > fields[index].length;

  /** Whether the first call's field has digits of the second call's too, one after the other. */
  function spills(index) {
    const next = fields[index + 1];
    const { value } = parts[index].input;
    if (!next || !/^\d+$/.test(value) || parts[index + 1].input.value !== "") return false;
    // One digit too many was typed on; a paste must be both codes exactly.
    return value.length === fields[index].length + 1 || value.length === fields[index].length + next.length;
  }

  function spill(index) {
    const { input } = parts[index];
    const next = parts[index + 1].input;
    const { length } = fields[index];
    next.value = input.value.slice(length);
    input.value = input.value.slice(0, length);
    next.focus();
    onInput(index + 1);
  }

  /** Shows a note under the fields; a bad one is also said at once. */
  function show(text, bad) {
    const note = byId("code-note");
    note.textContent = text;
    note.hidden = text === "";
    note.classList.toggle("bad", bad);
    for (const { input } of parts) input.setAttribute("aria-invalid", String(bad));
    if (text) say(text);
  }

  return {
    /** @param next fields of the view @param enabled whether they take a code */
    draw(next, enabled) {
      fields = next;
      parts.forEach(({ box, label, input, prefix }, index) => {
        const field = fields[index];
        box.hidden = index > 0 && !field;
        input.disabled = !enabled || !field;
        prefix.textContent = field?.prefix ?? "";
        prefix.hidden = !field?.prefix;
        if (field) label.textContent = field.label;
        input.placeholder = field ? "·".repeat(field.length) : "";
      });
    },
    clear() {
      for (const { input } of parts) input.value = "";
      show("", false);
    },
    /** The whole code, the first call's digits first; null, with a note that says why, where a field has none. */
    read() {
      for (const [index, field] of fields.entries()) {
        const { problem } = readCode(parts[index].input.value, field);
        if (problem === undefined) continue;
        show(problem, true);
        parts[index].input.focus();
        return null;
      }
      return fields.map((field, index) => readCode(parts[index].input.value, field).code).join("");
    },
    focus: () => parts[0].input.focus({ preventScroll: true }),
    get usable() {
      return !parts[0].input.disabled;
    },
  };
}
