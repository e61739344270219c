/** Checks one Asterisk over ARI: reachable, password, version, modules, and the endpoints of its trunks. */
import type { AriConfig } from "../telephony/asterisk/access.ts";
import { answersOverWebSocket, remedy } from "../telephony/asterisk/ari-websocket/version.ts";
import { didYouMean } from "../typed-yaml/nearest.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { type AsteriskUse, examineModules } from "./modules.ts";

interface AriAnswer {
  readonly status: number;
  readonly body: unknown;
}

async function ari(asterisk: AriConfig, path: string): Promise<AriAnswer> {
  const authorization = `Basic ${Buffer.from(`${asterisk.ari_user}:${asterisk.ari_password}`).toString("base64")}`;
  const response = await fetch(new URL(`/ari${path}`, asterisk.ari_url), {
    headers: { authorization },
    signal: AbortSignal.timeout(asterisk.request_timeout_ms),
  });
  const text = await response.text();
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    // An answer that is not JSON is reported by its status.
  }
  return { status: response.status, body };
}

/**
 * @param name what the configuration calls this Asterisk
 * @param endpoints the PJSIP endpoints of its trunks
 */
export async function examineAsterisk(
  name: string,
  asterisk: AriConfig,
  endpoints: readonly string[],
  use: AsteriskUse,
): Promise<Finding[]> {
  let info: AriAnswer;
  try {
    info = await ari(asterisk, "/asterisk/info");
  } catch (error) {
    const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return [fail(`Asterisk ${name}: no HTTP answer from ${asterisk.ari_url} (${why})`, noAnswerFix(why))];
  }
  if (info.status === 401) {
    return [
      fail(
        `Asterisk ${name}: ARI at ${asterisk.ari_url} refuses user ${asterisk.ari_user} or its password`,
        `Compare ari_user and ari_password with [${asterisk.ari_user}] in ari.conf (\`ari show users\`), then \`module reload res_ari.so\`.`,
      ),
    ];
  }
  if (info.status !== 200) {
    return [fail(`Asterisk ${name}: ${asterisk.ari_url}/ari answers HTTP ${info.status}`, noAriFix)];
  }
  const version = String((info.body as { system?: { version?: unknown } }).system?.version ?? "unknown");
  return [
    examineVersion(name, version),
    ...examineDriver(name, asterisk, version),
    ...examineModules(name, await runningModules(asterisk), use),
    ...(await Promise.all(endpoints.map((endpoint) => examineEndpoint(name, asterisk, endpoint)))),
  ];
}

/** HTTP answers, ARI does not. */
const noAriFix =
  "Set enabled = yes in [general] of ari.conf (`ari show status`), load res_ari (`module show like res_ari`), and set no `prefix` in http.conf (docs/deploy-beside-a-pbx.md).";

/** @param why message of the error below fetch */
export function noAnswerFix(why: string): string {
  return /certificate/i.test(why)
    ? "Name the file of the CA that signed Asterisk's certificate in NODE_EXTRA_CA_CERTS (PEM), for the gateway as well."
    : "Check that Asterisk runs, that http.conf has `enabled = yes`, and that ari_url has its bindaddr and bindport (`http show status`).";
}

/** 20 is the oldest that we test against; below 22.10.1 two ARI advisories are open. */
export function examineVersion(name: string, version: string): Finding {
  const [major = 0, minor = 0, patch = 0] = (/(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  if (major === 0) return warn(`Asterisk ${name}: version ${version} is not known`, "Asterisk 20 or newer is needed.");
  if (major < 20) return fail(`Asterisk ${name}: version ${version}`, "Asterisk 20 or newer is needed.");
  if (major === 22 && minor * 100 + patch < 1001) {
    return warn(
      `Asterisk ${name}: version ${version}`,
      "22.10.1 fixes two vulnerabilities in ARI: update when you can.",
    );
  }
  return ok(`Asterisk ${name}: version ${version}`);
}

/** Whether this Asterisk has what the driver needs. */
export function examineDriver(name: string, { driver }: Pick<AriConfig, "driver">, version: string): Finding[] {
  if (driver !== "ari-websocket" || answersOverWebSocket(version) !== false) return [];
  return [
    fail(
      `Asterisk ${name}: version ${version} does not support ARI requests over WebSocket, which the driver ${driver} needs`,
      remedy,
    ),
  ];
}

/** Null where they cannot be read. */
async function runningModules(asterisk: AriConfig): Promise<ReadonlySet<string> | null> {
  const { status, body } = await ari(asterisk, "/asterisk/modules");
  if (status !== 200 || !Array.isArray(body)) return null;
  const modules = body as { name?: unknown; status?: unknown }[];
  return new Set(modules.filter((module) => module.status === "Running").map((module) => String(module.name)));
}

/** Empty where they cannot be read. */
async function endpointNames(asterisk: AriConfig): Promise<readonly string[]> {
  const { status, body } = await ari(asterisk, "/endpoints/PJSIP");
  if (status !== 200 || !Array.isArray(body)) return [];
  return (body as { resource?: unknown }[]).map(({ resource }) => String(resource));
}

async function examineEndpoint(name: string, asterisk: AriConfig, endpoint: string): Promise<Finding> {
  const { status, body } = await ari(asterisk, `/endpoints/PJSIP/${encodeURIComponent(endpoint)}`);
  if (status === 404) {
    const suggestion = didYouMean(endpoint, await endpointNames(asterisk));
    return fail(`Asterisk ${name}: no PJSIP endpoint ${endpoint}${suggestion}`, "Compare with `pjsip show endpoints`.");
  }
  const state = String((body as { state?: unknown } | null)?.state ?? "unknown");
  if (state === "offline") {
    return fail(
      `Asterisk ${name}: the carrier behind ${endpoint} does not answer`,
      "Compare the contact with the carrier's address (`pjsip show contacts`), and check the firewall and that the carrier answers OPTIONS.",
    );
  }
  if (state !== "online") {
    return warn(
      `Asterisk ${name}: whether the carrier behind ${endpoint} answers is not known (${state})`,
      "Set qualify_frequency on its AOR.",
    );
  }
  return ok(`Asterisk ${name}: endpoint ${endpoint} is online`);
}
