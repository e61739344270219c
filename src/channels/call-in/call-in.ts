/**
 * Verification the other way round: the person calls a number of ours from the phone that is to be verified, and the
 * caller's number is the proof. The call is refused, so nobody pays. No code is involved.
 *
 * It is worth what the caller ID is worth: only calls by a trunk marked as trusted count.
 */
import type { Logger } from "pino";
import type { AppIdentity } from "../../apps/principal.ts";
import type { CallInResult, Report } from "../../events/events.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { TrunkCall } from "../../telephony/calls/inbound.ts";
import type { Endings } from "../../verification/endings.ts";
import type { Hashes } from "../../verification/hashes.ts";
import { limited, notFound } from "../../verification/refusals.ts";
import type { StartRequest, Verification } from "../../verification/types.ts";
import type { CallInConfig } from "./config.ts";
import type { CallInStore } from "./store-port.ts";

/** Calls that may be looked up at once. Whoever floods our numbers gets refusals, but no more of the store's time. */
const mostLookups = 200;
/** Numbers that one start offers to the store: with so many held for one callee, hourly limits were passed long ago. */
const mostOffered = 20;

export interface CallIns {
  /** @param id of the verification to start; where one has it already, that one is returned */
  start(id: string, app: AppIdentity, request: StartRequest, callee: Callee): Promise<Verification>;
  /** A call came in. Never throws; returns at once. */
  heard(call: TrunkCall): void;
  /** Resolves when every call that was heard is looked up. */
  settled(): Promise<void>;
}

interface Callee {
  /** E.164 with the plus sign. */
  readonly to: string;
  readonly country: string;
}

export interface CallInOptions {
  readonly config: { readonly call_in: CallInConfig };
  readonly callInStore: CallInStore;
  readonly hashes: Hashes;
  readonly clock: Clock;
  readonly random: Random;
  readonly report: Report;
  readonly logger: Logger;
  readonly endings: Endings;
}

export function createCallIns(options: CallInOptions): CallIns {
  const { call_in: callIn } = options.config;
  const { callInStore: store, hashes, clock, random, report, logger, endings } = options;
  const ours = new Set(callIn.numbers);
  const lookups = new Set<Promise<void>>();

  async function lookUp(trunk: string, caller: string, called: string): Promise<CallInResult> {
    try {
      const found = await store.calledIn(clock.nowMs(), hashes.callee(caller), called);
      if (found.kind === "no_match") return "no_match";
      const { id, app, country, status } = endings.seen(found);
      // It may have expired at this moment, or been verified by the call before.
      if (!found.endedNow || status !== "verified") return "no_match";
      logger.info({ id, app, country, trunk }, "verified by calling in");
      return "verified";
    } catch (error) {
      logger.warn({ trunk, err: error }, "a call that came in could not be looked up");
      return "failed";
    }
  }

  /** Why a call proves nothing, whoever it is; null where it may. */
  function worthless({ trusted, caller, called }: TrunkCall): CallInResult | null {
    if (called === null || !ours.has(called)) return "other_number";
    if (!trusted) return "untrusted";
    if (caller === null) return "withheld";
    return lookups.size >= mostLookups ? "shed" : null;
  }

  return {
    async start(id, app, { calls, codeLength, reference = null, metadata = null }, { to, country }) {
      if (callIn.numbers.length === 0) {
        throw new Refusal("invalid_request", "channel: calling in is not set up here");
      }
      if (calls !== undefined || codeLength !== undefined) {
        throw new Refusal("invalid_request", "calls, code_length: with channel call_in there is no call and no code");
      }
      const started = await store.start({
        ...{ nowMs: clock.nowMs(), app: app.name, id, callee: hashes.callee(to), to, country, reference, metadata },
        numbers: draw(callIn.numbers, mostOffered, random),
        cooldownMs: callIn.rest_seconds * 1000,
      });
      switch (started.kind) {
        case "exists":
          return endings.seen(started);
        case "limited":
          throw limited(started.limit, started.retryAfterMs);
        case "numbers_taken":
          throw new Refusal("capacity", "this number was given all of our numbers lately", started.retryAfterMs);
        case "not_found":
          throw notFound();
        case "started":
          report({ type: "verification_started", id, app: app.name, country, trunk: null });
          logger.info({ id, app: app.name, country, channel: "call_in" }, "verification started");
          endings.watch(started.verification);
          return started.verification;
      }
    },

    heard(call) {
      const { trunk, caller, called } = call;
      const why = worthless(call);
      if (why !== null || caller === null || called === null) {
        report({ type: "call_in", trunk, result: why ?? "withheld" });
        return;
      }
      const lookup = lookUp(trunk, caller, called).then((result) => {
        report({ type: "call_in", trunk, result });
        lookups.delete(lookup);
      });
      lookups.add(lookup);
    },

    async settled() {
      await Promise.all(lookups);
    },
  };
}

/** Up to `count` of the numbers in random order (Fisher and Yates), so that nobody knows beforehand which it will be. */
function draw(numbers: readonly string[], count: number, random: Random): readonly string[] {
  const left = [...numbers];
  const drawn: string[] = [];
  while (left.length > 0 && drawn.length < count) drawn.push(...left.splice(random.below(left.length), 1));
  return drawn;
}
