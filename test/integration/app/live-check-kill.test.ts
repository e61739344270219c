/**
 * A gateway that is killed while its live check is in progress: the phone stops by Asterisk's own limit, and its person can be
 * verified again. Needs `npm run build`. Waits for real limits, some 15 s.
 */
import { pino } from "pino";
import { afterAll, expect, it } from "vitest";
import type { CallState } from "../../../src/sandbox/carrier/call.ts";
import { startCarrier } from "../../../src/sandbox/carrier/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { temporaryFolder } from "../../chaos/programs/folder.ts";
import { startGatewayProcess } from "../../chaos/programs/gateway-process.ts";
import { gatewayClient, gatewayDocument, trunkName } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
const stops: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

it("no phone rings on, nobody is checked again, and a verification may call when the lock has ended", {
  timeout: 60_000,
}, async () => {
  const states: { state: CallState; atMs: number }[] = [];
  const carrier = await startCarrier({
    ...{ clock: systemClock, random: cryptoRandom, logger: pino({ level: "silent" }) },
    timings: { lateRingMs: 700 },
    onCall: ({ state }) => void states.push({ state, atMs: performance.now() }),
  });
  stops.push(() => carrier.stop());
  const redisUrl = (await runtime.redis()).url;
  const asterisk = await runtime.asterisk({
    trunks: [{ name: trunkName, host: "127.0.0.1", port: carrier.port, transport: "udp", qualifySeconds: 0 }],
  });
  const document = gatewayDocument({
    ...{ redisUrl, asterisk },
    config: {
      live_check: { countries: ["GB"], answer_within_ms: "3000" },
      calls: { max_queue_ms: "0", setup_limit_ms: "4000" },
    },
  });
  const { local } = document.asterisks as Record<string, object>;
  const folder = await temporaryFolder();
  const gateway = await startGatewayProcess({
    ...{ name: "only", dir: folder.dir },
    document: { ...document, asterisks: { local: { ...local, request_timeout_ms: "1000" } } },
  });
  stops.push(folder.stop, gateway.stop);
  await gateway.ready();
  const to = "+447400123909";
  const client = gatewayClient(gateway.url);
  const lookUp = () => client.post("/v1/numbers/lookup", { number: to, live: true });

  const asked = lookUp().catch(() => null);
  await expect.poll(() => states.map(({ state }) => state), { interval: 10 }).toEqual(["dialing"]);
  await gateway.kill();
  const killedAtMs = performance.now();
  await asked;
  // The gateway does not come back: Asterisk alone ends the call, 5 s after its limit of 2 s.
  const isOver = () => states.at(-1)?.state;
  await expect.poll(isOver, { timeout: 12_000, interval: 20 }).toBe("missed");
  expect(states.map(({ state }) => state)).toEqual(["dialing", "ringing", "missed"]);
  expect((states.at(-1)?.atMs ?? 0) - killedAtMs).toBeLessThan(9000);

  await gateway.restart();
  await gateway.ready();
  expect((await lookUp()).json.live).toMatchObject({ state: "unknown", reason: "interrupted", evidence: null });
  expect(states).toHaveLength(3);
  const start = () => client.post("/v1/verifications", { to });
  await expect.poll(async () => (await start()).status, { timeout: 10_000, interval: 200 }).toBe(201);
});
