import { Type } from "typebox";

export const MetadataField = Type.Object(
  {
    version: Type.String({
      description:
        "Version of libphonenumber's numbering plans, such as `9.0.43`; `sha256:…` of plans that an operator loaded from a file of unknown version.",
    }),
  },
  { description: "What the answer rests on." },
);
