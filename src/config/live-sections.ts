/** Which keys of the configuration hold at once after a reload, and which after a restart: the one table. */
import { withCertificatesOf } from "../telephony/sip-trunks/certificates.ts";
import type { Config } from "./schema.ts";

/** `live`: the whole section; `contents`: what is in it, as long as it is there; `restart`: nothing of it. */
export type Liveness = "live" | "contents" | "restart";

/** A new section does not compile until it stands here. */
export const liveSections: Readonly<Record<keyof Config, Liveness>> = {
  // What listens is bound once.
  http: "restart",
  // Processes, and what each of them listens on.
  server: "restart",
  // Connections, and the place of records in the cluster of gateways.
  redis: "restart",
  records: "restart",
  // What is in progress was hashed and sealed with them.
  secrets: "restart",
  // Connections to Asterisk, and the slots that are counted on them.
  asterisks: "restart",
  // What listens, and what is registered; see `mergeLive` for the key that signs, and certificates.
  sip: "restart",
  sip_capture: "restart",
  trunks: "restart",
  ranges: "restart",
  routes: "live",
  routing: "restart",
  apps: "live",
  // Whether the API is there at all is decided at the start.
  admin: "contents",
  limits: "live",
  guard: "live",
  human_checks: "live",
  // Its routes are made at the start, its keys change while it runs.
  proofs: "contents",
  // Routes and senders that are made at the start.
  opt_out: "restart",
  numbers: "live",
  number_health: "live",
  // A folder that this process holds.
  scrubs: "restart",
  live_check: "live",
  networks: "live",
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
  // `onering doctor` loads the file itself; a gateway notes calls to the test number.
  canary: "live",
  log: "live",
};

/** The configuration that holds after a reload: what is live of the new one, the rest as it was. */
export function mergeLive(running: Config, next: Config): Config {
  const merged: Record<string, unknown> = { ...running };
  for (const [name, how] of Object.entries(liveSections)) {
    const section = name as keyof Config;
    const stays = Object.hasOwn(running, section) && Object.hasOwn(next, section);
    if (how === "live" || (how === "contents" && stays)) replace(merged, next, section);
  }
  const { sip } = next;
  if (running.sip !== undefined && sip !== undefined) {
    // The key of STIR/SHAKEN and its certificate, which are renewed while calls go on.
    const { identity: _, ...rest } = running.sip;
    merged.sip = sip.identity === undefined ? rest : { ...rest, identity: sip.identity };
  }
  return mergeCertificates(merged as Config, next);
}

/** What may be renewed beside the configuration's file: certificates, keys and authorities of our own SIP. */
export function mergeCertificates(running: Config, next: Config): Config {
  return withCertificatesOf(running, next);
}

function replace(target: Record<string, unknown>, from: Readonly<Record<string, unknown>>, key: string): void {
  if (Object.hasOwn(from, key)) target[key] = from[key];
  else delete target[key];
}
