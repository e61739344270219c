/** The field for the recipient: a number, an address or a registration, as the first step's channel asks for. */
import { byId } from "./dom.js";
import { plain, spaced } from "./numbers.js";

/** By kind: label and attributes of the field, the heading over the recipients to try. */
const kinds = {
  phone: { label: "Phone number", heading: "Numbers to try", type: "tel", inputMode: "tel", maxLength: 32 },
  email: { label: "E-mail address", heading: "Addresses to try", type: "email", inputMode: "email", maxLength: 254 },
  device: {
    label: "Registration of a device",
    heading: "Devices to try",
    type: "text",
    inputMode: "text",
    maxLength: 4096,
  },
};

/** @returns attributes of a field for this kind */
export const attributesOf = ({ label, heading, ...attributes }) => attributes;

/** What is known of a kind of recipient. */
export const kindOf = (recipient) => kinds[recipient] ?? kinds.phone;

/** A recipient as a command has it. */
export const written = (recipient, value) => (recipient === "phone" ? plain(value) : value.trim());

/** @param examples `settings.examples`: the first of a kind is what the field begins with */
export function createRecipients(examples) {
  const field = byId("to");
  /** Kind → what was typed last. */
  const typed = new Map();
  let shown = "phone";

  return {
    /** Shows the field for this kind; what was typed for another one is kept. @returns whether the kind changed */
    show(recipient) {
      if (recipient === shown) return false;
      typed.set(shown, field.value);
      shown = recipient;
      const kind = kindOf(recipient);
      Object.assign(field, attributesOf(kind));
      byId("to-label").textContent = kind.label;
      byId("examples-title").textContent = kind.heading;
      field.value = typed.get(recipient) ?? spaced(examples[recipient]?.[0]?.to ?? "");
      return true;
    },
    get shown() {
      return shown;
    },
  };
}
