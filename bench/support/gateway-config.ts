/**
 * The configuration of a gateway under test, in the names of this commit, and how a gateway of another commit gets the
 * same one in its own names.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";

export type Document = Record<string, Record<string, unknown> | readonly unknown[]>;

/** What depends on what is measured. */
export interface Profile {
  /** The caller IDs. */
  readonly block: { readonly prefix: string; readonly digits: number };
  readonly verification: Readonly<Record<string, number>>;
  /** The section `sms`; without it there is none. */
  readonly sms?: Readonly<Record<string, unknown>>;
  /** Records in a SQLite file, and webhooks that may be sent to loopback. */
  readonly records?: boolean;
  /** Every limit that a start or a check may meet, none of which refuses any: shares of several apps, limits of apps, caps. */
  readonly limits?: boolean;
}

/** A block as large as those that operators have. */
export const callsProfile: Profile = { block: { prefix: "+44770090", digits: 4 }, verification: {} };

/** As many checks a verification as can be configured, so that few are started, and one guess in 100 million is right. */
export const checksProfile = {
  block: { prefix: "+4420", digits: 8 },
  verification: { max_checks: 10, wrong_checks_per_callee: 100, ttl_seconds: 600 },
  limits: true,
} as const satisfies Profile;

export interface GatewayParts {
  readonly port: number;
  readonly redisUrl: string;
  readonly apiKeySha256: string;
  readonly hmacKey: string;
  /** Unique on the Asterisk that the sides share. */
  readonly ariApp: string;
  readonly profile: Profile;
  /** A carrier that takes SIP over TCP: the gateway calls it itself, and has no Asterisk. Its own UDP port must be free. */
  readonly carrier?: { readonly host: string; readonly port: number; readonly ownPort: number };
  /** On one port. */
  readonly processes?: number;
  /** null: nothing listens where the gateway looks for Asterisk. */
  readonly asterisk: {
    readonly endpoint: string;
    readonly ari: { readonly url: string; readonly user: string; readonly password: string };
    readonly ami: { readonly host: string; readonly port: number; readonly user: string; readonly password: string };
  } | null;
}

/** The shortest that an operator may configure. */
export const ringMs = 1000;
/** More than ever ring at once: the bench looks for the machine's limit, not for a configured one. */
const maxConcurrentCalls = 5000;
/** Admission control runs, and never makes a call wait. */
const callsPerSecond = 10_000;

/** The document of a gateway of this commit. */
export function gatewayDocument(parts: GatewayParts): Document {
  const limits = { max_concurrent_calls: maxConcurrentCalls, calls_per_second: callsPerSecond };
  const { carrier, processes = 1 } = parts;
  const asterisk =
    parts.asterisk === null
      ? { ari_url: "http://127.0.0.1:1", ari_user: "none", ari_password: "none" }
      : {
          ari_url: parts.asterisk.ari.url,
          ari_user: parts.asterisk.ari.user,
          ari_password: parts.asterisk.ari.password,
          ami: { ...parts.asterisk.ami },
        };
  return {
    http: { port: parts.port, rate_limit_per_minute: 1_000_000 },
    ...(processes > 1 && { server: { processes } }),
    redis: { url: parts.redisUrl },
    // In the gateway's working directory.
    records: { url: parts.profile.records ? "sqlite:records.sqlite" : "off" },
    ...(parts.profile.records && { webhooks: { allow_private: true } }),
    secrets: { hmac_key: parts.hmacKey },
    ...(carrier === undefined
      ? { asterisks: { local: { ...asterisk, ari_app: parts.ariApp, ...limits } } }
      : { sip: { host: "127.0.0.1", udp_port: carrier.ownPort, ...limits } }),
    trunks: {
      carrier: {
        ...(carrier === undefined
          ? { asterisk: "local", endpoint: parts.asterisk?.endpoint ?? "none" }
          : { sip: { host: carrier.host, port: carrier.port, transport: "tcp" } }),
        ...{ ranges: ["block"], ...limits },
      },
    },
    ranges: { block: { ...parts.profile.block } },
    verification: { ...parts.profile.verification },
    ...(parts.profile.sms && { sms: { ...parts.profile.sms } }),
    // One block stands in for the many that so many calls would need; every call is counted all the same.
    caller_id_reputation: { attempts_per_hour: 1000, attempts_per_day: 5000 },
    routes: [{ prefix: "+", trunks: ["carrier"] }],
    guard: { ...guard, ...(parts.profile.limits && { caps: { deliveries_per_day: never } }) },
    ...(parts.profile.limits && everyLimit),
    apps: {
      bench: { api_keys_sha256: [parts.apiKeySha256] },
      // Where there are several, each has its share of a callee's limits.
      ...(parts.profile.limits && {
        second: { api_keys_sha256: [otherKey("2")] },
        third: { api_keys_sha256: [otherKey("3")] },
      }),
    },
    calls: { ring_ms: ringMs, setup_limit_ms: 5000, drain_ms: 5000 },
    log: { level: "warn" },
  };
}

