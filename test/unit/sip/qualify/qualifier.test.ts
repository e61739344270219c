import { beforeEach, describe, expect, test } from "vitest";
import type { Qualifier, QualifyStatus } from "../../../../src/sip/qualify/port.ts";
import { createQualifier } from "../../../../src/sip/qualify/qualifier.ts";
import { isAlive } from "../../../../src/sip/qualify/verdict.ts";
import { FarEnd, settle, targetOf } from "../../../support/sip-far-end.ts";

const qualified = {
  hop: { host: "carrier.example", protocol: "tcp" },
  uri: "sip:carrier.example",
  from: "sip:our.example",
  everyMs: 30_000,
} as const;
/** No jitter. */
const random = { below: () => 0, bytes: (length: number) => Buffer.alloc(length, 1) };

let far: FarEnd;
let changes: string[];
let qualifier: Qualifier;

function qualifierOf(everyMs: number = qualified.everyMs): Qualifier {
  const parts = {
    ...far.parts,
    qualified: { ...qualified, everyMs },
    random,
    userAgent: "OneRing",
    host: "our.example",
  };
  return createQualifier({ ...parts, onChange: ({ reach }: QualifyStatus) => changes.push(reach) });
}
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1000) {
    far.clock.pass(1000);
    await settle();
  }
}
beforeEach(() => {
  far = new FarEnd();
  changes = [];
  qualifier = qualifierOf();
});

test("any response but 408 and 503 shows that the far end is there", () => {
  expect([200, 401, 404, 405, 481, 500, 501, 603].every(isAlive)).toBe(true);
  expect([408, 503, null].some(isAlive)).toBe(false);
});

test("nothing is known before the first answer, which is taken as it is, with its round trip", async () => {
  expect(qualifier.status()).toEqual({ reach: "unknown", roundTripMs: null, status: null, failure: null });
  qualifier.start();
  await settle();
  expect(qualifier.status()).toEqual({ reach: "up", roundTripMs: 0, status: 200, failure: null });
  expect(far.sent[0]).toMatchObject({ method: "OPTIONS", uri: "sip:carrier.example" });
  await pass(60_000);
  expect(far.sent).toHaveLength(3);
  expect(new Set(far.sent.map(({ header }) => header("call-id"))).size).toBe(1);
});

describe("hysteresis", () => {
  test("one unanswered OPTIONS is asked about again in 2 s, two take the trunk from use", async () => {
    qualifier.start();
    await settle();
    far.answer = () => "timeout";
    await pass(30_000);
    expect(qualifier.status()).toMatchObject({ reach: "up", failure: "no response" });
    await pass(2000);
    expect(qualifier.status().reach).toBe("down");
    expect(changes).toEqual(["up", "down"]);
  });

  test("a lost datagram changes nothing", async () => {
    qualifier.start();
    await settle();
    let sent = 0;
    far.answer = () => (sent++ === 0 ? "timeout" : ["200 OK"]);
    await pass(90_000);
    expect(changes).toEqual(["up"]);
  });

  test("a far end that is down is asked every 10 s, and is up after two answers", async () => {
    far.answer = () => ["503 Service Unavailable"];
    qualifier.start();
    await settle();
    await pass(2000);
    expect(qualifier.status()).toMatchObject({ reach: "down", status: 503 });
    far.answer = () => ["200 OK"];
    await pass(10_000);
    expect(qualifier.status().reach).toBe("down");
    await pass(2000);
    expect(qualifier.status().reach).toBe("up");
  });
});

test("a silent target does not hide one that answers", async () => {
  far.targets = [targetOf("192.0.2.1"), targetOf("192.0.2.2")];
  far.answer = ({ target }) => (target.address === "192.0.2.1" ? "silent" : ["200 OK"]);
  qualifier.start();
  await pass(5000);
  expect(qualifier.status().reach).toBe("up");
  expect(far.failed).toEqual(["192.0.2.1"]);
});

test("stop ends it; with an interval of 0 nothing is sent", async () => {
  qualifier.start();
  await settle();
  qualifier.stop();
  await pass(60_000);
  expect(far.sent).toHaveLength(1);
  expect(far.clock.pending).toBe(0);
  const off = qualifierOf(0);
  off.start();
  await settle();
  expect(far.sent).toHaveLength(1);
});
