import { beforeEach, describe, expect, test } from "vitest";
import { cryptoRandom as random } from "../../../../src/shared/random.ts";
import { createDigest } from "../../../../src/sip/auth/digest.ts";
import type { Registration, RegistrationStatus } from "../../../../src/sip/registration/port.ts";
import { createRegistration } from "../../../../src/sip/registration/registration.ts";
import { type FarAnswer, FarEnd, type SentRequest, settle, targetOf } from "../../../support/sip-far-end.ts";

const account = {
  hop: { host: "carrier.example", protocol: "tcp" },
  registrar: "sip:carrier.example",
  address: "sip:alice@carrier.example",
  contactUser: "alice",
  credentials: { username: "alice", password: "s3cret" },
  expiresSeconds: 300,
} as const;
const challenge: FarAnswer = [
  "401 Unauthorized",
  'WWW-Authenticate: Digest realm="carrier.example", nonce="n1", qop="auth", algorithm=SHA-256',
];
const granted = (seconds: number): FarAnswer => [
  "200 OK",
  "Contact: <sip:alice@203.0.113.9:5060>;expires=3000",
  `Contact: <sip:alice@198.51.100.7:5060;ob;transport=TCP>;expires=${seconds}`,
];

let far: FarEnd;
let changes: RegistrationStatus[];
function registrationOf(): Registration {
  changes = [];
  const digest = createDigest(account.credentials, random, far.clock.nowMs);
  const parts = { ...far.parts, account, digest, random, userAgent: "OneRing", host: "our.example" };
  return createRegistration({ ...parts, onChange: (status) => changes.push(status) });
}
async function started(): Promise<Registration> {
  const registration = registrationOf();
  registration.start();
  await settle();
  return registration;
}
async function pass(ms: number): Promise<void> {
  far.clock.pass(ms);
  await settle();
}

beforeEach(() => {
  far = new FarEnd();
  far.answer = (request) => (request.header("authorization") === undefined ? challenge : granted(300));
});

describe("a binding that another process made", () => {
  const known = { expiresInMs: 60_000, serviceRoute: ["<sip:edge;lr>"] };
  async function startedWith(answer: FarAnswer): Promise<Registration> {
    far.answer = () => answer;
    const registration = registrationOf();
    registration.start(known);
    await settle();
    return registration;
  }

  test("counts until the first response, and is not reported as a registration of ours", async () => {
    const registration = await startedWith("silent");
    expect(registration.status()).toMatchObject({ registered: true, expiresInMs: 60_000, failure: null });
    expect(registration.serviceRoute).toEqual(known.serviceRoute);
    expect(changes).toEqual([]);
  });

  test("counts until its end where the registrar does not answer", async () => {
    const registration = await startedWith("timeout");
    await pass(59_999);
    expect(registration.status()).toMatchObject({ registered: true, expiresInMs: 1, failure: "no response" });
    await pass(1);
    expect(registration.status()).toMatchObject({ registered: false, failure: "no response" });
  });

  test("ends where the registrar refuses us, and is replaced by ours", async () => {
    const registration = await startedWith(["403 Forbidden"]);
    expect(registration.status()).toMatchObject({ registered: false, failure: "403 Forbidden" });
    far.answer = () => granted(300);
    await pass(60_000);
    expect(registration.status()).toMatchObject({ registered: true, failure: null });
    expect(registration.serviceRoute).toEqual([]);
  });
});

