/** The caller IDs that calls present. */

import { type Static, Type } from "typebox";
import { e164InWords, e164Pattern, e164PrefixPattern } from "../numbers/e164.ts";
import { count, section, text } from "../typed-yaml/parts.ts";

export const Range = Type.Union(
  [
    section("A number block: every number that starts with `prefix` and has `digits` more.", {
      prefix: text(e164PrefixPattern(2, 13), "a plus sign and 2 to 13 digits, for instance +12015550", {
        description: "The fixed part, in E.164 with the plus sign. Prefix and digits together make 8 to 15 digits.",
      }),
      digits: count(
        4,
        2,
        8,
        "How many digits vary: they are the code. 4, the last digits of a 10,000 block, are easily read off a missed call.",
      ),
    }),
    section("Single numbers.", {
      numbers: Type.Array(text(e164Pattern, e164InWords), {
        minItems: 2,
        maxItems: 10_000,
        uniqueItems: true,
        description: "Caller IDs in E.164, at least 8 digits each: phones show shorter ones as short codes.",
      }),
      digits: count(
        4,
        2,
        8,
        "How many last digits are the code; the digits before them must be the same in all numbers of the list.",
      ),
    }),
  ],
  { description: "Caller IDs that you own. Either a block or a list." },
);

export type RangeConfig = Static<typeof Range>;
