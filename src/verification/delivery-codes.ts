/**
 * The codes of messages and of spoken deliveries: one for each recipient of a verification, derived (codes.ts), so that a
 * resend by any of these channels sends the same one. An app's own code takes its place where there is one.
 */
import type { CodeOffer, DeliveryCodes, DeliveryOrder } from "./channel-port.ts";
import type { Codes } from "./codes.ts";
import type { Hashes } from "./hashes.ts";
import type { ProofKind } from "./types.ts";

/** Equal codes of two recipients are redrawn; with 8 recipients and 4 digits 20 equal ones in a row do not occur. */
const mostRedraws = 20;

/**
 * @param length digits where the order names none: `verification.message_code_length`
 * @returns the codes of channels that prove `kind`
 */
export function createDeliveryCodes(codes: Codes, hashes: Pick<Hashes, "code">, length: number) {
  /** Null: the key is no longer configured. */
  function derived(order: DeliveryOrder, own: ProofKind, generation: number, keyId: string): string | null {
    const { verificationId, recipients, to, codeLength } = order;
    const taken = new Set<string>();
    // In the order of the recipients: each gateway derives the same ones.
    for (const { kind, to: recipient } of [...recipients, { kind: own, to }]) {
      const input = { verificationId, kind, recipient, generation, length: codeLength ?? length };
      const code = unlike(taken, (redraw) => codes.derive({ ...input, redraw }, keyId));
      if (code === null || (recipient === to && kind === own)) return code;
      taken.add(code);
    }
    return null;
  }

  function offered(order: DeliveryOrder, kind: ProofKind) {
    const { keyId } = codes;
    const known = order.generation ?? { number: 1, keyId };
    const first = derived(order, kind, known.number, known.keyId);
    const from = first === null ? { number: known.number + 1, keyId } : known;
    // Before the first code of a verification there is none that could be too old.
    const next = order.generation === null ? null : derived(order, kind, from.number + 1, keyId);
    const two = [first ?? derived(order, kind, from.number, keyId), next];
    return { two: two.map((code) => code ?? ""), what: `derived ${from.number} ${from.keyId} ${keyId}` };
  }

  return (kind: ProofKind): DeliveryCodes => ({
    lengthOf: ({ appCode, codeLength }) => appCode?.length ?? codeLength ?? length,
    offer(order): CodeOffer {
      const { verificationId, appCode } = order;
      const { two, what } = appCode === null ? offered(order, kind) : { two: [appCode, appCode], what: "app" };
      const digits = two[0]?.length ?? 0;
      return {
        args: [...two.map((code) => (code === "" ? "" : hashes.code(verificationId, code))), digits, what],
        length: digits,
        code(choice) {
          const code = two[choice];
          if (code === undefined) throw new Error("the store chose a code that it was not offered");
          return code;
        },
      };
    },
  });
}

function unlike(taken: ReadonlySet<string>, draw: (redraw: number) => string | null): string | null {
  for (let redraw = 0; redraw < mostRedraws; redraw++) {
    const code = draw(redraw);
    if (code === null || !taken.has(code)) return code;
  }
  throw new Error("no code is left that differs from those of other recipients");
}
