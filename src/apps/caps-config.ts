/** What may be used in a UTC day: of one app, and of all (the guard counts it). */
import { type Static, Type } from "typebox";
import { country } from "../numbers/config.ts";
import { section } from "../typed-yaml/parts.ts";

const most = 1_000_000_000;

const caps = {
  deliveries_per_day: Type.Optional(
    Type.Integer({ minimum: 1, maximum: most, description: "Deliveries in a UTC day, by all channels." }),
  ),
  spend_per_day: Type.Optional(
    Type.Number({
      minimum: 0.000_001,
      maximum: most,
      description:
        "What the deliveries of a UTC day may cost, in the currency of your prices. A delivery counts with the most that its price allows, and with its cost once that is known. What has no price costs nothing.",
    }),
  ),
};

const byCountry = (description: string) =>
  Type.Record(country(), section("Caps of a country.", caps), { default: {}, maxProperties: 300, description });

export const capKeys = { ...caps, countries: byCountry("The same for single countries, ISO 3166.") };

/** Caps of one app: `apps.<name>.caps`. */
export const AppCaps = section(
  "What this app may use in a UTC day; beyond it deliveries are refused until midnight UTC.",
  capKeys,
);

export type AppCapsConfig = Static<typeof AppCaps>;
