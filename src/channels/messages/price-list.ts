/** What a message costs, by the recipient's prefix. */
import { type Static, Type } from "typebox";
import { section, text } from "../../typed-yaml/parts.ts";

export const PriceList = Type.Array(
  section("A price.", {
    prefix: text("^\\+[0-9]{0,15}$", "a plus sign and up to 15 digits", {
      description: "Recipients whose number begins so; the longest prefix decides. `+` is every number.",
    }),
    price: Type.Number({
      minimum: 0,
      maximum: 1000,
      description:
        "Price of one message, in the one currency that you use in this file. Kept as `cost` on the delivery.",
    }),
  }),
  { default: [], maxItems: 1000, description: "Prices by prefix, for `cost` on deliveries. Empty: no cost is kept." },
);

export type PriceList = Static<typeof PriceList>;

/** The price of the longest prefix that the number begins with; null where there is none. */
export function priceOf(prices: PriceList, to: string): number | null {
  const found = prices
    .filter(({ prefix }) => to.startsWith(prefix))
    .sort((a, b) => b.prefix.length - a.prefix.length)[0];
  return found?.price ?? null;
}
