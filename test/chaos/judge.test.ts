/** The judges of deliveries and pairs find what they are there for: chaos that finds nothing shows something only then. */
import { describe, expect, test } from "vitest";
import { ChaosDelivery, type Shown, type ShownDelivery } from "./deliveries/chaos-delivery.ts";
import { judge } from "./deliveries/judge.ts";
import type { DeliveryState, Line } from "./deliveries/lines.ts";
import type { ArrivedMessage, Providers } from "./deliveries/providers.ts";
import { judge as judgePairs } from "./pairs/figures.ts";
import { PairCall } from "./pairs/pair-call.ts";
import type { PhoneCall } from "./phones.ts";

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
const providers = { setFate: () => undefined, registration: () => "fcm:a:b" } as unknown as Providers;

/** One whose gateway was killed, and that went on and was verified as it should. */
function good(line: Line, state: DeliveryState) {
  const one = new ChaosDelivery({ line, state, habit: "second", number: 1, providers });
  const [first, second] = one.steps;
  if (first === undefined || second === undefined) throw new Error("there are two steps");
  const lost: ShownDelivery = {
    ...{ channel: first.channel, to: first.to, state: "failed", reason: "interrupted" },
    ...{ started_at: at(0), ended_at: at(9) },
  };
  const next: ShownDelivery = {
    ...{ channel: second.channel, to: second.to, state: "sent", reason: null },
    ...{ started_at: at(9), ended_at: null },
  };
  const last: Shown = {
    ...{ id: "v1", status: "verified", created_at: at(0), expires_at: at(120), ended_at: at(20) },
    deliveries: [lost, next],
  };
  Object.assign(one, { id: "v1", typedAtMs: 1, timesValid: 1, last });
  const message = ({ channel, to }: { channel: string; to: string }): ArrivedMessage => ({
    ...{ channel, to, text: "123456", atMs: 0 },
  });
  const call = { callee: one.to } as PhoneCall;
  return { one, last, lost, next, messages: [message(first), message(second)], calls: [call] };
}

function violations({ one, messages, calls }: Pick<ReturnType<typeof good>, "one" | "messages" | "calls">) {
  judge(one, messages, new Map([[one.to, calls]]));
  return one.violations.join("; ");
}

describe("the judge of a delivery whose gateway was killed", () => {
  test("has nothing against what should be", () => {
    expect(violations(good("smpp", "queued"))).toBe("");
    const call = good("voice", "ringing");
    expect(violations({ ...call, messages: call.messages.slice(1) })).toBe("");
  });

  test("finds a message that a person got twice, and a phone that was called twice", () => {
    const twice = good("smpp", "queued");
    expect(violations({ ...twice, messages: [...twice.messages, ...twice.messages.slice(0, 1)] })).toMatch(
      /2 messages/,
    );
    const call = good("voice", "ringing");
    expect(violations({ ...call, calls: [...call.calls, ...call.calls] })).toMatch(/called 2 times/);
  });

  test("finds a step that was begun twice, or that brought nothing", () => {
    const again = good("email", "queued");
    Object.assign(again.one, { last: { ...again.last, deliveries: [again.lost, again.next, again.next] } });
    expect(violations(again)).toMatch(/begun twice/);
    const empty = good("email", "queued");
    expect(violations({ ...empty, messages: empty.messages.slice(0, 1) })).toMatch(/no message came/);
  });

  test("finds a workflow that did not go on, or late", () => {
    const stopped = good("fcm", "queued");
    Object.assign(stopped.one, { last: { ...stopped.last, deliveries: [stopped.lost] } });
    expect(violations({ ...stopped, messages: stopped.messages.slice(0, 1) })).toMatch(/did not go on/);
    const late = good("fcm", "queued");
    const next = { ...late.next, started_at: at(15) };
    Object.assign(late.one, { last: { ...late.last, deliveries: [late.lost, next] } });
    expect(violations(late)).toMatch(/began 6000 ms after/);
  });

  test("finds one that never ended, was verified twice, or by a lost delivery that still counts as sent", () => {
    const open = good("whatsapp", "queued");
    Object.assign(open.one, { last: { ...open.last, status: "delivered", ended_at: null } });
    expect(violations(open)).toMatch(/should be verified.+ended null/);
    const twice = good("whatsapp", "queued");
    Object.assign(twice.one, { timesValid: 2 });
    expect(violations(twice)).toMatch(/verified 2 times/);
    const sent = good("whatsapp", "queued");
    Object.assign(sent.one, {
      last: { ...sent.last, deliveries: [{ ...sent.lost, state: "sent", reason: null }, sent.next] },
    });
    expect(violations(sent)).toMatch(/not failed as interrupted/);
  });
});

describe("the judge of calls under load", () => {
  const kill = { victim: "Asterisk", atMs: 100_000 };
  const called = (askedAtMs: number, own: Partial<PairCall>) =>
    Object.assign(new PairCall("+447400200000", "all up", 2000), { askedAtMs, verification: {}, ...own });
  const rang = (invitedAtMs: number, own: Partial<PhoneCall> = {}): PhoneCall => ({
    ...{ callee: "+447400200000", callerId: "+447700900001", invitedAtMs, alertedAtMs: invitedAtMs + 500 },
    ...{ canceledAtMs: invitedAtMs + 1500, endedAtMs: invitedAtMs + 1510 },
    ...own,
  });
  const found = (...calls: PairCall[]) => judgePairs(calls, [kill]).join("; ");

  test("finds one that failed, unless something was killed while it was under way", () => {
    expect(found(called(90_000, { end: "undeliverable" }))).toMatch(/failed with no reason/);
    expect(found(called(99_000, { end: "undeliverable" }))).toBe("");
    // On a busy machine: asked long before, rang at last, and late.
    const late = called(97_000, { end: "undeliverable", rang: rang(99_300) });
    expect(found(late)).toBe("all up: +447400200000 rang late with no reason to");
  });

  test("finds a phone that rings on, unless its Asterisk was killed meanwhile", () => {
    const on = { canceledAtMs: null, endedAtMs: null };
    expect(found(called(120_000, { end: "verified", rang: rang(120_100, on) }))).toMatch(/rings on/);
    expect(found(called(99_000, { end: "verified", rang: rang(99_100, on) }))).toBe("");
  });
});
