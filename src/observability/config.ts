/** Sections of the gateway process itself: its keys and its log. */
import { type Static, Type } from "typebox";
import { optionalSection, secret, section } from "../typed-yaml/parts.ts";

/**
 * A key of its own for one purpose; without it the purpose's key comes from hmac_key.
 * @param purpose noun phrase @param removal sentence: when a secret that was in use before may be removed
 */
const purposeKey = (purpose: string, removal: string) =>
  Type.Optional(
    section(
      `Secret of ${purpose}. Without it the key is derived from hmac_key (HKDF-SHA-256 with a label of its own); that key stays readable when a secret is given here, so nothing in progress ends.`,
      {
        current: secret("The secret in use: 32 random characters at least (`openssl rand -hex 32`).", 32),
        previous: Type.Array(Type.String({ minLength: 32, "x-secret": true }), {
          default: [],
          maxItems: 5,
          uniqueItems: true,
          description: `Secrets that were in use before, newest first. ${removal}`,
        }),
      },
    ),
  );

export const Secrets = section("Cryptographic keys; they never leave the gateway.", {
  hmac_key: secret(
    "HMAC key under which callees, caller IDs and codes are hashed before they reach Redis: 32 random characters at least (128 bits in hex; `openssl rand -hex 32` makes 256), and used for nothing else. All gateways on one Redis need the same key. Changing it ends the verifications in progress.",
    32,
  ),
  code_key: purposeKey(
    "the codes of messages and voice calls, which are derived and never stored",
    "Remove each 600 seconds after the change (the longest life of a code).",
  ),
  opt_out_key: purposeKey(
    "opt-outs, which are kept for years under hashes of this key",
    "Keep each one: opt-outs made under it are forgotten when it is removed.",
  ),
  token_key: purposeKey(
    "client tokens and start tokens of pages",
    "Remove each an hour after the change (the longest life of a token).",
  ),
  sealing_key: purposeKey(
    "what is kept sealed in Redis and in the records: codes that apps give, URLs and secrets of webhook endpoints, codes of test numbers of apps that the API made",
    "Keep each one: a webhook endpoint or a test number from before the change is lost when it is removed.",
  ),
});

export type SecretsConfig = Static<typeof Secrets>;

export const Log = optionalSection("Logs are JSON lines on standard output.", {
  level: Type.Union(
    [
      Type.Literal("fatal"),
      Type.Literal("error"),
      Type.Literal("warn"),
      Type.Literal("info"),
      Type.Literal("debug"),
      Type.Literal("silent"),
    ],
    { default: "info", description: "Lowest severity that is logged." },
  ),
});

export type LogConfig = Static<typeof Log>;
