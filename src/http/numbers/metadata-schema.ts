import { Type } from "typebox";
import { nullableObject } from "../schemas.ts";

export const MetadataField = nullableObject(
  { version: Type.String({ description: "Version of libphonenumber's numbering plans." }) },
  "What the answer rests on; null: not known.",
);
