/** Which keys of the configuration hold at once after a reload, and which after a restart: the one table. */
import type { Path } from "../typed-yaml/errors.ts";
import type { Config } from "./schema.ts";

/** `live`: the whole section; `restart`: nothing of it; a list: its keys that are live. */
export type Liveness = "live" | "restart" | readonly string[];

/** A new section does not compile until it stands here. */
export const liveSections: Readonly<Record<keyof Config, Liveness>> = {
  // What listens is bound once.
  http: "restart",
  // Connections, and the place of records in the cluster of gateways.
  redis: "restart",
  records: "restart",
  // What is in progress was hashed and sealed with them.
  secrets: "restart",
  // Connections to Asterisk, and the slots that are counted on them.
  asterisks: "restart",
  sip_capture: "restart",
  trunks: "restart",
  ranges: "restart",
  routes: "live",
  routing: "restart",
  apps: "live",
  // Whether the API is there at all is decided at the start.
  admin: ["api_keys_sha256"],
  human_checks: "live",
  limits: "live",
  proofs: "restart",
  opt_out: "restart",
  human_checks: "restart",
  guard: "live",
  numbers: "live",
  // Part of the scripts that Redis runs, for every gateway alike.
  verification: "restart",
  calls: "restart",
  call_in: "restart",
  messages: "live",
  // Connections to providers, and their limits.
  sms: "restart",
  email: "restart",
  whatsapp: "restart",
  push: "restart",
  voice: "restart",
  events: "restart",
  caller_id_reputation: "restart",
  webhooks: "restart",
  // Connections to providers.
  // Read by `onering doctor` alone, which loads the file itself.
  canary: "live",
  log: "live",
};

/** Whether a change at this path holds at once. A section that comes or goes as a whole does so only where all of it is live. */
export function isLive(path: Path): boolean {
  const [section, key] = path;
  const how = liveSections[section as keyof Config];
  if (how === "live" || how === "restart") return how === "live";
  return key !== undefined && how.includes(String(key));
}

/** The configuration that holds after a reload: what is live of the new one, the rest as it was. */
export function mergeLive(running: Config, next: Config): Config {
  const merged: Record<string, unknown> = { ...running };
  for (const [name, how] of Object.entries(liveSections)) {
    const section = name as keyof Config;
    if (how === "restart") continue;
    if (how === "live") replace(merged, next, section);
    else if (isSection(running[section]) && isSection(next[section])) {
      const own: Record<string, unknown> = { ...running[section] };
      for (const key of how) replace(own, next[section], key);
      merged[section] = own;
    }
  }
  return merged as Config;
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function replace(target: Record<string, unknown>, from: Readonly<Record<string, unknown>>, key: string): void {
  if (Object.hasOwn(from, key)) target[key] = from[key];
  else delete target[key];
}
