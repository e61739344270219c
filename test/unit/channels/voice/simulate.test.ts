import { expect, test } from "vitest";
import { voiceMachine } from "../../../../src/channels/voice/machine.ts";
import { createVoiceSimulation } from "../../../../src/channels/voice/simulate.ts";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import type { DeliveryOrder } from "../../../../src/verification/channel-port.ts";
import type { DeliveryOutcome } from "../../../../src/verification/simulated/simulation.ts";

const simulation = createVoiceSimulation({
  slots: { preview: () => ({ trunk: "carrier", asterisk: "main", ranges: ["block"] }) },
  canServe: () => true,
  languageOf: () => "en",
  costOf: (trunk, callee, talkMs) => (trunk === "carrier" && callee.startsWith("+44") && talkMs ? 0.02 : 0),
  ...{ ringMs: 25_000, captured: false, longestMs: 120_000, expectedMs: 110_000, codeLength: 6 },
});
const order = { to: "+447911123456", app: { name: "shop" }, codeLength: null } as unknown as DeliveryOrder;
const ask = (kind: "test" | "shadow", outcome: DeliveryOutcome) =>
  simulation.simulate({ order, kind, outcome, codeLength: null, random: cryptoRandom });

/** The states that the machine goes through, in order of the steps. */
function statesOf({ steps }: ReturnType<typeof ask>): readonly string[] {
  let state = voiceMachine.initial;
  return steps.map(({ event }) => {
    state = voiceMachine.transitions[event]?.[state] ?? `${event}?`;
    return state;
  });
}

test.each([
  ["delivered", "calling ringing answered spoken spoken", "answered"],
  ["no_answer", "calling ringing failed", "not_answered"],
  ["busy", "calling failed", "busy"],
  ["declined", "calling ringing failed", "declined"],
  ["switched_off", "calling failed", "switched_off"],
  ["undeliverable", "calling failed", "unallocated"],
] as const)("%s: %s (%s)", (outcome, states, reason) => {
  const one = ask("test", outcome);
  expect(statesOf(one).join(" ")).toBe(states);
  expect(one.steps.at(-1)?.reason).toBe(reason);
  expect(one.steps.map(({ afterMs }) => afterMs)).toEqual(
    one.steps.map(({ afterMs }) => afterMs).toSorted((a, b) => a - b),
  );
});

test("a shadow is answered, takes its time and says the price that a real one would have", () => {
  for (let i = 0; i < 50; i++) {
    const one = ask("shadow", "delivered");
    const end = one.steps.at(-1);
    expect(end?.cost).toBe(0.02);
    expect(end?.afterMs).toBeLessThan(60_000);
    expect(end?.result).toMatchObject({
      outcome: "answered",
      language: "en",
      invites: [["carrier", "main", "answered", expect.any(Number)]],
    });
  }
});

test("one that is stopped while it talks ends with what it came to", () => {
  const { details } = ask("shadow", "delivered");
  const delivery = { details, startedAtMs: 0, state: "answered", to: order.to } as never;
  const { answeredAfterMs } = details as { answeredAfterMs: number };
  const stopped = simulation.stop(delivery, answeredAfterMs + 3000);
  expect(stopped).toMatchObject({ event: "undelivered", reason: "hung_up", result: { talkMs: 3000, endedBy: "us" } });
});
