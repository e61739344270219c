/** The load: verifications at a steady rate, and people who look at their phones and type what they see. */
import { offer } from "../../../bench/calls/offer.ts";
import { type App, createApp } from "../app.ts";
import type { Dice } from "../dice.ts";
import type { PhoneCall } from "../phones.ts";
import { sleep, wallMs } from "../time.ts";
import { PairCall } from "./pair-call.ts";
import type { PairsWorld } from "./world.ts";

const phonesEveryMs = 200;
/** Nobody is frozen here: a request waits for a gateway that starts on a busy machine, and a killed one refuses it at once. */
const patienceMs = 10_000;
/** People type the digits so long after the phone rang, at most. */
export const slowestTypingMs = 3000;

export interface LoadOptions {
  readonly callsPerSecond: number;
  /** Whether a few people never type: their verifications live their whole life. */
  readonly someNeverType: boolean;
  /** A phone that rings later than this after the app asked is late. */
  readonly lateMs: number;
  readonly dice: Dice;
}

export interface Load {
  /** Starts verifications for so long, half of them at each gateway. */
  offer(phase: string, durationMs: number): Promise<void>;
  /** Resolves when everybody has typed who will. */
  settle(): Promise<readonly PairCall[]>;
}

export function createLoad(world: PairsWorld, options: LoadOptions): Load {
  const { callsPerSecond, someNeverType, lateMs, dice } = options;
  const [one, two] = world.gateways;
  const apps: readonly [App, App] = [
    createApp(() => [one.url, two.url], patienceMs),
    createApp(() => [two.url, one.url], patienceMs),
  ];
  const appOf = (index: number) => apps[index % 2 === 0 ? 0 : 1];
  const calls: PairCall[] = [];
  const underWay: Promise<void>[] = [];
  let phones: ReadonlyMap<string, readonly PhoneCall[]> = new Map();

  const live = async (call: PairCall, index: number) => {
    await call.start(appOf(index));
    if (call.verification === null) return;
    const shown = await alerted(call.callee);
    if (shown === null) return;
    if (someNeverType && index % 10 === 0) return;
    await sleep(dice.between(0, slowestTypingMs));
    await call.type(appOf(index + 1), shown.callerId.slice(-4));
  };
  const alerted = async (callee: string): Promise<PhoneCall | null> => {
    const giveUpAtMs = wallMs() + world.longestLeaseMs;
    while (wallMs() < giveUpAtMs) {
      const ringing = phones.get(callee)?.find(({ alertedAtMs }) => alertedAtMs !== null);
      if (ringing !== undefined) return ringing;
      await sleep(phonesEveryMs);
    }
    return null;
  };
  let watching = true;
  const watch = (async () => {
    while (watching) {
      phones = await world.phones();
      await sleep(phonesEveryMs);
    }
  })();

  return {
    offer: (phase, durationMs) =>
      offer(callsPerSecond, durationMs, () => {
        const index = calls.length;
        const call = new PairCall(`+44740020${String(index).padStart(4, "0")}`, phase, lateMs);
        calls.push(call);
        underWay.push(live(call, index));
      }),
    async settle() {
      await Promise.all(underWay);
      watching = false;
      await watch;
      return calls;
    },
  };
}