/** Of apps that ask for nothing. */
const otherKey = (digit: string) => digit.repeat(64);

const [never, neverLearned, noPercent] = [1_000_000_000, 1_000_000, 1000];
const window = { per_hour: never, per_day: never };

const everyLimit: Document = {
  limits: {
    apps: {
      ...{ calls_per_second: 10_000, max_concurrent_calls: 10_000, calls_per_day: 10_000_000 },
      ...{ prefix_calls_per_second: 10_000, prefix_max_concurrent_calls: 10_000, prefix_calls_per_day: 10_000_000 },
    },
  },
};

/** Thousands of deliveries to a few prefixes would else be an attack: each one a decision to write down. */
const guard = {
  mode: "deny",
  limits: { prefix: window, app: window, ip: window, session: window, device: window, address: window },
  learned: {
    ...{ percent: noPercent, in_flight: 10_000, country_day_floor: neverLearned, prefix_day_floor: neverLearned },
    ...{ app_day_floor: neverLearned, ip_day_floor: neverLearned, hour_floor: neverLearned },
  },
};

/** A key or section that has another name now, each as a path with dots. */
export interface Renamed {
  readonly now: string;
  readonly before: string;
}

/** Newest first. Only those that `gatewayDocument` uses. */
const renamed: readonly Renamed[] = [{ now: "caller_id_reputation", before: "caller_id_care" }];

/** Sections that earlier gateways do not have, and work without. */
const added = ["records", "webhooks", "guard", "limits"];

/** The same configuration for the gateway in `root`, whose docs/configuration.md says which names it knows. */
export async function documentFor(root: string, parts: GatewayParts): Promise<Document> {
  const reference = await readFile(path.join(root, "docs/configuration.md"), "utf8");
  const document = inNamesOf(reference, gatewayDocument(parts), renamed);
  const unknown = added.filter((name) => !reference.includes(`## \`${name}\``));
  return Object.fromEntries(Object.entries(document).filter(([name]) => !unknown.includes(name)));
}

/** @param reference docs/configuration.md of the gateway's commit: it names each key in backticks */
export function inNamesOf(reference: string, document: Document, names: readonly Renamed[]): Document {
  const translated = structuredClone(document) as Record<string, unknown>;
  for (const { now, before } of names) {
    // A key ends at the backtick, a section perhaps at the dot before one of its keys.
    if (reference.includes(`\`${now}\``) || reference.includes(`\`${now}.`)) continue;
    const value = take(translated, now.split("."));
    if (value !== undefined) put(translated, before.split("."), value);
  }
  return translated as Document;
}

function take(tree: Record<string, unknown>, [key = "", ...rest]: string[]): unknown {
  const inner = tree[key];
  if (rest.length > 0) return isTree(inner) ? take(inner, rest) : undefined;
  delete tree[key];
  return inner;
}

function put(tree: Record<string, unknown>, [key = "", ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const inner = isTree(tree[key]) ? tree[key] : {};
  tree[key] = inner;
  put(inner, rest, value);
}

const isTree = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
