/** A little of everything in a real sandbox: each channel, calls that end in different ways, inbound calls, hostile requests. */
import { expect, vi } from "vitest";
import type { PhoneMessage } from "../../../src/sandbox/inbox.ts";
import type { Sandbox } from "../../../src/sandbox/start.ts";
import { api } from "../sandbox/api.ts";

/** Registers a webhook that takes all events. @param receiver where it listens */
export async function hear(sandbox: Sandbox, receiver: string): Promise<void> {
  const { status, json } = await api(sandbox.url, "/v1/webhooks", { url: receiver });
  expect({ status, json }).toEqual({ status: 201, json: expect.objectContaining({ id: expect.any(String) }) });
}

/** @param round two digits in the numbers, another one each time */
export async function someTraffic(sandbox: Sandbox, round: number): Promise<void> {
  const { url } = sandbox;
  const number = (ending: string) => `+4474001${String(round).padStart(2, "0")}${ending}`;
  async function start(request: Readonly<Record<string, unknown>>): Promise<Record<string, unknown> & { id: string }> {
    let answer = await api(url, "/v1/verifications", request);
    // A provider that refused the message before this one may rest.
    await until(async () => {
      if (answer.status === 503) answer = await api(url, "/v1/verifications", request);
      return answer.status !== 503;
    });
    expect(answer).toMatchObject({ status: 201 });
    return answer.json as Record<string, unknown> & { id: string };
  }
  const call = (ending: string, channel = "missed_call") => start({ to: number(ending), channel });
  const check = (id: string, code: string) => api(url, `/v1/verifications/${id}/check`, { code });
  const statusOf = async (id: string) => (await api(url, `/v1/verifications/${id}`)).json.status;

  async function missedCall(): Promise<void> {
    const { id } = await call("456");
    await until(async () => (await statusOf(id)) === "delivered");
    const code =
      sandbox.phone
        .calls()
        .find(({ to }) => to === number("456"))
        ?.caller_id.slice(-4) ?? "";
    await check(id, code === "0000" ? "1111" : "0000");
    expect((await check(id, code)).json).toMatchObject({ status: "verified" });
  }
  async function failingCalls(): Promise<void> {
    const ids = await Promise.all(["901", "902", "907"].map(async (ending) => (await call(ending)).id));
    for (const id of ids) await until(async () => (await statusOf(id)) === "undeliverable");
  }
  async function answeredCall(): Promise<void> {
    const { id } = await call("905");
    await until(async () => (await statusOf(id)) === "delivered");
    await api(url, `/v1/verifications/${id}/cancel`, null);
  }
  async function callIns(): Promise<void> {
    const { id, delivery } = await call("457", "call_in");
    const { number: to } = (delivery as { call_in: { number: string } }).call_in;
    for (const from of ["anonymous", number("458"), number("457")]) await api(url, "/sandbox/call-in", { from, to });
    await until(async () => (await statusOf(id)) === "verified");
  }
  async function message(channel: string, to: string): Promise<void> {
    const messages = async () =>
      ((await api(url, "/sandbox/messages")).json as unknown as PhoneMessage[]).filter((one) => one.to === to);
    const before = new Set((await messages()).map(({ id }) => id));
    const arrived = async () => (await messages()).find((one) => !before.has(one.id));
    const { id } = await start({ to, channel });
    await until(async () => (await arrived()) !== undefined);
    const code = /(?<!\d)\d{6}(?!\d)/.exec((await arrived())?.text ?? "")?.[0] ?? "";
    expect((await check(id, code)).json).toMatchObject({ status: "verified" });
  }
  /** Refused, throttled, and with receipts that are doubled or belong to no message. */
  async function failingMessages(): Promise<void> {
    for (const ending of ["930", "921"]) await call(ending, "sms");
    await call("922", "whatsapp");
  }
  /** What must not become the value of a label. */
  async function strangers(): Promise<void> {
    const paths = [`/v1/numbers/${number("456")}`, "/wp-login.php", `/v1/verifications/${round}${number("1")}`];
    for (const path of paths) await api(url, path);
    await fetch(`${url}/v1/verifications`, { method: "PROPFIND" });
    await fetch(`${url}/v1/verifications`, { method: "POST", headers: { authorization: `Bearer stranger-${round}` } });
    await api(url, "/v1/verifications", {
      to: number("456"),
      channel: `made_up_${round}`,
      reference: `order ${round}`,
    });
    await api(url, "/v1/verifications/check", { to: number("459"), code: "123456" });
  }
  const device = await deviceOf(url);
  await Promise.all([missedCall(), failingCalls(), answeredCall(), callIns(), strangers()]);
  await Promise.all([
    message("sms", number("461")),
    message("whatsapp", number("462")),
    message("email", `ana${round}@example.com`),
    message("push", device),
  ]);
  await failingMessages();
  const voice = await call("463", "voice");
  await api(url, `/v1/verifications/${voice.id}/cancel`, null);
}

/** Works in hooks too. @throws after 15 s */
const until = (what: () => boolean | Promise<boolean>) => vi.waitUntil(what, { timeout: 15_000 });

/** A registration whose messages arrive. */
async function deviceOf(url: string): Promise<string> {
  const { json } = await api(url, "/sandbox/settings");
  const { device } = json.examples as { device: readonly { to: string; digits: string | null }[] };
  return device.find(({ digits }) => digits === null)?.to ?? "";
}
