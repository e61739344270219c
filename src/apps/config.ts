/** The apps (tenants) that may use the API. */
import { type Static, Type } from "typebox";
import { country } from "../numbers/config.ts";
import { section } from "../typed-yaml/parts.ts";
import { AppLimits } from "./limits-config.ts";

const apiKeyHashInWords = "the SHA-256 of an API key, 64 lowercase hex digits (`onering key` makes both)";

/** A list of keys by their hashes. */
export const apiKeyHashes = (description: string) =>
  // Hidden in errors: the key itself may be pasted here by mistake.
  Type.Array(Type.String({ pattern: "^[0-9a-f]{64}$", "x-expected": apiKeyHashInWords, "x-secret": true }), {
    minItems: 1,
    maxItems: 10,
    uniqueItems: true,
    description,
  });

export const App = section("An app (tenant).", {
  api_keys_sha256: apiKeyHashes(
    "SHA-256 of each API key, in hex; `onering key` makes a key and prints both. With two, keys can be rotated.",
  ),
  allowed_countries: Type.Optional(
    Type.Array(country(), {
      minItems: 1,
      description: "ISO 3166 countries that this app may call; narrows numbers.allowed_countries.",
    }),
  ),
  limits: AppLimits,
});

export type AppConfig = Static<typeof App>;
