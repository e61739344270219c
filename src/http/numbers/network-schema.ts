import { Type } from "typebox";
import type { NetworkView } from "../../numbers/lookup/types.ts";
import { nullableObject, nullableString, oneOf } from "../schemas.ts";

export const NetworkField = nullableObject(
  {
    name: nullableString("Name of the mobile operator."),
    mcc_mnc: nullableString("Mobile country and network code (E.212), `510-10`; null where the source does not say."),
    source: oneOf(["original", "enum", "http", "file"], "`original`: the operator that the range was assigned to."),
    ported: Type.Unsafe<boolean | null>({ type: ["boolean", "null"], description: "Null: the source does not say." }),
  },
  "Its mobile operator; null: not known.",
);

export function networkBody(network: NetworkView | null) {
  if (network === null) return null;
  const { name, mccMnc, source, ported } = network;
  return { name, mcc_mnc: mccMnc, source, ported };
}
