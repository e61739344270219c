/** How a pigeon looks in the API. */
import { Type } from "typebox";

export const PigeonBody = Type.Object(
  { ring: Type.String({ description: "What is written on the pigeon's ring." }) },
  { description: "With channel `carrier_pigeon` only." },
);
