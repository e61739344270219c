/** Somebody opts out, and back in, on a real Redis and both backends of the records. */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { withRuntime } from "../../support/processes.ts";
import { describeOnBothBackends } from "../../support/records.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { keys, type SubjectGateway, startSubjectGateway } from "../subjects/gateway.ts";

const runtime = withRuntime();
const settings = {
  opt_out: { link_base_url: "https://verify.example.com" },
  messages: { apps: { shop: { name: "The <Shop>" } } },
};
const denied = {
  status: 403,
  json: { code: "delivery_denied", detail: "A delivery to this recipient is not permitted." },
};

describeOnBothBackends("opt-outs", (open) => {
  let gateway: SubjectGateway;
  let url = "";
  let redis: Awaited<ReturnType<typeof runtime.redis>>;
  let numbers = 10;
  /** Each test has people of its own. */
  let [grace, alan] = ["", ""];
  beforeAll(async () => {
    redis = await runtime.redis();
    url = await open.newUrl();
    gateway = await startSubjectGateway(redis.url, url, settings);
  });
  afterAll(async () => {
    await gateway.stop();
    await redis.stop();
  });
  beforeEach(() => {
    [grace, alan] = [`+4474001234${numbers++}`, `+4474001234${numbers++}`];
  });

  const start = (who: "shop" | "bank", to = grace, more: object = { channel: "memory" }) =>
    gateway.ask(who, "POST", "/v1/verifications", { to, ...more });
  const operator = (path: string, body: object) => gateway.ask("operator", "POST", `/v1/admin/opt-outs${path}`, body);
  const kept = async (to = grace) => (await operator("/search", { to })).json.opt_outs as unknown as object[];
  /** Opt-outs that are not in the records yet. */
  const waiting = () => gateway.redis.hlen("{optouts}:waiting");
  /** The path of a link that an app made, on this machine. */
  async function link(who: "shop" | "bank" = "shop", to = grace): Promise<string> {
    const { status, json } = await gateway.ask(who, "POST", "/v1/opt-outs/link", { to });
    expect(status).toBe(201);
    return gateway.url + new URL(String(json.url)).pathname;
  }
  const inRecords = async () => {
    const records = await open({ url });
    const rows = await records.read((db) => db.selectFrom("opt_outs").selectAll().execute());
    await records.close();
    return rows;
  };

  it("by a link: opening it changes nothing, pressing the button does, for the app that made it", async () => {
    const href = await link();
    const page = await fetch(href);
    const html = await page.text();
    expect([page.status, page.headers.get("cache-control"), page.headers.get("referrer-policy")]).toEqual([
      ...[200, "no-store", "no-referrer"],
    ]);
    expect(html).toContain("The &#60;Shop&#62; will not call or message you again.");
    expect(html).toContain('<form method="post"><button>Never contact me again</button>');
    await fetch(href, { method: "HEAD" });
    expect((await start("shop")).status).toBe(201);
    expect(await kept()).toEqual([]);

    const done = await fetch(href, { method: "POST", headers: { "accept-language": "fr-CH, en;q=0.5" } });
    expect([done.status, await done.text()]).toEqual([200, expect.stringContaining("vous ne serez plus contacté")]);
    expect(await start("shop")).toMatchObject(denied);
    expect(await start("shop", grace.replace("+44", "0"), { country: "GB", channel: "second" })).toMatchObject(denied);
    expect((await start("bank")).status).toBe(201);
    expect((await start("shop", alan)).status).toBe(201);
    expect(await kept()).toMatchObject([{ app: "shop", state: "out", source: "link" }]);
    await expect.poll(waiting).toBe(0);
  });

  it("by the one-click POST of a mail program", async () => {
    const href = await link();
    const done = await fetch(href, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "List-Unsubscribe=One-Click",
    });
    expect(done.status).toBe(200);
    expect(await start("shop")).toMatchObject(denied);
  });

  it("a link that was not made here opts nobody out", async () => {
    const href = await link();
    for (const wrong of [`${href.slice(0, -1)}x`, `${gateway.url}/o/${"A".repeat(50)}`, `${gateway.url}/o/x`]) {
      const answer = await fetch(wrong, { method: "POST" });
      expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining("not valid")]);
    }
    expect((await start("shop")).status).toBe(201);
  });

  it("what is open ends to be delivered: neither again, nor by a step that follows", async () => {
    const body = { workflow: [{ channel: "memory", wait_seconds: 60 }, { channel: "second" }] };
    const { json } = await start("shop", grace, body);
    await fetch(await link(), { method: "POST" });
    const again = await gateway.ask("shop", "POST", `/v1/verifications/${json.id}/resend`, { channel: "second" });
    expect(again).toMatchObject(denied);
    await gateway.provider.receipt({ state: "failed", reason: "not_reachable" });
    const read = () => gateway.ask("shop", "GET", `/v1/verifications/${json.id}`);
    await expect.poll(async () => (await read()).json.status).toBe("undeliverable");
    expect(gateway.second.sent).toHaveLength(0);
  });

  it("by a stop word: for all apps, as the text names none", async () => {
    const text = { channel: "memory", from: grace, to: null, text: "Stop!" };
    expect(await gateway.provider.text(text)).toBe(true);
    expect([await start("shop"), await start("bank")]).toMatchObject([denied, denied]);
    expect(await gateway.provider.text({ ...text, from: alan, text: "stop calling at night please" })).toBe(true);
    expect((await start("shop", alan)).status).toBe(201);
  });

  it("by the operator, who may also lift it; each act is in the audit log, by hash", async () => {
    const before = (await inRecords()).length;
    expect(await operator("", { to: grace, app: "shop" })).toMatchObject({
      status: 201,
      json: { opt_outs: [{ app: "shop", state: "out", source: "operator" }] },
    });
    await operator("", { to: grace });
    expect([await start("shop"), await start("bank")]).toMatchObject([denied, denied]);
    expect((await operator("/remove", { to: grace, app: "shop" })).json.opt_outs).toMatchObject([{ app: null }]);
    const removed = await operator("/remove", { to: grace.replace("+44", "0"), country: "GB" });
    expect(removed).toMatchObject({ status: 200, json: { opt_outs: [] } });
    expect([(await start("shop")).status, (await start("bank")).status]).toEqual([201, 201]);
    await expect.poll(waiting).toBe(0);
    expect(await inRecords()).toHaveLength(before);
    const log = async () =>
      (await gateway.ask("operator", "GET", "/v1/admin/audit")).json.entries as unknown as object[];
    await expect.poll(async () => (await log()).length).toBeGreaterThanOrEqual(4);
    expect((await log()).slice(0, 4).map((entry) => (entry as { action: string }).action)).toEqual([
      ...["opt_out.remove", "opt_out.remove", "opt_out.add", "opt_out.add"],
    ]);
    expect(JSON.stringify(await log())).toContain(String(removed.json.subject));
  });

  it("outlives an erasure, as a hash, and is in the export", async () => {
    await fetch(await link(), { method: "POST" });
    await expect.poll(waiting).toBe(0);
    const [exported] = await gateway.whole("export", grace);
    expect(exported).toMatchObject({ kept: { opt_outs: [{ app: "shop", source: "link" }] } });
    const [erased] = await gateway.whole("erase", grace);
    expect(erased).toMatchObject({ erased: { opt_outs: 0 } });
    expect(await start("shop")).toMatchObject(denied);
  });

  it("keeps no number and no link in Redis, records and log; a link holds no number", async () => {
    const href = await link();
    await fetch(href, { method: "POST" });
    await gateway.provider.text({ channel: "memory", from: alan, to: null, text: "STOP" });
    await expect.poll(waiting).toBe(0);
    const token = href.split("/o/")[1] ?? "";
    const mirror = await redisContents(gateway.redis, "{optouts}*");
    const everything = [gateway.log(), JSON.stringify(mirror), JSON.stringify(await inRecords())];
    expect(mirror.map(({ key }) => key)).toContain("{optouts}:all");
    for (const text of everything) {
      for (const secret of [token, grace.slice(1), alan.slice(1), "74001234"]) expect(text).not.toContain(secret);
    }
    expect(Buffer.from(token, "base64url").toString("latin1") + token).not.toContain("74001234");
    expect(everything[0]).toContain("a callee opted out");
  });

  it("apps have no say: none of their keys may search, add or lift", async () => {
    for (const path of ["/search", "", "/remove"]) {
      const answer = await gateway.ask("shop", "POST", `/v1/admin/opt-outs${path}`, { to: grace });
      expect(answer.status).toBe(401);
    }
    const bare = await fetch(`${gateway.url}/v1/opt-outs/link`, { method: "POST" });
    expect([bare.status, keys.shop.length > 0]).toEqual([401, true]);
  });

  it("holds though Redis loses everything: the records are asked until it is filled again, at the next start at the latest", async () => {
    await fetch(await link(), { method: "POST" });
    await expect.poll(waiting).toBe(0);
    await gateway.redis.flushall();
    expect(await start("shop")).toMatchObject(denied);
    expect(await gateway.redis.hlen("{optouts}:all")).toBe(0);
    await gateway.stop();
    gateway = await startSubjectGateway(redis.url, url, settings);
    await expect.poll(() => gateway.redis.exists("{optouts}:complete")).toBe(1);
    expect(await gateway.redis.hlen("{optouts}:all")).toBe((await inRecords()).length);
    expect(await start("shop")).toMatchObject(denied);
  });

  // A file cannot be away.
  if (open.backend === "postgres") {
    it("holds though Redis loses everything while the records are away: nobody is contacted until they are back", async () => {
      const [own, other] = [await link(), await link("bank", alan)];
      await fetch(own, { method: "POST" });
      await expect.poll(waiting).toBe(0);
      await open.postgres().kill();
      await gateway.redis.flushall();
      const unknown = { status: 503, json: { code: "records_unavailable" } };
      expect([await start("shop"), await start("bank", alan)]).toMatchObject([unknown, unknown]);
      // What people ask for meanwhile is taken.
      const stop = { channel: "memory", from: grace, to: null, text: "Stop!" };
      expect([(await fetch(other, { method: "POST" })).status, await gateway.provider.text(stop)]).toEqual([200, true]);
      await open.postgres().restart();
      await expect.poll(waiting, { timeout: 20_000 }).toBe(0);
      expect(await Promise.all([start("shop"), start("bank"), start("bank", alan)])).toMatchObject([
        ...[denied, denied, denied],
      ]);
      expect((await start("shop", alan)).status).toBe(201);
    });
  }
});

it("a stranger's link does not opt a callee out of another app, also where opt-outs hold for all", async () => {
  const redis = await runtime.redis();
  const everywhere = { ...settings, opt_out: { ...settings.opt_out, scope: "all" } };
  const gateway = await startSubjectGateway(redis.url, "off", everywhere);
  const to = "+447400123400";
  const start = (who: "shop" | "bank") => gateway.ask(who, "POST", "/v1/verifications", { to, channel: "memory" });
  const { json } = await gateway.ask("bank", "POST", "/v1/opt-outs/link", { to });
  await fetch(gateway.url + new URL(String(json.url)).pathname, { method: "POST" });
  expect([(await start("bank")).status, (await start("shop")).status]).toEqual([403, 201]);
  // What the person sends holds for all.
  await gateway.provider.text({ channel: "memory", from: to, to: null, text: "STOP" });
  expect(await start("shop")).toMatchObject(denied);
  await gateway.stop();
  await redis.stop();
});
