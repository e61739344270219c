/** The TLVs that a route adds to a message, by app and locale: together they name the template. */
import type { SmppConfig } from "./config.ts";
import type { Tlvs } from "./pdu.ts";

type TlvConfig = SmppConfig["tlvs"][number];

const noTlvs: Tlvs = new Map();

export function createTlvs(list: readonly TlvConfig[]): (app: string, locale: string) => Tlvs {
  // The more exact ones last: they replace the others in the map.
  const sorted = [...list].sort((a, b) => weight(a) - weight(b));
  if (sorted.length === 0) return () => noTlvs;
  return (app, locale) =>
    new Map(
      sorted
        .filter((one) => (one.app ?? app) === app && (one.locale === undefined || covers(one.locale, locale)))
        .map((one) => [Number(one.tag), Buffer.from(one.value, "latin1")]),
    );
}

function weight({ app, locale }: TlvConfig): number {
  return (app === undefined ? 0 : 1000) + (locale?.length ?? 0);
}

/** `hi` covers `hi-IN` (RFC 4647 §3.3.1, basic filtering). */
function covers(range: string, locale: string): boolean {
  const [wanted, given] = [range.toLowerCase(), locale.toLowerCase()];
  return given === wanted || given.startsWith(`${wanted}-`);
}
