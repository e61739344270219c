/** Routing by prefix, senders, prices, and failover between routes. */
import pino from "pino";
import { describe, expect, it } from "vitest";
import { createSmsProvider } from "../../../../src/channels/sms/provider.ts";
import type { NoSmsPlace, SmsAnswer, SmsMessage, SmsRoute } from "../../../../src/channels/sms/route-port.ts";
import { createSmsRouting } from "../../../../src/channels/sms/routing.ts";
import { Refusal } from "../../../../src/shared/refusal.ts";
import { type ManualClock, manualClock } from "../../../support/manual-clock.ts";

const senders = [{ sender: "Default" }, { sender: "60600", country: "US" }, { sender: "Shop", app: "shop" }];
const route = { senders: [], prices: [] };
const sections = {
  senders,
  routes: {
    one: {
      senders: [{ sender: "SHOPIN", app: "shop", country: "IN" }],
      prices: [
        { prefix: "+", price: 0.05 },
        { prefix: "+91", price: 0.0023 },
      ],
    },
    two: route,
  },
  prefixes: [
    { prefix: "+", routes: ["one", "two"] },
    { prefix: "+44", routes: ["two"] },
  ],
};

describe("routing", () => {
  const routing = createSmsRouting(sections);
  it.each([
    ["+447700900123", ["two"]],
    ["+919800000000", ["one", "two"]],
  ])("%s goes over %j", (to, names) => {
    expect(routing.routesTo(to)).toEqual(names);
  });

  it.each([
    ["one", "blog", "GB", "Default"],
    ["one", "blog", "US", "60600"],
    ["one", "shop", "US", "Shop"],
    ["one", "shop", "IN", "SHOPIN"],
    ["one", "blog", "IN", "Default"],
    ["two", "shop", "IN", "Shop"],
    ["two", "blog", null, "Default"],
  ])("on route %s app %s writes to %s as %s", (name, app, country, sender) => {
    expect(routing.sender(name, app, country)).toBe(sender);
  });

  it("has no sender where none is configured", () => {
    expect(createSmsRouting({ ...sections, senders: [] }).sender("two", "shop", "GB")).toBeNull();
  });

  it.each([
    ["one", "+447700900123", 2, 0.1],
    ["one", "+919800000000", 3, 0.0069],
    ["two", "+447700900123", 2, null],
  ])("over %s to %s %i segments cost %s", (name, to, segments, cost) => {
    expect(routing.cost(name, to, segments)).toBe(cost);
  });
});

const order = { app: "blog", to: "+919800000000", country: "IN", text: "code 1234", locale: "en" };
const message = { ...order, deliveryId: "d", subject: "", code: "1234", appName: "Blog", minutes: 5 };

interface FakeRoute extends SmsRoute {
  readonly sent: SmsMessage[];
  released: number;
}

function fake(
  name: string,
  place: "free" | NoSmsPlace,
  answer: SmsAnswer | (() => SmsAnswer),
  submitLimitMs = 1000,
): FakeRoute {
  const self: FakeRoute = {
    ...{ name, submitLimitMs, sent: [], released: 0, segmentsOf: (text) => Math.ceil(text.length / 10) },
    async reserve() {
      if (place !== "free") return place;
      return {
        segments: 2,
        async submit(one) {
          self.sent.push(one);
          return typeof answer === "function" ? answer() : answer;
        },
        release: () => {
          self.released += 1;
        },
      };
    },
    onReceipt: () => undefined,
    onText: () => undefined,
    health: () => ({ up: place === "free", detail: "as it is" }),
    start: async () => undefined,
    stop: async () => undefined,
  };
  return self;
}

it("the price before a route is chosen is that of the text's own segments: it was that of two, whatever the text", () => {
  const provider = provide(fake("one", "free", taken), fake("two", "free", taken));
  // The stand-in counts ten characters as a segment.
  expect([5, 45].map((length) => provider.priceOf?.(order.to, "x".repeat(length)))).toEqual([0.0023, 0.0115]);
  expect(provider.priceOf?.("+447700900123", "x")).toBeNull();
});

const down: NoSmsPlace = { none: "provider_down", retryAfterMs: 5000 };
const busy: NoSmsPlace = { none: "throttled", retryAfterMs: 700 };
const taken: SmsAnswer = { kind: "taken", receiptId: "two:1" };

function provide(one: FakeRoute, two: FakeRoute, clock = manualClock()) {
  const routes = new Map([one, two].map((own) => [own.name, own]));
  return createSmsProvider({ routes, routing: createSmsRouting(sections), clock, logger: pino({ level: "silent" }) });
}

