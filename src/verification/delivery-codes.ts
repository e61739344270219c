/**
 * The codes of messages and of spoken deliveries: one for each recipient of a verification, derived, so that a resend by
 * any of these channels sends the same one. An app's own code takes its place where there is one.
 */
import type { CodeOffer, DeliveryCodes, DeliveryOrder } from "./channel-port.ts";
import type { Hashes } from "./hashes.ts";

/** Derives digits from a key of its own (codes.ts). */
export type Derive = (of: {
  readonly verificationId: string;
  /** Separates codes of different use, and redrawn ones. */
  readonly kind: string;
  readonly recipient: string;
  readonly generation: number;
  readonly length: number;
}) => string;

/** Equal codes of two recipients are redrawn; with 8 recipients and 4 digits 20 equal ones in a row do not occur. */
const mostRedraws = 20;

/** @param length digits where the order names none: `verification.message_code_length` */
export function createDeliveryCodes(derive: Derive, hashes: Pick<Hashes, "code">, length: number): DeliveryCodes {
  function derived(order: DeliveryOrder, generation: number): string {
    const { verificationId, recipients, to, codeLength } = order;
    const taken = new Set<string>();
    // In the order of the recipients: each gateway derives the same ones.
    for (const recipient of new Set([...recipients, to])) {
      const code = unlike(taken, (redraw) =>
        derive({
          ...{ verificationId, recipient, generation, length: codeLength ?? length },
          kind: redraw === 0 ? "message" : `message/${redraw}`,
        }),
      );
      if (recipient === to) return code;
      taken.add(code);
    }
    throw new Error("the recipient of an order is among its recipients");
  }

  return {
    offer(order): CodeOffer {
      const { verificationId, appCode } = order;
      const first = order.generation ?? 1;
      const codes = appCode === null ? [derived(order, first), derived(order, first + 1)] : [appCode, appCode];
      const digits = codes[0]?.length ?? 0;
      return {
        args: [
          ...codes.map((code) => hashes.code(verificationId, code)),
          digits,
          appCode === null ? `derived ${first}` : "app",
        ],
        length: digits,
        code(choice) {
          const code = codes[choice];
          if (code === undefined) throw new Error("the store chose a code that it was not offered");
          return code;
        },
      };
    },
  };
}

function unlike(taken: ReadonlySet<string>, draw: (redraw: number) => string): string {
  for (let redraw = 0; redraw < mostRedraws; redraw++) {
    const code = draw(redraw);
    if (!taken.has(code)) return code;
  }
  throw new Error("no code is left that differs from those of other recipients");
}
