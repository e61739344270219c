/**
 * Gateways that are killed with SIGKILL in every state of a message: another one ends each delivery in time and goes on with
 * the workflow, and no person gets the same delivery twice.
 */
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type App, buildApp } from "../../../src/app.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { Child } from "../../../src/local/process/child.ts";
import { gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { messageChannels } from "../../support/message-gateway.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
const program = `${import.meta.dirname}/../../support/message-gateway.ts`;
/** `MESSAGE_KILLS=10` kills more. Most of each waits for a deadline of its deliveries. */
const kills = Number(process.env.MESSAGE_KILLS ?? 6);
/** On a busy machine a gateway takes seconds to start, and a deadline is noticed late. */
const patient = { timeout: 40_000 };
const workflow = [{ channel: "memory" }, { channel: "second" }];
/** Deliveries submitted by the surviving gateway, and by all that were killed. */
const submits: string[] = [];
const { specs, providers } = messageChannels((id, channel) => submits.push(`${channel} ${id}`));
let document: Record<string, unknown>;
let survivor: App;
let gateway: ReturnType<typeof gatewayClient>;
let callee = 0;

beforeAll(async () => {
  const { url: redisUrl } = await runtime.redis();
  // No Asterisk: nothing listens there, and no message needs it.
  const nothing = { url: "http://127.0.0.1:9", host: "127.0.0.1", port: 9, user: "nobody", password: "not-used-here" };
  const asterisk = { ari: nothing, ami: nothing } as unknown as AsteriskServer;
  document = gatewayDocument({ redisUrl, asterisk });
  survivor = await buildApp(resolveConfig({ name: "test", document, env: {} }), {
    logger: pino({ level: "silent" }),
    extraMessageChannels: specs,
  });
  gateway = gatewayClient((await survivor.start()).url);
});
afterAll(() => survivor.stop());

const deliveriesOf = async (id: string) => {
  const { json } = await gateway.get(`/v1/verifications/${id}`);
  const deliveries = json.deliveries as { channel: string; state: string; reason: string | null }[];
  return deliveries.map(({ channel, state, reason }) => `${channel} ${state}${reason === null ? "" : ` ${reason}`}`);
};

/** Starts three verifications at a gateway that is killed when `moment` has come. */
async function killAt(moment: "first submit" | "answered" | "sent"): Promise<readonly string[]> {
  const env = { MESSAGE_GATEWAY: JSON.stringify(document), HELD: moment === "sent" ? "0" : "1" };
  const child = await Child.start("gateway", { command: process.execPath, args: [], env }, [program]);
  await expect.poll(() => child.output, patient).toMatch(/^url /m);
  const doomed = gatewayClient(/^url (\S+)$/m.exec(child.output)?.[1] ?? "");
  const starts = Array.from({ length: 3 }, async () => {
    const to = `+44740081${String(callee++).padStart(4, "0")}`;
    const { json } = await doomed.post("/v1/verifications", { to, workflow });
    return String(json.id);
  }).map((one) => one.catch(() => null));
  if (moment === "first submit") await expect.poll(() => child.output, patient).toMatch(/^submit /m);
  const ids = moment === "first submit" ? [] : await Promise.all(starts);
  if (moment === "sent") {
    for (const id of ids) await expect.poll(() => deliveriesOf(id ?? ""), patient).toEqual(["memory sent"]);
  }
  await child.kill();
  submits.push(...[...child.output.matchAll(/^submit (.+)$/gm)].map(([, what = ""]) => what));
  return (await Promise.all(starts)).filter((id) => id !== null);
}

test(
  `${kills} gateways are killed; each verification goes on elsewhere, and nothing is sent twice`,
  async () => {
    const queued: string[] = [];
    const sent: string[] = [];
    for (let times = 0; times < kills; times++) {
      const moment = (["first submit", "answered", "sent"] as const)[times % 3] ?? "sent";
      const ids = await killAt(moment);
      (moment === "sent" ? sent : queued).push(...ids);
      if (moment === "sent") continue;
      // What was queued is lost at its deadline; the survivor begins the next step, since no other gateway is there now.
      for (const id of ids) {
        await expect.poll(() => deliveriesOf(id), patient).toEqual(["memory failed interrupted", "second sent"]);
      }
    }
    // Three of each gateway; of one that is killed at its first submit two may not have begun.
    expect(sent).toHaveLength(3 * Math.floor(kills / 3));
    expect(queued.length).toBeGreaterThanOrEqual(3 * Math.floor(kills / 3));

    // What was sent stays sent, and its receipt comes to the survivor.
    const memory = providers.find(({ channel }) => channel === "memory")?.provider;
    for (const id of sent) {
      expect(await deliveriesOf(id)).toEqual(["memory sent"]);
      await memory?.receipt({ state: "failed", reason: "not_reachable" }, `memory/${id}-1`);
      await expect.poll(() => deliveriesOf(id), patient).toEqual(["memory failed not_reachable", "second sent"]);
    }

    expect(submits.filter((one, index) => submits.indexOf(one) !== index)).toEqual([]);
    const second = providers.find(({ channel }) => channel === "second")?.provider;
    for (const id of [...queued, ...sent]) {
      const message = second?.sent.find(({ deliveryId }) => deliveryId === `${id}-2`);
      const { json } = await gateway.post(`/v1/verifications/${id}/check`, { code: message?.code });
      expect(json).toMatchObject({ valid: true, status: "verified" });
    }
  },
  60_000 + kills * 20_000,
);
