import { Type } from "typebox";
import { type AppProfileConfig, AppProfileSchema } from "../../apps/config.ts";
import { scopes } from "../../apps/scopes.ts";
import type { ProfileChanges } from "../../apps/service.ts";
import { appName, appNamePattern, pageCursor, pageLimit } from "../request-parts.ts";
import { givenTimeOrNull, nullableString, oneOf, time } from "../schemas.ts";

const exampleId = "key_Q2hlZXJmdWxseSBk";
const exampleAt = "2026-03-01T12:00:00.000Z";
const longestOverlapSeconds = 30 * 86_400;
export const standardOverlapSeconds = 86_400;

interface Plain {
  readonly type?: string;
  readonly description?: string;
  readonly [key: string]: unknown;
}

/**
 * The schema of a key of the configuration as requests have it, without the annotations of the configuration. A default is filled in where the
 * gateway counts on the key, and left out where the key may be absent.
 */
function plain(schema: unknown): Plain {
  return JSON.parse(JSON.stringify(schema), (key, value) => {
    if (key.startsWith("x-") && key !== "x-expected") return undefined;
    if (typeof value !== "object" || value === null || !("properties" in value)) return value;
    const { properties, required = [] } = value as { properties: Record<string, Plain>; required?: string[] };
    const without = ({ default: _, ...rest }: Plain) => rest;
    return {
      ...value,
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, one]) => [name, required.includes(name) ? one : without(one)]),
      ),
      required: required.filter((name) => properties[name]?.default === undefined),
    };
  }) as Plain;
}

function nullable(schema: Plain): object {
  if (typeof schema.type === "string") return { ...schema, type: [schema.type, "null"] };
  return { anyOf: [schema, { type: "null" }], description: schema.description };
}

const { properties: profile } = plain(AppProfileSchema) as unknown as { properties: Record<string, Plain> };
const changeable = Object.fromEntries(Object.entries(profile).map(([key, schema]) => [key, nullable(schema)]));
const exampleProfile = { channels: ["missed_call", "sms"], allowed_countries: ["GB"], limits: { calls_per_day: 5000 } };

export const AppParams = Type.Object({ name: appName("The app's name.") });
export const KeyParams = Type.Object({
  name: appName("The app's name."),
  id: Type.String({ maxLength: 40, description: "The key's id.", examples: [exampleId] }),
});

export const AppsQuery = Type.Object(
  {
    cursor: pageCursor(appNamePattern),
    limit: pageLimit(1000, 100),
  },
  { additionalProperties: false },
);

export const CreateAppBody = Type.Unsafe<AppProfileConfig & { name: string }>({
  title: "CreateApp",
  type: "object",
  additionalProperties: false,
  required: ["name"],
  properties: { name: appName("Its name, in events, records and metrics. It cannot be changed."), ...profile },
  examples: [{ name: "shop", ...exampleProfile }],
});

export const ChangeAppBody = Type.Unsafe<ProfileChanges>({
  title: "ChangeApp",
  type: "object",
  additionalProperties: false,
  description: "What is left out stays; null takes a key out, so that the gateway's default applies.",
  properties: changeable,
  examples: [{ allowed_countries: ["GB", "IE"], channels: null }],
});

const app = {
  name: Type.String(),
  source: oneOf(
    ["configuration", "api"],
    "`configuration`: its profile is changed in the file alone. Keys may be added here all the same.",
  ),
  profile: Type.Unsafe<AppProfileConfig>({
    type: "object",
    additionalProperties: true,
    description: "The keys of `apps.<name>` in the configuration; what is not there has the gateway's default.",
  }),
  keys: Type.Integer({ description: "How many keys were made here; expired ones count until another one is made." }),
  configured_keys: Type.Integer({ description: "How many keys are defined in the configuration." }),
  created_at: Type.Union([time("When it was added."), Type.Null()], {
    description: "Null: it is defined in the configuration.",
  }),
  updated_at: Type.Union([time("When it was changed last."), Type.Null()]),
};
const exampleApp = {
  ...{ name: "shop", source: "api", profile: exampleProfile, keys: 1, configured_keys: 0 },
  ...{ created_at: exampleAt, updated_at: exampleAt },
};
export const AppBody = Type.Object(app, { title: "App", examples: [exampleApp] });
export const AppsBody = Type.Object(
  {
    apps: Type.Array(AppBody, { description: "By name." }),
    next: nullableString("`cursor` of the next page; null where this is the last one."),
  },
  { title: "Apps", examples: [{ apps: [exampleApp], next: null }] },
);

const scope = oneOf(scopes, "What it permits. A permission is needed in the app's profile and here.");

export const CreateKeyBody = Type.Object(
  {
    scopes: Type.Array(scope, { minItems: 1, maxItems: scopes.length, uniqueItems: true }),
    expires_at: Type.Optional(givenTimeOrNull("When it ends; left out or null: it does not.")),
  },
  { title: "CreateKey", additionalProperties: false, examples: [{ scopes: ["verify"], expires_at: exampleAt }] },
);
export const RotateKeyBody = Type.Unsafe<{ overlap_seconds?: number; expires_at?: string | null } | null>({
  title: "RotateKey",
  type: ["object", "null"],
  additionalProperties: false,
  properties: {
    overlap_seconds: {
      type: "integer",
      minimum: 0,
      maximum: longestOverlapSeconds,
      description: `How long the key before is valid beside the new one; 0: it ends now. Left out: ${standardOverlapSeconds} (a day).`,
    },
    expires_at: givenTimeOrNull(
      "Of the new key; left out: as long from now as the key before was made for. Null: it does not end.",
    ),
  },
  examples: [{ overlap_seconds: 3600 }],
});

const key = {
  id: Type.String(),
  scopes: Type.Array(scope),
  created_at: time("When it was made."),
  expires_at: Type.Union([time("When it ends."), Type.Null()], { description: "When it ends; null: it does not." }),
};
const exampleKey = { id: exampleId, scopes: ["verify"], created_at: exampleAt, expires_at: null };
const secret = Type.String({ description: "The key: `or_` and 43 characters. Shown in this answer alone; keep it." });
const exampleSecret = `or_${"x".repeat(43)}`;

export const KeyBody = Type.Object(key, { title: "Key", examples: [exampleKey] });
export const KeysBody = Type.Object(
  { keys: Type.Array(KeyBody, { description: "The oldest first. Those of the configuration are not among them." }) },
  { title: "Keys", examples: [{ keys: [exampleKey] }] },
);
export const NewKeyBody = Type.Object(
  { ...key, key: secret },
  { title: "NewKey", examples: [{ ...exampleKey, key: exampleSecret }] },
);
export const RotatedKeyBody = Type.Object(
  { ...key, key: secret, previous: KeyBody },
  {
    title: "RotatedKey",
    examples: [{ ...exampleKey, key: exampleSecret, previous: { ...exampleKey, expires_at: exampleAt } }],
  },
);
