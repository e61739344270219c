/** Two gateways that are offered far more than their trunk may carry: what goes out, what is refused, and how fast. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { offer } from "../../bench/calls/offer.ts";
import { callee, wallClock } from "../../bench/calls/protocol.ts";
import { onering, type RunningCommand } from "../support/command.ts";
import { type Answer, gatewayClient, gatewayDocument } from "../support/gateway.ts";
import { withRuntime } from "../support/processes.ts";
import type { SippCarrier } from "../support/sipp.ts";

const callsPerSecond = 30;
const times = 5;
const durationMs = 30_000;
/** A standing queue is all delay and no gain, so under such a load it is kept short. */
const maxQueueMs = 100;
const wallMs = wallClock();

const runtime = withRuntime();
const gateways: RunningCommand[] = [];
let dir: string;

afterAll(async () => {
  for (const { child } of gateways) if (child.exitCode === null) child.kill("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

type Client = ReturnType<typeof gatewayClient>;

async function startGateways(carrier: SippCarrier): Promise<readonly [Client, Client]> {
  dir = await mkdtemp(path.join(tmpdir(), "onering-load-"));
  const redisUrl = (await runtime.redis()).url;
  // Without OPTIONS: a carrier under load that is late with one answer would take the only trunk away.
  const trunk = { name: "carrier", host: "127.0.0.1", port: carrier.port, transport: "udp" } as const;
  const asterisk = await runtime.asterisk({ trunks: [{ ...trunk, qualifySeconds: 0 }] });
  const document = gatewayDocument({
    ...{ redisUrl, asterisk },
    config: {
      trunks: {
        carrier: { asterisk: "local", endpoint: "carrier", ranges: ["block"], calls_per_second: callsPerSecond },
      },
      calls: { ring_ms: 1000, setup_limit_ms: 4000, max_queue_ms: maxQueueMs },
      http: { port: 0, rate_limit_per_minute: 1_000_000, shed_at_delay_ms: 10_000, shutdown_linger_ms: 0 },
      log: { level: "info" },
    },
  });
  const start = async (name: string) => {
    const { local } = document.asterisks as Record<string, Record<string, unknown>>;
    const file = path.join(dir, `${name}.yaml`);
    await writeFile(file, stringify({ ...document, asterisks: { local: { ...local, ari_app: `onering-${name}` } } }));
    const gateway = onering("serve", "--config", file);
    gateways.push(gateway);
    const [, url = ""] = await gateway.says(/listening on (http:\/\/[^"\s]+)/);
    const client = gatewayClient(url);
    await client.waitForHttp("/readyz", 200);
    return client;
  };
  return [await start("one"), await start("two")];
}

const quantile = (values: number[], share: number) =>
  values.sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

it("place what the trunk may carry and refuse the rest at once, at no charge to the callees", async () => {
  const carrier = await runtime.carrier({ scenario: "ringing" });
  const clients = await startGateways(carrier);
  const posts: { readonly to: string; readonly answer: Answer; readonly sentMs: number; readonly tookMs: number }[] =
    [];
  const asked: Promise<void>[] = [];
  const post = async (index: number) => {
    const to = callee(index);
    const sentMs = wallMs();
    const answer = await clients[index % 2 === 0 ? 0 : 1].post("/v1/verifications", { to });
    posts.push({ to, answer, sentMs, tookMs: wallMs() - sentMs });
  };
  await offer(callsPerSecond * times, durationMs, (index) => void asked.push(post(index)));
  await Promise.all(asked);

  const accepted = posts.filter(({ answer }) => answer.status === 201);
  const refused = posts.filter(({ answer }) => answer.status !== 201);
  const invites = (messages: Awaited<ReturnType<SippCarrier["messages"]>>) =>
    messages.filter(({ method }) => method === "INVITE");
  const placed = invites(await carrier.waitFor((seen) => invites(seen).length >= accepted.length, 20_000));
  const share = placed.length / (callsPerSecond * (durationMs / 1000));
  const sentMs = new Map(accepted.map((one) => [one.to, one.sentMs]));
  const toInviteMs = placed.map(({ startLine, atMs }) => {
    const [, to = ""] = /sip:(\+\d+)@/.exec(startLine) ?? [];
    return atMs - (sentMs.get(to) ?? 0);
  });
  const postMs = accepted.map(({ tookMs }) => tookMs);
  process.stdout.write(
    `admission: ${posts.length} offered, ${placed.length} placed (${share.toFixed(3)} of the limit), ${refused.length} refused; ` +
      `p50 and p99 of the accepted: answer ${quantile(postMs, 0.5).toFixed(1)} and ${quantile(postMs, 0.99).toFixed(1)} ms, ` +
      `INVITE after ${quantile(toInviteMs, 0.5).toFixed(1)} and ${quantile(toInviteMs, 0.99).toFixed(1)} ms\n`,
  );

  expect(placed.length).toBe(accepted.length);
  expect(share).toBeGreaterThan(0.95);
  expect(share).toBeLessThan(1.05);
  for (const { answer } of refused) {
    expect([429, 503]).toContain(answer.status);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  }
  // A refused start counts as no attempt: the same callee may be called at once.
  const [{ to }] = refused as [(typeof refused)[number]];
  expect((await clients[0].post("/v1/verifications", { to })).status).toBe(201);
}, 120_000);
