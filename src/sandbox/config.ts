/** The sandbox's configuration: schema and checks as in production, with generated secrets and fictional numbers. */

import { apiKeyHash, sandboxKey, sandboxOperatorKey } from "../apps/api-keys.ts";
import { resolveSandboxConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { AsteriskServer } from "../local/asterisk/asterisk.ts";
import { getCountries } from "../numbers/library.ts";
import { newProofKey } from "../proofs/keys.ts";
import type { Random } from "../shared/random.ts";
import { answersOverWebSocket } from "../telephony/asterisk/ari-websocket/version.ts";
import { callerIdDigits, callerIdPrefix, testNumber } from "./fiction.ts";
import { mergeSections, type Section } from "./merge.ts";

/** Name of the trunk, and of its endpoint in Asterisk. */
export const trunkName = "simulated-carrier";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables that a sandbox honours. None for Redis, addresses or secrets: in a shell that is set up for production the
 * sandbox must not use production's.
 */
const mayChange = /^ONERING_(HTTP_PORT|LOG_LEVEL|CALLS_[A-Z_]+|VERIFICATION_[A-Z_]+|NUMBERS_[A-Z_]+)$/;

/** Splits the environment into the variables that the sandbox honours and the names of those that it ignores. */
export function sandboxEnvironment(env: Environment): { env: Environment; ignored: readonly string[] } {
  const names = Object.keys(env).filter((name) => name.startsWith("ONERING_") && env[name] !== undefined);
  const counts = names.filter((name) => mayChange.test(name));
  return {
    env: Object.fromEntries(counts.map((name) => [name, env[name]])),
    ignored: names.filter((name) => !mayChange.test(name) && name !== "ONERING_CHROMIUM"),
  };
}

/** What places the calls: an Asterisk with its SIP capture, or the gateway's own SIP. */
export type SandboxEngine =
  | {
      readonly kind: "asterisk";
      readonly asterisk: Pick<AsteriskServer, "ari" | "ami">;
      /** Where this Asterisk sends copies of SIP messages. */
      readonly hepPort: number;
      /** As Asterisk reports it, such as `22.10.1`. */
      readonly version: string;
    }
  | {
      readonly kind: "sip";
      readonly sipPort: number;
      readonly carrier: { readonly host: string; readonly port: number };
    };

/** How often the carrier is asked whether it is there. */
export const qualifySeconds = 5;

/** For `onering trace`. */
const tracedCalls = 100;

function telephonyOf(engine: SandboxEngine): Section {
  // The carrier is this process, so its caller IDs can be trusted.
  const trunk = { ranges: ["films"], inbound: { trusted: true } };
  if (engine.kind === "sip") {
    const sip = { ...engine.carrier, transport: "udp", qualify_seconds: qualifySeconds };
    return {
      sip: { host: engine.carrier.host, udp_port: engine.sipPort, trace_calls: tracedCalls },
      trunks: { [trunkName]: { ...trunk, sip } },
    };
  }
  const { ari, ami } = engine.asterisk;
  return {
    asterisks: {
      private: {
        // The default driver needs a newer Asterisk than some distributions have.
        driver: answersOverWebSocket(engine.version) === false ? "ari-client" : "ari-websocket",
        ari_url: ari.url,
        ari_user: ari.user,
        ari_password: ari.password,
        ami: { host: ami.host, port: ami.port, user: ami.user, password: ami.password },
      },
    },
    sip_capture: { port: engine.hepPort, trace_calls: tracedCalls },
    trunks: { [trunkName]: { ...trunk, asterisk: "private", endpoint: trunkName } },
  };
}

/**
 * Builds the configuration.
 * @param programs where the private Redis and what places the calls are
 * @param channels parts of the document
 * @param env from `sandboxEnvironment`
 * @throws {ConfigError} naming every setting of `env` that is wrong
 */
export function sandboxConfig(
  programs: {
    readonly redisUrl: string;
    /** A file that ends with the sandbox. */
    readonly recordsFile: string;
    readonly engine: SandboxEngine;
  },
  /** What the channels and the stand-ins of their providers add. */
  channels: readonly Section[],
  env: Environment,
  random: Random,
): Config {
  const document = {
    // One person on a laptop that is busy with other things: late is better than refused.
    http: { shed_at_delay_ms: 10_000, shutdown_linger_ms: 0 },
    redis: { url: programs.redisUrl, command_timeout_ms: 5000 },
    records: { url: `sqlite:${programs.recordsFile}` },
    secrets: { hmac_key: random.bytes(32).toString("base64url") },
    ...telephonyOf(programs.engine),
    ranges: { films: { prefix: callerIdPrefix, digits: callerIdDigits } },
    routes: [{ prefix: "+", trunks: [trunkName] }],
    apps: {
      sandbox: {
        api_keys_sha256: [apiKeyHash(sandboxKey)],
        // Everything may be tried here, and nothing costs money.
        ...{ custom_code: true, mixed_proofs: true, needs_person: false },
        test_numbers: [testNumber],
        // The pages of docs/examples.
        cors_origins: ["http://127.0.0.1:3000", "http://localhost:3000"],
      },
    },
    // For apps that are made to try it (`POST /v1/admin/apps`): solved at once.
    human_checks: { proof_of_work: { provider: "proof_of_work", bits: 12 } },
    admin: { api_keys_sha256: [apiKeyHash(sandboxOperatorKey)] },
    messages: { apps: { sandbox: { name: "OneRing Sandbox" } } },
    // Every phone is the simulated carrier's.
    live_check: { countries: getCountries() },
    verification: {
      // One number is tried again and again here; limits are higher, but can still be reached.
      starts_per_callee_per_hour: 60,
      start_gap_seconds: 2,
      wrong_checks_window_seconds: 3600,
      caller_id_cooldown_seconds: 3600,
    },
    calls: {
      // Half of the default: long enough for the simulated callee that rings late, short enough to wait for one that never does.
      setup_limit_ms: 10_000,
      // Ctrl+C should end it at once; no real phone is left ringing.
      drain_ms: 200,
    },
    // Receivers under development run on this machine.
    webhooks: { allow_private: true },
    // Links work on this machine.
    opt_out: { link_base_url: `http://127.0.0.1:${env.ONERING_HTTP_PORT ?? "8080"}` },
    // Tokens of a sandbox end with it.
    proofs: { issuer: "onering-sandbox", signing_key: newProofKey() },
    log: { level: "warn" },
  };
  const whole = mergeSections([document, ...channels]);
  const config = resolveSandboxConfig({ name: "the sandbox's settings", document: asText(whole), env });
  return { ...config, http: { ...config.http, host: "127.0.0.1" } };
}

/** As the loader gets it from a file, where every scalar is a string and `$` would begin a variable. */
function asText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, asText(child)]));
  }
  return String(value).replaceAll("$", "$$$$");
}
