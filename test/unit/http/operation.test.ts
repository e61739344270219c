import { describe, expect, it } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };
import type { Readiness } from "../../../src/http/probes/readiness.ts";
import { createReadinessProbe } from "../../../src/http/probes/readiness.ts";
import { shared } from "../../../src/http/probes/shared.ts";
import { deferred } from "../../../src/shared/deferred.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { allReady, ask, testServer } from "./support.ts";

describe("/healthz", () => {
  it("says that the process is alive, whatever else is not", async () => {
    const { server } = await testServer({ readiness: async () => Promise.reject(new Error("no Redis")) });
    const answer = await server.inject("/healthz");
    expect([answer.statusCode, answer.json()]).toEqual([200, { alive: true, version: packageJson.version }]);
  });
});

describe("/readyz", () => {
  const down = { trunk: "carrier", usable: false, reachable: false, why: "no contact answers" };
  it.each<[string, Readiness, string[]]>([
    ["Redis", { ...allReady, ready: false, redis: false }, ["redis"]],
    ["a usable trunk", { ...allReady, ready: false, trunks: [down] }, ["trunk"]],
    ["any trunk", { ...allReady, ready: false, trunks: [] }, ["trunk"]],
    ["time", { ...allReady, ready: false, draining: true }, ["draining"]],
    ["all of it", { ready: false, redis: false, trunks: [down], draining: true }, ["redis", "trunk", "draining"]],
  ])("is 503 where it lacks %s, and says so", async (_what, readiness, missing) => {
    const { server } = await testServer({ readiness: async () => readiness });
    const answer = await server.inject("/readyz");
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toBe("5");
    expect(answer.json()).toEqual({ ...readiness, channels: [], events: [], missing });
  });

  it("names channels that are down, and is ready where another one works", async () => {
    const channels = [
      { channel: "sms", up: true, detail: "bound" },
      { channel: "email", up: false, detail: "connection refused" },
    ];
    const { server } = await testServer({ readiness: async () => ({ ...allReady, trunks: [down], channels }) });
    const answer = await server.inject("/readyz");
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { ready: true, missing: [], channels }]);
  });

  it("is 200 where all is there; one trunk is enough", async () => {
    const { server } = await testServer({
      readiness: async () => ({ ...allReady, trunks: [down, ...allReady.trunks] }),
    });
    const answer = await server.inject("/readyz");
    expect([answer.statusCode, answer.json().ready, answer.json().missing]).toEqual([200, true, []]);
  });

  it("counts what fails, or does not answer in time, as not ready", async () => {
    const { server } = await testServer({ readiness: async () => Promise.reject(new Error("broken")) });
    expect((await server.inject("/readyz")).json()).toMatchObject({ ready: false, redis: false });

    const deadlines: { delayMs: number; callback: () => void }[] = [];
    const clock = {
      nowMs: () => 0,
      after(delayMs: number, callback: () => void) {
        deadlines.push({ delayMs, callback });
        return () => undefined;
      },
    };
    const probe = createReadinessProbe(
      () => new Promise(() => undefined),
      () => false,
      clock,
    );
    const answer = probe();
    expect(deadlines[0]?.delayMs).toBeLessThan(1000);
    deadlines[0]?.callback();
    expect(await answer).toMatchObject({ ready: false, missing: ["redis", "trunk"] });
  });

  it("looks once for all who ask at the same time", async () => {
    let looks = 0;
    const { promise, resolve } = deferred<Readiness>();
    const { server } = await testServer({
      readiness: () => {
        looks++;
        return promise;
      },
    });
    const answers = Array.from({ length: 5 }, () => server.inject("/readyz"));
    await new Promise(setImmediate);
    resolve(allReady);
    for (const answer of await Promise.all(answers)) expect(answer.statusCode).toBe(200);
    expect(looks).toBe(1);
  });
});

describe("however often /readyz is asked", () => {
  it("Redis and the trunks are looked at 20 times a second at most, and draining is told at once", async () => {
    const clock = new ManualClock();
    let looks = 0;
    let draining = false;
    const look = async () => {
      looks++;
      return allReady;
    };
    const probe = createReadinessProbe(look, () => draining, clock);
    for (let n = 0; n < 1000; n++) {
      expect((await probe()).ready).toBe(true);
      clock.pass(1);
    }
    expect(looks).toBe(20);
    draining = true;
    expect(await probe()).toMatchObject({ ready: false, missing: ["draining"] });
    clock.pass(1000);
    await probe();
    expect(looks).toBeGreaterThan(20);
  });

  it("a failure is not kept: the next one looks again", async () => {
    const clock = new ManualClock();
    let answers = 0;
    const work = shared(
      async () => {
        answers++;
        if (answers === 1) throw new Error("broken");
        return answers;
      },
      2,
      clock,
    );
    await expect(work()).rejects.toThrow("broken");
    expect(await work()).toBe(2);
    expect(await work()).toBe(2);
  });
});

describe("/metrics", () => {
  it("counts requests by route, not by path, and needs no key", async () => {
    const { server } = await testServer();
    await ask(server, "GET", "/v1/verifications/one");
    await ask(server, "GET", "/v1/verifications/another");
    await ask(server, "GET", "/somewhere/else");
    const answer = await server.inject("/metrics");
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toContain("text/plain; version=0.0.4");
    expect(answer.body).toContain(
      'onering_http_request_duration_seconds_count{route="/v1/verifications/:id",method="GET",status="404"} 2',
    );
    expect(answer.body).toContain('route="unknown",method="GET",status="404"} 1');
    expect(answer.body).not.toContain("verifications/another");
  });
});
