/** Proves that somebody holds a number: the one service behind the API. See `Verifications` for what it promises. */
import type { Logger } from "pino";
import type { CallerIdReputation } from "../caller-ids/reputation.ts";
import type { CallerIdPool } from "../caller-ids/types.ts";
import { type CallInOptions, type CallIns, createCallIns } from "../channels/call-in/call-in.ts";
import type { CallInStore } from "../channels/call-in/store-port.ts";
import { createCalls } from "../channels/missed-call/calls.ts";
import { codeOf, readCode } from "../channels/missed-call/guess.ts";
import { createStarts } from "../channels/missed-call/start.ts";
import type { Report } from "../events/events.ts";
import type { Numbers } from "../numbers/ports.ts";
import type { BatchTimer } from "../shared/batch-timer.ts";
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import { Refusal } from "../shared/refusal.ts";
import type { CallsConfig } from "../telephony/calls/config.ts";
import type { ChannelSlots, Dialer } from "../telephony/calls/ports.ts";
import type { VerificationSettings } from "./config.ts";
import { createEndings } from "./endings.ts";
import { createHashes } from "./hashes.ts";
import { callerIdsMissing, ended, limited, noCode, notFound } from "./refusals.ts";
import type { VerificationStore } from "./store-port.ts";
import type { CheckAnswer, Guess, Verifications } from "./types.ts";

export interface VerificationsOptions {
  readonly config: CallInOptions["config"] & {
    readonly verification: Pick<VerificationSettings, "starts_per_callee_per_hour"> & { readonly min_calls: number };
    readonly calls: Pick<CallsConfig, "second_call_gap_ms">;
  };
  readonly callInStore: CallInStore;
  readonly numbers: Numbers;
  readonly callerIds: CallerIdPool;
  readonly reputation: CallerIdReputation;
  readonly slots: ChannelSlots;
  readonly dialer: Dialer;
  readonly store: VerificationStore;
  /** When what may wait a little is written: `Store.batchTimer`. */
  readonly batchTimer: BatchTimer;
  /** `secrets.hmac_key` */
  readonly hmacKey: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly report: Report;
  readonly logger: Logger;
}

export interface VerificationService extends Verifications {
  /** A call came in and was refused: it may prove a number. Never throws. */
  readonly heard: CallIns["heard"];
  /** Lets live calls end, and second calls follow the first; what is left after `graceMs` is canceled. */
  drain(graceMs: number): Promise<void>;
  /** Resolves when the store was told of all that calls reported so far: to be awaited after `drain`. */
  settled(): Promise<void>;
  /** Forgets its timers. */
  stop(): void;
}

export function createVerifications(options: VerificationsOptions): VerificationService {
  const { store, clock, report } = options;
  const hashes = createHashes(options.hmacKey);
  const endings = createEndings(options);
  const calls = createCalls({ ...options, onSeen: endings.seen });
  const callIns = createCallIns({ ...options, hashes, endings });
  const { start, resend } = createStarts({ ...options, hashes, calls, callIns, endings });

  /** Caller IDs must fit the range that the calls came from; one that does not is a wrong guess like any other. */
  async function readGuess(app: string, id: string, guess: Guess): Promise<{ code: string; codeLength: number }> {
    if ("code" in guess) {
      const code = readCode(guess.code);
      return { code, codeLength: code.length };
    }
    const { callerIds } = guess;
    const { channel, callerIdPrefix, codeLength, calls } = await endings.look(app, id);
    if (channel === "call_in") throw noCode();
    if (callerIds.length !== calls) throw callerIdsMissing(calls);
    return { code: codeOf(callerIds, callerIdPrefix, codeLength) ?? "", codeLength };
  }

  return {
    start,
    resend,

    get: (app, id) => endings.look(app.name, id),

    async check(app, id, guess) {
      const { code, codeLength } = await readGuess(app.name, id, guess);
      const result = await store.check(clock.nowMs(), app.name, id, { codeHash: hashes.code(id, code), codeLength });
      switch (result.kind) {
        case "not_found":
          throw notFound();
        case "limited":
          throw limited("wrong_checks", result.retryAfterMs);
        case "wrong_length":
          if (result.codeLength === 0) throw noCode();
          throw new Refusal("invalid_request", `the code has ${result.codeLength} digits; this was not counted`);
        case "ended":
          throw ended(endings.seen(result).status);
        case "checked":
          return answer(result, false);
        case "decided":
          return answer(endings.seen(result), result.valid);
      }

      function answer({ status, checksLeft }: Pick<CheckAnswer, "status" | "checksLeft">, valid: boolean): CheckAnswer {
        report({ type: "check", id, app: app.name, valid });
        return { id, status, valid, checksLeft };
      }
    },

    async cancel(app, id) {
      const cancel = {
        nowMs: clock.nowMs(),
        app: app.name,
        id,
        attempt: null,
        event: "canceled",
        reason: null,
      } as const;
      const result = await store.change(cancel);
      if (result.kind !== "seen") throw notFound();
      const verification = endings.seen(result);
      // Canceling twice is the same wish; any other end is news to the app.
      if (verification.status !== "canceled") throw ended(verification.status);
      return verification;
    },

    heard: callIns.heard,
    drain: calls.drain,
    async settled() {
      await Promise.all([calls.settled(), callIns.settled()]);
    },
    stop: endings.stop,
  };
}
