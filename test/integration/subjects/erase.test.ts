/** What is kept of a number or an address is exported whole and erased whole, on a real Redis and both backends. */
import { beforeAll, beforeEach, expect, it } from "vitest";
import type { Records } from "../../../src/records/records.ts";
import { withRuntime } from "../../support/processes.ts";
import { describeOnBothBackends } from "../../support/records.ts";
import { keys, type SubjectGateway, startSubjectGateway } from "./gateway.ts";

const runtime = withRuntime();
const grace = "+447400123456";
const alan = "+447400654321";

describeOnBothBackends("personal data", (open) => {
  let gateway: SubjectGateway;
  let records: Records;
  let redisUrl: string;
  beforeAll(async () => {
    redisUrl = (await runtime.redis()).url;
  });
  beforeEach(async () => {
    records = await open();
    gateway = await startSubjectGateway(redisUrl, (records as Awaited<ReturnType<typeof open>>).url);
    return async () => {
      await gateway.redis.flushall();
      await gateway.stop();
    };
  });

  async function start(who: "shop" | "bank", body: object, key?: string) {
    const { status, json } = await gateway.ask(who, "POST", "/v1/verifications", body, key);
    if (status !== 201) throw new Error(`${status} ${JSON.stringify(json)}`);
    return json as Record<string, never> & { id: string };
  }
  const about = (reference: string) => ({ channel: "memory", reference, metadata: { user: `user-${reference}` } });
  const read = (who: "shop" | "bank", id: string) => gateway.ask(who, "GET", `/v1/verifications/${id}`);
  const guess = async (id: string) =>
    (await gateway.ask("shop", "POST", `/v1/verifications/${id}/check`, { code: "000000" })).json;

  /** Verifications of Grace by two apps: one that failed, one that is open, one in which she is the fallback. */
  async function someHistory() {
    const ended = await start("shop", { to: grace, ...about("ref-one") });
    for (let i = 0; i < 3; i++) await guess(ended.id);
    const stillOpen = await start("bank", { to: grace, ...about("ref-two"), client: { session: "session-2" } });
    const fallback = await start("shop", {
      ...{ to: alan, reference: "ref-three" },
      workflow: [
        { channel: "memory", wait_seconds: 60 },
        { channel: "second", to: grace },
      ],
    });
    const others = await start("bank", { to: alan, ...about("ref-alan") });
    // Each message is taken by then.
    for (const { id } of [stillOpen, others]) {
      await expect.poll(async () => (await read("bank", id)).json.status).toBe("delivered");
    }
    return { ended, stillOpen, fallback, others };
  }

  it("is gone after the erasure, but for hashes; another number's is untouched", async () => {
    const { ended, stillOpen, fallback, others } = await someHistory();
    await expect.poll(() => gateway.contents()).toMatch(/\{e:shop\}:events .*"verification.ended".*"ref-one"/s);
    await expect.poll(() => gateway.rows(records)).toMatch(/verification.ended.*ref-one.*"reference":"ref-one"/s);
    const before = await gateway.rows(records);
    const [answer] = await gateway.whole("erase", grace);
    expect(answer).toMatchObject({ erased: { verifications: 3, recipients: 2 }, next: null });

    const kept = (await gateway.contents()) + (await gateway.rows(records));
    expect(before).toContain("ref-alan");
    expect(kept).toMatch(/"ref-alan".*"ref-alan"/s);
    for (const text of [grace, grace.slice(1), "ref-one", "ref-two", "ref-three", "user-ref-one"]) {
      expect(kept, text).not.toContain(text);
    }
    const gone = [await read("shop", ended.id), await read("bank", stillOpen.id), await read("shop", fallback.id)];
    expect(gone.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(await read("bank", others.id)).toMatchObject({
      json: { to: alan, reference: "ref-alan", metadata: { user: "user-ref-alan" }, status: "delivered" },
    });
    expect(gateway.log()).not.toContain(grace.slice(1));
    // Nothing of it is found again.
    expect(await gateway.whole("erase", grace)).toMatchObject([{ erased: { verifications: 0, limits: 0 } }]);
  });

  it("an open verification is canceled first: the log has its end, and a late receipt finds nothing", async () => {
    const { id } = await start("shop", { to: grace, ...about("ref-open") });
    await gateway.whole("erase", grace);
    const end = gateway
      .log()
      .split("\n")
      .find((line) => line.includes(id) && line.includes("verification ended"));
    expect(end).toContain('"status":"canceled"');
    await gateway.provider.receipt({ state: "delivered" });
    expect(await gateway.contents()).not.toContain(grace.slice(1));
  });

  it("counts of wrong checks outlive it, so that nobody guesses on", async () => {
    const begin = () => gateway.ask("shop", "POST", "/v1/verifications", { to: grace, ...about("x") });
    const locked = { status: 429, json: { detail: expect.stringContaining("Too many wrong codes") } };
    let last = await begin();
    for (let i = 0; i < 10 && last.status === 201; i++) {
      for (let check = 0; check < 3; check++) await guess(String(last.json.id));
      last = await begin();
    }
    expect(last).toMatchObject(locked);
    await gateway.whole("erase", grace);
    expect(await begin()).toMatchObject(locked);
  });

  it("a request that is repeated with its Idempotency-Key does not begin an erased verification again", async () => {
    const body = { to: grace, ...about("x") };
    await start("shop", body, "key-1");
    await gateway.whole("erase", grace);
    const again = await gateway.ask("shop", "POST", "/v1/verifications", body, "key-1");
    expect([again.status, again.json.code]).toEqual([404, "verification_not_found"]);
    expect(gateway.provider.sent).toHaveLength(1);
  });

  it("is exported by class over all apps, as apps see it, and with no code", async () => {
    const { ended, stillOpen, fallback } = await someHistory();
    const codes = gateway.provider.sent.map(({ code }) => code);
    const answers = await gateway.whole("export", "07400 123456", "GB");
    const text = JSON.stringify(answers);
    const { kept } = answers[0] as unknown as { kept: Record<string, Record<string, unknown>[]> };
    const byId = new Map(kept.verifications?.map((one) => [one.id, one]));
    expect(byId.get(ended.id)).toMatchObject({
      ...{ app: "shop", to: grace, status: "failed", reference: "ref-one", metadata: { user: "user-ref-one" } },
      deliveries: [{ channel: "memory", to: grace }],
    });
    expect(byId.get(stillOpen.id)).toMatchObject({ app: "bank", reference: "ref-two", status: "delivered" });
    expect(byId.get(fallback.id)).toMatchObject({ app: "shop", to: alan });
    expect(byId.size).toBe(3);
    await expect
      .poll(async () => (await gateway.whole("export", grace))[0]?.kept)
      .toMatchObject({
        ...{ events: expect.arrayContaining([expect.objectContaining({ type: "verification.ended" })]) },
        ...{ streams: expect.arrayContaining([expect.objectContaining({ type: "verification.started" })]) },
        cdrs: [{ verification: ended.id, reference: "ref-one" }],
      });
    expect(kept.limits).toMatchObject([{ wrong_checks: 3, starts: 2, live_call: false }]);
    expect(text).not.toContain("ref-alan");
    for (const code of codes) expect(text).not.toContain(String(code));
    // It changed nothing.
    expect((await read("bank", stillOpen.id)).json).toMatchObject({ status: "delivered" });
  });

  it("of an address is found however it is spelt", async () => {
    await start("shop", { to: "Grace.Hopper@Example.com", channel: "letter", reference: "ref-mail" });
    await start("shop", { to: "grace@example.com", channel: "letter", reference: "ref-other" });
    const [exported] = await gateway.whole("export", " grace.hopper@EXAMPLE.com ");
    expect(exported).toMatchObject({ kept: { verifications: [{ to: "Grace.Hopper@example.com" }] } });
    await gateway.whole("erase", "GRACE.HOPPER@example.com");
    const kept = await gateway.contents();
    expect(kept.toLowerCase()).not.toContain("grace.hopper");
    expect(kept).not.toContain("ref-mail");
    expect(kept).toContain("ref-other");
  });

  it("is gone from block and allow lists, whose entries hold on", async () => {
    const reason = "asked by Grace, +44 7400 123456";
    const own = await gateway.ask("shop", "POST", "/v1/lists", { value: grace, reason });
    await gateway.ask("operator", "POST", "/v1/admin/lists", {
      list: "block",
      value: "Grace.Hopper@example.com",
      reason,
    });
    await gateway.ask("operator", "POST", "/v1/admin/lists", {
      list: "block",
      value: grace.slice(0, 9),
      reason: "pumping",
    });
    expect(own.status).toBe(201);
    const [exported] = await gateway.whole("export", grace);
    expect(exported).toMatchObject({ kept: { lists: [{ list: "block", app: "shop", value: grace, reason }] } });
    expect((await gateway.whole("erase", grace))[0]).toMatchObject({ erased: { lists: 1 } });
    expect((await gateway.whole("erase", "grace.hopper@EXAMPLE.com"))[0]).toMatchObject({ erased: { lists: 1 } });
    const kept = (await gateway.contents()) + (await gateway.rows(records));
    expect(kept).not.toMatch(/123456|hopper/i);
    expect(kept).toContain("pumping");

    const begin = (to: string, channel = "memory") => gateway.ask("shop", "POST", "/v1/verifications", { to, channel });
    expect(await begin(grace)).toMatchObject({ status: 403, json: { code: "delivery_denied" } });
    expect(await begin("Grace.Hopper@example.com", "letter")).toMatchObject({ status: 403 });
    const page = await gateway.ask("shop", "GET", "/v1/lists");
    expect(page.json).toMatchObject({ entries: [{ id: own.json.id, value: null, reason: null }] });
    // It is still the app's to lift.
    const id = String(own.json.id);
    const response = await fetch(`${gateway.url}/v1/lists/${id}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${keys.shop}` },
    });
    expect(response.status).toBe(204);
  });

  it("of a registration is found, on a gateway without push too", async () => {
    expect(await gateway.whole("erase", `fcm:${"a".repeat(140)}`)).toMatchObject([{ erased: { verifications: 0 } }]);
  });

  it("is gone from what waits for a webhook, and from its dead letters", async () => {
    const hook = await gateway.ask("shop", "POST", "/v1/webhooks", { url: "http://127.0.0.1:9/" });
    expect(hook.status).toBe(201);
    await start("shop", { to: grace, ...about("ref-hook") });
    await start("shop", { to: alan, ...about("ref-alan") });
    await expect.poll(() => gateway.contents()).toMatch(/:l:v[^ ]+ .*ref-hook/s);
    const [exported] = await gateway.whole("export", grace);
    expect(exported).toMatchObject({ kept: { verifications: [{ to: grace }] } });
    await gateway.whole("erase", grace);
    expect(await gateway.contents()).not.toMatch(/ref-hook|400123456/);
    expect(await gateway.contents()).toMatch(/:l:v[^ ]+ .*ref-alan/s);

    await start("shop", { to: grace, ...about("ref-dead") });
    await expect.poll(() => gateway.contents()).toMatch(/:l:v[^ ]+ .*ref-dead/s);
    await gateway.ask("shop", "PATCH", `/v1/webhooks/${String(hook.json.id)}`, { enabled: false });
    await expect.poll(() => gateway.contents(), { timeout: 10_000 }).not.toMatch(/:l:v/);
    await gateway.whole("erase", grace);
    const kept = (await gateway.contents()) + (await gateway.rows(records));
    expect(kept).not.toMatch(/ref-dead|400123456/);
  });

  // A file cannot be away.
  if (open.backend === "postgres") {
    it("is erased in Redis while the records are away, and there when they are back", async () => {
      await start("shop", { to: grace, ...about("ref-before") });
      await expect.poll(() => gateway.rows(records)).toContain("ref-before");
      await gateway.ask("shop", "POST", "/v1/webhooks", { url: "http://127.0.0.1:9/" });
      await open.postgres().kill();
      await start("shop", { to: grace, ...about("ref-away") });
      await start("shop", { to: alan, ...about("ref-alan") });
      expect(await gateway.contents()).toMatch(/:outbox .*ref-away/s);
      await expect.poll(() => gateway.contents()).toMatch(/:l:v[^ ]+ .*ref-away/s);
      const first = await gateway.ask("operator", "POST", "/v1/admin/subjects/erase", { to: grace });
      expect([first.status, first.json.code]).toEqual([503, "records_unavailable"]);
      expect(await gateway.contents()).not.toMatch(/ref-before|ref-away|400123456/);
      await open.postgres().restart();
      await expect.poll(() => gateway.rows(records), { timeout: 20_000 }).toContain("ref-alan");
      await expect
        .poll(async () => (await gateway.ask("operator", "POST", "/v1/admin/subjects/erase", { to: grace })).status, {
          timeout: 20_000,
        })
        .toBe(200);
      expect((await gateway.contents()) + (await gateway.rows(records))).not.toMatch(/ref-before|ref-away|400123456/);
      expect(gateway.log()).not.toContain("events were dropped");
      // The refused one is in the audit log too.
      const { entries } = (await gateway.ask("operator", "GET", "/v1/admin/audit?action=subject.erase")).json;
      expect(new Set((entries as unknown as { outcome: string }[]).map(({ outcome }) => outcome))).toEqual(
        new Set(["done", "unknown"]),
      );
    });
  }

  it("hundreds of verifications are erased in bounded requests", async () => {
    const more = 120;
    for (let at = 0; at < more; at += 20) {
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          gateway.ask("shop", "POST", "/v1/verifications", {
            ...{ to: alan, reference: `ref-${at + i}` },
            workflow: [
              { channel: "memory", to: `+4474001${String(10_000 + at + i)}` },
              { channel: "second", to: grace },
            ],
          }),
        ),
      );
    }
    const before = new Set((await gateway.contents()).match(/ref-\d+/g));
    const answers = await gateway.whole("erase", grace);
    const erased = answers.reduce(
      (sum, { erased: one }) => sum + Number((one as unknown as { verifications: number }).verifications),
      0,
    );
    expect(erased).toBe(before.size);
    expect(await gateway.contents()).not.toContain(grace.slice(1));
  });

  it("is in the audit log by hash alone: who asked for what, and what was done", async () => {
    await someHistory();
    await gateway.whole("export", grace);
    await gateway.whole("erase", grace);
    const { json } = await gateway.ask("operator", "GET", "/v1/admin/audit?action=subject.erase");
    const [{ target }] = json.entries as unknown as [{ target: string }];
    const both = (await gateway.ask("operator", "GET", `/v1/admin/audit?target=${encodeURIComponent(target)}`)).json;
    expect(both.entries).toMatchObject([
      { action: "subject.erase", outcome: "done", after: { erased: { verifications: 3 }, complete: true } },
      { action: "subject.export", outcome: "done", after: { exported: { verifications: 3 }, complete: true } },
    ]);
    expect(target).toMatch(/^subject [0-9a-f]{4}[A-Za-z0-9_-]{22}$/);
    expect(JSON.stringify(both)).not.toContain(grace.slice(1));
    expect(await gateway.contents()).not.toContain(grace.slice(1));
  });

  it.each([
    ["nothing that could be kept", { to: "hello" }, 422],
    ["a place of no answer", { to: grace, cursor: "x" }, 400],
  ])("refuses %s, and records nothing", async (_, body, status) => {
    expect((await gateway.ask("operator", "POST", "/v1/admin/subjects/erase", body)).status).toBe(status);
    const { json } = await gateway.ask("operator", "GET", "/v1/admin/audit");
    expect(json.entries).toEqual([]);
  });
});
