/** A stranger with an app of his own, against all that a gateway counts, lists and refuses: with the guard at `deny`. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { withRuntime } from "../../support/processes.ts";
import { type SecurityWorld, startSecurityWorld } from "./world.ts";

const runtime = withRuntime();
let world: SecurityWorld;
/** Of a prefix in an hour: a stranger reaches it soon. */
const mostOfPrefix = 5;

beforeAll(async () => {
  const few = { per_hour: mostOfPrefix, per_day: mostOfPrefix };
  world = await startSecurityWorld((await runtime.redis()).url, {
    guard: { mode: "deny", limits: { prefix: few, session: few, ip: few } },
    // The widest meaning that an operator may give an opt-out.
    opt_out: { link_base_url: "http://127.0.0.1:9", scope: "all" },
  });
});
afterAll(() => world.stop());

const start = async (who: string, to: string, more: object = {}) =>
  (await world.ask("POST", "/v1/verifications", who, { to, channel: "memory", ...more })).status;

test("who uses up a prefix, an address and a session leaves them to another app", async () => {
  const client = { ip: "192.0.2.7", session: "hers" };
  const block = Array.from({ length: 3 * mostOfPrefix }, (_, n) => `+447400310${String(n).padStart(3, "0")}`);
  const his: number[] = [];
  for (const to of block) his.push(await start(world.as.bank, to, { client }));
  expect(his.slice(0, mostOfPrefix)).toEqual(Array(mostOfPrefix).fill(201));
  expect(his.slice(mostOfPrefix).every((status) => status >= 400)).toBe(true);
  expect(await start(world.as.shop, "+447400310900", { client })).toBe(201);
});

test("who blocks her number blocks it for himself", async () => {
  const her = world.nextCallee();
  await world.made("/v1/lists", world.as.bank, { value: her });
  expect(await start(world.as.bank, her)).toBe(403);
  expect(await start(world.as.shop, her)).toBe(201);
});

test("who follows an opt-out link that he asked for opts her out of his own app, whatever the operator's scope", async () => {
  const her = world.nextCallee();
  const { url = "" } = await world.made("/v1/opt-outs/link", world.as.bank, { to: her });
  expect((await world.ask("POST", new URL(url).pathname, null)).status).toBe(200);
  expect(await start(world.as.bank, her)).toBe(403);
  expect(await start(world.as.shop, her)).toBe(201);
});

test("who cancels, checks and starts again as fast as he can does nothing to her verification", async () => {
  const her = world.nextCallee();
  const { id } = await world.made("/v1/verifications", world.as.shop, { to: her, channel: "memory", code: "271828" });
  const busy = Array.from({ length: 60 }, (_, n) => {
    const path = ["/v1/verifications", "/v1/verifications/check", `/v1/verifications/${id}/cancel`][n % 3] ?? "";
    const body = n % 3 === 0 ? { to: her, channel: "second" } : n % 3 === 1 ? { to: her, code: "271828" } : {};
    return world.ask("POST", path, world.as.bank, body);
  });
  expect((await Promise.all(busy)).filter(({ text }) => text.includes('"valid":true'))).toEqual([]);
  const answer = await world.ask("POST", `/v1/verifications/${id}/check`, world.as.shop, { code: "271828" });
  expect(JSON.parse(answer.text)).toMatchObject({ valid: true, status: "verified" });
});

test("two apps that use up the wrong checks of her day leave her a call in, and no message until then", async () => {
  // Of a prefix that no app has used up.
  const her = "+447400480001";
  await world.made("/v1/admin/apps", world.as.operator, { name: "club" });
  const { key } = await world.made("/v1/admin/apps/club/keys", world.as.operator, { scopes: ["verify"] });
  const club = `Bearer ${key}`;
  await expect
    .poll(async () => (await world.ask("POST", "/v1/verifications/check", club, { to: her, code: "1" })).status)
    .toBe(400);
  let compared = 0;
  for (const [who, starts] of [
    [world.as.bank, 2],
    [club, 2],
  ] as const) {
    for (let n = 0; n < starts; n++) {
      const { id } = await world.made("/v1/verifications", who, { to: her, channel: "memory" });
      for (let check = 0; check < 4; check++) {
        const answer = await world.ask("POST", `/v1/verifications/${id}/check`, who, { code: "000000" });
        if (answer.status === 200) compared++;
      }
    }
  }
  expect(compared).toBe(10);
  expect(await start(world.as.shop, her)).toBe(429);
  expect(await start(world.as.shop, her, { channel: "call_in" })).toBe(201);
});

test("what the guard decided about his starts is his to read, and not hers to see", async () => {
  const read = async (who: string) => JSON.parse((await world.ask("GET", "/v1/decisions?limit=1000", who)).text);
  const decisions = async (who: string) => (await read(who)).decisions as { app?: string }[];
  await expect.poll(async () => (await decisions(world.as.bank)).length).toBeGreaterThan(mostOfPrefix);
  for (const [who, app] of [
    [world.as.bank, "bank"],
    [world.as.shop, "shop"],
  ] as const) {
    expect((await decisions(who)).every((one) => one.app === app)).toBe(true);
  }
});
