/** Who may use the API. */
import { Type } from "typebox";
import { country, section } from "./parts.ts";

const apiKeyHashInWords = "the SHA-256 of an API key, 64 small hex digits (`onering key` makes both)";

export const App = section("A tenant.", {
  // Hidden in errors: somebody will paste the key itself here.
  api_keys_sha256: Type.Array(
    Type.String({ pattern: "^[0-9a-f]{64}$", "x-expected": apiKeyHashInWords, "x-secret": true }),
    {
      minItems: 1,
      maxItems: 10,
      uniqueItems: true,
      description:
        "SHA-256 of each API key, in hex; `onering key` makes a key and prints both. Two at once let you rotate.",
    },
  ),
  allowed_countries: Type.Optional(
    Type.Array(country(), {
      minItems: 1,
      description: "ISO 3166 countries this app may call; narrows numbers.allowed_countries.",
    }),
  ),
});
