/**
 * A gateway under test: the product as it is built, `node dist/main.js serve`, on a Redis of its own, seen over HTTP alone.
 * So the gateway of another commit runs beside this one's, though its modules have other names.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { stringify } from "yaml";
import { apiKeyHash, generateApiKey } from "../../src/apps/api-keys.ts";
import type { Program } from "../../src/local/fetch/on-path.ts";
import { Child } from "../../src/local/process/child.ts";
import { freePort, freePortRow } from "../../src/local/process/free-port.ts";
import { cryptoRandom } from "../../src/shared/random.ts";
import type { Source } from "./commit.ts";
import { documentFor, type GatewayParts } from "./gateway-config.ts";
import type { Parts } from "./parts.ts";
import { childrenOf } from "./process-stats.ts";
import { startOwnRedis } from "./redis.ts";

/**
 * `everything`, `other_everything`: with all switched on that costs a call something; see everything.ts. `ours_sip`: this commit's
 * without an Asterisk; `ours_sip_two`: the same with two processes.
 */
export type GatewayName = "ours" | "other" | "everything" | "other_everything" | "ours_sip" | "ours_sip_two";

export interface Gateway<Name extends GatewayName = GatewayName> {
  readonly name: Name;
  readonly url: string;
  /** With several processes that of the one that started them. */
  readonly pid: number;
  readonly apiKey: string;
  readonly hmacKey: string;
  readonly redisPid: number;
  readonly redisUrl: string;
}

const readyDeadlineMs = 20_000;
const probeDeadlineMs = 1000;
const outputKeptChars = 2000;

export interface GatewayNeeds extends Pick<GatewayParts, "asterisk" | "profile"> {
  readonly redisServer: Program;
  /** A carrier that takes SIP over TCP; then there is no Asterisk. */
  readonly carrier?: { readonly host: string; readonly port: number };
  /** On one port; default 1. */
  readonly processes?: number;
}

/**
 * Starts Redis and the gateway, and waits until it answers: /readyz where it has a way to call, /healthz where it has none.
 * @throws with the end of its output where it is not ready in time
 */
export async function startGateway<Name extends GatewayName>(
  parts: Parts,
  name: Name,
  source: Source,
  { redisServer, asterisk, carrier, profile, processes = 1 }: GatewayNeeds,
): Promise<Gateway<Name>> {
  const title = `the gateway of ${source.label}`;
  const redis = await startOwnRedis(parts, title, redisServer);
  const apiKey = generateApiKey(cryptoRandom);
  const hmacKey = randomBytes(32).toString("hex");
  const port = await freePort("tcp");
  const dir = await mkdtemp(path.join(tmpdir(), "onering-bench-"));
  parts.defer(() => rm(dir, { recursive: true, force: true }));
  const document = await documentFor(source.root, {
    port,
    redisUrl: redis.url,
    apiKeySha256: apiKeyHash(apiKey),
    hmacKey,
    ariApp: `bench-${name}`,
    asterisk,
    ...(carrier && { carrier: { ...carrier, ownPort: await freePortRow(processes, "udp") } }),
    processes,
    profile,
  });
  const config = path.join(dir, "onering.yaml");
  await writeFile(config, stringify(document, { aliasDuplicateObjects: false }), { mode: 0o600 });

  const program = { command: process.execPath, args: [path.join(source.root, "dist/main.js")], env: {} };
  const child = await Child.start(title, program, ["serve", "--config", config], { cwd: dir });
  const output = () => child.output;
  // Its last calls need no draining: Asterisk ends next.
  parts.add({ name: title, pid: child.pid, exited: child.exited, output }, async () => {
    // Processes whose primary is killed would drain.
    for (const pid of processes > 1 ? childrenOf(child.pid) : []) process.kill(pid, "SIGKILL");
    await child.kill();
  });
  const url = `http://127.0.0.1:${port}`;
  const probe = `${url}${asterisk === null && carrier === undefined ? "/healthz" : "/readyz"}`;
  await child.waitUntil(
    async () => (await answersOk(probe)) && (processes === 1 || (await serving(url)) === processes),
    readyDeadlineMs,
    async () => output().slice(-outputKeptChars),
  );
  return { name, url, pid: child.pid, apiKey, hmacKey, redisPid: redis.pid, redisUrl: redis.url };
}

/** How many processes serve. */
async function serving(url: string): Promise<number> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(probeDeadlineMs) }).catch(() => null);
  const text = (await response?.text()) ?? "";
  return Number(/^onering_processes\{state="serving"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(probeDeadlineMs) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