describe("the first registration", () => {
  test("answers the challenge and keeps the lifetime that is granted to our Contact", async () => {
    far.answer = (request) => (request.header("authorization") === undefined ? challenge : granted(120));
    const registration = await started();
    expect(far.sent.map(({ header }) => header("cseq"))).toEqual(["1 REGISTER", "2 REGISTER"]);
    const [first, second] = far.sent;
    expect(first?.uri).toBe("sip:carrier.example");
    expect(first?.header("contact")).toBe("<sip:alice@198.51.100.7:5060;transport=tcp>;expires=300");
    expect(first?.header("expires")).toBe("300");
    expect(second?.header("call-id")).toBe(first?.header("call-id"));
    expect(second?.header("from")).toBe(first?.header("from"));
    expect(registration.status()).toMatchObject({ registered: true, expiresInMs: 120_000, failure: null });
    expect(changes).toHaveLength(1);
  });

  test("a registrar that lists no Contact, or one in a form of its own, grants what it says of it", async () => {
    const seconds = async (...lines: string[]) => {
      far = new FarEnd();
      far.answer = () => ["200 OK", ...lines];
      return ((await started()).status().expiresInMs ?? 0) / 1000;
    };
    expect(await seconds()).toBe(300);
    expect(await seconds("Expires: 90")).toBe(90);
    expect(await seconds("Contact: <sip:alice@10.0.0.1:44021>;expires=80", "Expires: 90")).toBe(80);
    expect(await seconds("Contact: <sip:alice@198.51.100.7:5060>;expires=0")).toBe(10);
    expect(await seconds("Contact: <sip:alice@198.51.100.7:5060>;expires=99999999999")).toBe(300);
  });

  test("Service-Route and Path are kept, up to a bound", async () => {
    far.answer = () => [
      "200 OK",
      "Service-Route: <sip:a.carrier.example;lr>, <sip:b.carrier.example;lr>",
      "Path: <sip:edge.carrier.example;lr>",
      ...Array.from({ length: 50 }, () => "Service-Route: <sip:c.carrier.example;lr>"),
    ];
    const { serviceRoute, path } = await started();
    expect(serviceRoute.slice(0, 2)).toEqual(["<sip:a.carrier.example;lr>", "<sip:b.carrier.example;lr>"]);
    expect(serviceRoute).toHaveLength(8);
    expect(path).toEqual(["<sip:edge.carrier.example;lr>"]);
  });

  test("wrong credentials: one more try in a minute, and no password or answer in what is said", async () => {
    far.answer = () => challenge;
    const registration = await started();
    expect(far.sent).toHaveLength(2);
    expect(registration.status()).toMatchObject({
      ...{ registered: false, failureStatus: 401, failure: "401 Unauthorized (wrong credentials)" },
    });
    expect(JSON.stringify(changes)).not.toContain("s3cret");
    await pass(29_000);
    expect(far.sent).toHaveLength(2);
    await pass(31_000);
    expect(far.sent.length).toBeGreaterThan(2);
  });
});

describe("renewal", () => {
  test("carries credentials at once, with the next count, over the same flow", async () => {
    await started();
    await pass(240_000);
    expect(far.sent).toHaveLength(3);
    expect(far.sent[2]?.header("authorization")).toContain("nc=00000002");
    expect(far.sent[2]?.flow).toBe(far.sent[1]?.flow);
  });

  test("goes to the server that has the binding, whatever the order now", async () => {
    await started();
    far.targets = [targetOf("192.0.2.9"), targetOf("192.0.2.1")];
    await pass(240_000);
    expect(far.sent[2]?.target.address).toBe("192.0.2.1");
  });

  test("fails over where that server is gone", async () => {
    await started();
    far.targets = [targetOf("192.0.2.1"), targetOf("192.0.2.9")];
    const { answer } = far;
    far.answer = (request) => (request.target.address === "192.0.2.1" ? "timeout" : answer(request));
    await pass(240_000);
    expect(far.sent.at(-1)?.target.address).toBe("192.0.2.9");
    expect(far.failed).toEqual(["192.0.2.1"]);
  });
});

describe("targets", () => {
  test("that take no connection, or answer 503, are told to the locator, and the next one is asked", async () => {
    far.targets = [targetOf("192.0.2.1"), targetOf("192.0.2.2"), targetOf("192.0.2.3")];
    far.unreachable.add("192.0.2.1");
    far.answer = ({ target }) =>
      target.address === "192.0.2.2" ? ["503 Service Unavailable", "Retry-After: 90 (busy)"] : granted(300);
    expect((await started()).status().registered).toBe(true);
    expect(far.failed).toEqual(["192.0.2.1", "192.0.2.2 90000"]);
    expect(far.worked).toEqual(["192.0.2.3"]);
  });

  test("none at all, a name server away: it is tried again", async () => {
    far.targets = [];
    const registration = await started();
    expect(registration.status()).toMatchObject({ registered: false, failure: "no address for carrier.example" });
    far.targets = [targetOf("192.0.2.1")];
    await pass(2000);
    expect(registration.status().registered).toBe(true);
  });
});

