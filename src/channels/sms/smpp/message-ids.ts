/**
 * Message ids as submit_sm_resp and as receipts write them. §5.2.23 leaves the form to the SMSC; many answer a submit in
 * hexadecimal and send the receipt in decimal, or the other way round.
 */

import { LatestMap } from "../../../shared/latest-map.ts";

/** How a receipt's id becomes that of the submit_sm_resp. */
export const idForms = ["same", "response_hex", "response_decimal"] as const;
export type IdForm = (typeof idForms)[number];

/** One writing of an id: hexadecimal digits in lower case, no zeros in front. Other ids stay as they are. */
export function canonicalId(id: string): string {
  const text = id.trim();
  return /^[0-9a-f]+$/i.test(text) ? text.toLowerCase().replace(/^0+(?=.)/, "") : text;
}

/** The id that submit_sm_resp gave, from that of a receipt; null where it cannot be of this form. */
export function submittedId(receiptId: string, form: IdForm): string | null {
  const id = canonicalId(receiptId);
  if (form === "same") return id;
  const given = form === "response_hex" ? /^\d{1,20}$/ : /^[0-9a-f]{1,16}$/;
  if (!given.test(id)) return null;
  return form === "response_hex" ? BigInt(id).toString(16) : BigInt(`0x${id}`).toString(10);
}

/** Ids that are remembered to learn the form: the latest. */
const mostRemembered = 1024;
/** Receipts in a row that must show the same form. */
const enough = 3;

/**
 * Learns the form from receipts of this process's own messages. A form is evidence only where the receipt names the same
 * phone as the submit: ids of two messages may be alike in different forms.
 */
export class IdFormLearner {
  readonly #recipients = new LatestMap<string, string>(mostRemembered);
  #learned: IdForm | null = null;
  #candidate: IdForm | null = null;
  #seen = 0;

  /** @param recipient digits without the plus sign */
  submitted(id: string, recipient: string): void {
    this.#recipients.set(canonicalId(id), recipient);
  }

  /** The form to read this receipt with. @param addresses of the receipt, without a plus sign */
  formOf(receiptId: string, addresses: readonly string[]): IdForm {
    const form = idForms.find((one) => {
      const id = submittedId(receiptId, one);
      const recipient = id === null ? undefined : this.#recipients.get(id);
      return recipient !== undefined && addresses.includes(recipient);
    });
    if (form === undefined) return this.#learned ?? "same";
    this.#seen = form === this.#candidate ? this.#seen + 1 : 1;
    this.#candidate = form;
    if (this.#seen >= enough) this.#learned = form;
    return form;
  }
}
