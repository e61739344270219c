/**
 * Simulated deliveries, of any channel: the answers, states, times, events and limits of real ones, but nothing is reserved
 * and nobody is contacted. Two use them: test numbers (a fixed code, a scripted outcome) and the guard's shadow answer (no
 * code ever matches). The course of a delivery lies in its record, so any gateway goes on with it (docs/adr/0056).
 */
import type { TestNumbers } from "../../apps/test-numbers.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { Channel, DeliveryCodes, DeliveryOrder, Reservation } from "../channel-port.ts";
import type { OpenChannel } from "../channel-set.ts";
import type { Hashes } from "../hashes.ts";
import { mixedTest, testNumberGone } from "../refusals.ts";
import type { Seen, VerificationStore } from "../store-port.ts";
import { newestOf, type ProofKind, type Verification } from "../types.ts";
import { createPace } from "./pace.ts";
import { type Scenario, type SimulatedReservation, simulate, simulatedAs } from "./reservation.ts";
import type { SimulatedStop } from "./simulation.ts";

/** Timers that are set; without one a state comes with the next look at what is due. */
const mostTimers = 20_000;
/** A timer may be a millisecond early. */
const timerMarginMs = 2;
/** From the end of a verification to that of its call, as a hang-up takes. */
const hangUpMs = 120;

export interface SimulatedDeliveries {
  /** Reserves nothing; takes as long as a reservation of this channel. @throws {Refusal} as a real one may */
  reserve(channel: OpenChannel, order: DeliveryOrder, scenario: Scenario): Promise<SimulatedReservation>;
  /** Notes how long a real reservation takes. */
  measure(channel: OpenChannel, reservation: Promise<Reservation>): Promise<Reservation>;
  /** The same reservation, whose begin is noted too. */
  measured(channel: OpenChannel, reservation: Reservation): Reservation;
  /** The delivery began here: its states are looked for when they are due. */
  begun(id: string, reservation: SimulatedReservation): void;
  /**
   * How the deliveries to these recipients go; null: none of them is a test number.
   * @throws {Refusal} where only some are
   */
  scenariosFor(numbers: TestNumbers, recipients: readonly string[]): ((to: string) => Scenario) | null;
  /** How later deliveries of this verification go; null: they are real. @throws {Refusal} its test number is none any more */
  scenarioOf(verification: Verification, numbers: TestNumbers, to: string): Scenario | null;
  /** The verification has ended: a simulated call is hung up. */
  stop(verification: Verification): void;
  /** Other gateways go on with what is in progress. */
  close(): void;
}

export function createSimulatedDeliveries(options: {
  readonly store: Pick<VerificationStore, "limitOn" | "change">;
  readonly hashes: Hashes;
  readonly codesOf: (kind: ProofKind) => DeliveryCodes;
  readonly channel: (name: string) => Pick<Channel, "stopSimulated" | "settled"> | undefined;
  readonly seen: (seen: Seen) => unknown;
  /** Looks at what is due in the shard of this verification. */
  readonly look: (id: string) => void;
  readonly clock: Clock;
  readonly random: Random;
}): SimulatedDeliveries {
  const { store, hashes, codesOf, channel: find, seen, look, clock, random } = options;
  const pace = createPace();
  async function measure<T>(name: string, work: Promise<T>): Promise<T> {
    const startedAtMs = pace.now();
    const done = await work;
    pace.measured(name, pace.now() - startedAtMs);
    return done;
  }

  function testScenario(numbers: TestNumbers, to: string): Scenario {
    const number = numbers.find(to, null, clock.nowMs());
    if (number === null) throw testNumberGone();
    return { kind: "test", code: number.code, outcome: number.outcome };
  }

  const timers = new Set<() => void>();

  function after(ms: number, work: () => void): void {
    if (timers.size >= mostTimers) return;
    const cancel = clock.after(ms, () => {
      timers.delete(cancel);
      work();
    });
    timers.add(cancel);
  }

  /** Where it is not stored the delivery is lost at its deadline, like one whose gateway died. */
  async function hangUp({ id, app, attempts }: Verification, stopped: SimulatedStop): Promise<void> {
    const result = await store.change({ id, app, attempt: attempts, ...stopped });
    if (result.kind === "seen") seen(result);
  }

  return {
    async reserve(channel, order, scenario) {
      const startedAtMs = pace.now();
      const reservation = await simulate({ hashes, codes: codesOf(channel.proves), random }, channel, order, scenario);
      if (scenario.kind === "test") return reservation;
      const ask = () => store.limitOn(order.app.name, order.callee, 1);
      await pace.wait(channel.name, startedAtMs, ask);
      return {
        ...reservation,
        async begin(start) {
          const begunAtMs = pace.now();
          const answer = await reservation.begin(start);
          await pace.wait(beginOf(channel), begunAtMs, ask);
          return answer;
        },
      };
    },

    measure: (channel, reservation) => measure(channel.name, reservation),

    measured: (channel, reservation) => ({
      ...reservation,
      async begin(start) {
        const startedAtMs = pace.now();
        const answer = await reservation.begin(start);
        // One that is refused by the store has no delivery to be compared with.
        if (answer.kind === "begun") pace.measured(beginOf(channel), pace.now() - startedAtMs);
        return answer;
      },
    }),

    begun(id, { dueAfterMs }) {
      for (const ms of new Set(dueAfterMs)) after(ms + timerMarginMs, () => look(id));
    },

    scenariosFor(numbers, recipients) {
      const tests = recipients.filter((to) => numbers.find(to, null, clock.nowMs()) !== null);
      if (tests.length === 0) return null;
      if (tests.length < recipients.length) throw mixedTest();
      return (to) => testScenario(numbers, to);
    },

    scenarioOf({ simulated, deliveries }, numbers, to) {
      if (simulated === "test") return testScenario(numbers, to);
      if (simulated === null) return null;
      return { kind: "shadow", decision: deliveries.at(-1)?.guardDecision ?? null };
    },

    stop(verification) {
      const newest = newestOf(verification);
      if (simulatedAs(newest.details) === null || newest.endedAtMs !== null) return;
      const stopped = find(newest.channel)?.stopSimulated?.(newest, clock.nowMs() + hangUpMs);
      if (stopped === undefined) return;
      after(hangUpMs, () => void hangUp(verification, stopped).catch(() => undefined));
    },

    close() {
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
}

const beginOf = ({ name }: OpenChannel) => `${name} begin`;
