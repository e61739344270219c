/** Signed results: the keys that sign them, and how long they are accepted. */
import { type Static, Type } from "typebox";
import { seconds, secret, section, text } from "../typed-yaml/parts.ts";

/** Of `ttl_seconds`: no token of a verification is accepted longer, whatever a reload makes of that. */
export const longestTtlSeconds = 300;

const keyInWords = "in PEM or as a JWK; give it as an environment variable NAME, or as a file by NAME_FILE";

export const Proofs = section(
  "Signed results: on `verified` the app gets a JSON Web Token (ES256) that its backend verifies offline. Off without this section.",
  {
    issuer: text("^[\\x21-\\x7e]{1,200}$", "a name or an https URL without spaces", {
      default: "onering",
      description:
        "`iss` of the tokens: the public URL of this gateway where an app uses several, so that it can tell them apart.",
    }),
    ttl_seconds: seconds(
      300,
      10,
      longestTtlSeconds,
      "How long a token is accepted after the verification. Five minutes are enough to hand it to a backend, and too little to collect tokens.",
    ),
    signing_key: secret(
      `Private key that signs, on the curve P-256 (\`onering key --jwt\` makes one), ${keyInWords}. All gateways of one address need the same key.`,
      100,
    ),
    other_keys: Type.Array(Type.String({ minLength: 80, "x-secret": true }), {
      default: [],
      maxItems: 5,
      description: `Further keys whose public part is published and accepted, ${keyInWords}: the next one some minutes before it signs, the previous one some minutes afterwards. A public key is enough here.`,
    }),
  },
);

export type ProofsConfig = Static<typeof Proofs>;
