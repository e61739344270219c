/** Human checks whose settings do not fit together, and apps that name one that is not there. */
import { describe } from "vitest";
import { cases } from "./cases.ts";

const secret = "0x4AAAAAAA-the-secret-of-the-widget";
const hash = "cd".repeat(32);

describe("human checks", () => {
  cases([
    [
      "without a secret, or with one that has no use",
      (c) => (c.human_checks = { a: { provider: "turnstile" }, b: { provider: "proof_of_work", secret } }),
      /^human_checks\.a: no secret → a secret: the secret key of turnstile$/,
      /^human_checks\.b\.secret: \(hidden\) → no secret/,
    ],
    [
      "with a score of a service that has none, and a secret in the clear",
      (c) =>
        (c.human_checks = { a: { provider: "hcaptcha", secret, min_score: 0.5, url: "http://10.0.0.1/siteverify" } }),
      /^human_checks\.a\.min_score: 0\.5 → recaptcha_v3 as provider$/,
      /^human_checks\.a\.url: http:\/\/ → an address that starts with https/,
    ],
    [
      "that an app names wrongly",
      (c) => {
        c.human_checks = { work: { provider: "proof_of_work" } };
        c.apps = { shop: { api_keys_sha256: [hash], human_check: "wrok" } };
      },
      /^apps\.shop\.human_check: "wrok" → the name of one of human_checks \(did you mean work\?\)$/,
    ],
    [
      "that fit",
      (c) => (c.human_checks = { a: { provider: "recaptcha_v3", secret, min_score: 0.7, action: "sign-up" } }),
    ],
    [
      "of a provider that is not known, and origins with a path",
      (c) => {
        c.human_checks = { a: { provider: "friendly", secret } };
        c.apps = { shop: { api_keys_sha256: [hash], cors_origins: ["https://shop.example/"] } };
      },
      /^apps\.shop\.cors_origins\[0\]: "https:\/\/shop\.example\/" → an origin/,
      /^human_checks\.a\.provider: "friendly" → /,
    ],
  ]);
});
