/** While verifications are live, nobody but the phone can know the code: not from logs, metrics, answers or Redis. */
import { Redis } from "ioredis";
import { expect, test, vi } from "vitest";
import { freePort } from "../../../src/local/process/free-port.ts";
import { startGateway } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { redisContents } from "../../support/redis-contents.ts";

const runtime = withRuntime();
/** So many of the callees get two calls. */
const twoCalls = 3;
const callees = Array.from({ length: 12 }, (_, index) => `+4474001234${String(index).padStart(2, "0")}`);

/** Everything that Redis holds, as text: keys, and values of every type. */
async function dump(url: string): Promise<string> {
  const redis = new Redis(url);
  try {
    return (await redisContents(redis)).map(({ key, content }) => `${key}\n${content}`).join("\n");
  } finally {
    redis.disconnect();
  }
}

test("no code and no caller ID in logs, metrics, answers or Redis while calls are live", async () => {
  const redis = await runtime.redis();
  const carrier = await runtime.carrier({ scenario: "ringing" });
  const trunk = {
    name: "carrier",
    host: "127.0.0.1",
    port: carrier.port,
    transport: "udp",
    qualifySeconds: 0,
  } as const;
  // The tap hears every SIP message, caller IDs and all.
  const hepPort = await freePort("udp");
  const asterisk = await runtime.asterisk({ trunks: [trunk], hepPort });
  const gateway = await startGateway({
    redisUrl: redis.url,
    asterisk,
    config: {
      sip_capture: { port: String(hepPort) },
      // Eight digits: a code that is found anywhere was really written there, and is no part of a time or an id.
      ranges: { block: { prefix: "+4477", digits: "8" } },
      calls: { ring_ms: "5000", setup_limit_ms: "4000", second_call_gap_ms: "1000" },
    },
  });
  try {
    // It listens before it has reached Redis.
    await gateway.waitForHttp("/readyz", 200);
    const answers: string[] = [];
    for (const [index, to] of callees.entries()) {
      const started = await gateway.post("/v1/verifications", { to, calls: index < twoCalls ? 2 : 1 });
      expect(started.status).toBe(201);
      answers.push(started.text, JSON.stringify([...started.headers]));
    }
    const ids = answers.filter((text) => text.startsWith("{")).map((text) => JSON.parse(text).id as string);
    // All at once: each rings for a few seconds only.
    for (const ringing of await Promise.all(ids.map((id) => gateway.waitForStatus(id, ["ringing"])))) {
      answers.push(JSON.stringify(ringing));
    }
    const early = await dump(redis.url);
    for (const id of ids) {
      answers.push((await gateway.post(`/v1/verifications/${id}/check`, { code: "1" })).text);
      answers.push((await gateway.post(`/v1/verifications/${id}/check`, { code: "00000000" })).text);
      answers.push((await gateway.post(`/v1/verifications/${id}/resend`)).text);
    }
    const shown = async () => {
      const invites = (await carrier.messages()).filter((message) => message.method === "INVITE");
      return [...new Set(invites.map((invite) => /\+(\d+)@/.exec(invite.header("from")[0] ?? "")?.[1] ?? ""))];
    };
    // The second calls: what is shown then was leased long before.
    const callerIds = await vi.waitFor(
      async () => {
        const all = await shown();
        expect(all).toHaveLength(callees.length + twoCalls);
        return all;
      },
      { timeout: 20_000, interval: 200 },
    );

    const metrics = (await gateway.get("/metrics")).text;
    const places = { answers: answers.join("\n"), metrics, log: gateway.log(), early, redis: await dump(redis.url) };
    // The places are the right ones to look at: what may be known stands there.
    expect(places.redis).toContain(callees[0]);
    expect(places.log).toContain("verification");
    expect(places.log).toContain('"source":"sip"');
    for (const callerId of callerIds) {
      expect(callerId).toMatch(/^4477\d{8}$/);
      for (const [place, text] of Object.entries(places)) {
        expect(text.includes(callerId.slice(-8)), `the code ${callerId.slice(-8)} stands in the ${place}`).toBe(false);
      }
    }
    for (const callee of callees) expect(places.log).not.toContain(callee.slice(1));
  } finally {
    await gateway.stop();
  }
  // Two calls of five seconds each, and all that leads to them.
}, 60_000);
