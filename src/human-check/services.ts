/** The services whose siteverify is asked. */
import type { HumanCheckProvider } from "./config.ts";
import type { Service } from "./siteverify.ts";

const recaptcha = {
  url: "https://www.google.com/recaptcha/api/siteverify",
  ...{ siteKeyField: null, ownFaults: [] },
};

export const services: Readonly<Record<Exclude<HumanCheckProvider, "proof_of_work">, Service>> = {
  turnstile: {
    url: "https://challenges.cloudflare.com/turnstile/v0/siteverify",
    ...{ siteKeyField: null, hasAction: true, hasScore: false },
    ownFaults: ["internal-error"],
  },
  hcaptcha: {
    url: "https://api.hcaptcha.com/siteverify",
    // Refuses answers of other sites of the same account. Scores are for enterprise accounts only.
    ...{ siteKeyField: "sitekey", hasAction: false, hasScore: false },
    ownFaults: [],
  },
  recaptcha: { ...recaptcha, hasAction: false, hasScore: false },
  recaptcha_v3: { ...recaptcha, hasAction: true, hasScore: true },
};
