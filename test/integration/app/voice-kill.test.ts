/** A gateway that is killed in each state of a voice call, and comes back. Needs `npm run build`. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { temporaryFolder } from "../../chaos/programs/folder.ts";
import { type GatewayProcess, startGatewayProcess } from "../../chaos/programs/gateway-process.ts";
import { ariRequest } from "../../support/ari-request.ts";
import { gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { openRtpEar, type RtpEar } from "../../support/rtp-ear.ts";
import { type Step, withScenarios } from "../../support/scenarios.ts";
import { type SippCarrier, startSipp } from "../../support/sipp.ts";

const runtime = withRuntime();
const writeScenario = withScenarios();
/** The state in which the gateway is killed, and the callees' prefix; each has a phone of its own. */
const states = { calling: "+44740091", ringing: "+44740092", answered: "+44740093", spoken: "+44740094" } as const;
type State = keyof typeof states;
const names = Object.keys(states) as State[];
const each = async <T>(make: (state: State) => Promise<T>) =>
  Object.fromEntries(await Promise.all(names.map(async (state) => [state, await make(state)]))) as Record<State, T>;

let asterisk: AsteriskServer;
let gateway: GatewayProcess;
let ears: Record<State, RtpEar>;
let phones: Record<State, SippCarrier>;
const stops: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  const redisUrl = (await runtime.redis()).url;
  ears = await each(() => openRtpEar());
  const ports = await each(() => freePort("udp"));
  const answer = (state: State): Step[] => [
    { send: "180 Ringing" },
    { send: "200 OK", mediaPort: ears[state].port },
    "ack",
    "bye",
  ];
  const steps: Record<State, Step[]> = {
    calling: [{ send: "183 Session Progress" }, "canceled"],
    ringing: [{ send: "180 Ringing" }, "canceled"],
    answered: answer("answered"),
    spoken: answer("spoken"),
  };
  phones = await each(async (state) => startSipp({ scenario: await writeScenario(steps[state]), port: ports[state] }));
  asterisk = await runtime.asterisk({
    trunks: names.map((name) => ({
      ...{ name, host: "127.0.0.1", port: ports[name], transport: "udp" as const, qualifySeconds: 0 },
    })),
  });
  const document = gatewayDocument({
    ...{ redisUrl, asterisk },
    config: {
      voice: { ring_ms: "5000", max_call_ms: "15000", key_wait_ms: "10000" },
      trunks: Object.fromEntries(names.map((name) => [name, { asterisk: "local", endpoint: name, ranges: ["block"] }])),
      routes: names.map((name) => ({ prefix: states[name], trunks: [name] })),
      calls: { setup_limit_ms: "5000" },
    },
  });
  const { trunks, ...rest } = document as Record<string, Record<string, unknown>>;
  const { carrier: _unused, ...own } = trunks ?? {};
  const folder = await temporaryFolder();
  gateway = await startGatewayProcess({ name: "only", dir: folder.dir, document: { ...rest, trunks: own } });
  stops.push(
    () => gateway.stop(),
    () => folder.stop(),
    ...names.map((name) => () => phones[name].stop()),
  );
  stops.push(...names.map((name) => () => ears[name].close()));
  await gateway.ready();
});
afterAll(async () => {
  for (const stop of stops) await stop();
});

it("each verification ends in time, each call is hung up, and nobody is called twice", {
  timeout: 90_000,
}, async () => {
  const client = gatewayClient(gateway.url);
  const ids = new Map<State, string>();
  const start = async (state: State) => {
    const { json, text } = await client.post("/v1/verifications", { to: `${states[state]}0001`, channel: "voice" });
    if (json.id === undefined) throw new Error(`${state}: ${text}`);
    ids.set(state, String(json.id));
  };
  const delivery = async (state: State) =>
    (await client.get(`/v1/verifications/${ids.get(state)}`)).json.delivery as { state: string; reason: string | null };
  const until = (state: State) =>
    expect.poll(async () => (await delivery(state)).state, { timeout: 12_000, interval: 20 }).toBe(state);
  await start("spoken");
  await ears.spoken.waitForSound();
  await ears.spoken.press("1");
  await until("spoken");
  // The others last for seconds only.
  for (const state of ["answered", "ringing", "calling"] as const) await start(state);
  for (const state of ["answered", "ringing", "calling", "spoken"] as const) await until(state);
  await gateway.kill();
  await gateway.restart();
  await gateway.ready();
  const channels = async () => ((await ariRequest(asterisk, "GET", "/channels")).body as unknown[]).length;
  await expect.poll(channels, { timeout: 10_000 }).toBe(0);
  for (const state of names.filter((name) => name !== "spoken")) {
    await expect
      .poll(() => delivery(state), { timeout: 45_000, interval: 200 })
      .toMatchObject({ state: "failed", reason: "interrupted" });
    expect((await client.get(`/v1/verifications/${ids.get(state)}`)).json.status).toBe("undeliverable");
  }
  expect(await delivery("spoken")).toMatchObject({ state: "spoken" });
  expect((await client.get(`/v1/verifications/${ids.get("spoken")}`)).json.status).toBe("delivered");
  for (const state of names) {
    const invites = (await phones[state].messages()).filter(({ method }) => method === "INVITE");
    expect(new Set(invites.map((one) => one.header("Call-ID").join())).size).toBe(1);
  }
});
