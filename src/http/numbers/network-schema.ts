import { Type } from "typebox";
import { type Network, networkSources } from "../../numbers/networks/types.ts";
import { nullableObject, nullableString, oneOf } from "../schemas.ts";

export const NetworkField = nullableObject(
  {
    name: nullableString("Name of the mobile operator; null where the source gives a code alone."),
    mcc_mnc: nullableString("Its code (E.212: MCC and MNC) such as `51010`; null where the source does not say."),
    source: oneOf(
      networkSources,
      "Who says so. `original`: the operator that the number's range was assigned to; a ported number has left it.",
    ),
    ported: Type.Unsafe<boolean | null>({
      type: ["boolean", "null"],
      description: "Whether the number has left the operator of its range; null: the source does not say.",
    }),
  },
  "Its mobile operator; null: not known, or a number of no mobile operator.",
);

export function networkBody(network: Network | null) {
  if (network === null) return null;
  const { name, mccMnc, source, ported } = network;
  return { name, mcc_mnc: mccMnc, source, ported };
}
