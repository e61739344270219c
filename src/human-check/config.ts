/** Section `human_checks`: checks that an app may require of starts by start tokens (`apps.<name>.human_check`). */
import { type Static, Type } from "typebox";
import { count, ms, section, text } from "../typed-yaml/parts.ts";

const literals = <const T extends readonly string[]>(values: T, rest: { default?: T[number]; description: string }) =>
  Type.Union(values.map((value) => Type.Literal(value)) as never, rest) as unknown as ReturnType<
    typeof Type.Unsafe<T[number]>
  >;

export const humanCheckProviders = ["turnstile", "hcaptcha", "recaptcha", "recaptcha_v3", "proof_of_work"] as const;
export type HumanCheckProvider = (typeof humanCheckProviders)[number];

export const HumanCheckSection = section("A check of who starts a verification from a page.", {
  provider: literals(humanCheckProviders, {
    description:
      "`turnstile` (Cloudflare), `hcaptcha`, `recaptcha` (v2) and `recaptcha_v3` ask that service's siteverify; `proof_of_work` needs no third party: the page's computer searches for a number, which makes starts in bulk cost time and proves no person.",
  }),
  secret: Type.Optional(
    Type.String({
      minLength: 1,
      description: "The service's secret key. Not for `proof_of_work`.",
      "x-secret": true,
    }),
  ),
  site_key: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        "The service's public key, which pages get with their start token; hCaptcha is also asked whether the answer was made for it.",
    }),
  ),
  action: Type.Optional(
    text("^[A-Za-z0-9_/-]{1,100}$", "letters, digits, `_`, `-` and `/`", {
      description:
        "The action that the widget names; an answer made for another one fails. Turnstile and reCAPTCHA v3 report it, the others do not.",
    }),
  ),
  hostnames: Type.Optional(
    Type.Array(text("^[a-z0-9.-]{1,253}$", "a host name in lower case, without scheme and port"), {
      minItems: 1,
      maxItems: 100,
      uniqueItems: true,
      description:
        "Hosts whose pages may be the ones that were checked (for reCAPTCHA of Android apps their package names); without it the hosts of the app's cors_origins.",
    }),
  ),
  min_score: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description:
        "Of `recaptcha_v3`, whose score is 1.0 for a person and 0.0 for a robot; without it 0.5, the value its documentation begins with.",
    }),
  ),
  bits: count(
    18,
    8,
    26,
    "Of `proof_of_work`: leading zero bits of the hash. 18 takes 262,144 hashes on average: 0.3 s at a million a second, as a laptop makes them in JavaScript, some seconds on an old phone. Each bit doubles it.",
  ),
  on_failure: literals(["closed", "open"], {
    default: "closed",
    description:
      "Where the service gives no verdict: `closed` refuses the start as `human_check_unavailable`, `open` lets it go on to the guard. A wrong secret never opens.",
  }),
  deadline_ms: ms(3000, 100, 30_000, "Longest wait for the service; the person waits as long."),
  send_ip: Type.Boolean({
    default: true,
    description: "Whether the service is told the person's address (`remoteip`).",
  }),
  url: Type.Optional(
    text("^https?://[^\\s@]+$", "an address such as https://www.recaptcha.net/recaptcha/api/siteverify", {
      description: "Another address of siteverify than the service's own.",
    }),
  ),
  allow_private: Type.Boolean({
    default: false,
    description: "Whether `url` may lead into a private network, and be plain http.",
  }),
});

export type HumanCheckConfig = Static<typeof HumanCheckSection>;

export const HumanChecksSection = Type.Record(
  Type.String({ pattern: "^[a-z0-9][a-z0-9_-]{0,39}$" }),
  HumanCheckSection,
  {
    default: {},
    maxProperties: 100,
    description: "Checks that apps may require of starts by start tokens, by a name of your choice.",
  },
);

export type HumanChecksConfig = Static<typeof HumanChecksSection>;