describe("reservation", () => {
  it("is on the first route with a place, and says sender, segments and cost", async () => {
    const reservation = await provide(fake("one", "free", taken), fake("two", "free", taken)).reserve(order);
    expect(reservation).toMatchObject({
      details: { route: "one", sender: "Default", segments: 2, cost: 0.0046 },
      cost: 0.0046,
    });
  });

  it.each([down, busy])("is on the next one where the first is $none", async (none) => {
    const reservation = await provide(fake("one", none, taken), fake("two", "free", taken)).reserve(order);
    expect(reservation).toMatchObject({ details: { route: "two", cost: null }, cost: null });
  });

  it.each([
    ["all down", down, down, "channel_unavailable", 5000],
    ["all at their limits", busy, busy, "capacity", 700],
    ["one down, one at its limit", down, busy, "capacity", 700],
  ])("%s: refused", async (_what, first, second, code, retryAfterMs) => {
    const refused = provide(fake("one", first, taken), fake("two", second, taken)).reserve(order);
    await expect(refused).rejects.toMatchObject({ code, retryAfterMs });
    await expect(refused).rejects.toBeInstanceOf(Refusal);
  });

  it("to a number without a route is refused, without the number", async () => {
    const routing = createSmsRouting({ ...sections, prefixes: [{ prefix: "+44", routes: ["two"] }] });
    const provider = createSmsProvider({
      ...{ routes: new Map(), routing, clock: manualClock(), logger: pino({ level: "silent" }) },
    });
    await expect(provider.reserve(order)).rejects.toMatchObject({ code: "invalid_request" });
    await expect(provider.reserve(order)).rejects.not.toThrow(/9800/);
  });
});

describe("submit", () => {
  const refusedHere: SmsAnswer = { kind: "refused", reason: "throttled", elsewhere: true };

  it.each<[string, SmsAnswer, object, number]>([
    ["taken", { kind: "taken", receiptId: "one:1" }, { report: { state: "sent" }, receiptId: "one:1" }, 0],
    [
      "refused for the recipient",
      { kind: "refused", reason: "invalid_recipient", elsewhere: false },
      { report: { state: "failed", reason: "invalid_recipient" }, receiptId: null },
      0,
    ],
    [
      "refused by this route: the other one takes it",
      refusedHere,
      {
        report: { state: "sent", result: { route: "two", sender: "Default", segments: 2, cost: null } },
        receiptId: "two:1",
      },
      1,
    ],
    [
      "the answer was lost: never sent twice",
      { kind: "unknown" },
      { report: { state: "failed", reason: "unknown_result" } },
      0,
    ],
    [
      "a part was taken: never sent twice",
      { kind: "partly_taken", reason: "throttled" },
      { report: { state: "failed", reason: "throttled" } },
      0,
    ],
  ])("%s", async (_what, answer, expected, sentElsewhere) => {
    const [one, two] = [fake("one", "free", answer), fake("two", "free", taken)];
    const reservation = await provide(one, two).reserve(order);
    expect(await reservation.submit(message)).toMatchObject(expected);
    expect([one.sent.length, two.sent.length]).toEqual([1, sentElsewhere]);
    expect(one.sent[0]).toMatchObject({ sender: "Default", validityMs: 300_000, deliveryId: "d" });
    expect(one.sent[0]).not.toHaveProperty("code");
  });

  it("fails for the first route's reason where no other has a place", async () => {
    const reservation = await provide(fake("one", "free", refusedHere), fake("two", down, taken)).reserve(order);
    expect(await reservation.submit(message)).toMatchObject({ report: { state: "failed", reason: "throttled" } });
  });

  it.each([
    ["the first one answered slowly", (clock: ManualClock) => clock.advance(1001)],
    ["the machine was suspended", (clock: ManualClock) => clock.set(600_000)],
  ])("goes over no other route when that could not answer in time: %s", async (_why, pass) => {
    const clock = manualClock();
    const slow = () => {
      pass(clock);
      return refusedHere;
    };
    const two = fake("two", "free", taken);
    const provider = provide(fake("one", "free", slow), two, clock);
    expect(provider.submitLimitMs).toBe(2000);
    const reservation = await provider.reserve(order);
    expect(await reservation.submit(message)).toMatchObject({ report: { state: "failed", reason: "throttled" } });
    expect(two.sent).toEqual([]);
  });

  it("not made, releases the route's place", async () => {
    const one = fake("one", "free", taken);
    const reservation = await provide(one, fake("two", "free", taken)).reserve(order);
    reservation.release();
    expect(one.released).toBe(1);
  });
});

it("is up while one route is, and says the state of all", () => {
  const provider = provide(fake("one", down, taken), fake("two", "free", taken));
  expect(provider.health()).toEqual({ up: true, detail: "one: as it is; two: as it is" });
  expect(provide(fake("one", down, taken), fake("two", down, taken)).health().up).toBe(false);
});