describe("a broken flow", () => {
  test("registers at once over a new one; one of others does not", async () => {
    const registration = await started();
    await pass(60_000);
    const flow = far.flows.get("192.0.2.1");
    if (flow === undefined) throw new Error("no flow");
    registration.flowClosed({ ...flow });
    expect(far.sent).toHaveLength(2);
    flow.open = false;
    registration.flowClosed(flow);
    expect(registration.status().registered).toBe(false);
    await settle();
    expect(far.sent[2]?.flow).not.toBe(flow);
    expect(registration.status().registered).toBe(true);
  });
});

describe("a connection from another port than the one before", () => {
  const contactsOf = (request: SentRequest | undefined) =>
    request?.headers.filter(([name]) => name === "Contact").map(([, value]) => value);
  const contact = (port: number, seconds: number) =>
    `<sip:alice@198.51.100.7:${port};transport=tcp>;expires=${seconds}`;
  /** The first connection, from port 5060, breaks; the next one has another port. */
  async function reconnected(registration: Registration, port = 40_002): Promise<void> {
    const flow = far.flows.get("192.0.2.1");
    if (flow === undefined) throw new Error("no flow");
    far.sentBy = `198.51.100.7:${port}`;
    flow.open = false;
    registration.flowClosed(flow);
    await settle();
  }

  test("removes the Contact of the old one, with which calls would go nowhere, and later no more", async () => {
    const registration = await started();
    await pass(60_000);
    await reconnected(registration);
    expect(contactsOf(far.sent[2])).toEqual([contact(40_002, 300), contact(5060, 0)]);
    expect(registration.status().registered).toBe(true);
    await pass(240_000);
    expect(contactsOf(far.sent[3])).toEqual([contact(40_002, 300)]);
  });

  test("removes it with each REGISTER until one is accepted", async () => {
    const registration = await started();
    await pass(60_000);
    far.answer = () => "timeout";
    await reconnected(registration);
    far.answer = () => granted(300);
    await pass(2000);
    expect(far.sent.slice(2).map(contactsOf)).toEqual([1, 2].map(() => [contact(40_002, 300), contact(5060, 0)]));
    expect(registration.status().registered).toBe(true);
  });

  test("does not name one that has ended by itself", async () => {
    const registration = await started();
    await pass(60_000);
    far.answer = () => "timeout";
    await reconnected(registration);
    await pass(239_999);
    expect(contactsOf(far.sent.at(-1))).toHaveLength(2);
    await pass(1);
    far.answer = () => granted(300);
    await pass(120_000);
    expect(contactsOf(far.sent.at(-1))).toEqual([contact(40_002, 300)]);
  });

  test("registers alone at once where the registrar refuses two Contacts; a wrong password is not tried again", async () => {
    for (const [refusal, requests, registered] of [
      ["400 Bad Request", 2, true],
      ["401 Unauthorized", 1, false],
    ] as const) {
      far = new FarEnd();
      far.answer = () => granted(300);
      const registration = await started();
      await pass(60_000);
      far.answer = (request) => (contactsOf(request)?.length === 2 ? [refusal] : granted(300));
      await reconnected(registration);
      expect([far.sent.length - 1, registration.status().registered]).toEqual([requests, registered]);
    }
  });

  test("is removed with the one before at the end", async () => {
    const registration = await started();
    await pass(60_000);
    far.answer = () => "silent";
    await reconnected(registration);
    far.answer = () => ["200 OK"];
    await registration.stop();
    expect(contactsOf(far.sent.at(-1))).toEqual([contact(40_002, 0), contact(5060, 0)]);
  });
});

describe("stop", () => {
  test("removes the binding and leaves no timer", async () => {
    const registration = await started();
    await registration.stop();
    await settle();
    expect(far.sent.at(-1)?.header("contact")).toMatch(/;expires=0$/);
    expect(far.sent.at(-1)?.header("expires")).toBe("0");
    expect(registration.status()).toMatchObject({ registered: false, activity: "ended" });
    expect(far.clock.pending).toBe(0);
  });

  test("does not wait longer than 2 s for a registrar that is gone", async () => {
    const registration = await started();
    far.answer = () => "silent";
    const stopped = registration.stop();
    await settle();
    far.clock.pass(2000);
    await stopped;
  });
});
