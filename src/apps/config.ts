/** The apps (tenants) that may use the API. */
import { type Static, Type } from "typebox";
import { country } from "../numbers/config.ts";
import { section, text } from "../typed-yaml/parts.ts";
import { AppApproval } from "./approval-config.ts";
import { boundKeys } from "./bounds-config.ts";
import { AppCaps } from "./caps-config.ts";
import { AppLimits } from "./limits-config.ts";
import { AppNumberHealth } from "./number-health-config.ts";
import { type Scope, scopes } from "./scopes.ts";
import { testNumberKeys } from "./test-numbers-config.ts";
import { workflowKeys } from "./workflow-config.ts";

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

/** What an app may use, and its defaults: the same keys in the configuration and in `POST /v1/admin/apps`. */
export const profileKeys = {
  allowed_countries: Type.Optional(
    Type.Array(country(), {
      minItems: 1,
      description: "ISO 3166 countries that this app may call; narrows numbers.allowed_countries.",
    }),
  ),
  channels: Type.Optional(
    Type.Array(text("^[a-z][a-z0-9_]*$", "the name of a channel"), {
      minItems: 1,
      uniqueItems: true,
      description: "Channels that this app may use; without it all that are configured.",
    }),
  ),
  workflow: Type.Optional(
    workflowKeys.workflow(
      "The channels of this app's verifications whose start names none; without it verification.workflow.",
    ),
  ),
  channels_by_network: Type.Optional(
    workflowKeys.channels_by_network(
      "The channels that this app's default workflow begins with, by the callee's network; a network without an entry here has that of verification.channels_by_network.",
    ),
  ),
  custom_code: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        "Whether the app may give codes of its own (`code`). Such a code is only as hard to guess as the app made it, and the app knows it.",
    }),
  ),
  mixed_proofs: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        "Whether one verification may have steps that prove different things (a phone and an e-mail address), or different recipients. Read `proof` then: it says what was proven.",
    }),
  ),
  needs_person: Type.Optional(
    Type.Boolean({
      default: true,
      description:
        "Whether a step that begins because nothing was verified in time needs a sign of a person (a read of the verification in the last 20 seconds) where its channel costs money. Without it nobody has to be there for messages to be sent.",
    }),
  ),
  client_tokens: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        "Whether every response to a start has a client token, for a browser or a phone; without it only where the request asks for one (`client_token`).",
    }),
  ),
  cors_origins: Type.Optional(
    Type.Array(
      text(
        "^[a-z][a-z0-9+.-]*://[a-z0-9.:[\\]-]+$",
        "an origin such as https://app.example.com, in lower case and without a path",
      ),
      {
        maxItems: 100,
        uniqueItems: true,
        description:
          "Origins whose pages may use this app's client tokens and start tokens from a browser. None by default; requests without an origin (mobile apps, servers) are not concerned.",
      },
    ),
  ),
  human_check: Type.Optional(
    text("^[a-z0-9][a-z0-9_-]{0,39}$", "the name of one of human_checks", {
      description: "The human check that starts by start tokens must pass; without it none.",
    }),
  ),
  approval: Type.Optional(AppApproval),
  number_health: Type.Optional(AppNumberHealth),
  ...boundKeys,
  ...testNumberKeys,
  limits: AppLimits,
  caps: Type.Optional(AppCaps),
};

export const AppProfileSchema = section("What an app may use, and its defaults.", profileKeys);
export type AppProfileConfig = Static<typeof AppProfileSchema>;

export const App = section("An app (tenant).", {
  api_keys_sha256: apiKeyHashes(
    "SHA-256 of each API key, in hex; `onering key` makes a key and prints both. With two, keys can be rotated.",
  ),
  key_scopes: Type.Optional(
    Type.Array(Type.Unsafe<Scope>(Type.Union(scopes.map((scope) => Type.Literal(scope)))), {
      minItems: 1,
      uniqueItems: true,
      description:
        "What these keys permit; without it everything: keys of the configuration are the operator's own. Keys with fewer scopes, and with an end, are made by `POST /v1/admin/apps/{name}/keys` or `onering keys add`.",
    }),
  ),
  ...profileKeys,
});

export type AppConfig = Static<typeof App>;
