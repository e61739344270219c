/** Each message channel of the sandbox for scripts: a code arrives, verifies, and each failure shows as it should. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { createLogger } from "../../../src/observability/log.ts";
import type { PhoneMessage } from "../../../src/sandbox/inbox.ts";
import { messageFailures } from "../../../src/sandbox/providers/failures.ts";
import type { FailureKind } from "../../../src/sandbox/providers/provider.ts";
import { type Sandbox, startSandbox } from "../../../src/sandbox/start.ts";
import { api } from "./api.ts";

let sandbox: Sandbox;
/** A registration, and whether the channel's stand-ins have a failure, by ending. */
let devices: readonly { to: string; digits: string | null; channels: readonly string[] | null }[];
let failing: readonly { digits: string | null; channels: readonly string[] | null }[];

beforeAll(async () => {
  sandbox = await startSandbox({
    programs: await findPrograms(),
    env: { ONERING_HTTP_PORT: "0" },
    logger: createLogger({ level: "silent" }),
    timings: { deliveryMs: 100, receiptMs: 200, lateReceiptMs: 4000 },
  });
  const { examples } = (await (await fetch(`${sandbox.url}/sandbox/settings`)).json()) as {
    examples: { phone: typeof devices; device: typeof devices };
  };
  devices = examples.device;
  failing = examples.phone;
});
afterAll(() => sandbox?.stop());

const channels = ["sms", "email"] as const;
type Channel = (typeof channels)[number];
/** Those whose providers send receipts. */
const withReceipts: readonly string[] = ["sms", "whatsapp"];
let numbers = 0;

/** A recipient that no test has used, with this ending. */
function recipient(channel: string, ending: string): string {
  numbers++;
  if (channel === "email") return `ana${numbers}x${ending}@example.com`;
  if (channel === "push") return devices.find(({ digits }) => digits === (ending === "456" ? null : ending))?.to ?? "";
  return `+4474001${String(20 + numbers).padStart(2, "0")}${ending}`;
}

/** Starts one; a provider that was throttled or down a moment ago rests, as in production. */
async function start(channel: Channel, to: string): Promise<string> {
  let id = "";
  const begin = async () => {
    const { status, json } = await api(sandbox.url, "/v1/verifications", { to, channel });
    id = String(json.id);
    return status;
  };
  await expect.poll(begin, { timeout: 20_000, interval: 500 }).toBe(201);
  return id;
}

const messages = async () =>
  (await fetch(`${sandbox.url}/sandbox/messages`)).json() as Promise<(PhoneMessage & { at: string })[]>;
const arrived = async (to: string) => (await messages()).filter((message) => message.to === to);
const read = async (id: string) => (await api(sandbox.url, `/v1/verifications/${id}`)).json;

describe.each(channels)("%s", (channel) => {
  it("brings a code that verifies, and becomes delivered where the provider says so", async () => {
    const to = recipient(channel, "456");
    const id = await start(channel, to);
    await expect.poll(() => arrived(to)).toHaveLength(1);
    const [message] = await arrived(to);
    expect(message).toMatchObject({ channel, to, text: expect.stringMatching(/(?<!\d)\d{6}(?!\d)/) });
    expect(Math.abs(Date.parse(message?.at ?? "") - Date.now())).toBeLessThan(10_000);
    const final = withReceipts.includes(channel) ? "delivered" : "sent";
    await expect.poll(async () => (await read(id)).delivery).toMatchObject({ channel, state: final });
    const code = /(?<!\d)\d{6}(?!\d)/.exec(message?.text ?? "")?.[0];
    const checked = await api(sandbox.url, `/v1/verifications/${id}/check`, { code });
    expect(checked.json).toMatchObject({ status: "verified", valid: true });
  });
});

/** Kind of failure → how the delivery ends, and how many messages come. */
const outcomes: Readonly<Record<FailureKind, { state: RegExp; reason?: RegExp; messages: number }>> = {
  unknown_recipient: { state: /failed/, reason: /invalid_recipient/, messages: 0 },
  not_reachable: { state: /failed/, reason: /not_reachable/, messages: 0 },
  blocked: { state: /failed/, reason: /blocked|rejected/, messages: 0 },
  throttled: { state: /failed/, reason: /throttled/, messages: 0 },
  down: { state: /failed/, reason: /provider_down/, messages: 0 },
  lost_answer: { state: /failed|sent|delivered/, messages: 1 },
  no_receipt: { state: /sent/, messages: 0 },
  failed_receipt: { state: /failed/, messages: 0 },
  late_receipt: { state: /delivered/, messages: 1 },
  odd_receipts: { state: /delivered/, messages: 1 },
};

describe.each(channels)("%s, where it fails", (channel) => {
  it.each(Object.entries(messageFailures))("a recipient that ends in %s", async (ending, { kind }) => {
    if (!failing.some((one) => one.digits === ending && one.channels?.includes(channel))) return;
    const to = recipient(channel, ending);
    const id = await start(channel, to);
    const wanted = outcomes[kind];
    const delivery = async () => (await read(id)).delivery as { state: string; reason: string | null };
    await expect.poll(async () => (await delivery()).state, { timeout: 20_000 }).toMatch(wanted.state);
    if (wanted.reason) expect((await delivery()).reason).toMatch(wanted.reason);
    await expect.poll(async () => (await arrived(to)).length).toBe(wanted.messages);
  });
});
