/** The rules of webhooks that need no Redis: filters, URLs, retries, secrets, what a try means. */
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { publicEventTypes } from "../../../src/events/envelope.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { createSealing } from "../../../src/verification/sealing.ts";
import {
  readEnvelope,
  readHead,
  readTry,
  resultOf,
  settle,
  verificationOf,
  writeTry,
} from "../../../src/webhooks/deliveries.ts";
import { createEndpoints, matches, signingSecrets } from "../../../src/webhooks/endpoints.ts";
import { retryDelayMs, retryDelaysMs } from "../../../src/webhooks/retries.ts";
import { newSecret, signedHeaders } from "../../../src/webhooks/signature.ts";
import { urlProblem } from "../../../src/webhooks/urls.ts";

describe("filters", () => {
  it.each([
    [[], "call.ended", true],
    [["verification.*"], "verification.ended", true],
    [["verification.*"], "call.ended", false],
    [["call.ended", "verification.ended"], "call.ended", true],
    [["verification.ended"], "verification.started", false],
  ] as const)("%j lets %s through: %s", (filters, type, expected) => {
    expect(matches(filters, type)).toBe(expected);
  });

  it("an empty list lets every type through", () => {
    expect(publicEventTypes.filter((type) => !matches([], type))).toEqual([]);
  });
});

describe("URLs", () => {
  it.each([
    "http://app.example.com/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://10.0.0.8/",
    "https://169.254.169.254/latest",
    "https://[::ffff:10.0.0.8]/",
    "https://0x7f000001/",
    "https://2130706433/",
    "https://localhost/",
    "https://hooks.localhost./",
    "https://user@app.example.com/",
    "https://app.example.com/#fragment",
    "file:///etc/passwd",
    "//app.example.com/",
  ])("%s is refused", (url) => {
    expect(urlProblem(url, false)).not.toBeNull();
  });

  it("https to a public name is accepted; where private ones are allowed loopback and http too, metadata never", () => {
    expect(urlProblem("https://app.example.com:8443/hooks?token=1", false)).toBeNull();
    expect(urlProblem("http://localhost:3000/hook", true)).toBeNull();
    expect(urlProblem("http://192.168.1.5/hook", true)).toBeNull();
    expect(urlProblem("http://169.254.169.254/", true)).not.toBeNull();
    expect(urlProblem("http://100.100.100.200/", true)).not.toBeNull();
  });
});

describe("retries", () => {
  it("are within 20 % of the table, and never before what the receiver asked for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.option(fc.integer({ min: 0, max: 3_600_000 })),
        (tries, asked) => {
          const delay = retryDelayMs(tries, asked, cryptoRandom);
          const planned = retryDelaysMs[Math.min(tries, retryDelaysMs.length) - 1] ?? 0;
          expect(delay).toBeGreaterThanOrEqual(Math.max(asked ?? 0, planned * 0.8));
          expect(delay).toBeLessThanOrEqual(Math.max(asked ?? 0, planned * 1.2));
        },
      ),
    );
  });

  it("make some twelve tries in 24 hours", () => {
    let atMs = 0;
    let tries = 1;
    for (; atMs < 86_400_000; tries++) atMs += retryDelaysMs[Math.min(tries, retryDelaysMs.length) - 1] ?? 0;
    expect(tries).toBeGreaterThanOrEqual(11);
    expect(tries).toBeLessThanOrEqual(14);
  });
});

describe("signatures", () => {
  it("of any body are what the official library verifies, by each of two secrets", () => {
    const [one, two] = [newSecret(cryptoRandom), newSecret(cryptoRandom)];
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const body = JSON.stringify({ value });
        const headers = signedHeaders({ id: "evt_v1_1", timestampMs: Date.now(), body }, [one, two]);
        for (const secret of [one, two]) expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
        expect(() => new Webhook(one).verify(`${body} `, headers)).toThrow();
      }),
    );
  });

  it("are by both secrets until the overlap is over, then by the new one", () => {
    const endpoints = createEndpoints(createSealing(cryptoRandom, "k".repeat(32)), cryptoRandom);
    const before = endpoints.make("shop", "https://app.example.com/", [], 1000);
    const { row, secret } = endpoints.rotate(before.row, 5000, 2000);
    const rotated = endpoints.open(row);
    if (rotated === null) throw new Error("sealed with another key");
    expect(signingSecrets(rotated, 4999)).toEqual([secret, before.secret]);
    expect(signingSecrets(rotated, 5000)).toEqual([secret]);
    expect(row.revision).toBe(2);
  });
});

describe("an endpoint's row", () => {
  it("holds URL and secret sealed for this endpoint: neither can be moved to another one, or take the other's place", () => {
    const endpoints = createEndpoints(createSealing(cryptoRandom, "k".repeat(32)), cryptoRandom);
    const { row, secret } = endpoints.make("shop", "https://app.example.com/?token=hidden", [], 1000);
    const text = JSON.stringify(row);
    expect(text).not.toContain("hidden");
    expect(text).not.toContain(secret.slice(6));
    expect(endpoints.open({ ...row, id: "wh_other" })).toBeNull();
    expect(endpoints.open({ ...row, url: row.secret })).toBeNull();
    const otherKey = createEndpoints(createSealing(cryptoRandom, "x".repeat(32)), cryptoRandom);
    expect(otherKey.open(row)).toBeNull();
  });
});

describe("a try", () => {
  const claim = { lane: "v1", token: "t", tries: 2, queuedMs: 10, body: "{}" };
  const event = { id: "evt_v1_1", type: "call.ended" };
  const sent = (status: number | null, error: string | null = null) => ({
    ...{ delivered: status !== null && status < 300, status, error, atMs: 1, durationMs: 2, retryAfterMs: null },
  });

  it.each([
    [sent(204), "delivered", "delivered"],
    [sent(500), "retry", "refused"],
    [sent(302, "redirected"), "retry", "refused"],
    [sent(410), "give_up", "refused"],
    [sent(null, "timeout"), "retry", "unreachable"],
    [sent(null, "forbidden_address"), "retry", "forbidden"],
  ] as const)("%j is %s, measured as %s", (found, outcome, result) => {
    expect(settle(claim, event, found, { random: cryptoRandom })).toMatchObject({ lane: "v1", token: "t", outcome });
    expect(resultOf(found)).toBe(result);
  });

  it("is read as it was written", () => {
    const one = { eventId: "evt_v1_1", type: "call.ended", attempt: 3, ...sent(500) };
    const { retryAfterMs: _, ...kept } = one;
    expect(readTry(writeTry(one))).toEqual(kept);
  });

  it("reads an envelope's id, and nothing out of what is none", () => {
    expect(readEnvelope('{"id":"evt_v1_1","type":"call.ended","data":{"verification":"v1"}}')).toMatchObject(event);
    for (const text of ["", "null", "[]", '{"id":1}', "{"]) expect(readEnvelope(text)).toBeNull();
    for (const text of ["", "null", "[]", '{"id":1,"type":"a",', "{"]) expect(readHead(text)).toBeNull();
    expect(readHead('{"id":"evt_v1_1","type":"call.ended","data":{')).toEqual({ id: "evt_v1_1", type: "call.ended" });
    expect(readHead('{"type":"call.ended","id":"evt_v1_1"}')).toMatchObject({ id: "evt_v1_1", type: "call.ended" });
    expect(verificationOf({ data: { verification: "v1" } })).toBe("v1");
    expect(verificationOf({ data: null })).toBeNull();
  });
});
