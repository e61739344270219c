/** SIGHUP while phones ring: `onering serve`, a real Asterisk, a real carrier. Apps come and go, and no call is dropped. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { onering, type RunningCommand } from "../../support/command.ts";
import { gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import type { SippCarrier } from "../../support/sipp.ts";
import type { SipMessage } from "../../support/sipp-log.ts";

const runtime = withRuntime();
const keys = { stays: "or_key-that-stays", goes: "or_key-that-goes", comes: "or_key-that-comes" };
const app = (key: string) => ({ api_keys_sha256: [apiKeyHash(key)] });
const ringMs = 2000;
/** With the starts between them below the 10 calls a second of the trunk: on a slow machine its queue filled up. */
const startEveryMs = 150;
let folder = "";
let file = "";
let url = "";
let command: RunningCommand;
let carrier: SippCarrier;
let document: Record<string, unknown>;
let callee = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "onering-reload-"));
  file = path.join(folder, "onering.yaml");
  const { url: redisUrl } = await runtime.redis();
  carrier = await runtime.carrier({ scenario: "ringing" });
  const trunk = {
    name: "carrier",
    host: "127.0.0.1",
    port: carrier.port,
    transport: "udp",
    qualifySeconds: 0,
  } as const;
  const asterisk = await runtime.asterisk({ trunks: [trunk] });
  document = gatewayDocument({
    ...{ redisUrl, asterisk },
    config: { calls: { ring_ms: String(ringMs), setup_limit_ms: "4000", drain_ms: "3000" }, log: { level: "info" } },
  });
  await configure({ stays: app(keys.stays), goes: app(keys.goes) });
  command = onering("serve", "--config", file);
  url = (await command.says(/"url":"(http:[^"]+)"/))[1] ?? "";
  await gatewayClient(url).waitForHttp("/readyz", 200);
});
afterAll(async () => {
  command.child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

async function configure(apps: Record<string, unknown>): Promise<void> {
  await writeFile(file, stringify({ ...document, apps }).replaceAll(/"(\d+)"/g, "$1"));
}

/** Tells the gateway to read its file, and waits until it says what came of it. */
async function reload(says: RegExp): Promise<void> {
  const before = [...command.output().matchAll(new RegExp(says, "g"))].length;
  command.child.kill("SIGHUP");
  await expect.poll(() => [...command.output().matchAll(new RegExp(says, "g"))].length).toBe(before + 1);
}

test("a new app works, a removed one's key is refused, and every call rings to its end", {
  timeout: 60_000,
}, async () => {
  const as = {
    stays: gatewayClient(url, keys.stays),
    goes: gatewayClient(url, keys.goes),
    comes: gatewayClient(url, keys.comes),
  };
  const started: { id: string; by: keyof typeof as }[] = [];
  const refused: string[] = [];
  let going = true;
  const start = async (by: keyof typeof as) => {
    const { status, json, text } = await as[by].post("/v1/verifications", {
      to: `+44740055${String(callee++).padStart(4, "0")}`,
    });
    if (status === 201) started.push({ id: String(json.id), by });
    else refused.push(`${by} ${status} ${text}`);
    return status;
  };
  const load = (async () => {
    while (going) {
      void start(callee % 2 === 0 ? "stays" : "goes").catch((error) => refused.push(String(error)));
      await new Promise((resolve) => setTimeout(resolve, startEveryMs));
    }
  })();
  await expect.poll(() => started.length).toBeGreaterThan(10);

  // A file with a mistake: nothing changes.
  await writeFile(file, "apps: [");
  await reload(/configuration not reloaded/);
  expect(await start("goes"), refused.join("\n")).toBe(201);

  await configure({ stays: app(keys.stays), comes: app(keys.comes) });
  expect(await start("comes")).toBe(401);
  refused.length = 0;
  await reload(/configuration reloaded/);
  expect(await start("comes"), refused.join("\n")).toBe(201);
  expect((await as.goes.get("/v1/verifications/v0000AAAAAAAAAAAAAAAAAAAAAA")).status).toBe(401);
  // And many more while calls go on: the same file, nothing to change.
  for (let n = 0; n < 5; n++) await reload(/configuration reloaded/);
  await expect.poll(() => started.filter(({ by }) => by === "comes" || by === "stays").length).toBeGreaterThan(20);
  going = false;
  await load;
  // Only the removed app's starts after the change were refused, and only because its key is none any more.
  expect(refused.filter((one) => !one.startsWith("goes 401"))).toEqual([]);

  const calls = started.filter(({ by }) => by !== "goes");
  for (const { id, by } of calls) {
    const found = await as[by].waitForStatus(id, ["rung"]);
    expect(found).toMatchObject({
      status: "delivered",
      delivery: { missed_call: { attempt: { outcome: "rang", alerted: true } } },
    });
  }
  // The removed app's calls, which it cannot ask for any more, rang to their end too: the carrier saw each ring and end in time.
  const messages = await carrier.waitFor((all) => countOf(all, "CANCEL") >= started.length, 15_000);
  expect(countOf(messages, "INVITE")).toBe(started.length);
  process.stdout.write(`${started.length} calls over 7 reloads, none dropped\n`);
  expect(started.some(({ by }) => by === "goes")).toBe(true);
});

/** How many calls the carrier was sent such a request of. */
function countOf(messages: readonly SipMessage[], method: string): number {
  const sent = messages.filter((one) => one.method === method && one.direction === "received");
  return new Set(sent.map((one) => one.header("call-id")[0])).size;
}
