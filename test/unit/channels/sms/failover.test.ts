/** Several binds of one route: failover between them, parts over them, time shared with other gateways. */
import pino from "pino";
import { expect, it } from "vitest";
import type { MessageAdmission, TurnRequest } from "../../../../src/channels/sms/admission-port.ts";
import { createSmppRoute } from "../../../../src/channels/sms/smpp/route.ts";
import { type Smsc, type SmscDecision, startSmsc } from "../../../../src/sandbox/providers/smsc.ts";
import { type Clock, systemClock } from "../../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import { manualClock } from "../../../support/manual-clock.ts";
import {
  alone,
  atEnd,
  bindTo,
  eventually,
  freeAdmission,
  message,
  order,
  partsInMemory,
  password,
  smppConfig,
} from "./world.ts";

async function smscThat(decide: (number: number) => SmscDecision): Promise<Smsc> {
  let submits = 0;
  const smsc = await startSmsc({
    ...{ systemId: "onering", password, clock: systemClock },
    decide: () => {
      submits += 1;
      return decide(submits);
    },
  });
  atEnd(() => smsc.close());
  return smsc;
}

async function routeTo(
  smscs: readonly Smsc[],
  admission: MessageAdmission = freeAdmission,
  clock: Clock = systemClock,
) {
  const binds = Object.fromEntries(
    smscs.map((smsc, index) => [`b${index}`, bindTo(smsc.port, { messages_per_second: 10 })]),
  );
  const route = createSmppRoute({
    ...{
      name: "acme",
      config: smppConfig(binds),
      admission,
      shareOf: alone,
      messageParts: partsInMemory(),
      publish: () => undefined,
    },
    ...{ clock, random: cryptoRandom, logger: pino({ level: "silent" }) },
  });
  atEnd(() => route.stop(0));
  await route.start();
  const send = async (text = order.text) => {
    const place = await route.reserve({ ...order, text });
    if ("none" in place) throw new Error(`no place: ${place.none}`);
    return place.submit({ ...message, text });
  };
  return { route, send };
}

const taken = { kind: "taken", receiptId: expect.any(String) };
const long = `${"Код ".repeat(30)}123456`;

it("a message goes over the first bind that is up", async () => {
  const [one, two] = [await smscThat(() => ({ answer: 0 })), await smscThat(() => ({ answer: 0 }))];
  const { send, route } = await routeTo([one, two]);
  await send();
  one.setReachable(false);
  await eventually(() => expect(route.health().detail).toContain("acme.b1 bound"));
  await eventually(() => expect(route.health().detail).not.toContain("acme.b0 bound"));
  expect(await send()).toEqual(taken);
  expect([one.submits.length, two.submits.length]).toEqual([1, 1]);
});

it("a throttled message goes over the other bind at once, and is sent there once", async () => {
  const [one, two] = [await smscThat(() => ({ answer: 0x58 })), await smscThat(() => ({ answer: 0 }))];
  const { send } = await routeTo([one, two]);
  expect(await send()).toEqual(taken);
  expect(await send()).toEqual(taken);
  expect([one.submits.length, two.submits.length]).toEqual([1, 2]);
});

it("a message whose answer was lost is not sent over the other bind", async () => {
  const [one, two] = [await smscThat(() => ({ answer: "break" })), await smscThat(() => ({ answer: 0 }))];
  const { send } = await routeTo([one, two]);
  expect(await send()).toEqual({ kind: "unknown" });
  expect(two.submits).toEqual([]);
});

it("a refused message is not tried over the other bind: it is the same account", async () => {
  const [one, two] = [await smscThat(() => ({ answer: 0x0a })), await smscThat(() => ({ answer: 0 }))];
  const { send } = await routeTo([one, two]);
  expect(await send()).toEqual({ kind: "refused", reason: "rejected", elsewhere: true });
  expect(two.submits).toEqual([]);
});

it("the rest of a long message goes over the other bind when the first throttles", async () => {
  const [one, two] = [
    await smscThat((number) => ({ answer: number === 1 ? 0 : 0x58 })),
    await smscThat(() => ({ answer: 0 })),
  ];
  const { send } = await routeTo([one, two]);
  expect(await send(long)).toEqual(taken);
  expect([one.submits.length, two.submits.length]).toEqual([2, 1]);
  const parts = [one.submits[0], two.submits[0]].map((pdu) => pdu?.fields.short_message.subarray(3, 6));
  // The same reference, of two, the first and the second.
  expect(parts[0]?.[0]).toBe(parts[1]?.[0]);
  expect(parts.map((part) => part?.subarray(1).toString("hex"))).toEqual(["0201", "0202"]);
});

it("is not sent by a machine that was suspended while it waited for its turn", async () => {
  const clock = manualClock();
  const smsc = await smscThat(() => ({ answer: 0 }));
  const reserve = async () => ({ kind: "taken", bind: 0, waitMs: 300 }) as const;
  const { send } = await routeTo([smsc], { ...freeAdmission, reserve }, clock);
  const waiting = clock.pending;
  const sent = send();
  await eventually(() => expect(clock.pending).toBeGreaterThan(waiting));
  // The steady clock stood still.
  clock.set(600_000);
  clock.pass(300);
  expect(await sent).toEqual({ kind: "refused", reason: "provider_down", elsewhere: true });
  expect(smsc.submits).toEqual([]);
});

it("waits for its turn, spaces the parts, and returns the time of what is not sent", async () => {
  const clock = manualClock();
  const given: [string, number][] = [];
  const asked: TurnRequest[] = [];
  const admission: MessageAdmission = {
    reserve: async (request) => {
      asked.push(request);
      return { kind: "taken", bind: 0, waitMs: 300 };
    },
    giveBack: async ({ name }, messages) => void given.push([name, messages]),
  };
  const smsc = await smscThat((number) => ({ answer: number === 3 ? 0x45 : 0 }));
  const { send, route } = await routeTo([smsc], admission, clock);
  const sent = send(long);
  await eventually(() =>
    expect(asked).toEqual([
      {
        ...{ binds: [{ name: "acme.b0", messagesPerSecond: 10 }], messages: 2, maxWaitMs: 1000 },
        ...{ app: "shop", weight: 1, shares: false },
      },
    ]),
  );
  clock.pass(299);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(smsc.submits).toHaveLength(0);
  clock.pass(1);
  await eventually(() => expect(smsc.submits).toHaveLength(1));
  await new Promise((resolve) => setTimeout(resolve, 20));
  clock.pass(99);
  expect(smsc.submits).toHaveLength(1);
  clock.pass(1);
  expect(await sent).toEqual(taken);
  expect(given).toEqual([]);

  const refused = send(long);
  await new Promise((resolve) => setTimeout(resolve, 20));
  clock.pass(300);
  expect(await refused).toMatchObject({ kind: "refused" });
  const place = await route.reserve(order);
  if ("none" in place) throw new Error("no place");
  place.release();
  expect(given).toEqual([
    ["acme.b0", 1],
    ["acme.b0", 1],
  ]);
});

it("is throttled where the time of all gateways is booked", async () => {
  const full: MessageAdmission = { ...freeAdmission, reserve: async () => ({ kind: "full", retryAfterMs: 40 }) };
  const { route } = await routeTo([await smscThat(() => ({ answer: 0 }))], full);
  expect(await route.reserve(order)).toEqual({ none: "throttled", retryAfterMs: 40 });
});
